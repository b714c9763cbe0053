"""The command `restrike udp capture`; what it does is loaded when it is asked for."""

import re
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.capture_files import Format

LAST: Final = re.compile(r"(\d+)(s|m|h)")
SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def register(app: typer.Typer) -> None:
    """Add the command to `restrike udp`."""
    app.command(epilog="Example: restrike udp capture ring-1 --match --out match.jsonl")(capture)


def capture(  # noqa: PLR0913  # a command has as many arguments as options
    ring: Annotated[str, typer.Argument(metavar="RING", help="Name of the ring, as in restrike.json.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write; standard output if left out.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0.1, metavar="N", help="End after so long, not with Ctrl-C.")
    ] = None,
    match: Annotated[
        bool, typer.Option("--match", help="The match that is on, from its load, or else the next; to its end.")
    ] = False,
    last: Annotated[
        str | None, typer.Option("--last", metavar="10m", help="What was received in the last time: 30s, 10m, 2h.")
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="JSON lines or packets; by the file's name if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    json: output.Json = False,
) -> None:
    """Write what a ring receives from now on, for restrike replay (or tcpdump).

    Ctrl-C ends it. With --last what is in the journal already, for which the suite need not run.
    """
    if sum((seconds is not None, match, last is not None)) > 1:
        raise typer.BadParameter("Only one of --seconds, --match and --last.", param_hint="--seconds")
    if json and out is None:
        raise typer.BadParameter("With --json, say where the datagrams go.", param_hint="--out")
    kind = format_ or _format_of(out)
    if kind is Format.PCAP and out is None and sys.stdout.isatty():
        raise typer.BadParameter("Packets are no text for a terminal.", param_hint="--out")
    from services.cli import capturing  # noqa: PLC0415  # start time: only here

    ago_s = None if last is None else _ago_s(last)
    done = capturing.capture(ring, out=out, kind=kind, seconds=seconds, match=match, ago_s=ago_s, force=force)
    if json:
        output.document(done)
    else:
        output.note(capturing.told(done))


def _format_of(out: Path | None) -> Format:
    """By the file's name; a name without an ending may be a pipe."""
    if out is None or not out.suffix:
        return Format.JSONL
    found = next((one for one in Format if out.suffix == f".{one}"), None)
    if found is None:
        raise typer.BadParameter("Name a file that ends in .jsonl or .pcap, or say --format.", param_hint="--out")
    return found


def _ago_s(text: str) -> int:
    found = LAST.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is not like 30s, 10m or 2h.", param_hint="--last")
    return int(found[1]) * SECONDS[found[2]]
