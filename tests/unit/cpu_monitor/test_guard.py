"""What a cpu-monitor that comes back tells of the one before, and what it takes up again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import pytest

from services.cpu_monitor.guarding.guard import ON_BUS_S, Guard, guard
from services.cpu_monitor.guarding.restarts import WITHIN_S
from services.cpu_monitor.guarding.returns import RUNS
from services.cpu_monitor.guarding.standing import kept_storms, storm_to_keep
from services.cpu_monitor.picture import Picture
from services.cpu_monitor.trails import AWAY_S
from services.registry import SERVICES
from shared.clock import unix_ns
from shared.end_note import leave_note
from shared.messages.incidents import IncidentKind, ServiceIncident, ServiceKilled
from shared.messages.service import BROKER, MONITOR
from shared.outbox import Outbox
from shared.paths import Paths
from shared.runtime import Runtime

KILLED = ServiceKilled(service=MONITOR, by=BROKER, pid=77, silent_s=21)
S_US = 1_000_000
LEAST = 5


class Life:
    """cpu-monitor from a start to an end; what it told, and what it does later."""

    def __init__(self, paths: Paths, outbox: Outbox, *, silent_s: float | None) -> None:
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.told: list[ServiceIncident] = []
        runtime = SimpleNamespace(
            service=MONITOR,
            paths=paths,
            last_alive_us=None if silent_s is None else int(unix_ns() / 1000 - silent_s * S_US),
            settings=SimpleNamespace(get=lambda _: LEAST),
            log=Mock(),
            bus=SimpleNamespace(publish=lambda _topic, _key, incident: self.told.append(incident)),
            after=lambda seconds, callback: self.timers.append((seconds, callback)),
        )
        self.picture = Picture([MONITOR], began_at_s=0.0)
        self.outbox = outbox
        self.guard = Guard(cast(Runtime, runtime), self.picture, outbox, kept_storms(outbox))
        self.guard.note_own_return()

    @property
    def storms(self) -> list[str]:
        """Who does not stay up, as health shows it at the start."""
        return [incident.service for incident in self.picture.incidents]

    def pass_s(self, seconds: float) -> list[IncidentKind]:
        """What is told within so many seconds."""
        before = len(self.told)
        for due in [timer for timer in self.timers if timer[0] <= seconds]:
            self.timers.remove(due)
            due[1]()
        return [incident.kind for incident in self.told[before:]]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[..., Life]]:
    paths = Paths(tmp_path)
    paths.prepare()
    outbox = Outbox(tmp_path / "outbox.db", producer=MONITOR, publish=lambda _: None, log=Mock())

    def begin(*, silent_s: float | None = 22.0, note: ServiceKilled | None = None) -> Life:
        if note is not None:
            leave_note(paths, note)
        return Life(paths, outbox, silent_s=silent_s)

    yield begin
    outbox.close()


def test_one_that_broker_ended_is_told_as_such(home: Callable[..., Life]) -> None:
    """By whom and why, with its process, besides that it is back; and only once."""
    home(silent_s=None)
    life = home(note=KILLED)
    assert life.pass_s(ON_BUS_S) == [IncidentKind.ENDED, IncidentKind.RESTARTED]
    ended, back = life.told
    assert (ended.service, ended.pid) == (MONITOR, 77)
    assert ended.detail == "It had not answered for 21 s and was ended by broker."
    assert back.detail == "It was frozen and ended by broker, and was away for 22 s."
    assert list(life.picture.incidents) == life.told  # which is what health and alerts go by
    assert home().pass_s(ON_BUS_S) == [IncidentKind.RESTARTED]


def test_a_note_that_could_not_be_taken_away_is_not_told_again(home: Callable[..., Life]) -> None:
    """Of a cpu-monitor that lived after it was written, it says nothing."""
    home(silent_s=None)
    life = home(note=KILLED, silent_s=-5.0)
    assert life.pass_s(ON_BUS_S) == [IncidentKind.RESTARTED]


def test_its_own_storm_ends_though_it_was_restarted_in_order(home: Callable[..., Life]) -> None:
    """Five returns within a minute, then an orderly end: the next one tells of the calm, and health of the storm."""
    lives = [home(silent_s=1.0) for _ in range(LEAST + 1)]
    assert lives[-1].pass_s(ON_BUS_S) == [IncidentKind.RESTARTED, IncidentKind.STORM]
    lives[-1].guard.returns.end()
    life = home(silent_s=1.0)
    assert [incident.kind for incident in life.picture.incidents] == [IncidentKind.STORM]
    assert life.pass_s(ON_BUS_S) == []
    assert life.pass_s(WITHIN_S) == [IncidentKind.CALMED]
    life.guard.returns.end()
    after = home(silent_s=1.0)
    assert (list(after.picture.incidents), after.timers) == ([], [])


def test_what_is_kept_of_a_storm(home: Callable[..., Life], tmp_path: Path) -> None:
    """From when it is told until its end is."""
    life = home(silent_s=None)
    storm = ServiceIncident(incident_id="s", service=BROKER, kind=IncidentKind.STORM, happened_at_us=1)
    life.guard.note(storm)
    assert home().storms == [BROKER]
    life.guard.note(ServiceIncident(incident_id="c", service=BROKER, kind=IncidentKind.CALMED, happened_at_us=2))
    assert home().storms == []
    again = Outbox(tmp_path / "outbox.db", producer=MONITOR, publish=lambda _: None, log=Mock())
    assert kept_storms(again) == []
    again.close()


def test_what_happened_is_told_before_the_disk_is_waited_for(
    home: Callable[..., Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow it is; it is kept all the same."""
    life = home(silent_s=None)
    told_before: list[int] = []
    monkeypatch.setattr(life.outbox, "add", lambda *_, **__: told_before.append(len(life.told)))
    life.guard.note(ServiceIncident(incident_id="s", service=BROKER, kind=IncidentKind.STORM, happened_at_us=1))
    assert told_before == [1]


@pytest.mark.parametrize(("silent_s", "is_old"), [(AWAY_S - 5, False), (AWAY_S + 5, True), (None, True)])
def test_a_storm_of_yesterday_is_no_failure_of_today(
    home: Callable[..., Life], tmp_path: Path, *, silent_s: float | None, is_old: bool
) -> None:
    """Of one that cpu-monitor was there for until a moment ago nobody knows yet whether it is over."""
    outbox = home(silent_s=None).outbox
    storm = ServiceIncident(incident_id="s", service=BROKER, kind=IncidentKind.STORM, happened_at_us=1)
    outbox.add([storm], kept=storm_to_keep(storm))
    runtime, picture = Mock(service=MONITOR, paths=Paths(tmp_path)), Picture(list(SERVICES), began_at_s=0.0)
    runtime.last_alive_us = None if silent_s is None else int(unix_ns() / 1000 - silent_s * S_US)
    outbox.add([], kept={RUNS: None})  # it ended in order
    guard(runtime, picture, Mock(), outbox)
    assert list(picture.incidents) == ([] if is_old else [storm])
    for begin in [call.args[0] for call in runtime.on_start.call_args_list]:
        begin()
    for seconds, callback in [call.args for call in runtime.after.call_args_list]:
        if seconds == ON_BUS_S:
            callback()
    assert [(one.service, one.kind) for one in picture.incidents] == [
        (BROKER, IncidentKind.CALMED if is_old else IncidentKind.STORM)
    ]
    assert kept_storms(outbox) == ([] if is_old else [storm])
