"""The only file that reads or waits for time, so that everything else can be given its time."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

NS_PER_S = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def unix_ns() -> int:
    """Wall-clock time in nanoseconds since 1970-01-01 UTC; may jump when the clock is set."""
    return time.time_ns()


def monotonic_ns() -> int:
    """Nanoseconds since an arbitrary start; never goes back, is the same for all processes of a boot."""
    return time.monotonic_ns()


def boot_ns() -> int:
    """Nanoseconds since this machine started, sleep included; never goes back."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def monotonic_s() -> float:
    """Seconds since an arbitrary start; never goes back."""
    return time.monotonic()


def iso_utc(at_ns: int) -> str:
    """`at_ns` (Unix ns) as UTC ISO-8601 text with microseconds: `2026-03-01T09:30:00.123456Z`."""
    seconds, rest = divmod(at_ns, NS_PER_S)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest // 1000:06d}Z"


def unix_us(iso: str) -> int:
    """The Unix microseconds of ISO-8601 text; UTC where it names no offset.

    Raises ValueError: it is no such text.
    """
    at = datetime.fromisoformat(iso)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def utc_now_iso() -> str:
    """Now as UTC ISO-8601 text with milliseconds: `2026-03-01T09:30:00.123Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wait_s(seconds: float) -> None:
    """Block this thread; for command-line clients that poll with a deadline, never for a service."""
    time.sleep(seconds)  # noqa: TID251  # this file is where waiting lives
