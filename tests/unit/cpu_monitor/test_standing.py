"""What a restart of cpu-monitor does not forget: who ran, who came back lately, who does not stay up."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from unittest.mock import Mock

import msgspec
import pytest

from services.cpu_monitor.guarding.restarts import WITHIN_S, Restarts
from services.cpu_monitor.guarding.standing import (
    KEPT_SERVICES,
    Stood,
    began,
    decode_services,
    kept_storms,
    resume,
    storm_to_keep,
    to_keep,
)
from shared.messages.incidents import IncidentKind, ServiceIncident
from shared.outbox import Outbox

OURS: Final = os.getpid()
"""A process that lives."""
US: Final = 1_000_000


class Guarding:
    """A cpu-monitor that looks at db-writer; `again` is the one after it, some seconds later."""

    def __init__(self, outbox: Outbox, *, now_s: float = 1_000.0) -> None:
        self.outbox, self.now_s = outbox, now_s
        self.restarts = Restarts(lambda: 5)
        storms = {storm.service for storm in kept_storms(outbox)}
        resume(self.restarts, outbox, storms, now_s=self.now_s, now_us=self.now_us)

    @property
    def now_us(self) -> int:
        return int(self.now_s * US) + 1_700_000_000 * US

    def again(self, *, after_s: float) -> "Guarding":
        return Guarding(self.outbox, now_s=self.now_s + after_s)

    def look(self, pid: int, *, after_s: float = 1.0) -> list[IncidentKind]:
        self.now_s += after_s
        process = {"name": "db-writer", "pid": pid, "statename": "RUNNING", "spawnerr": ""}
        told = self.restarts.take([process], {}, now_s=self.now_s, now_us=self.now_us)
        for incident in told:
            self.outbox.add([incident], kept=storm_to_keep(incident))
        if self.restarts.has_news:
            self.outbox.add([], kept=to_keep(self.restarts, now_s=self.now_s, now_us=self.now_us))
        return [incident.kind for incident in told]


@pytest.fixture
def guarding(tmp_path: Path) -> Iterator[Guarding]:
    outbox = Outbox(tmp_path / "outbox.db", producer="cpu-monitor", publish=lambda _: None, log=Mock())
    yield Guarding(outbox)
    outbox.close()


def test_one_that_ended_meanwhile_is_told(guarding: Guarding) -> None:
    """The service of before is another process now; and one that is the same process is no news."""
    assert guarding.look(OURS) == []
    assert guarding.again(after_s=5).look(OURS) == []
    assert guarding.again(after_s=5).look(7) == [IncidentKind.RESTARTED]


def test_another_process_of_the_same_number_is_another(guarding: Guarding) -> None:
    """As after a start of the machine, where numbers are given anew."""
    guarding.look(OURS)
    before = decode_services(guarding.outbox.kept(KEPT_SERVICES)[KEPT_SERVICES])
    assert before == {"db-writer": Stood(pid=OURS, began=began(OURS), restarts_us=[])}
    older = msgspec.structs.replace(before["db-writer"], began=(began(OURS) or 0) - 1)
    guarding.outbox.add([], kept={KEPT_SERVICES: msgspec.msgpack.encode({"db-writer": older})})
    assert guarding.again(after_s=5).look(OURS) == [IncidentKind.RESTARTED]


def test_restarts_before_count_towards_a_storm(guarding: Guarding) -> None:
    """Four before cpu-monitor's own restart and one after it are five within a minute."""
    assert [guarding.look(pid) for pid in range(1, 6)] == [[], *[[IncidentKind.RESTARTED]] * 4]
    assert guarding.again(after_s=5).look(6) == [IncidentKind.RESTARTED, IncidentKind.STORM]


@pytest.mark.parametrize(("is_orderly", "calm_after_s"), [(False, WITHIN_S - 5), (True, WITHIN_S)])
def test_the_end_of_a_storm_is_told_by_the_next(guarding: Guarding, *, is_orderly: bool, calm_after_s: float) -> None:
    """A minute after the last restart; after an orderly end, which forgets the processes, a minute after that."""
    told = [kind for pid in [*range(1, 6), OURS] for kind in guarding.look(pid)]
    assert told[-1] is IncidentKind.STORM
    if is_orderly:
        guarding.outbox.add([], kept={KEPT_SERVICES: None})
    again = guarding.again(after_s=5)
    assert again.look(OURS) == []
    assert again.look(OURS, after_s=calm_after_s - 2) == []
    assert again.look(OURS, after_s=2) == [IncidentKind.CALMED]
    assert kept_storms(guarding.outbox) == []
    assert again.again(after_s=5).look(OURS) == []


def test_written_when_something_changed(guarding: Guarding) -> None:
    """Not at each look, however many there are while a restart is less than a minute ago."""
    guarding.look(1)
    guarding.look(2)
    kept = guarding.outbox.kept()
    for _ in range(100):
        guarding.look(2)
        assert not guarding.restarts.has_news
    assert guarding.outbox.kept() == kept


def test_storms_in_their_order(guarding: Guarding) -> None:
    """As they happened, which is how health reads them."""
    for at_us, service in ((2, "broker"), (1, "license")):
        storm = ServiceIncident(incident_id=service, service=service, kind=IncidentKind.STORM, happened_at_us=at_us)
        guarding.outbox.add([storm], kept=storm_to_keep(storm))
    assert [storm.service for storm in kept_storms(guarding.outbox)] == ["license", "broker"]
