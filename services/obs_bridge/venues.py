"""To which tournament and day a match belongs that is loaded now: the active day, else the active tournament's day of
the date there, as db-writer has it; obs-bridge.
"""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.automation.match_view import Venue
from shared.db.sqlite import sqlite3

_DAYS: Final = """
SELECT t.name, t.time_zone, d.day_number, d.date, coalesce(d.is_active, 0) FROM tournaments t
LEFT JOIN tournament_days d ON d.tournament_id = t.id WHERE t.is_active = 1 ORDER BY d.is_active DESC, d.day_number
"""


class Venues(Struct, frozen=True, kw_only=True):
    """The active tournament, if there is one. An operator chose `active_day`; `days` go by their local date."""

    tournament: str | None = None
    time_zone: str | None = None
    active_day: int | None = None
    days: dict[str, int] = {}

    def at(self, now_us: int) -> Venue:
        """Where a match belongs that is loaded at `now_us` (Unix microseconds)."""
        day = self.active_day
        if day is None and self.time_zone is not None:
            day = self.days.get(_date_in(self.time_zone, now_us))
        return Venue(tournament=self.tournament, day=day, time_zone=self.time_zone)


def read(connection: "sqlite3.Connection") -> Venues:
    """As operators have set it. Raises sqlite3.Error."""
    rows = connection.execute(_DAYS).fetchall()
    if not rows:
        return Venues()
    name, time_zone, number, _, is_active = rows[0]
    days = {date: number for _, _, number, date, _ in rows if date is not None}
    return Venues(tournament=name, time_zone=time_zone, active_day=number if is_active else None, days=days)


def _date_in(time_zone: str, now_us: int) -> str:
    """The date there; that of this machine for a zone that it does not know."""
    moment = datetime.fromtimestamp(now_us / 1_000_000, tz=UTC)
    try:
        return moment.astimezone(ZoneInfo(time_zone)).date().isoformat()
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return moment.astimezone().date().isoformat()
