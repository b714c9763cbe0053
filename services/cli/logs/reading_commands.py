"""`restrike logs tail` and `search`."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
import typer

from services.cli import output
from services.cli.logs import options, reading
from services.cli.logs.following import Growing
from services.cli.logs.records import Record
from services.cli.logs.showing import HumanLines, JsonLines, document_of
from services.cli.logs.wanted import Wanted, wanted
from services.cli.query.moments import window
from shared.clock import wait_s
from shared.config import in_force
from shared.paths import Paths

FOLLOW_EVERY_S: Final = 0.2

Count = Annotated[
    int, typer.Option("--lines", "-n", min=0, max=100_000, metavar="N", help="How many of the last lines.")
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written, until Ctrl-C.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What a line must hold; large and small letters are alike.")]


def tail(  # noqa: PLR0913  # a command has as many arguments as options
    services: options.Services = None,
    *,
    ring: options.Ring = None,
    match: options.Match = None,
    level: options.Level = None,
    lines: Count = 40,
    follow: Follow = False,
    json: output.Json = False,
) -> None:
    """Print the last log lines of all services, by time; the suite need not run.

    With --json a JSON object a line. Older lines than those of the newest archive: restrike logs search.
    """
    logs = Paths.from_environment().logs
    asked = wanted(services=services or [], ring=ring, match=match, level=level)
    printer = JsonLines() if json else HumanLines()
    growing = [Growing(logs / f"{source}.log", source) for source in asked.sources] if follow else []
    shown: dict[str, str] = {}
    for record in reading.last(logs, asked, lines):
        printer.show(record)
        shown[record.source] = record.at
    with contextlib.suppress(KeyboardInterrupt):
        while growing:
            _show_new(growing, asked, printer, shown)
            wait_s(FOLLOW_EVERY_S)
    for one in growing:
        one.close()


def _show_new(growing: list[Growing], asked: Wanted, printer: HumanLines | JsonLines, shown: dict[str, str]) -> None:
    """Print what came since; `shown` says of each source up to when all is printed."""
    found = []
    for one in growing:
        more, records = one.read()
        if more and one.is_shown:
            printer.show_more(more)
        new = [record for record in records if record.at > shown.get(record.source, "") and asked.matches(record)]
        if records:
            one.is_shown = bool(new) and new[-1] is records[-1]
        found += new
    for record in sorted(found, key=lambda record: record.at):
        printer.show(record)


def search(  # noqa: PLR0913  # a command has as many arguments as options
    text: Text = "",
    *,
    since: options.Since = None,
    until: options.Until = None,
    service: options.OfServices = None,
    ring: options.Ring = None,
    match: options.Match = None,
    level: options.Level = None,
    event: options.Event = None,
    json: output.Json = False,
) -> None:
    """Print the log lines that hold a text, or are about a ring, match or event, archived ones, too; by time.

    --event ring-1/123 shows the way of one datagram through all services, if they wrote at debug of `datagrams` then.
    """
    asked = wanted(
        services=service or [],
        window=window(None, since, until),
        ring=ring,
        match=match,
        level=level,
        event=event,
        text=text,
    )
    found = reading.search(Paths.from_environment().logs, asked)
    if json:
        _document(found)
        return
    printer, count = HumanLines(), 0
    for record in found:
        printer.show(record)
        count += 1
    if not count:
        output.note(f"No line is like that.{_unknown_ring(ring)}")


def _unknown_ring(ring: str | None) -> str:
    """Lines of a ring that is gone can be there; one that nobody configured is mistyped, as a rule."""
    if ring is None:
        return ""
    names = [one.name for one in in_force(Paths.from_environment()).config.rings]
    return "" if ring in names else f" There is no ring {output.one_line(ring)} in restrike.json: {', '.join(names)}."


def _document(found: Iterator[Record]) -> None:
    """One JSON document, written as it is read: there may be millions of lines."""
    typer.echo('{"lines": [', nl=False)
    for number, record in enumerate(found):
        typer.echo(",\n" if number else "\n", nl=False)
        typer.echo(msgspec.json.encode(document_of(record)).decode(), nl=False)
    typer.echo("\n]}")
