"""Rules, values and events in; alerts that are raised and cleared out. cpu-monitor. No I/O; time is passed in.

There is one alert for each rule and subject. It is raised when a value was wrong for as long as the rule says, and
cleared when it was right, by the rule's hysteresis, for as long as the rule says: one that flutters makes one alert. A
value that nobody can tell now neither raises nor clears.
"""

import math
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from services.cpu_monitor.alerting.readings import Values, Words
from services.cpu_monitor.alerting.sentences import Cause
from services.cpu_monitor.alerting.watch import Moment, Watch, is_wrong
from shared.alerts.topics import RARE, fits, subject_of
from shared.errors import ValidationError
from shared.messages.alerts import AlertChanged, AlertRule, AlertState

MOST_WATCHES: Final = 1_000
"""Things that are wrong at once: rules times subjects are a hundred. What comes beyond is not watched, and counted."""
NOTHING: Final[Mapping[str, int]] = {}
RULE_GONE: Final = "Its rule is not in force any more."


class Engine:
    """`opened` are the alerts that were open when cpu-monitor ended, `seen` the last events of those by events, by
    alert (Unix us), where they came after it was raised. `refused` counts what was not watched.
    """

    def __init__(
        self,
        opened: Iterable[AlertChanged] = (),
        *,
        seen: Mapping[str, int] = NOTHING,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex[:12],
        most: int = MOST_WATCHES,
    ) -> None:
        self.refused = 0
        self._rules: dict[str, AlertRule] = {}
        self._watches: dict[str, dict[str, Watch]] = {}
        for alert in opened:
            seen_us = seen.get(alert.alert_id, alert.raised_at_us)
            self._watches.setdefault(alert.rule, {})[alert.subject] = Watch(alert.subject, alert, seen_us)
        self._new_id = new_id
        self._most = most

    @property
    def alerts(self) -> list[AlertChanged]:
        """Those that are open, the newest first."""
        found = [watch.alert for watch in self._all() if watch.alert is not None]
        return sorted(found, key=lambda alert: alert.raised_at_us, reverse=True)

    @property
    def seen(self) -> dict[str, int]:
        """When an event came last that keeps an open alert raised, by alert, where that is not when it was raised."""
        return {
            watch.alert.alert_id: watch.seen_us
            for watch in self._all()
            if watch.alert is not None and watch.seen_us is not None and watch.seen_us != watch.alert.raised_at_us
        }

    def take_rules(self, rules: Iterable[AlertRule], now: Moment) -> list[AlertChanged]:
        """Go by other rules; alerts of those that are gone, switched off or for other subjects now are cleared."""
        self._rules = {rule.name: rule for rule in rules if rule.is_enabled}
        changed: list[AlertChanged | None] = []
        for name, watches in self._watches.items():
            rule = self._rules.get(name)
            over = [subject for subject in watches if rule is None or (rule.only and subject not in rule.only)]
            changed += [watches.pop(subject).clear(now, RULE_GONE) for subject in over]
        return _told(changed)

    def measure(self, values: Values, words: Words, now: Moment) -> list[AlertChanged]:
        """What changed by these values, and by time."""
        changed: list[AlertChanged | None] = []
        for rule in self._rules.values():
            watches = self._watches.setdefault(rule.name, {})
            if rule.metric is None:
                changed += [watch.lapse(rule, now) for watch in watches.values()]
            else:
                known = values.get(rule.metric)
                for subject, value in (known or {}).items():
                    if math.isnan(value):
                        continue
                    cause = Cause(value=value, said=words.get((rule.metric, subject), {}))
                    changed.append(self._judge(rule, watches, subject, cause, now))
                for subject, watch in watches.items():
                    if known is None or math.isnan(known.get(subject, math.nan)):
                        changed.append(watch.miss(now, is_gone=known is not None and subject not in known))
            for subject in [subject for subject, watch in watches.items() if watch.is_idle]:
                del watches[subject]
        return _told(changed)

    def hear(self, topic: str, event: Any, now: Moment) -> list[AlertChanged]:
        """What changed by an event."""
        changed: list[AlertChanged | None] = []
        subject = subject_of(RARE[topic], event)
        for rule in self._rules.values():
            if rule.topic != topic or (rule.only and subject not in rule.only):
                continue
            watches = self._watches.setdefault(rule.name, {})
            if rule.cleared_when and fits(event, rule.cleared_when):
                if subject in watches:
                    changed.append(watches.pop(subject).clear(now))
            elif fits(event, rule.when) and (watch := self._watch(watches, subject)) is not None:
                changed.append(watch.happen(rule, event, now, self._new_id))
        return _told(changed)

    def acknowledge(self, alert_id: str, *, author: str, note: str | None, now: Moment) -> AlertChanged:
        """Somebody took note of the open alert whose id begins like that.

        Raises:
            ValidationError: there is none, or there are several.
        """
        found = [watch for watch in self._all() if watch.alert and watch.alert.alert_id.startswith(alert_id)]
        if len(found) != 1 or not alert_id or found[0].alert is None:
            what = "Several open alerts begin" if len(found) > 1 else "No open alert begins"
            raise ValidationError("alert.unknown", f"{what} with this; see restrike alerts list.", value=alert_id[:50])
        alert = found[0].alert
        found[0].alert = replace(
            alert,
            state=AlertState.ACKNOWLEDGED,
            acknowledged_at_us=now.us,
            acknowledged_by=author,
            note=alert.note if note is None else note,
        )
        return found[0].alert

    def _judge(
        self, rule: AlertRule, watches: dict[str, Watch], subject: str, cause: Cause, now: Moment
    ) -> AlertChanged | None:
        if rule.only and subject not in rule.only:
            return None
        watch = watches.get(subject)
        if watch is None:
            if cause.value is None or not is_wrong(rule, cause.value):
                return None
            watch = self._watch(watches, subject)
        return None if watch is None else watch.judge(rule, cause, now, self._new_id)

    def _watch(self, watches: dict[str, Watch], subject: str) -> Watch | None:
        """The watch of a subject, a new one if there is room for it."""
        if subject not in watches:
            if sum(map(len, self._watches.values())) >= self._most:
                self.refused += 1
                return None
            watches[subject] = Watch(subject)
        return watches[subject]

    def _all(self) -> list[Watch]:
        return [watch for watches in self._watches.values() for watch in watches.values()]


def _told(changed: Iterable[AlertChanged | None]) -> list[AlertChanged]:
    return [alert for alert in changed if alert is not None]
