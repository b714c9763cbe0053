"""When it is judged: not while what the others said waits to be read, because cpu-monitor itself was held up."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.cpu_monitor.health import telling as module
from services.cpu_monitor.health.since import Since
from services.cpu_monitor.health.telling import READ_WITHIN_S, Telling, read_schema_version
from services.cpu_monitor.listening import Ears
from services.cpu_monitor.picture import Picture
from shared.messages.health import Condition, HealthReport, Subject
from shared.messages.match import Stage
from shared.runtime import Runtime
from tests.support.health_picture import World


class Loop:
    """As much of a runtime as telling needs."""

    def __init__(self) -> None:
        self.said: list[HealthReport] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.settings = SimpleNamespace(get=lambda key: key.default)
        self.config = SimpleNamespace(rings=[SimpleNamespace(name="ring-1", auto_start=True)])
        self.bus = SimpleNamespace(publish=lambda _topic, _key, report: self.said.append(report))
        self.log = SimpleNamespace(info=lambda *_, **__: None, warning=lambda *_, **__: None)
        self.service = "cpu-monitor"
        self.kept: list[HealthReport] = []

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        self.timers.append((seconds, callback))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    world.stage(Stage.RUNNING)
    world.datagram()
    monkeypatch.setattr(module, "monotonic_s", lambda: world.now_s)
    monkeypatch.setattr(module, "unix_ns", lambda: world.now_us * 1000)
    return world


def _telling(world: World) -> tuple[Telling, Loop]:
    loop, ears = Loop(), SimpleNamespace(ask=lambda _: None)
    since = SimpleNamespace(keep=lambda report, **_: loop.kept.append(report))
    telling = Telling(cast(Runtime, loop), world.picture, cast(Ears, ears), cast(Since, since))
    telling.note_turn()
    telling.look()
    return telling, loop


def _stall(world: World, seconds: float) -> None:
    world.now_s += seconds
    world.now_us += int(seconds * 1e6)


def _bad(world: World) -> list[tuple[Subject, str]]:
    report: Any = world.picture.health
    return [(item.subject, item.name) for item in report.items if item.condition is Condition.FAILED]


def test_a_stall_of_our_own_blames_nobody(world: World) -> None:
    """After 3.2 s in which this process stood still the services' words wait to be read: then all is well."""
    telling, loop = _telling(world)
    _stall(world, 3.2)
    telling.look()
    assert (_bad(world), [seconds for seconds, _ in loop.timers]) == ([], [READ_WITHIN_S])
    world.beat()  # what waited is read
    world.datagram()
    telling.note_turn()
    loop.timers.pop()[1]()
    assert (_bad(world), loop.timers) == ([], [])


def test_a_silence_of_theirs_is_told_at_once(world: World) -> None:
    """Where the loop turned all the time, and nobody said anything."""
    telling, loop = _telling(world)
    for _ in range(7):
        _stall(world, 0.5)
        telling.note_turn()
        telling.look()
    assert loop.timers == []
    assert (Subject.SERVICE, "udp-ingest") in _bad(world)


def test_a_machine_on_which_each_turn_is_slow_is_judged(world: World) -> None:
    """After a few that were put off."""
    telling, loop = _telling(world)
    _stall(world, 4)
    for _ in range(5):
        telling.look()
    assert 0 < len(loop.timers) < 5
    assert _bad(world)


def test_it_is_kept_at_the_end_of_a_turn(world: World) -> None:
    """When it is time to, and not where it is told: that waits for the disk, and alerts must not."""
    telling, loop = _telling(world)
    world.picture.log_error = "read-only"
    telling.look()
    assert (len(loop.said), loop.kept) == (2, [])
    telling.keep()
    assert loop.kept == []
    telling.want_kept()
    assert loop.kept == []
    for _ in range(2):
        telling.keep()
    assert loop.kept == [world.picture.health]
    telling.end()
    assert len(loop.kept) == 2


def test_migrations_that_cannot_be_read_keep_nobody_from_watching(world: World, tmp_path: Path) -> None:
    """It is told with the database."""
    picture = Picture([], began_at_s=0)
    read_schema_version(picture, tmp_path)
    assert picture.schema_version is None
    world.picture.schema_error = picture.schema_error
    item = world.item(Subject.DATABASE, "restrike.db")
    assert item.condition is Condition.DEGRADED
    assert "There are no migrations here" in (item.reason or "")
