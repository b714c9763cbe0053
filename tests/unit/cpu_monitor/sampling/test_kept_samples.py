"""Which samples are stored: those of ten seconds only while that is no trouble."""

from typing import Any
from unittest.mock import Mock

import msgspec

from services.cpu_monitor.picture import Picture
from services.cpu_monitor.sampling.measuring import LONG_S, SHORT_S, Monitor
from shared.messages.system import SystemAveraged
from tests.support.health_picture import World


class Kept:
    """An outbox that notes what it is given, and what of it can be spared."""

    def __init__(self) -> None:
        self.added: list[tuple[int, bool]] = []

    def add(self, facts: list[SystemAveraged], *, can_be_spared: bool = False) -> int:
        self.added += [(one.period_s, can_be_spared) for one in facts]
        return 0


def test_only_short_samples_can_be_spared() -> None:
    """A minute's is kept in memory for a disk that is full; there is room for days of them."""
    kept, sample = Kept(), World().sample
    outbox: Any = kept
    assert sample is not None
    monitor = Monitor(Mock(), Picture([], began_at_s=0.0), outbox)
    for second in range(LONG_S + SHORT_S):
        monitor._tell(msgspec.structs.replace(sample, at_us=sample.at_us + second * 1_000_000))
    assert kept.added.count((LONG_S, False)) == 1
    assert kept.added.count((SHORT_S, True)) == len(kept.added) - 1 >= LONG_S // SHORT_S
