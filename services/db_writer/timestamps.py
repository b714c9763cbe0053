"""Times as the database holds them, cheap enough for every row; db-writer's hot path."""

from shared.clock import NS_PER_S, iso_utc

_US_PER_S = 1_000_000


class Timestamps:
    """Unix microseconds to UTC ISO-8601 text, and the time of writing (`now_us`, as text `now`) of the transaction.

    Consecutive rows share their second, so its text is made once.
    """

    def __init__(self) -> None:
        self.now_us = 0
        self.now = ""
        self._second = -1
        self._prefix = ""

    def begin(self, now_us: int) -> None:
        """A transaction begins: everything in it is written at `now_us`."""
        self.now_us = now_us
        self.now = self.text(now_us)

    def text(self, at_us: int) -> str:
        """`at_us` as `2026-03-01T09:30:00.123456Z`."""
        second, micros = divmod(at_us, _US_PER_S)
        if second != self._second:
            self._prefix = iso_utc(second * NS_PER_S)[:20]
            self._second = second
        return f"{self._prefix}{str(micros + _US_PER_S)[1:]}Z"  # half the time of `{micros:06d}`
