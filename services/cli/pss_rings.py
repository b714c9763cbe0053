"""`restrike pss set`, `show`, `rules`, `resync`: how the rings' datagrams are read and judged, and asking a scoring
system where the match stands.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from services.cli import output
from shared.config import Config, Ring, load, load_file, not_from_environment, save
from shared.errors import RestrikeError, ValidationError
from shared.messages.commands import ApplyInterpretation, AskSender, ListMatchStates
from shared.messages.match import MatchState
from shared.messages.rules import RuleSet, Strictness
from shared.messages.service import INGEST
from shared.paths import Paths
from shared.rpc import Client, is_locked
from shared.rules import find, known_rules, shipped

COLUMNS: Final = ("ring", "dialect", "rule set", "unknown streams", "encodings", "resync")
RULE_COLUMNS: Final = ("name", "version", "title", "effective from", "confirmed", "from")
OFF: Final = "off"
DIALECTS: Final = ("auto", "a", "b")

RingName = Annotated[str, typer.Argument(metavar="RING", help="Name of the ring, as in restrike.json.")]
RingOrAll = Annotated[str | None, typer.Argument(metavar="RING", help="Name of the ring; or give --all.")]
OneRing = Annotated[str | None, typer.Argument(metavar="RING", help="Name of the ring; all if left out.")]
All = Annotated[bool, typer.Option("--all", help="All rings, as for the rules of a tournament.")]
Rules = Annotated[str | None, typer.Option("--rules", metavar="NAME", help="Rule set: see restrike pss rules.")]
Speaks = Annotated[
    str | None,
    typer.Option("--dialect", metavar="auto|a|b", help="a: TK-Strike Gen2; b: WT UDP 2.3, Gen3; auto: detected."),
]
Unknown = Annotated[Strictness | None, typer.Option("--unknown", help="What messages of unknown streams are.")]
Encodings = Annotated[
    str | None, typer.Option("--encodings", metavar="LIST", help="For text that is not UTF-8: cp1250,latin-1.")
]
ResyncPort = Annotated[
    str | None,
    typer.Option("--resync-port", metavar="PORT|off", help="Where the scoring system takes queries; off: never ask."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="set", epilog="Example: restrike pss set --all --rules wt-2018")(set_)
    app.command(epilog="Example: restrike pss show ring-1")(show)
    app.command(epilog="Example: restrike pss rules wt-2022")(rules)
    app.command(epilog="Example: restrike pss resync ring-1")(resync)


def set_(  # noqa: PLR0913  # a command has as many arguments as options
    ring: RingOrAll = None,
    *,
    all_: All = False,
    rules: Rules = None,
    dialect: Speaks = None,
    unknown: Unknown = None,
    encodings: Encodings = None,
    resync_port: ResyncPort = None,
    json: output.Json = False,
) -> None:
    """Set how a ring is read and judged, or all rings.

    Edits restrike.json, and applies it at once if the suite runs; the ring goes on to listen.
    """
    if (ring is None) is not all_:
        raise typer.BadParameter("name a ring, or give --all.", param_hint="RING")
    wanted = {
        "rules": rules,
        "dialect": _dialect(dialect),
        "unknown_streams": unknown,
        "encodings": None if encodings is None else [name.strip() for name in encodings.split(",") if name.strip()],
    }
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if resync_port is not None:
        changes["resync_port"] = _port(resync_port)
    if not changes:
        raise typer.BadParameter("name something to set.", param_hint="--rules")
    paths = Paths.from_environment()
    names, is_applied = change_rings(paths, None if ring is None else [ring], changes)
    _tell_set(paths, names, is_applied=is_applied, json=json)


def change_rings(paths: Paths, names: list[str] | None, changes: dict[str, Any]) -> tuple[list[str], bool]:
    """Write how rings (None: all) are read and judged into restrike.json, and apply it if udp-ingest runs.

    Returns the rings and whether it is in force.
    Raises RestrikeError: there is no such ring or rule set, or a ring cannot be read so; then all is as it was.
    """
    not_from_environment("rings")
    before = load_file(paths.config)
    names = names or [one.name for one in before.rings]
    if "rules" in changes:
        find(changes["rules"], paths.rules)
    save(paths.config, _with(before, names, changes))
    is_running = is_locked(paths.lock(INGEST))
    if is_running:
        _apply(paths, names, before=before)
    return names, is_running


def show(ring: OneRing = None, *, json: output.Json = False) -> None:
    """Show how the rings are read and judged; the suite need not run."""
    paths = Paths.from_environment()
    config = load(paths.config)
    rings = [_known(config, ring)] if ring is not None else config.rings
    states = _states(paths)
    shown = [_ring(one, states.get(one.name)) for one in rings]
    if json:
        output.document({"rings": shown})
        return
    output.line(output.table(COLUMNS, [_row(one) for one in shown]))


def rules(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A rule set; all if left out.")] = None,
    *,
    json: output.Json = False,
) -> None:
    """List the rule sets, those that ship and this home's own, or show one in full.

    Ends with 1 if a file of the home's own cannot be used, and names it.
    """
    folder = Paths.from_environment().rules
    if name is not None:
        found = find(name, folder)
        if json:
            output.document(found)
        else:
            output.line(output.table(("setting", "value"), _settings(found)))
        return
    sound, broken = known_rules(folder)
    known = list(sound.values())
    if json:
        output.document({"rule_sets": [{**msgspec.to_builtins(one), "from": _origin(one, folder)} for one in known]})
    else:
        rows = [
            (one.name, one.version, one.title, one.effective_from, _yes(one.is_confirmed), _origin(one, folder))
            for one in known
        ]
        output.line(output.table(RULE_COLUMNS, rows))
    for sentence in broken:
        output.note(sentence)
    if broken:
        raise typer.Exit(1)


def resync(ring: RingName, *, json: output.Json = False) -> None:
    """Ask a ring's scoring system where the match stands.

    Refused while resync is off for the ring: restrike pss set RING --resync-port PORT
    """
    asked = Client(Paths.from_environment()).call(AskSender(ring=ring))
    if json:
        output.document(asked)
        return
    output.line(f"{ring}: sent {len(asked.queries)} queries to {asked.address}:{asked.port}.")
    output.line("Answers are counted by: restrike udp status")


def _dialect(given: str | None) -> str | None:
    if given is not None and given not in DIALECTS:
        raise typer.BadParameter(f"{given!r} is none of {', '.join(DIALECTS)}.", param_hint="--dialect")
    return given


def _port(given: str) -> int | None:
    if given == OFF:
        return None
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise typer.BadParameter(f"{given!r} is neither a port nor off.", param_hint="--resync-port")
    return int(given)


def _known(config: Config, name: str) -> Ring:
    found = config.ring(name)
    if found is None:
        known = ", ".join(ring.name for ring in config.rings)
        raise ValidationError("ring.unknown", f"There is no ring {name} in restrike.json. Configured: {known}.")
    return found


def _with(config: Config, names: list[str], changes: dict[str, Any]) -> Config:
    for name in names:
        _known(config, name)
    rings = [msgspec.structs.replace(r, **changes) if r.name in names else r for r in config.rings]
    return msgspec.structs.replace(config, rings=rings)


def _apply(paths: Paths, names: list[str], *, before: Config) -> None:
    """Have the rings read and judged as the file says now; if one cannot be, put the file and the others back."""
    client = Client(paths)
    for number, name in enumerate(names):
        try:
            client.call(ApplyInterpretation(ring=name))
        except RestrikeError:
            save(paths.config, before)
            for other in names[:number]:
                client.call(ApplyInterpretation(ring=other))
            raise


def _tell_set(paths: Paths, names: list[str], *, is_applied: bool, json: bool) -> None:
    config = load(paths.config)
    shown = [_ring(_known(config, name), None) for name in names]
    if json:
        output.document({"file": paths.config, "applied": is_applied, "rings": shown})
        return
    output.line(output.table(COLUMNS, [_row(one) for one in shown]))
    when = "in force" if is_applied else "udp-ingest is not running; it is in force at its next start"
    output.line(f"Written to {paths.config}: {when}.")


def _states(paths: Paths) -> dict[str, MatchState]:
    try:
        return {state.ring: state for state in Client(paths).call(ListMatchStates()).states}
    except RestrikeError:  # the parser does not run: what is detected is not known
        return {}


def _ring(ring: Ring, state: MatchState | None) -> dict[str, Any]:
    """A ring as --json has it; `dialect_in_force` and `rules_in_force` are None while they are not known."""
    dialect = state.dialect if state else None
    return {
        "ring": ring.name,
        "dialect": ring.dialect,
        "dialect_in_force": dialect.value if dialect else (None if ring.dialect == "auto" else ring.dialect),
        "dialect_is_forced": ring.dialect != "auto",
        "rules": ring.rules,
        "rules_in_force": state.rule_set if state else None,
        "unknown_streams": ring.unknown_streams,
        "encodings": ring.encodings,
        "resync_port": ring.resync_port,
        "resync_every_s": ring.resync_every_s,
    }


def _row(ring: dict[str, Any]) -> tuple[object, ...]:
    how = "forced" if ring["dialect_is_forced"] else "detected"
    dialect = f"{ring['dialect_in_force']} ({how})" if ring["dialect_in_force"] else "auto"
    judged = ring["rules_in_force"]
    by = ring["rules"] if judged in (None, ring["rules"]) else f"{judged} (restrike.json: {ring['rules']})"
    asks = OFF if ring["resync_port"] is None else f"port {ring['resync_port']}, every {ring['resync_every_s']} s"
    return (ring["ring"], dialect, by, ring["unknown_streams"].value, ", ".join(ring["encodings"]), asks)


def _settings(found: RuleSet) -> list[tuple[str, object]]:
    return [(name.replace("_", " "), _value(value)) for name, value in msgspec.to_builtins(found).items()]


def _value(value: Any) -> object:
    if isinstance(value, bool):
        return _yes(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {points}" for name, points in value.items())
    return ", ".join(word.replace("_", " ") for word in value) if isinstance(value, list | tuple) else value


def _origin(found: RuleSet, folder: Path) -> str:
    return "restrike" if shipped().get(found.name) == found else str(folder)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
