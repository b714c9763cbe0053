"""What another version kept keeps cpu-monitor neither from starting nor from what can be read."""

from pathlib import Path
from unittest.mock import Mock

import msgspec

from services.cpu_monitor.alerting.alerting import KEPT as ALERTS
from services.cpu_monitor.alerting.delivery.post import KEPT as NOTICES
from services.cpu_monitor.alerting.rule_book import KEPT as RULES
from services.cpu_monitor.alerting.seen import KEPT as SEEN
from services.cpu_monitor.guarding.standing import KEPT_SERVICES, KEPT_STORM
from services.cpu_monitor.health.since import KEPT as SINCE
from services.cpu_monitor.keeping import forget_unreadable
from services.cpu_monitor.picture import Picture
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState
from shared.messages.health import Condition, Subject
from shared.outbox import Outbox
from tests.support.health_picture import World

ALERT = AlertChanged(
    alert_id="a1", rule="disk.low", subject="/", severity=AlertSeverity.WARNING, state=AlertState.RAISED, message="",
    raised_at_us=1,
)  # fmt: skip


def test_what_cannot_be_read_is_forgotten_and_told(tmp_path: Path) -> None:
    """Of another form, or no form at all; for good, in the log, and for an hour in health."""
    outbox = Outbox(tmp_path / "cpu-monitor.db", producer="cpu-monitor", publish=lambda _: None, log=Mock())
    good = msgspec.msgpack.encode(ALERT)
    other = msgspec.msgpack.encode({"type": "alert_changed", "alert_id": 7})
    outbox.add([], kept={f"{ALERTS}a1": good, f"{ALERTS}a2": other, RULES: b"\xff", f"{NOTICES}x": b"", "guard": b"1"})
    picture, log = Picture([], began_at_s=0), Mock()
    forget_unreadable(outbox, picture, log)
    assert outbox.kept() == {f"{ALERTS}a1": good, "guard": b"1"}
    assert picture.forgotten == {"open alerts": 1, "alert rules": 1, "messages of alerts": 1}
    assert log.warning.call_count == 3
    outbox.add([], kept={SEEN: b"\xff", SINCE: b"\x91\x01", KEPT_SERVICES: b"", f"{KEPT_STORM}broker": b"\x80"})
    picture.forgotten.clear()
    forget_unreadable(outbox, picture, log)
    assert set(outbox.kept()) == {f"{ALERTS}a1", "guard"}
    assert set(picture.forgotten) == {
        "times of alerts", "times of health", "processes of services", "services that do not stay up",
    }  # fmt: skip
    picture.forgotten = {"open alerts": 1, "alert rules": 1}
    outbox.close()
    again = Outbox(tmp_path / "cpu-monitor.db", producer="cpu-monitor", publish=lambda _: None, log=Mock())
    assert set(again.kept()) == {f"{ALERTS}a1", "guard"}
    again.close()

    world = World()
    world.picture.forgotten = picture.forgotten
    item = world.item(Subject.CONFIGURATION, "start")
    assert item.condition is Condition.DEGRADED
    assert "1 open alerts, 1 alert rules" in (item.reason or "")
    world.now_s += 3_600
    assert all(one.name != "start" for one in world.look().items)
