"""Alerts are told before the disk is waited for; what somebody took note of is not told after a restart."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from services.cpu_monitor.alerting import alerting as module
from services.cpu_monitor.alerting.alerting import KEPT, Alerting
from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.post import kept_of
from services.cpu_monitor.picture import Picture
from shared.messages.alerts import AlertChanged, AlertDelivered, AlertSeverity, AlertState, Channel
from shared.messages.incidents import IncidentKind, ServiceIncident
from shared.paths import Paths

NOTED = AlertChanged(
    alert_id="a1",
    rule="service.killed",
    subject="db-writer",
    severity=AlertSeverity.WARNING,
    state=AlertState.ACKNOWLEDGED,
    message="m",
    raised_at_us=1,
)


class Place:
    """An Alerting whose runtime and outbox write down in which order they were used."""

    def __init__(self, home: Path, kept: dict[str, bytes]) -> None:
        self.order: list[tuple[str, Any]] = []
        self.kept_rows = kept
        self.forgotten: set[str] = set()
        runtime: Any = SimpleNamespace(
            service="cpu-monitor",
            settings=Mock(),
            paths=Paths(home),
            post=lambda call: call(),
            bus=SimpleNamespace(publish=lambda topic, _, event: self.order.append((topic.name, event))),
            log=Mock(warning=lambda event, **_: self.order.append((event, None))),
        )
        outbox: Any = SimpleNamespace(kept=self._kept, add=self._add)
        self.alerting = Alerting(runtime, Picture([], began_at_s=0.0), outbox)

    def _kept(self, prefix: str = "") -> dict[str, bytes]:
        return {key: body for key, body in self.kept_rows.items() if key.startswith(prefix)}

    def _add(self, facts: list[Any], *, kept: dict[str, bytes | None]) -> int:
        self.forgotten |= {key for key, body in kept.items() if body is None}
        self.order.append(("committed", facts))
        return 0


@pytest.fixture(autouse=True)
def _no_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "settings_of", lambda *_: ChannelSettings())


def test_the_bus_and_the_log_hear_of_it_before_the_disk(tmp_path: Path) -> None:
    """A disk that hangs must not keep its own alert back."""
    place = Place(tmp_path, {})
    place.alerting.begin()
    place.order.clear()
    incident = ServiceIncident(
        incident_id="i", service="db-writer", kind=IncidentKind.ENDED, happened_at_us=1, detail="It hung."
    )
    place.alerting.hear("system.incident", incident)
    assert [what for what, _ in place.order] == ["alert.changed", "alert_raised", "committed"]


def test_what_was_noted_is_not_told_after_a_kill(tmp_path: Path) -> None:
    """It was being told when somebody took note of it, and cpu-monitor ended before the answer came."""
    notice = Notice(
        delivery_id="a1-mail-raised", channel=Channel.MAIL, about=AlertState.RAISED, alert=NOTED, queued_at_us=1
    )
    kept = {key: body for key, body in kept_of([notice]).items() if body is not None}
    place = Place(tmp_path, {f"{KEPT}a1": msgspec.msgpack.encode(NOTED), **kept})
    place.alerting.begin()
    told = [event for what, event in place.order if what == "alert.delivered"]
    assert [(type(one), one.alert_id, one.delivered_at_us) for one in told] == [(AlertDelivered, "a1", None)]


def test_what_another_version_kept_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """It is left out, told and forgotten; what can be read stays."""
    strange = {f"{KEPT}a2": msgspec.msgpack.encode({"type": "alert_of_tomorrow"}), "delivery:x": b"\xc1"}
    place = Place(tmp_path, {f"{KEPT}a1": msgspec.msgpack.encode(NOTED), "alert_rules": b"\xc1", **strange})
    assert [one.alert_id for one in place.alerting.engine.alerts] == ["a1"]
    place.alerting.begin()
    assert place.forgotten == set(strange)
