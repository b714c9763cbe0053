"""One rule on one subject, and its alert; cpu-monitor. No I/O; time is passed in."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from services.cpu_monitor.alerting.sentences import Cause, filled, gone, unmeasured
from shared.messages.alerts import AlertChanged, AlertRule, AlertState, Comparison

GONE_AFTER_S: Final = 30.0
"""A subject that is not there for so long (a disk, a ring, a connection) is gone, and its alert with it."""
UNMEASURED_AFTER_S: Final = 600.0
"""An alert whose value nobody can tell any more (measuring was switched off) is not kept for ever."""


class Moment(Struct, frozen=True):
    """Now: monotonic seconds, by which time is counted, and Unix microseconds, which people read."""

    s: float
    us: int


class Watch:
    """Since when it is wrong, right or missing (monotonic s), and the alert that is open. `seen_us`: when the
    last event came that raised it, or would have (Unix microseconds).
    """

    def __init__(self, subject: str, alert: AlertChanged | None = None, seen_us: int | None = None) -> None:
        self.subject = subject
        self.alert = alert
        self.seen_us = seen_us
        self._wrong_since_s: float | None = None
        self._right_since_s: float | None = None
        self._missing_since_s: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to remember."""
        return self.alert is None and self._wrong_since_s is None

    def judge(self, rule: AlertRule, cause: Cause, now: Moment, new_id: Callable[[], str]) -> AlertChanged | None:
        """What a value changes."""
        value = cause.value
        assert value is not None  # noqa: S101 - a cause that is no event
        self._missing_since_s = None
        if self.alert is None:
            self._wrong_since_s = _since(self._wrong_since_s, now) if is_wrong(rule, value) else None
            if self._wrong_since_s is None or now.s - self._wrong_since_s < rule.for_s:
                return None
            return self._raise(rule, cause, now, new_id)
        self._right_since_s = _since(self._right_since_s, now) if is_right(rule, value) else None
        if self._right_since_s is None or now.s - self._right_since_s < rule.clear_s:
            return None
        return self.clear(now)

    def miss(self, now: Moment, *, is_gone: bool) -> AlertChanged | None:
        """There is no value: time that counted for or against it begins anew, and an open alert stays until its
        subject is surely gone (`is_gone`: there are values, but not of this one).
        """
        self._wrong_since_s = self._right_since_s = None
        if self.alert is None:
            return None
        self._missing_since_s = _since(self._missing_since_s, now)
        if now.s - self._missing_since_s < (GONE_AFTER_S if is_gone else UNMEASURED_AFTER_S):
            return None
        return self.clear(now, gone(self.subject) if is_gone else unmeasured(self.subject))

    def happen(self, rule: AlertRule, event: Any, now: Moment, new_id: Callable[[], str]) -> AlertChanged | None:
        """What an event that raises changes."""
        self._right_since_s, self.seen_us = now.s, now.us
        return None if self.alert is not None else self._raise(rule, Cause(event=event), now, new_id)

    def lapse(self, rule: AlertRule, now: Moment) -> AlertChanged | None:
        """An alert by events ends when no other event came for long enough, a restart of cpu-monitor included."""
        if self._right_since_s is None:
            self._right_since_s = now.s - max(0, now.us - (self.seen_us or now.us)) / 1e6
        return self.clear(now) if rule.clear_s and now.s - self._right_since_s >= rule.clear_s else None

    def clear(self, now: Moment, sentence: str | None = None) -> AlertChanged | None:
        """End the alert, if one is open; `sentence` says why, when it is not that all is well."""
        alert, self.alert = self.alert, None
        self._wrong_since_s = self._right_since_s = self._missing_since_s = None
        if alert is None:
            return None
        message = alert.message if sentence is None else f"{alert.message} {sentence}"
        return replace(alert, state=AlertState.CLEARED, cleared_at_us=now.us, message=message)

    def _raise(self, rule: AlertRule, cause: Cause, now: Moment, new_id: Callable[[], str]) -> AlertChanged:
        self._wrong_since_s = None
        self.alert = AlertChanged(
            alert_id=new_id(),
            rule=rule.name,
            subject=self.subject,
            severity=rule.severity,
            state=AlertState.RAISED,
            message=filled(rule.message, rule, self.subject, cause),
            raised_at_us=now.us,
            remedy=filled(rule.remedy, rule, self.subject, cause) or None,
            value=cause.value,
        )
        return self.alert


def _since(since_s: float | None, now: Moment) -> float:
    return now.s if since_s is None else since_s


def is_wrong(rule: AlertRule, value: float) -> bool:
    """Whether a value is beyond the threshold."""
    return value > rule.threshold if rule.comparison is Comparison.ABOVE else value < rule.threshold


def is_right(rule: AlertRule, value: float) -> bool:
    """Whether a value is well again: on the other side of the threshold by the hysteresis."""
    if rule.comparison is Comparison.ABOVE:
        return value <= rule.threshold - rule.hysteresis
    return value >= rule.threshold + rule.hysteresis
