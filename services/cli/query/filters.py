"""The filters that the questions share, as options of `restrike query`, and how a command comes by them.

`@asking("match", "ring")` gives a command the options of these names and `--database`; it is called with the open
`Source` and the `Filters`, so each option is written once.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Final

import typer
from msgspec import Struct

from services.cli import output
from services.cli.query.source import Database, opened

MOST_ROWS: Final = 1_000_000
"""Of one answer: it is put together in memory. Whole tables are for `restrike export`."""
Limit = Annotated[int, typer.Option("--limit", min=1, max=MOST_ROWS, metavar="N", help="How many rows at most.")]
Oldest = Annotated[bool, typer.Option("--oldest/--newest", help="Begin with the oldest, or with the newest.")]


class Filters(Struct, frozen=True, kw_only=True):
    """What was asked for, as typed; None: all."""

    match: str | None = None
    athlete: str | None = None
    ring: str | None = None
    day: str | None = None
    tournament: str | None = None
    weight: str | None = None
    country: str | None = None
    phase: str | None = None
    since: str | None = None
    until: str | None = None


def _option(name: str, metavar: str, about: str) -> Any:
    return Annotated[str | None, typer.Option(name, metavar=metavar, help=about)]


_MOMENT: Final = "2026-03-01, 2026-03-01T09:30, 09:30 (today), 90m, 2h or 3d (ago)"
OPTIONS: Final[dict[str, Any]] = {
    "match": _option("--match", "MATCH", "Id or number of a match."),
    "athlete": _option("--athlete", "NAME", "Name, code or number of an athlete."),
    "ring": _option("--ring", "RING", "Name of a ring."),
    "day": _option("--day", "DATE", "A day: 2026-03-01, today or yesterday."),
    "tournament": _option("--tournament", "NAME", "Name of a tournament, or: active."),
    "weight": _option("--weight", "TEXT", "Weight category, or a part of its name."),
    "country": _option("--country", "NOC", "Country of one of the athletes, such as CRO."),
    "phase": _option("--phase", "TEXT", "Phase of the match, such as Final."),
    "since": _option("--from", "TIME", f"Not before: {_MOMENT}."),
    "until": _option("--to", "TIME", "Before: written as for --from."),
}


def asking(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose first two arguments are the source and the filters of these names."""

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[2:]
        taken = [*((name, OPTIONS[name]) for name in names), ("database", Database)]
        kind = inspect.Parameter.KEYWORD_ONLY
        given = [inspect.Parameter(name, kind, default=None, annotation=option) for name, option in taken]
        json = [one for one in own if one.annotation is output.Json]  # stands last in every help

        @wraps(command)
        def ask(*arguments: Any, **options: Any) -> None:
            filters = Filters(**{name: options.pop(name) for name in names})
            with opened(options.pop("database")) as source:
                command(source, filters, *arguments, **options)

        parameters = [*(one for one in own if one not in json), *given, *json]
        ask.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
        ask.__annotations__ = {one.name: one.annotation for one in parameters}
        return ask

    return wrap
