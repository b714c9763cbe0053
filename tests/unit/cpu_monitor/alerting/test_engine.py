"""Rules raise, hold, clear, and do not flutter; nothing is repeated or lost at a restart."""

from collections.abc import Mapping
from functools import partial
from itertools import count
from math import nan

import pytest
from msgspec.structs import replace

from services.cpu_monitor.alerting.engine import NOTHING, Engine
from services.cpu_monitor.alerting.watch import GONE_AFTER_S, UNMEASURED_AFTER_S, Moment
from shared.alerts.defaults import DEFAULTS
from shared.errors import ValidationError
from shared.messages.alerts import AlertChanged, AlertRule, AlertSeverity, AlertState, Comparison
from shared.messages.incidents import IncidentKind, ServiceIncident

LOW = AlertRule(
    name="low",
    title="Low",
    severity=AlertSeverity.WARNING,
    metric="disk.free_percent",
    comparison=Comparison.BELOW,
    threshold=10,
    hysteresis=2,
    for_s=5,
    clear_s=3,
    message="{value} on {subject}: {reason}",
    remedy="Mend {subject}.",
)


class Play:
    """An engine, a second at a time."""

    def __init__(
        self,
        *rules: AlertRule,
        opened: tuple[AlertChanged, ...] = (),
        seen: Mapping[str, int] = NOTHING,
        now_s: int = 100,
    ) -> None:
        numbers = count(1)
        self.engine = Engine(opened, seen=seen, new_id=lambda: f"a{next(numbers)}")
        self.now_s = now_s
        self.rules(*rules)

    def rules(self, *rules: AlertRule) -> list[AlertChanged]:
        return self.engine.take_rules(rules, self.now)

    @property
    def now(self) -> Moment:
        return Moment(float(self.now_s), self.now_s * 1_000_000)

    def see(self, metric: str, value: float | None, *, seconds: int = 1, subject: str = "x") -> list[AlertState]:
        """What changes while a value is so for some seconds; None: nobody can tell it."""
        values = {} if value is None else {metric: {subject: value}}
        return [alert.state for _ in range(seconds) for alert in self._second(values)]

    def without(self, metric: str, *, seconds: int) -> list[AlertChanged]:
        """The metric is measured, the subject is not there."""
        return [alert for _ in range(seconds) for alert in self._second({metric: {}})]

    def _second(self, values: dict[str, dict[str, float]]) -> list[AlertChanged]:
        self.now_s += 1
        return self.engine.measure(values, {}, self.now)


def test_raises_holds_and_clears() -> None:
    """Raised after `for_s`, once; held within the hysteresis; cleared after `clear_s` beyond it."""
    play, metric = Play(LOW), "disk.free_percent"
    assert play.see(metric, 9, seconds=5) == []
    assert play.see(metric, 9) == [AlertState.RAISED]
    (alert,) = play.engine.alerts
    assert (alert.message, alert.remedy) == ("9 % on x: nobody can say why", "Mend x.")
    assert play.see(metric, 9, seconds=50) == []
    assert play.see(metric, 11, seconds=50) == []
    assert play.see(metric, 12, seconds=3) == []
    assert play.see(metric, 12) == [AlertState.CLEARED]
    assert play.engine.alerts == []
    assert play.see(metric, 12, seconds=10) == []


def test_short_trouble_is_none() -> None:
    """What is wrong for less than `for_s`, however often, raises nothing."""
    play = Play(LOW)
    for _ in range(20):
        assert play.see("disk.free_percent", 9, seconds=5) == []
        assert play.see("disk.free_percent", 10) == []


def test_one_that_flutters_is_one_alert() -> None:
    """Wrong and right in turn: raised once, cleared once, in the end."""
    play = Play(LOW)
    play.see("disk.free_percent", 9, seconds=10)
    states = [state for second in range(60) for state in play.see("disk.free_percent", 20 if second % 3 else 5)]
    assert states == []
    assert play.see("disk.free_percent", 20, seconds=10) == [AlertState.CLEARED]


def test_each_subject_has_its_own() -> None:
    """Two disks, two alerts; `only` keeps a rule to one."""
    play = Play(replace(LOW, for_s=0))
    changed = play.engine.measure({"disk.free_percent": {"/": 1, "/data": 2}}, {}, play.now)
    assert [alert.subject for alert in changed] == ["/", "/data"]
    assert [alert.subject for alert in play.rules(replace(LOW, only=("/",)))] == ["/data"]


def test_a_missing_value_neither_raises_nor_clears() -> None:
    """Nobody measures: what was wrong begins anew, what was right begins anew, an open alert stays for ten minutes."""
    play, metric = Play(LOW), "disk.free_percent"
    play.see(metric, 9, seconds=5)
    assert play.see(metric, None) == []
    assert play.see(metric, 9, seconds=5) == []
    assert play.see(metric, 9) == [AlertState.RAISED]
    play.see(metric, 20, seconds=2)
    assert play.see(metric, None, seconds=10) == []
    assert play.see(metric, 20, seconds=3) == []
    assert play.see(metric, None, seconds=int(UNMEASURED_AFTER_S)) == []
    assert play.see(metric, None) == [AlertState.CLEARED]


def test_a_subject_that_is_there_and_unknown_is_not_gone() -> None:
    """Without the broker nobody hears a service; it is there all the same."""
    play = Play(replace(LOW, for_s=0))
    play.see("disk.free_percent", 1)
    assert play.see("disk.free_percent", nan, seconds=int(GONE_AFTER_S) * 2) == []
    assert play.see("disk.free_percent", 1, seconds=10) == []
    assert len(play.engine.alerts) == 1


def test_a_subject_that_vanishes_clears_with_a_sentence() -> None:
    """The disk was taken out: its alert ends, and says so."""
    play = Play(replace(LOW, for_s=0))
    play.see("disk.free_percent", 1)
    assert play.without("disk.free_percent", seconds=int(GONE_AFTER_S)) == []
    (alert,) = play.without("disk.free_percent", seconds=1)
    assert alert.state is AlertState.CLEARED
    assert alert.message.endswith("x is not there any more.")


def test_restart_neither_loses_nor_repeats() -> None:
    """What was open goes on under its id; it is not raised again, and cleared when it is right."""
    before = Play(LOW)
    before.see("disk.free_percent", 9, seconds=10)
    after = Play(LOW, opened=tuple(before.engine.alerts))
    assert [alert.alert_id for alert in after.engine.alerts] == ["a1"]
    assert after.see("disk.free_percent", None, seconds=20) == []
    assert after.see("disk.free_percent", 9, seconds=20) == []
    assert after.see("disk.free_percent", 15, seconds=4) == [AlertState.CLEARED]


def test_acknowledged_stays_quiet_and_clears() -> None:
    """By the beginning of its id; who and why stays to its end. An id that fits none or several is refused."""
    play = Play(replace(LOW, for_s=0))
    play.engine.measure({"disk.free_percent": {"/": 1, "/data": 2}}, {}, play.now)
    noted = play.engine.acknowledge("a1", author="ana", note="cable", now=play.now)
    assert (noted.state, noted.acknowledged_by, noted.note) == (AlertState.ACKNOWLEDGED, "ana", "cable")
    assert play.engine.measure({"disk.free_percent": {"/": 0, "/data": 2}}, {}, play.now) == []
    for wrong in ("a", "b", ""):
        with pytest.raises(ValidationError):
            play.engine.acknowledge(wrong, author="ana", note=None, now=play.now)
    play.engine.measure({"disk.free_percent": {"/": 50, "/data": 2}}, {}, play.now)
    play.now_s += 10
    (over,) = play.engine.measure({"disk.free_percent": {"/": 50, "/data": 2}}, {}, play.now)
    assert (over.alert_id, over.state, over.acknowledged_by) == ("a1", AlertState.CLEARED, "ana")


def test_a_rule_that_is_switched_off_ends_its_alert() -> None:
    """So does one that is removed; the others stay."""
    play = Play(replace(LOW, for_s=0))
    play.see("disk.free_percent", 1)
    (over,) = play.rules(replace(LOW, is_enabled=False))
    assert over.message.endswith("Its rule is not in force any more.")
    assert play.see("disk.free_percent", 1, seconds=20) == []


def test_too_much_at_once_is_counted() -> None:
    """There is a limit to what is watched."""
    engine = Engine(most=10)
    engine.take_rules([replace(LOW, for_s=0)], Moment(0, 0))
    values = {"disk.free_percent": {f"/{number}": 1.0 for number in range(25)}}
    assert len(engine.measure(values, {}, Moment(1, 1))) == 10
    assert engine.refused == 15


# Events


def _incident(kind: IncidentKind, service: str = "db-writer") -> ServiceIncident:
    return ServiceIncident(incident_id="i", service=service, kind=kind, happened_at_us=1, detail="Thrice.")


def test_an_event_raises_at_once_and_another_clears() -> None:
    """A storm; the same again is the same alert; the word that it is over ends it."""
    play, topic = Play(DEFAULTS["service.storm"]), "system.incident"
    (alert,) = play.engine.hear(topic, _incident(IncidentKind.STORM), play.now)
    assert (alert.subject, alert.message) == ("db-writer", "db-writer does not stay up. Thrice.")
    assert play.engine.hear(topic, _incident(IncidentKind.STORM), play.now) == []
    assert play.engine.hear(topic, _incident(IncidentKind.CALMED, "broker"), play.now) == []
    (over,) = play.engine.hear(topic, _incident(IncidentKind.CALMED), play.now)
    assert over.state is AlertState.CLEARED
    assert play.engine.hear(topic, _incident(IncidentKind.RESTARTED), play.now) == []


def test_an_alert_by_an_event_lapses() -> None:
    """`clear_s` after the last one; also when cpu-monitor began anew in between: then after the last one that it kept,
    or after it was raised.
    """
    rule = DEFAULTS["service.killed"]
    play = Play(rule)
    play.engine.hear("system.incident", _incident(IncidentKind.ENDED), play.now)
    assert play.see("any", None, seconds=500) == []
    play.engine.hear("system.incident", _incident(IncidentKind.ENDED), play.now)
    assert play.see("any", None, seconds=599) == []
    (alert,) = play.engine.alerts
    assert play.engine.seen == {alert.alert_id: alert.raised_at_us + 500 * 1_000_000}
    for seen, left_s in ((play.engine.seen, 1), ({}, 1), ({alert.alert_id: play.now.us - 100 * 1_000_000}, 500)):
        after = Play(rule, opened=(alert,), seen=seen, now_s=play.now_s)
        assert after.see("any", None, seconds=left_s - 1) == []
        assert after.see("any", None) == [AlertState.CLEARED]
    before = Play(rule, opened=(alert,), now_s=1)  # the clock was set back
    assert before.see("any", None, seconds=600) == []
    assert before.see("any", None) == [AlertState.CLEARED]


# The rules that there are from the start


def _values(rule: AlertRule) -> tuple[float, float]:
    """A value that is wrong, and one that is right."""
    beyond = max(1.0, abs(rule.threshold))
    if rule.comparison is Comparison.BELOW:
        return rule.threshold / 2, rule.threshold + rule.hysteresis + beyond
    return rule.threshold + beyond, rule.threshold - rule.hysteresis


@pytest.mark.parametrize("rule", [rule for rule in DEFAULTS.values() if rule.metric], ids=lambda rule: rule.name)
def test_default_rule(rule: AlertRule) -> None:
    """Raises after its time, holds while it flutters faster than it clears, clears after its time, each once."""
    play, metric = Play(rule), rule.metric or ""
    wrong, right = _values(rule)
    see = partial(play.see, metric, subject=rule.only[0] if rule.only else "x")
    assert see(right, seconds=100) == []
    assert see(wrong, seconds=int(rule.for_s)) == []
    assert see(wrong) == [AlertState.RAISED]
    (alert,) = play.engine.alerts
    assert "{" not in alert.message + (alert.remedy or "")
    assert "?" not in alert.message
    for _ in range(30):
        assert see(right, seconds=int(rule.clear_s)) == []
        assert see(wrong) == []
    assert see(right, seconds=int(rule.clear_s)) == []
    assert see(right) == [AlertState.CLEARED]
