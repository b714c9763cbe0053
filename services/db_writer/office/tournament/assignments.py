"""Stored matches put into a tournament's day by an operator; db-writer, or `once` without it."""

from typing import Final

from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.tournament import fields, rows
from services.db_writer.office.tournament.time_zones import local_date
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.errors import ValidationError
from shared.messages.tournaments import AssignMatches, MatchesAssigned

MOST_MATCHES: Final = 10_000
"""In one command: several tournaments' worth."""
_MATCH: Final = """
SELECT id, first_loaded_at, tournament_day_id, match_number, ring FROM pss_matches WHERE match_id = ?
"""
_UNLINK: Final = """
UPDATE planned_matches SET match_id = NULL, updated_at = ?1
WHERE match_id = ?2 AND (?3 IS NULL OR tournament_day_id <> ?3)
"""
_LINK: Final = """
UPDATE planned_matches SET match_id = ?2, updated_at = ?1
WHERE tournament_day_id = ?3 AND match_number = ?4 AND match_id IS NULL AND (ring IS NULL OR ring = ?5)
    AND NOT EXISTS (SELECT 1 FROM planned_matches WHERE match_id = ?2)
"""


def assign_matches(desk: Desk, command: AssignMatches) -> MatchesAssigned:
    """Put stored matches into a day, or into none; all of them or none.

    Raises:
        ValidationError: there is no such match, tournament or day, or too many are named.
    """
    wanted = list(dict.fromkeys(command.match_ids))
    act = Act(
        author=command.author,
        action="match.assign",
        target=command.tournament,
        details={"date": command.date, "matches": wanted[:100], "count": len(wanted)},
    )
    with desk.acting(act) as connection:
        if len(wanted) > MOST_MATCHES:
            raise ValidationError("match.too_many", f"At most {MOST_MATCHES} matches are assigned at once.")
        row = None if command.tournament is None else rows.meant(connection, command.tournament)
        changed = sum(_assign(connection, match_id, row, command.date) for match_id in wanted)
    return MatchesAssigned(matches=changed)


def _assign(connection: "sqlite3.Connection", match_id: str, row: rows.Row | None, date: str | None) -> bool:
    """Put one match into its day; whether that changed anything."""
    found = connection.execute(_MATCH, (match_id,)).fetchone()
    if found is None:
        sentence = "There is no such match; ids are listed by: restrike match list"
        raise ValidationError("match.unknown", sentence, value=match_id)
    match_pk, loaded_at, day_before, number, ring = found
    day_id = None
    if row is not None:
        if date is None and loaded_at is None:
            raise ValidationError("match.no_date", "Nobody knows when this match was: give --date.", value=match_id)
        day = fields.date_of(date) if date is not None else local_date(loaded_at, row.time_zone)
        day_id = rows.meant_day(connection, row, day)
    now = utc_now_iso()
    connection.execute(_UNLINK, (now, match_pk, day_id))
    if day_id is not None:
        connection.execute(_LINK, (now, match_pk, day_id, number, ring))
    if day_id == day_before:
        return False
    connection.execute(
        "UPDATE pss_matches SET tournament_day_id = ?, updated_at = ? WHERE id = ?", (day_id, now, match_pk)
    )
    return True
