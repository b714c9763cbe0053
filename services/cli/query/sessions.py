"""`restrike query sessions`: when the rings listened, and what they heard."""

from typing import Final

import typer

from services.cli import output
from services.cli.query import moments, tables
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import check_ring
from services.cli.query.source import Source

TOTALS: Final = """
SELECT (SELECT count(*) FROM udp_server_sessions) AS sessions,
    (SELECT count(*) FROM udp_server_sessions WHERE status = 'open') AS active,
    (SELECT coalesce(sum(packets_received), 0) FROM udp_server_sessions) AS datagrams,
    (SELECT coalesce(sum(events), 0) FROM event_counts) AS events,
    (SELECT count(*) FROM pss_matches) AS matches,
    (SELECT count(*) FROM pss_athletes) AS athletes
"""
SINCE: Final = """
SELECT (SELECT count(*) FROM udp_server_sessions WHERE start_time >= :since) AS sessions,
    (SELECT coalesce(sum(events), 0) FROM event_counts WHERE minute >= substr(:since, 1, 16)) AS events,
    (SELECT count(*) FROM pss_matches WHERE first_loaded_at >= :since) AS matches
"""
SESSIONS: Final = """
SELECT s.ring, s.session_uuid, s.start_time, s.end_time, s.status, s.packets_received, s.packets_parsed, s.parse_errors,
    s.total_bytes_received, s.unique_clients_count, s.dialect, s.error_message,
    (SELECT count(*) FROM pss_matches m WHERE m.ring = s.ring AND m.first_loaded_at >= s.start_time
        AND m.first_loaded_at < coalesce(s.end_time, '~')) AS matches
FROM udp_server_sessions s WHERE :ring IS NULL OR s.ring = :ring ORDER BY s.id DESC LIMIT :limit
"""
QUESTIONS: Final = (
    Question(
        name="totals",
        purpose="Sessions, active ones, datagrams, events, matches and athletes: all that is stored.",
        command="sessions",
        sql=TOTALS,
        served_by="`event_counts` and the sessions' own counters; small tables for the rest",
    ),
    Question(
        name="the last 24 hours",
        purpose="Sessions, events and matches since a time.",
        command="sessions",
        sql=SINCE,
        served_by="`event_counts` by its primary key, `ix_pss_matches_first_loaded_at`",
        example={"since": "strftime('%Y-%m-%dT%H:%M:%S', 'now', '-1 day')"},
    ),
    Question(
        name="sessions",
        purpose="Each session with what was heard in it, the newest first.",
        command="sessions --ring ring-1",
        sql=SESSIONS,
        served_by="the sessions' own counters, `ix_pss_matches_first_loaded_at` for the matches",
        example={"ring": "NULL", "limit": LIMIT},
    ),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query sessions --ring ring-1 --limit 5")(sessions)


@asking("ring")
def sessions(source: Source, filters: Filters, *, limit: Limit = 20, json: output.Json = False) -> None:
    """Show what is stored in all, what came in the last 24 hours, and each session, the newest first."""
    if filters.ring is not None:
        check_ring(source, filters.ring)
    (totals,) = source.rows(TOTALS)
    (lately,) = source.rows(SINCE, since=moments.moment("24h"))
    found = source.rows(SESSIONS, ring=filters.ring, limit=limit)
    if not json:
        output.line(", ".join(f"{count} {name}" for name, count in totals.items()))
        output.line("last 24 h: " + ", ".join(f"{count} {name}" for name, count in lately.items()))
        output.line("")
    columns = [
        tables.column("ring"),
        tables.minute("from", "start_time"),
        tables.minute("to", "end_time"),
        tables.number("status"),
        tables.number("datagrams", "packets_received"),
        tables.number("errors", "parse_errors"),
        tables.Column("received", lambda row: output.size(row["total_bytes_received"] or 0)),
        tables.number("senders", "unique_clients_count"),
        tables.number("matches"),
    ]
    nothing = "No ring has listened yet."
    totals_and_lately = {"totals": totals, "last_24_h": lately}
    tables.answer("sessions", found, columns, json=json, limit=limit, nothing=nothing, **totals_and_lately)
