"""`restrike obs rules test`: a dry run on a recorded match; needs no suite and no OBS."""

from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec.structs import replace

from services.cli import output
from services.cli.captures import read_capture
from services.cli.obs.rules import words
from services.cli.obs.rules.documents import DOCUMENTS
from services.cli.obs.rules.dry_run import NOT_RECORDED, Would, would_fire
from services.cli.obs.rules.editing import File, OfPack
from services.cli.obs.rules.stored import read_named, read_rules
from services.cli.pacing import Pacer, parse_speed
from services.cli.rule_documents import read_body
from shared.automation.match_view import Venue
from shared.automation.packs import PACKS
from shared.clock import monotonic_s, wait_s
from shared.errors import ValidationError
from shared.messages.automation import Rule
from shared.paths import Paths

SCENES: Final = "Conditions on the program scene (in-scene) are taken as met: there is no OBS in a recording."

Words = Annotated[
    list[str],
    typer.Argument(metavar="[RULE...] CAPTURE", help="Names of rules; last a recording, as for restrike replay."),
]
All = Annotated[bool, typer.Option("--all", help="All rules that are switched on.")]
Ring = Annotated[str, typer.Option("--ring", metavar="RING", help="As if this ring had heard it.")]
Tournament = Annotated[str | None, typer.Option("--tournament", metavar="NAME", help="As if of this tournament.")]
Day = Annotated[int | None, typer.Option("--day", min=1, metavar="N", help="As if on this day of it.")]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Of a packet capture: sent to PORT.")]
Speed = Annotated[
    str | None,
    typer.Option("--speed", metavar="1|N", help="Print as it happens, so many times faster; at once if left out."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("test", epilog="Example: restrike obs rules test --all match-7894.jsonl")(try_out)


def try_out(  # noqa: PLR0913  # a command has as many arguments as options
    words_: Words,
    *,
    pack: OfPack = None,
    file: File = None,
    all_: All = False,
    ring: Ring = "ring-1",
    tournament: Tournament = None,
    day: Day = None,
    port: Port = None,
    speed: Speed = None,
    json: output.Json = False,
) -> None:
    """Print which rules would have fired when in a recorded match, and what they would have done.

    Nothing is sent anywhere. Rules that are named are tried even if they are switched off; --pack takes one that is
    not installed, too, --file rules that are not stored.
    """
    *names, capture = words_
    rules = _rules(names, pack, file, is_all=all_)
    read = read_capture(Path(capture), port=port)
    for sentence in [*read.notes, *_notes(rules)]:
        output.note(sentence)
    found = would_fire(rules, read, ring=ring, venue=Venue(tournament=tournament, day=day))
    if json:
        output.document({"rules": [one.rule for one in rules], "firings": found})
        return
    _print(found, speed)
    output.line(f"{len(found)} firings of {len({one.rule for one in found})} rules out of {len(rules)}.")


def _rules(names: list[str], pack: str | None, file: Path | None, *, is_all: bool) -> list[Rule]:
    paths = Paths.from_environment()
    found = [one for one in read_rules(paths) if one.is_enabled] if is_all else []
    found += read_named(paths, names) if names else []
    if pack is not None:
        if pack not in PACKS:
            raise ValidationError("rules.no_pack", f"There is no such set. There are: {', '.join(PACKS)}.", value=pack)
        found += PACKS[pack].rules
    if file is not None:
        found += DOCUMENTS.rules_in(read_body(file))
    if not found:
        sentence = "There is no rule to try: give its name before the recording, or --pack, --file or --all."
        raise ValidationError("obs.rules_none", sentence)
    return list({one.rule: replace(one, is_enabled=True) for one in found}.values())


def _notes(rules: list[Rule]) -> list[str]:
    notes = [SCENES] if any(rule.when.scenes for rule in rules) else []
    silent = [rule.rule for rule in rules if set(rule.on) <= NOT_RECORDED]
    return notes + [f"{name} waits for what OBS does: it cannot fire here." for name in silent]


def _print(found: list[Would], speed: str | None) -> None:
    try:
        factor = parse_speed(speed or "max")
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--speed") from error
    pacer = Pacer(factor, now_s=monotonic_s, wait_s=wait_s)
    pacer.wait_until_due(0.0)
    for one in found:
        pacer.wait_until_due(one.at_ms / 1000)
        output.line(output.one_line(_line(one)))


def _line(one: Would) -> str:
    minutes, milliseconds = divmod(one.at_ms, 60_000)
    moment = f"R{one.round} {output.clock(one.clock_ms)}" if one.round else "        "
    actions = "; ".join(words.action(action) for action in one.actions)
    dropped = " [dropped: another match was loaded]" if one.is_dropped else ""
    return f"{minutes:3}:{milliseconds / 1000:06.3f}  {moment:<8}  {one.rule}  <- {one.label}  -> {actions}{dropped}"
