"""`restrike query audit`: what operators did to the database, and how it ended."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query import moments, tables
from services.cli.query.filters import Filters, Limit, Oldest, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.source import Source

AUDIT: Final = """
SELECT o.done_at, o.author, o.action, o.target, o.details, o.reason, o.outcome, o.error, o.ring, o.entry
FROM operator_audit o WHERE o.done_at >= :since AND o.done_at < :until AND {where}
ORDER BY o.done_at {order}, o.id {order} LIMIT :limit
"""
_ALL_TIME: Final = {"since": "''", "until": "'~'", "limit": LIMIT}
QUESTIONS: Final = (
    Question(
        name="audit",
        purpose="What operators did lately.",
        command="audit",
        sql=AUDIT.format(where="TRUE", order="DESC"),
        served_by="`ix_operator_audit_done_at`",
        example=_ALL_TIME,
    ),
    Question(
        name="audit of an operator",
        purpose="What one operator did.",
        command="audit --author ana",
        sql=AUDIT.format(where="o.author = :author", order="DESC"),
        served_by="`ix_operator_audit_author`",
        example=_ALL_TIME | {"author": "'ana'"},
    ),
)

Author = Annotated[str | None, typer.Option("--author", metavar="NAME", help="Only what this operator did.")]
Action = Annotated[str | None, typer.Option("--action", metavar="NAME", help="Only acts of this name.")]
Failed = Annotated[bool, typer.Option("--failed", help="Only what was not done.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query audit --author ana --from 2h")(audit)


@asking("day", "since", "until")
def audit(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    author: Author = None,
    action: Action = None,
    failed: Failed = False,
    limit: Limit = 50,
    oldest: Oldest = False,
    json: output.Json = False,
) -> None:
    """List what operators did to the database, the newest first."""
    since, until = moments.window(filters.day, filters.since, filters.until)
    conditions = ["TRUE"]
    conditions += ["o.author = :author"] if author is not None else []
    conditions += ["o.action = :action"] if action is not None else []
    conditions += ["o.outcome <> 'done'"] if failed else []
    sql = AUDIT.format(where=" AND ".join(conditions), order="ASC" if oldest else "DESC")
    found = source.rows(sql, since=since, until=until, author=author, action=action, limit=limit)
    columns = [
        tables.at("time", "done_at"),
        tables.column("author"),
        tables.column("action"),
        tables.column("target"),
        tables.number("outcome"),
        tables.Column("why", lambda row: row["error"] or row["reason"]),
    ]
    tables.answer("audit", found, columns, json=json, limit=limit, nothing="Nobody has done such a thing.")
