"""The last resort of a watchdog, for a process in which not even its own thread can run."""

import faulthandler
from typing import Any

import pytest

from shared import watchdog as module
from shared.watchdog import ARMED_FOR_S, BLOCKED_S, Watchdog

LIMIT_S = 10.0


def test_the_last_resort_is_put_off_by_meals_and_not_by_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never ends a process sooner than `BLOCKED_S` after its limit, whenever the last meal was."""
    clock, ends_at_s = [1_000.0], list[float]()

    def later(seconds: float, **_: Any) -> None:
        ends_at_s.append(clock[0] + seconds)

    monkeypatch.setattr(module, "monotonic_s", lambda: clock[0])
    monkeypatch.setattr(faulthandler, "dump_traceback_later", later)
    watchdog = Watchdog(LIMIT_S)
    try:
        for _ in range(100):
            watchdog.feed()
            assert LIMIT_S + BLOCKED_S <= ends_at_s[-1] - clock[0] <= LIMIT_S + BLOCKED_S + ARMED_FOR_S
            clock[0] += 1.0
    finally:
        watchdog.stop()
    assert len(ends_at_s) == 4
