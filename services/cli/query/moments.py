"""Times as people write them, as the database holds them: UTC text that sorts. For `restrike query`."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from shared.clock import unix_ns
from shared.errors import ValidationError

ALWAYS: Final = ("", "~")
"""A window that everything is in: `~` sorts behind every digit."""
_AGO: Final = re.compile(r"(\d{1,6})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,4})(?:\.(\d{1,3}))?")


def moment(text: str) -> str:
    """`text` (local, if it names no zone) as UTC: `2026-03-01T09:30:00`; all that is stored then sorts behind it.

    Raises:
        ValidationError: it is no time.
    """
    ago = _AGO.fullmatch(text)
    now = _now()
    if text in ("today", "yesterday"):
        return day(text)[0]
    try:
        if ago:
            return _utc(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
        if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", text):
            return _utc(datetime.combine(now.date(), time.fromisoformat(text.zfill(5))).astimezone())
        return _utc(datetime.fromisoformat(text).astimezone())
    except (ValueError, OverflowError) as error:
        sentence = "This is no time. Write 2026-03-01, 2026-03-01T09:30, 09:30, 90m, 2h or 3d."
        raise ValidationError("query.no_time", sentence, value=text) from error


def date_of(text: str) -> str:
    """`text` as a local date: `2026-03-01`.

    Raises:
        ValidationError: it is no date.
    """
    today = _now().date()
    if text == "today":
        return today.isoformat()
    if text == "yesterday":
        return (today - timedelta(days=1)).isoformat()
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  # a date has no zone
    except ValueError as error:
        raise _no_day(text) from error


def day(text: str) -> tuple[str, str]:
    """The UTC window of a local day, from midnight to midnight. Raises ValidationError: it is no day."""
    start = datetime.fromisoformat(date_of(text))
    try:
        return _utc(start.astimezone()), _utc((start + timedelta(days=1)).astimezone())
    except (ValueError, OverflowError) as error:  # the calendar's first or last day, in another zone
        raise _no_day(text) from error


def window(on_day: str | None, since: str | None, until: str | None) -> tuple[str, str]:
    """What lies in a day and between two times, each None where it does not matter: from, and before.

    Raises:
        ValidationError: one of them is no day or no time.
    """
    start, end = ALWAYS if on_day is None else day(on_day)
    return max(start, moment(since) if since else start), min(end, moment(until) if until else end)


def local_hour(utc: str) -> str:
    """The hour of the day on this machine at which `2026-03-01T09` (UTC) begins: `10`."""
    return f"{datetime.fromisoformat(f'{utc}:00:00+00:00').astimezone():%H}"


def clock_range(text: str) -> tuple[int, int]:
    """`1:30-0:45` as milliseconds of the round clock, the lower first; both ends are in it.

    Raises:
        ValidationError: it is no range of the clock.
    """
    ends = [_CLOCK.fullmatch(end.strip()) for end in text.split("-")]
    if len(ends) != 2 or None in ends:
        sentence = "This is no range of the clock. Write it as 1:30-0:45, or in seconds: 90-45."
        raise ValidationError("query.no_clock", sentence, value=text)
    first, second = (_milliseconds(end) for end in ends if end)
    return min(first, second), max(first, second)


def _milliseconds(clock: "re.Match[str]") -> int:
    minutes, seconds, fraction = clock.groups(default="0")
    return (int(minutes) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))


def _no_day(text: str) -> ValidationError:
    return ValidationError("query.no_day", "This is no day. Write 2026-03-01, today or yesterday.", value=text)


def _now() -> datetime:
    return datetime.fromtimestamp(unix_ns() // 1_000_000_000, tz=UTC).astimezone()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")  # %Y has no zeros before the year 931
