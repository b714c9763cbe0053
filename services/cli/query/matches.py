"""`restrike query matches` and `restrike query comebacks`."""

from typing import Annotated, Any, Final

import msgspec
import typer

from services.cli import output
from services.cli.query import match_sql, tables
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import OF_WEIGHT, scope_of
from services.cli.query.source import Source
from services.cli.stored_matches import matches_sql, read_matches

COMEBACKS: Final = f"""
SELECT {match_sql.COLUMNS}, s.comeback_points, s.lead_changes, s.chong_points, s.hong_points
FROM match_summaries s CROSS JOIN pss_matches m ON m.id = s.match_id
{match_sql.JOINS}
WHERE s.comeback_points >= :least AND w.winner IN (1, 2) AND {{where}}
ORDER BY s.comeback_points DESC, s.match_id DESC LIMIT :limit
"""
QUESTIONS: Final = (
    Question(
        name="match list",
        purpose="The latest matches with who fought, the result in force, what was declared and how much was found.",
        command="matches",
        sql=matches_sql(),
        served_by="the primary key of `pss_matches`; `match_results`, `match_summaries`",
        example={"limit": LIMIT},
    ),
    Question(
        name="matches of a weight category",
        purpose="The same for the matches of one weight category; other filters are conditions in the same place.",
        command="matches --weight 'M -68kg'",
        sql=matches_sql(OF_WEIGHT),
        served_by="`ix_pss_matches_weight_class`",
        example={
            "weights": "(SELECT json_array(weight_class) FROM pss_matches ORDER BY id DESC LIMIT 1)",
            "limit": LIMIT,
        },
    ),
    Question(
        name="comebacks",
        purpose="Matches whose winner was behind, those with the most points made up first.",
        command="comebacks",
        sql=COMEBACKS.format(where="TRUE"),
        served_by="`match_summaries`, by `ix_match_summaries_comeback_points`",
        example={"least": "1", "limit": LIMIT},
    ),
)

Status = Annotated[str | None, typer.Option("--status", metavar="WORD", help="Only open, decided or closed ones.")]
Decision = Annotated[str | None, typer.Option("--decision", metavar="CODE", help="Only those decided so, such as PTG.")]
Least = Annotated[int, typer.Option("--least", min=1, metavar="N", help="At least so many points made up.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike query matches --weight 'M -68kg' --decision PTG")(matches)
    app.command(epilog="Example: restrike query comebacks --least 10")(comebacks)


@asking("match", "athlete", "ring", "day", "tournament", "weight", "country", "phase", "since", "until")
def matches(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    status: Status = None,
    decision: Decision = None,
    limit: Limit = 20,
    json: output.Json = False,
) -> None:
    """List stored matches, the latest first; `restrike match list` shows more of each."""
    scope = scope_of(source, filters)
    if status is not None:
        scope.add("m.status = :status", status=status.lower())
    if decision is not None:
        scope.add("w.decision = :decision", decision=decision.upper())
    found = read_matches(source, scope, limit=limit, with_results=decision is not None)
    rows: list[dict[str, Any]] = [msgspec.to_builtins(match) for match in found]
    columns = [
        tables.minute("loaded", "first_loaded_at"),
        tables.column("ring"),
        tables.MATCH,
        tables.column("phase"),
        tables.column("weight", "weight_class"),
        tables.Column("chong", lambda row: _who(row["chong"])),
        tables.Column("hong", lambda row: _who(row["hong"])),
        tables.Column("rounds", lambda row: f"{row['chong']['rounds_won']}-{row['hong']['rounds_won']}"),
        tables.choice("winner", "winner", tables.WINNERS),
        tables.number("by", "decision"),
    ]
    tables.answer("matches", rows, columns, json=json, limit=limit, nothing="No such match is stored.")


@asking("athlete", "ring", "day", "tournament", "weight", "country", "phase", "since", "until")
def comebacks(
    source: Source, filters: Filters, *, least: Least = 1, limit: Limit = 20, json: output.Json = False
) -> None:
    """List matches whose winner had been behind, and by how many points at most."""
    scope = scope_of(source, filters)
    sql = COMEBACKS.format(where=scope.where)
    found = as_edited(source, source.rows(sql, **scope.values, least=least, limit=limit))
    columns = [
        tables.number("points", "comeback_points"),
        tables.minute("loaded", "first_loaded_at"),
        tables.MATCH,
        tables.column("weight", "weight_class"),
        tables.column("chong"),
        tables.column("hong"),
        tables.choice("winner", "winner", tables.WINNERS),
        tables.number("by", "decision"),
        tables.pair("score", "chong_points", "hong_points"),
        tables.number("leads", "lead_changes"),
    ]
    tables.answer("comebacks", found, columns, json=json, limit=limit, nothing="No winner had been behind.")


def _who(side: dict[str, Any]) -> str:
    return f"{side['short_name'] or ''} {side['noc'] or ''}".strip()
