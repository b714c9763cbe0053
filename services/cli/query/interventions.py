"""`restrike query interventions`: where referees and operators stepped in."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query import match_sql, names, tables
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import scope_of
from services.cli.query.source import Row, Source

COUNTED: Final = f"""
SELECT {match_sql.COLUMNS}, s.chong_gam_jeoms, s.hong_gam_jeoms,
    (SELECT count(*) FROM challenges c WHERE c.match_id = m.id) AS reviews, s.injuries, s.corrections, s.edits,
    m.status = 'closed' AS closed
FROM match_summaries s CROSS JOIN pss_matches m ON m.id = s.match_id
{match_sql.JOINS}
WHERE {{where}}
ORDER BY {{order}} LIMIT :limit
"""
# What stands in one match, in order of time; a warning's row is the count that the scoring system showed.
OF_MATCHES: Final = """
WITH wanted AS (SELECT value AS id FROM json_each(:matches)), told AS (
    SELECT w.match_id, w.timestamp AS at, 'gam-jeom' AS what, r.round_number AS round, NULL AS clock_ms,
        w.athlete_position AS side, 'now ' || w.warning_count AS details
    FROM wanted CROSS JOIN pss_warnings w ON w.match_id = wanted.id LEFT JOIN pss_rounds r ON r.id = w.round_id
    UNION ALL SELECT c.match_id, c.requested_at, 'review', c.round_number, c.clock_ms, c.athlete_position, c.status
    FROM wanted CROSS JOIN challenges c ON c.match_id = wanted.id
    UNION ALL SELECT i.match_id, i.began_at, replace(i.kind, '_', ' '), i.round_number, i.clock_ms, i.athlete_position,
        i.end_reason
    FROM wanted CROSS JOIN injuries i ON i.match_id = wanted.id
    UNION ALL SELECT o.match_id, o.made_at, 'correction', o.round_number, o.clock_ms, o.athlete_position,
        replace(o.what, '_', ' ') || ' ' || coalesce(o.value_before, '?') || ' -> ' || coalesce(o.value_after, '?')
    FROM wanted CROSS JOIN corrections o ON o.match_id = wanted.id
    UNION ALL SELECT e.match_id, e.made_at, iif(e.undone_at IS NULL, 'edit', 'edit (undone)'), NULL, NULL, NULL,
        e.author || ': ' || e.reason
    FROM wanted CROSS JOIN match_edits e ON e.match_id = wanted.id
    UNION ALL SELECT m.id, m.closed_at, 'close', NULL, NULL, NULL, m.closed_by || ': ' || m.close_reason
    FROM wanted CROSS JOIN pss_matches m ON m.id = wanted.id WHERE m.closed_at IS NOT NULL
)
SELECT m.ring, m.match_id, m.match_number, told.at, told.what, told.round, told.clock_ms, told.side, told.details
FROM told CROSS JOIN pss_matches m ON m.id = told.match_id ORDER BY told.at, told.what LIMIT :limit
"""
_MOST: Final = "s.chong_gam_jeoms + s.hong_gam_jeoms + reviews + s.injuries + s.corrections + s.edits DESC, m.id DESC"
QUESTIONS: Final = (
    Question(
        name="interventions per match",
        purpose="Gam-jeoms, reviews, injuries, corrections, edits and closes of each match, the latest match first.",
        command="interventions",
        sql=COUNTED.format(where="TRUE", order="s.match_id DESC"),
        served_by="`match_summaries`",
        example={"limit": LIMIT},
    ),
    Question(
        name="matches with the most interventions",
        purpose="The same, those with the most of them first.",
        command="interventions --most",
        sql=COUNTED.format(where="TRUE", order=_MOST),
        served_by="`match_summaries`: a row for each match",
        example={"limit": LIMIT},
    ),
    Question(
        name="interventions in a match",
        purpose="What stepped in when, in one match.",
        command="interventions --match 101",
        sql=OF_MATCHES,
        served_by="the indexes by match of `pss_warnings`, `challenges`, `injuries`, `corrections` and `match_edits`",
        example={"matches": "(SELECT json_array(max(id)) FROM pss_matches)", "limit": LIMIT},
    ),
)

Most = Annotated[bool, typer.Option("--most", help="Those with the most first, not the latest.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query interventions --tournament active --most")(interventions)


@asking("match", "athlete", "ring", "day", "tournament", "weight", "country", "phase", "since", "until")
def interventions(
    source: Source, filters: Filters, *, most: Most = False, limit: Limit = 20, json: output.Json = False
) -> None:
    """Count what referees and operators did in each match; with --match, list it in order of time."""
    if filters.match is not None:
        told = source.rows(OF_MATCHES, matches=names.matches(source, filters.match), limit=limit)
        found = as_edited(source, told)
        tables.answer("interventions", found, _TOLD, json=json, limit=limit, nothing="Nobody stepped in.")
        return
    scope = scope_of(source, filters)
    sql = COUNTED.format(where=scope.where, order=_MOST if most else "s.match_id DESC")
    found = as_edited(source, source.rows(sql, **scope.values, limit=limit))
    tables.answer("interventions", found, _COLUMNS, json=json, limit=limit, nothing="No such match is stored.")


def _side(row: Row) -> str | None:
    return None if row["side"] is None else {0: "nobody", 1: "chong", 2: "hong"}.get(row["side"])


_COLUMNS: Final = (
    tables.minute("loaded", "first_loaded_at"),
    tables.column("ring"),
    tables.MATCH,
    tables.column("weight", "weight_class"),
    tables.pair("gam-jeoms", "chong_gam_jeoms", "hong_gam_jeoms"),
    tables.number("reviews"),
    tables.number("injuries"),
    tables.number("corrections"),
    tables.number("edits"),
    tables.Column("closed", lambda row: "closed" if row["closed"] else None),
)
_TOLD: Final = (
    tables.at("time", "at"),
    tables.column("ring"),
    tables.MATCH,
    tables.number("R", "round"),
    tables.clock("clock", "clock_ms"),
    tables.column("what"),
    tables.Column("of", _side),
    tables.column("details"),
)
