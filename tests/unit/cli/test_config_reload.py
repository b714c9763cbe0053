"""`restrike config reload` says what keeps the port for Prometheus from being where the file says."""

from pathlib import Path
from typing import Any

import pytest

from services.cli.config import reloading
from services.cli.config.reloading import reload_all
from shared.clock import unix_ns
from shared.messages.configuration import ConfigurationState, ReloadConfiguration
from shared.messages.health import Condition, GetHealthReport, HealthItem, HealthReport, Subject
from shared.messages.service import MONITOR
from shared.paths import Paths


class _Suite:
    """Answers as services do; cpu-monitor's report is an old one when it is asked first."""

    def __init__(self, *, changed: tuple[str, ...], is_served: bool) -> None:
        self.reports_asked = 0
        self._changed = changed
        self._is_served = is_served

    def call(self, command: object, *, service: str | None = None) -> Any:
        if isinstance(command, ReloadConfiguration):
            changed = self._changed if service == MONITOR else ()
            return ConfigurationState(service=str(service), version="1", source="file", changed=changed)
        assert isinstance(command, GetHealthReport)
        self.reports_asked += 1
        is_old = self.reports_asked == 1
        at_us = 0 if is_old else unix_ns() // 1000 + 1
        condition = Condition.OK if is_old or self._is_served else Condition.DEGRADED
        told = {} if condition is Condition.OK else {"reason": "It is taken.", "remedy": "Set another."}
        item = HealthItem(subject=Subject.CONFIGURATION, name="metrics", condition=condition, since_us=0, **told)
        return HealthReport(at_us=at_us, condition=condition, items=(item,))


@pytest.mark.parametrize(
    ("changed", "is_served", "said", "asked"),
    [
        (("metrics.endpoint",), False, "It is taken. Set another.", 2),
        (("metrics.endpoint",), True, None, 2),
        (("rings",), False, None, 0),
    ],
)
def test_a_port_that_is_taken(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    changed: tuple[str, ...],
    is_served: bool,
    said: str | None,
    asked: int,
) -> None:
    """It is asked for only where the port changed, until it was judged after that."""
    suite = _Suite(changed=changed, is_served=is_served)
    monkeypatch.setattr(reloading, "Client", lambda _: suite)
    monkeypatch.setattr(reloading, "is_locked", lambda lock: lock.stem == MONITOR)
    monkeypatch.setattr(reloading, "wait_s", lambda _: None)
    (outcome,) = reload_all(Paths(tmp_path), since_us=0)
    assert (outcome.metrics, suite.reports_asked) == (said, asked)
