"""`restrike query sql`: a query of one's own, which can read everything and change nothing; saved ones, too.

It is asked in a box (boxed.py), which has a bound for its time and its memory.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.cli.query import boxed, tables
from services.cli.query.boxed import Found
from services.cli.query.filters import MOST_ROWS, Filters, asking
from services.cli.query.source import WITHIN_S, Source
from shared.errors import ValidationError

ROWS: Final = 1000
"""How many rows are shown unless told otherwise: who forgets a LIMIT shall neither wait nor fill a screen for ever."""
_PARAMETER: Final = re.compile(r"[:@$]([A-Za-z_]\w*)")
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?")

Sql = Annotated[str, typer.Argument(metavar="SQL", help="One SELECT; named parameters as :name.")]
Params = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="Value of a parameter; may be repeated.")
]
Rows = Annotated[int, typer.Option("--limit", min=1, max=MOST_ROWS, metavar="N", help="How many rows at most.")]
Within = Annotated[float, typer.Option("--within", min=0.1, metavar="S", help="End it after so many seconds.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query sql 'SELECT ring, count(*) FROM pss_matches GROUP BY 1'")(sql)


@asking()
def sql(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    _filters: Filters,
    query: Sql,
    *,
    param: Params = None,
    limit: Rows = ROWS,
    within: Within = WITHIN_S,
    json: output.Json = False,
) -> None:
    """Ask the database in SQL; it can only be read. docs/queries.md says which tables and indexes there are."""
    values = parameters(query, param or ())
    show(boxed.run(source.path, query, values, limit=limit, within_s=within), limit=limit, json=json)


def show(found: Found, *, limit: int, json: bool) -> None:
    """Print what was found, and say so if that is not all of it."""
    if json:
        rows = [[_plain(value) for value in row] for row in found.rows]
        output.document({"columns": found.columns, "rows": rows, "is_cut": found.is_cut})
    elif not found.rows:
        output.line("No row.")
    else:
        rows = [[_shown(value) for value in row] for row in found.rows]
        output.line(tables.sheet(found.columns, rows))
    if found.is_cut:
        output.note(f"Only the first {limit} rows are shown; more with --limit")


def parameters(query: str, given: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` as values to bind: what reads as a number is one, all else is text.

    Raises:
        ValidationError: one is not written so, the query does not have it, or it has one more.
    """
    asked = set(_PARAMETER.findall(query))
    values: dict[str, Any] = {}
    for text in given:
        name, is_set, value = text.partition("=")
        if not is_set or name not in asked:
            known = ", ".join(sorted(asked)) or "none"
            sentence = f"Write --param NAME=VALUE with a parameter of the query; it has: {known}."
            raise ValidationError("query.no_parameter", sentence, value=text)
        values[name] = _number(value) if _NUMBER.fullmatch(value) else value
    return values


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _shown(value: Any) -> Any:
    return f"x'{value.hex()}'" if isinstance(value, bytes) else value
