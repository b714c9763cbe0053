"""What waits to be told by one channel, and when it is tried; cpu-monitor. No I/O; time is passed in."""

from typing import Final

from msgspec import Struct

from services.cpu_monitor.alerting.delivery.notice import Notice
from shared.messages.alerts import AlertDelivered, AlertState

MOST_WAITING: Final = 500
"""Alerts of a very bad day; the oldest is given up for a new one."""
MOST_AT_ONCE: Final = 50
"""In one mail or call."""
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 900.0
NEW_PAUSE_S: Final = 30.0
"""Something new is tried so soon, however long it was in vain before."""
LATE_S: Final = 120.0
"""A try that takes longer is given up, although its thread may still wait for a name server."""


class _Waiting(Struct):
    notice: Notice
    since_s: float
    attempts: int = 0
    error: str = "nothing was tried yet"
    withdrawn: str | None = None


class Queue:
    """Notices of one channel, in order. `trying` are those of the try that is under way; it has the number `turn`."""

    def __init__(self, *, most: int = MOST_WAITING) -> None:
        self.turn = 0
        self._waiting: dict[str, _Waiting] = {}
        self._trying: list[str] = []
        self._late_at_s = 0.0
        self._retry_at_s = 0.0
        self._pause_s = 0.0
        self._most = most

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, notice: Notice, *, now_s: float, age_s: float = 0.0) -> list[AlertDelivered]:
        """Line a notice up, which has waited for `age_s` already; what is given up for it."""
        self._waiting[notice.delivery_id] = _Waiting(notice, now_s - age_s)
        self._retry_at_s = min(self._retry_at_s, now_s + NEW_PAUSE_S)
        over = [name for name in self._waiting if name not in self._trying][: max(0, len(self._waiting) - self._most)]
        return [self._give_up(name, "Too much waited to be told.") for name in over]

    def next(self, *, gather_s: float, now_s: float) -> list[Notice]:
        """What to tell now, together; nothing while a try is under way, in a pause, or while more may come."""
        if self._trying or not self._waiting or now_s < self._retry_at_s:
            return []
        oldest = min(one.since_s for one in self._waiting.values())
        if now_s - oldest < gather_s:
            return []
        self.turn += 1
        self._late_at_s = now_s + LATE_S
        self._trying = list(self._waiting)[:MOST_AT_ONCE]
        for name in self._trying:
            self._waiting[name].attempts += 1
        return [self._waiting[name].notice for name in self._trying]

    def late(self, *, now_s: float) -> bool:
        """Whether the try under way takes too long."""
        return bool(self._trying) and now_s >= self._late_at_s

    def done(self, turn: int, error: str | None, *, now_us: int, now_s: float) -> list[AlertDelivered]:
        """The try number `turn` ended; what was delivered by it, or, when it failed, was withdrawn meanwhile. A try
        that was given up before says nothing any more.
        """
        if turn != self.turn or not self._trying:
            return []
        tried, self._trying = self._trying, []
        if error is not None:
            self._pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, self._pause_s * 2))
            self._retry_at_s = now_s + self._pause_s
            for name in tried:
                self._waiting[name].error = error
            return [self._give_up(name, reason) for name in tried if (reason := self._waiting[name].withdrawn)]
        self._pause_s = self._retry_at_s = 0.0
        return [_outcome(self._waiting.pop(name), delivered_at_us=now_us) for name in tried]

    def expire(self, give_up_s: float, *, now_s: float) -> list[AlertDelivered]:
        """What was tried for too long."""
        names = [name for name, one in self._waiting.items() if now_s - one.since_s >= give_up_s]
        return [self._give_up(name, None) for name in names if name not in self._trying]

    def withdraw(self, reason: str, *, alert_id: str | None = None) -> list[AlertDelivered]:
        """What is not to be told any more: all of it, or that an alert was raised. What is being tried just now is told
        or not; it is not tried again.
        """
        found = [
            name
            for name, one in self._waiting.items()
            if alert_id is None or (one.notice.alert.alert_id == alert_id and one.notice.about is AlertState.RAISED)
        ]
        for name in found:
            self._waiting[name].withdrawn = reason
        return [self._give_up(name, reason) for name in found if name not in self._trying]

    def _give_up(self, name: str, reason: str | None) -> AlertDelivered:
        one = self._waiting.pop(name)
        return _outcome(one, error=reason or f"Given up: {one.error}")


def _outcome(one: _Waiting, *, delivered_at_us: int | None = None, error: str | None = None) -> AlertDelivered:
    return AlertDelivered(
        delivery_id=one.notice.delivery_id,
        alert_id=one.notice.alert.alert_id,
        channel=one.notice.channel,
        about=one.notice.about,
        attempts=one.attempts,
        delivered_at_us=delivered_at_us,
        error=error,
    )
