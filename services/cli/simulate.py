"""`restrike simulate`: a scoring system to test with. Plays matches from a seed and sends them as a real one does."""

import secrets
from collections.abc import Callable
from typing import Final, TypeVar

import typer

from services.cli import output
from services.cli.pacing import parse_speed
from services.cli.replay_targets import parse_place
from services.cli.simulator import options
from services.cli.simulator.plan import Scenario, can_be_played
from shared.config import in_force
from shared.errors import ValidationError
from shared.messages.rules import Dialect, RuleSet
from shared.paths import Paths
from shared.rules import DEFAULT_RULES, find

T = TypeVar("T")
SEED_BITS: Final = 31


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike simulate --rings 2 --matches 5 --speed 20 --truth truth.json")(simulate)


def simulate(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    ring: options.RingNames = None,
    rings: options.RingCount = None,
    matches: options.Matches = 1,
    seed: options.Seed = None,
    rules: options.Rules = None,
    dialect: options.Speaks = Dialect.B,
    scenario: options.Plays = Scenario.MIXED,
    speed: options.Speed = "1",
    loss: options.Loss = 0.0,
    duplicates: options.Twice = 0.0,
    reordering: options.Swaps = 0.0,
    delay_ms: options.Delay = 0.0,
    garbage: options.Garbage = 0.0,
    truth: options.TruthFile = None,
    sent: options.SentFile = None,
    to: options.To = None,
    answers: options.Answers = None,
    force: options.Force = False,
    json: output.Json = False,
) -> None:
    """Play matches and send them as a scoring system does.

    What a ring receives counts as live. Refused while the ring hears its scoring system.
    """
    from services.cli.simulator.session import Way, run  # noqa: PLC0415  # what plays is loaded only here
    from services.cli.simulator.venue import Network, Wish  # noqa: PLC0415  # as above

    names, factor = _names(ring, count=rings, to=to), _usage(parse_speed, speed, "--speed")
    lost = Network(loss=loss, duplication=duplicates, reordering=reordering, delay_s=delay_ms / 1000, garbage=garbage)
    judged_by = {} if to is not None else _judged_by(names)
    number, by = _seed(seed), _rule_set(_rules_name(rules, judged_by), scenario)
    wish = Wish(seed=number, rule_set=by, dialect=dialect, scenario=scenario, matches=matches, network=lost)
    place = _usage(parse_place, to, "--to") if to is not None else None
    files = {"truth": truth, "sent": sent}
    run(wish, Way(rings=names, speed=factor, to=place, answers=answers, force=force, is_quiet=json, **files))


def _names(given: list[str] | None, *, count: int | None, to: str | None) -> list[str]:
    """The rings to play; with `--to`, only a name for the report."""
    if given and count:
        raise typer.BadParameter("give either --ring or --rings.", param_hint="--rings")
    if to is not None:
        if given or count not in (None, 1):
            raise typer.BadParameter("it is sent to that address, so no ring can be named.", param_hint="--to")
        return ["ring-1"]
    configured = [ring.name for ring in in_force(Paths.from_environment()).config.rings]
    if given:
        return list(dict.fromkeys(given))
    if (count or 1) > len(configured):
        raise ValidationError(
            "ring.unknown", f"restrike.json has only {len(configured)} rings: {', '.join(configured)}.", value=count
        )
    return configured[: count or 1]


def _judged_by(names: list[str]) -> dict[str, str]:
    """The rule set of each ring, as restrike.json has it; a ring that it has not is refused where it is sent to."""
    return {ring.name: ring.rules for ring in in_force(Paths.from_environment()).config.rings if ring.name in names}


def _rules_name(given: str | None, judged_by: dict[str, str]) -> str:
    """The rule set to play by: the rings' own where none is given."""
    words = ", ".join(f"{ring} by {rules}" for ring, rules in judged_by.items() if rules != given)
    if given is not None:
        if words:
            output.note(f"Played by {given}, but judged: {words}. Findings will say that it does not add up.")
        return given
    if len(set(judged_by.values())) > 1:
        raise ValidationError("simulate.rules_differ", f"The rings have different rules ({words}): give --rules.")
    return next(iter(judged_by.values()), DEFAULT_RULES)


def _seed(given: int | None) -> int:
    return secrets.randbits(SEED_BITS) if given is None else given


def _rule_set(name: str, scenario: Scenario) -> RuleSet:
    rules = find(name, Paths.from_environment().rules)
    if not can_be_played(scenario, rules):
        raise ValidationError("simulate.no_golden_round", f"{rules.title} has no golden round; try --rules wt-2018.")
    return rules


def _usage(parse: Callable[[str], T], text: str, option: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
