"""`restrike query saved`, `run`, `save` and `forget`: queries kept under a name, with named parameters."""

from shlex import quote
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.query import boxed, own_sql, tables
from services.cli.query.filters import Filters, asking
from services.cli.query.question import Question
from services.cli.query.source import WITHIN_S, Source
from shared.errors import ValidationError
from shared.paths import Paths

SAVED: Final = """
SELECT q.name, q.description, q.sql, q.author, q.created_at, q.updated_at FROM saved_queries q ORDER BY q.name
"""
ONE: Final = "SELECT q.sql FROM saved_queries q WHERE q.name = :name"
QUESTIONS: Final = (
    Question(
        name="saved queries",
        purpose="The queries that were kept under a name.",
        command="saved",
        sql=SAVED,
        served_by="the unique index of the name",
    ),
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the query.")]
Description = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What it is for.")]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite the query of that name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike query saved")(saved)
    app.command(epilog="Example: restrike query run medals --param noc=CRO")(run)
    app.command(
        epilog="Example: restrike query save medals 'SELECT short_name FROM pss_athletes WHERE country_code = :noc'"
    )(save)
    app.command(epilog="Example: restrike query forget medals")(forget)


@asking()
def saved(source: Source, _filters: Filters, *, json: output.Json = False) -> None:
    """List the saved queries."""
    found = source.rows(SAVED)
    columns = [
        tables.column("name"),
        tables.column("for", "description"),
        tables.column("by", "author"),
        tables.at("changed", "updated_at"),
        tables.column("sql"),
    ]
    nothing = "No query is saved. Save one with: restrike query save NAME SQL"
    tables.answer("queries", found, columns, json=json, nothing=nothing)


@asking()
def run(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    _filters: Filters,
    name: Name,
    *,
    param: own_sql.Params = None,
    limit: own_sql.Rows = own_sql.ROWS,
    within: own_sql.Within = WITHIN_S,
    json: output.Json = False,
) -> None:
    """Run a saved query; a name that no query bears is refused with those there are."""
    query = source.value(ONE, name=name)
    if query is None:
        known = ", ".join(row["name"] for row in source.rows(SAVED)) or "none"
        raise ValidationError("query.unknown", f"There is no saved query {name}. Saved: {known}.", value=name)
    values = own_sql.parameters(query, param or ())
    own_sql.show(boxed.run(source.path, query, values, limit=limit, within_s=within), limit=limit, json=json)


def save(  # noqa: PLR0913  # a command has as many arguments as options
    name: Name,
    query: own_sql.Sql,
    *,
    description: Description = None,
    replace: Replace = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Keep a query under a name; what it asks with :name is given at each run."""
    from services.cli.writer import ask  # noqa: PLC0415  # needed only here
    from shared.db.sqlite import is_empty  # noqa: PLC0415  # as above
    from shared.messages.saved_queries import SaveQuery  # noqa: PLC0415  # as above

    path = Paths.from_environment().database
    if not is_empty(path):  # else there are no tables yet; whoever runs it is told what is wrong with it
        boxed.look(path, query, within_s=WITHIN_S)
    done = ask(SaveQuery(query=name, sql=query, author=author_of(author), description=description, replace=replace))
    if json:
        output.document(done)
    else:
        output.line(f"Saved. Run it with: restrike query run {quote(done.name)}")


def forget(name: Name, *, author: Author = None, json: output.Json = False) -> None:
    """Remove a saved query."""
    from services.cli.writer import ask  # noqa: PLC0415  # needed only here
    from shared.messages.saved_queries import ForgetQuery  # noqa: PLC0415  # as above

    done = ask(ForgetQuery(query=name, author=author_of(author)))
    if json:
        output.document(done)
    else:
        output.line(f"{done.name} is forgotten. It was: {done.sql}")
