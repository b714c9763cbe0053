"""`restrike query rounds`: the longest and the shortest."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query import match_sql, tables
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import scope_of
from services.cli.query.source import Source

# A round that was opened and closed without a second of clock was none.
ROUNDS: Final = f"""
SELECT {match_sql.COLUMNS}, r.round_number AS round, r.duration AS fought_s, x.fought_ms, r.start_time, r.end_time,
    x.score_chong, x.score_hong, x.winner AS round_winner, x.method
FROM pss_rounds r CROSS JOIN pss_matches m ON m.id = r.match_id
LEFT JOIN round_results x ON x.match_id = r.match_id AND x.round_number = r.round_number
{match_sql.JOINS}
WHERE r.duration > 0 AND {{where}}
ORDER BY r.duration {{order}}, r.id {{order}} LIMIT :limit
"""
QUESTIONS: Final = tuple(
    Question(
        name=f"{word} rounds",
        purpose=f"The {word} rounds by the time that their clock ran.",
        command=f"rounds --{word}",
        sql=ROUNDS.format(where="TRUE", order=order),
        served_by="`ix_pss_rounds_duration`",
        example={"limit": LIMIT},
    )
    for word, order in (("longest", "DESC"), ("shortest", "ASC"))
)

Longest = Annotated[bool, typer.Option("--longest/--shortest", help="The longest first, or the shortest.")]
Number = Annotated[int | None, typer.Option("--round", min=1, metavar="N", help="Only rounds of this number.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query rounds --shortest --round 1")(rounds)


@asking("match", "athlete", "ring", "day", "tournament", "weight", "country", "phase", "since", "until")
def rounds(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    longest: Longest = True,
    number: Number = None,
    limit: Limit = 20,
    json: output.Json = False,
) -> None:
    """List rounds by how long they were fought."""
    scope = scope_of(source, filters, at="r.start_time")
    if number is not None:
        scope.add("r.round_number = :round", round=number)
    sql = ROUNDS.format(where=scope.where, order="DESC" if longest else "ASC")
    found = as_edited(source, source.rows(sql, **scope.values, limit=limit))
    columns = [
        tables.Column("fought", lambda row: output.clock(row["fought_s"] * 1000)),
        tables.number("R", "round"),
        tables.minute("began", "start_time"),
        tables.column("ring"),
        tables.MATCH,
        tables.column("weight", "weight_class"),
        tables.column("chong"),
        tables.column("hong"),
        tables.pair("score", "score_chong", "score_hong"),
        tables.choice("winner", "round_winner", tables.WINNERS),
        tables.column("by", "method"),
    ]
    tables.answer("rounds", found, columns, json=json, limit=limit, nothing="No such round was fought.")
