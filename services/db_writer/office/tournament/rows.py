"""Tournaments and days as they are stored, and as the contract shows them; db-writer."""

from datetime import date
from typing import Final

from msgspec import Struct

from shared.db.sqlite import sqlite3
from shared.errors import ValidationError
from shared.messages.tournaments import Day, Tournament, TournamentStatus

_ROW: Final = """
SELECT id, name, location, country_code, starts_on, ends_on, time_zone, rule_set, logo_type, status FROM tournaments
"""
_DAYS: Final = """
SELECT d.day_number, d.date, d.title, d.status,
    (SELECT count(*) FROM pss_matches m WHERE m.tournament_day_id = d.id),
    (SELECT count(*) FROM planned_matches p WHERE p.tournament_day_id = d.id)
FROM tournament_days d WHERE d.tournament_id = ? ORDER BY d.day_number
"""


class Row(Struct, frozen=True, kw_only=True):
    """A tournament's own columns."""

    id: int
    name: str
    location: str | None
    country_code: str | None
    starts_on: str
    ends_on: str
    time_zone: str
    rule_set: str | None
    logo_type: str | None
    status: TournamentStatus


def find(connection: "sqlite3.Connection", name: str) -> Row | None:
    """The tournament of that name; capitals and padding do not matter where only one is meant."""
    wanted = " ".join(name.split())
    rows = list(map(_row, connection.execute(_ROW).fetchall()))
    exact = [row for row in rows if row.name == wanted]
    alike = [row for row in rows if row.name.casefold() == wanted.casefold()]
    found = exact or alike
    return found[0] if found else None


def meant(connection: "sqlite3.Connection", name: str) -> Row:
    """The tournament of that name.

    Raises:
        ValidationError: there is none; the sentence names those that there are.
    """
    found = find(connection, name)
    if found is None:
        known = [known for (known,) in connection.execute("SELECT name FROM tournaments ORDER BY starts_on DESC, id")]
        listed = f"Known: {', '.join(known)}." if known else "Make it with: restrike tournament new"
        raise ValidationError("tournament.unknown", f"There is no such tournament. {listed}", value=name)
    return found


def active(connection: "sqlite3.Connection") -> Row | None:
    """The active tournament."""
    row = connection.execute(f"{_ROW} WHERE is_active = 1").fetchone()
    return None if row is None else _row(row)


def meant_or_active(connection: "sqlite3.Connection", name: str | None) -> Row:
    """The tournament of that name; without one the active one, else the only one.

    Raises:
        ValidationError: there is none, or nobody can say which.
    """
    if name is not None:
        return meant(connection, name)
    found = active(connection)
    if found is not None:
        return found
    rows = connection.execute(f"{_ROW} LIMIT 2").fetchall()
    if len(rows) != 1:
        sentence = "No tournament is active: name one with --tournament, or activate it."
        raise ValidationError("tournament.none_active", sentence)
    return _row(rows[0])


def day_ids(connection: "sqlite3.Connection", tournament_id: int) -> dict[str, int]:
    """Row ids of its days by date, in order."""
    sql = "SELECT date, id FROM tournament_days WHERE tournament_id = ? ORDER BY date"
    return dict(connection.execute(sql, (tournament_id,)).fetchall())


def meant_day(connection: "sqlite3.Connection", row: Row, day: date) -> int:
    """The row id of a tournament's day.

    Raises:
        ValidationError: that is none of its days.
    """
    days = day_ids(connection, row.id)
    if day.isoformat() not in days:
        sentence = f"{row.name} has no such day; it has {', '.join(days)}."
        raise ValidationError("tournament.no_such_day", sentence, value=day.isoformat())
    return days[day.isoformat()]


def shown(connection: "sqlite3.Connection", row: Row) -> Tournament:
    """It with its days, as the contract has it."""
    days = [
        Day(number=number, date=on, title=title, status=TournamentStatus(status), matches=matches, planned_matches=plan)
        for number, on, title, status, matches, plan in connection.execute(_DAYS, (row.id,)).fetchall()
    ]
    return Tournament(
        tournament=row.name,
        location=row.location,
        noc=row.country_code,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        time_zone=row.time_zone,
        rule_set=row.rule_set,
        logo_type=row.logo_type,
        status=row.status,
        days=days,
    )


def _row(values: tuple[object, ...]) -> Row:
    fields = dict(zip(Row.__struct_fields__, values, strict=True))
    fields["status"] = TournamentStatus(str(fields["status"]))
    return Row(**fields)  # type: ignore[arg-type]  # the columns are those of _ROW
