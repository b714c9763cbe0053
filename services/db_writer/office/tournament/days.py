"""The days of a tournament: made from its dates, added, numbered by date; db-writer, in its callers' transactions."""

from datetime import date
from typing import Final

from services.db_writer.office.tournament.fields import date_of, dates_between
from services.db_writer.office.tournament.rows import Row, day_ids
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3

# Days outside the dates that nothing hangs on.
_FORGET: Final = """
DELETE FROM tournament_days AS d
WHERE tournament_id = ? AND date NOT BETWEEN ? AND ? AND is_active = 0
    AND NOT EXISTS (SELECT 1 FROM pss_matches m WHERE m.tournament_day_id = d.id)
    AND NOT EXISTS (SELECT 1 FROM planned_matches p WHERE p.tournament_day_id = d.id)
"""


def fit_days(connection: "sqlite3.Connection", tournament_id: int, dates: list[date]) -> None:
    """Let the tournament have a day for each of `dates`; others stay only if something hangs on them."""
    connection.execute(_FORGET, (tournament_id, dates[0].isoformat(), dates[-1].isoformat()))
    known = day_ids(connection, tournament_id)
    add_days(connection, tournament_id, [day for day in dates if day.isoformat() not in known])


def add_days(connection: "sqlite3.Connection", tournament_id: int, dates: list[date]) -> None:
    """Add days and number all of them by date."""
    connection.executemany(
        "INSERT INTO tournament_days (tournament_id, day_number, date) VALUES (?, ?, ?)",
        [(tournament_id, -100_000 - number, day.isoformat()) for number, day in enumerate(dates)],
    )
    sql = "SELECT id, day_number FROM tournament_days WHERE tournament_id = ? ORDER BY date"
    moved = [
        (day, number)
        for number, (day, now) in enumerate(connection.execute(sql, (tournament_id,)).fetchall(), 1)
        if now != number
    ]
    # A number may be another day's until that one has moved, too.
    connection.executemany("UPDATE tournament_days SET day_number = -id WHERE id = ?", [(day,) for day, _ in moved])
    connection.executemany(
        "UPDATE tournament_days SET day_number = ?, updated_at = ? WHERE id = ?",
        [(number, utc_now_iso(), day) for day, number in moved],
    )


def grow(connection: "sqlite3.Connection", row: Row, days: list[date]) -> None:
    """Add `days`, and let the tournament's dates hold them.

    Raises:
        ValidationError: it would last too long.
    """
    first, last = grown(row, days)
    connection.execute(
        "UPDATE tournaments SET starts_on = ?, ends_on = ?, updated_at = ? WHERE id = ?",
        (first.isoformat(), last.isoformat(), utc_now_iso(), row.id),
    )
    add_days(connection, row.id, days)


def grown(row: Row, days: list[date]) -> tuple[date, date]:
    """First and last date of the tournament with `days`.

    Raises:
        ValidationError: it would last too long.
    """
    first, last = min(date_of(row.starts_on), *days), max(date_of(row.ends_on), *days)
    dates_between(first, last)
    return first, last
