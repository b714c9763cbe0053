"""To which day of a tournament a match belongs, and which of its planned matches it is; db-writer."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.db_writer import summary_statements as statements
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3


class Days:
    """The day of the matches that begin now: the active day, else the active tournament's day of the date there."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps) -> None:
        self._connection = connection
        self._times = times
        self._is_known = False
        self._active: int | None = None
        self._zone: ZoneInfo | None = None
        self._by_date: dict[str, int] = {}

    def reset(self) -> None:
        """Forget the active day and tournament: operators change them."""
        self._is_known = False

    def of(self, at: str) -> int | None:
        """The row id of the day of a match that was first loaded `at`; None: there is none."""
        if not self._is_known:
            self._load()
        if self._active is not None or self._zone is None:
            return self._active
        return self._by_date.get(datetime.fromisoformat(at).astimezone(self._zone).date().isoformat())

    def link(self, match_pk: int, number: str, *, ring: str) -> None:
        """Tell the planned match of that number, if its day has one that waits, which match it became."""
        self._connection.execute(statements.LINK_PLANNED, (match_pk, self._times.now, number, ring))

    def _load(self) -> None:
        row = self._connection.execute(statements.SELECT_ACTIVE_DAY).fetchone()
        self._active = None if row is None else int(row[0])
        days = self._connection.execute(statements.SELECT_ACTIVE_DAYS).fetchall()
        self._zone = _zone(days[0][0]) if days else None
        self._by_date = {date: day for _, date, day in days}
        self._is_known = True


def _zone(name: str) -> ZoneInfo | None:
    """A time zone by its name; None for one that this machine does not know: a match must be stored all the same."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None
