"""`restrike query events`: what scoring systems sent, by match, athlete, time, kind, round and clock."""

from typing import Annotated, Any

import msgspec
import typer

from services.cli import output
from services.cli.event_words import WORDS
from services.cli.query import tables
from services.cli.query.event_rows import Wanted, read_events
from services.cli.query.filters import Filters, Limit, Oldest, asking
from services.cli.query.source import Row, Source

Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Code, name or category: TB, punch, technique; may be repeated."),
]
Round = Annotated[int | None, typer.Option("--round", min=1, metavar="N", help="Only round N of the matches.")]
Clock = Annotated[
    str | None, typer.Option("--clock", metavar="FROM-TO", help="Only while the round clock showed this: 0:10-0:00.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query events --match 101 --kind technique --clock 0:10-0:00")(events)


@asking("match", "athlete", "day", "tournament", "ring", "since", "until")
def events(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    kind: Kinds = None,
    round_: Round = None,
    clock: Clock = None,
    limit: Limit = 50,
    oldest: Oldest = False,
    json: output.Json = False,
) -> None:
    """List stored events, the newest first; filters add up.

    Of an athlete's matches, what is the opponent's alone is left out.
    """
    wanted = Wanted(kinds=tuple(kind or ()), round=round_, clock=clock, limit=limit, is_oldest=oldest)
    found = read_events(source, filters, wanted)
    columns = [
        tables.at("time", "timestamp"),
        tables.column("ring"),
        tables.MATCH,
        tables.number("R", "round"),
        tables.clock("clock", "clock_ms"),
        tables.number("kind", "code"),
        tables.Column("what", _words),
    ]
    tables.answer("events", found, columns, json=json, limit=limit, nothing="No such event is stored.")


def _words(row: Row) -> str:
    """What the event says, as `restrike events tail` would say it; its raw text where it was not understood."""
    reading = _reading(row["reading"]) if row["recognition"] in ("recognized", "deprecated") else None
    say = WORDS.get(type(reading))
    return str(row["raw"]) if say is None else say(reading)


def _reading(stored: Any) -> Any:
    from shared.messages.pss import AnyReading  # noqa: PLC0415  # its decoder is only made here

    try:
        return msgspec.convert(stored, AnyReading)
    except msgspec.ValidationError:  # of another version, or imported
        return None
