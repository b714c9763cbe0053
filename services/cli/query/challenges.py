"""`restrike query challenges`: the video reviews and how each ended."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query import tables
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters, Limit, Oldest, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import scope_of
from services.cli.query.source import Row, Source

_FROM: Final = """
FROM challenges c CROSS JOIN pss_matches m ON m.id = c.match_id
LEFT JOIN pss_match_athletes p ON p.match_id = c.match_id AND p.athlete_position = c.athlete_position
LEFT JOIN pss_athletes a ON a.id = p.athlete_id
WHERE c.requested_at >= '' AND {where}
"""
CHALLENGES: Final = (
    """
SELECT c.requested_at, m.ring, m.match_id, m.match_number, m.weight_class, c.number, c.round_number AS round,
    c.clock_ms, c.athlete_position, p.athlete_id, coalesce(a.short_name, p.shown_short_name) AS athlete,
    coalesce(a.country_code, p.shown_noc) AS noc, c.status AS outcome, c.decided_at, c.ended_at, c.end_reason,
    c.replay_clip"""
    + _FROM
    + "ORDER BY c.requested_at {order}, c.id {order} LIMIT :limit\n"
)
OUTCOMES: Final = (
    "SELECT c.status AS outcome, count(*) AS challenges" + _FROM + "GROUP BY c.status ORDER BY 2 DESC, 1\n"
)
QUESTIONS: Final = (
    Question(
        name="challenges",
        purpose="All video reviews with their outcome, the newest first.",
        command="challenges",
        sql=CHALLENGES.format(where="TRUE", order="DESC"),
        served_by="`ix_challenges_requested_at`",
        example={"limit": LIMIT},
    ),
    Question(
        name="outcomes of challenges",
        purpose="How many video reviews ended how.",
        command="challenges",
        sql=OUTCOMES.format(where="TRUE"),
        served_by="nothing: the table has a row for each review, a few for each match",
    ),
)

Outcome = Annotated[
    str | None,
    typer.Option("--outcome", metavar="WORD", help="Only requested, accepted, won, lost, rejected or cancelled ones."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query challenges --athlete 'Marija ČAČIĆ' --outcome won")(challenges)


@asking("match", "athlete", "ring", "day", "tournament", "weight", "country", "phase", "since", "until")
def challenges(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    outcome: Outcome = None,
    limit: Limit = 50,
    oldest: Oldest = False,
    json: output.Json = False,
) -> None:
    """List video reviews with their outcome, the newest first; an athlete or a country is the one who asked."""
    asker = {"athlete": "p.athlete_id = :athlete", "country": "a.country_code = :country"}
    scope = scope_of(source, filters, at="c.requested_at", **asker)
    if outcome is not None:
        scope.add("c.status = :outcome", outcome=outcome.lower())
    order = "ASC" if oldest else "DESC"
    sql = CHALLENGES.format(where=scope.where, order=order)
    found = as_edited(source, source.rows(sql, **scope.values, limit=limit))
    counted = source.rows(OUTCOMES.format(where=scope.where), **scope.values)
    columns = [
        tables.at("requested", "requested_at"),
        tables.column("ring"),
        tables.MATCH,
        tables.number("R", "round"),
        tables.clock("clock", "clock_ms"),
        tables.Column("by", _asker),
        tables.number("outcome"),
        tables.column("over", "end_reason"),
    ]
    outcomes = {row["outcome"]: row["challenges"] for row in counted}
    nothing = "No such review is stored."
    tables.answer("challenges", found, columns, json=json, limit=limit, nothing=nothing, outcomes=outcomes)
    if found and not json:
        output.line(", ".join(f"{count} {word}" for word, count in outcomes.items()))


def _asker(row: Row) -> str:
    side = tables.SIDES.get(row["athlete_position"], "?")
    return " ".join(word for word in (side, row["athlete"], row["noc"]) if word)
