"""Times of the predecessor, which wrote them in several ways; how each column's were read is told.

A number is a Unix time in seconds, ms, µs or ns, by its size. A text with a zone is what it says. One without a zone is
local time, in the zone that the import was given; but where the column's own default is SQLite's clock (UTC), a text of
exactly that form is UTC.
"""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.db_writer.office.predecessor.report import Report

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""What lies outside is no time of a match."""
_UNITS: Final = ((1e17, 1e9, "ns"), (1e14, 1e6, "µs"), (1e11, 1e3, "ms"), (1e8, 1.0, "s"))
_NUMBER: Final = re.compile(r"\d{9,19}(\.\d+)?", re.ASCII)
_SQLITE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Times:
    """Reads times, and remembers per column in which forms they came."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._forms: dict[str, Counter[str]] = {}

    def read(self, value: Any, *, column: str, is_sqlite_clock: bool = False) -> datetime | None:
        """The moment in UTC; None where there is none that can be read."""
        if value is None or value == "":
            return None
        try:
            moment, form = self._read(value, is_sqlite_clock=is_sqlite_clock)
        except (ValueError, OverflowError, OSError):
            moment, form = None, "not readable"
        if moment is not None and not EARLIEST <= moment < LATEST:
            moment, form = None, "not readable"
        self._forms.setdefault(column, Counter())[form] += 1
        return moment

    def tell(self, report: Report) -> None:
        """Say how each column was read."""
        for column, forms in sorted(self._forms.items()):
            found = ", ".join(f"{count} {form}" for form, count in forms.most_common())
            report.times.append(f"{column}: {found}")

    def _read(self, value: Any, *, is_sqlite_clock: bool) -> tuple[datetime | None, str]:
        if isinstance(value, bytes):
            value = value.decode("ascii", "replace")
        if isinstance(value, int | float) or _NUMBER.fullmatch(value.strip()):
            return _of_number(float(value))
        text = value.strip()
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC), "with a zone"
        if is_sqlite_clock and _SQLITE.fullmatch(text):
            return moment.replace(tzinfo=UTC), "of SQLite's clock, which is UTC"
        return moment.replace(tzinfo=self._zone).astimezone(UTC), f"without a zone, read as {self._zone.key}"


def _of_number(number: float) -> tuple[datetime | None, str]:
    for least, per_second, unit in _UNITS:
        if number >= least:
            return _START + timedelta(seconds=number / per_second), f"Unix {unit}"
    return None, "not readable"


def text_of(moment: datetime) -> str:
    """A moment as the database holds it: `2026-03-01T09:30:00.123456Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def text_or_none(moment: datetime | None) -> str | None:
    """The same, where there may be none."""
    return None if moment is None else text_of(moment)


def microseconds_of(moment: datetime) -> int:
    """Unix microseconds."""
    return (moment - _START) // _MICROSECOND


def of_microseconds(at_us: int) -> datetime:
    """The moment of Unix microseconds."""
    return _START + timedelta(microseconds=at_us)
