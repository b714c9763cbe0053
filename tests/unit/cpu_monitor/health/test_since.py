"""Since when something is so survives a restart of cpu-monitor, which itself is told of apart."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from services.cpu_monitor.health.since import SETTLED_S, Since
from services.cpu_monitor.trails import AWAY_S
from shared.messages.health import Condition, Subject
from shared.outbox import Outbox
from tests.support.health_picture import World


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox.db", producer="cpu-monitor", publish=lambda _: None, log=Mock())
    yield outbox
    outbox.close()


def _before(outbox: Outbox) -> World:
    """A cpu-monitor whose log has not been writable since it began, and what it kept."""
    world = World()
    world.picture.log_error = "read-only"
    since = Since(outbox, world.picture, was_alive_us=None, now_us=world.now_us)
    world.look()
    world.pass_s(100)
    since.keep(world.look(), now_s=world.now_s)
    return world


def _after(outbox: Outbox, before: World, *, away_s: float = 5.0) -> tuple[World, Since]:
    """The one after it; of its log nothing is known yet."""
    world = World()
    world.now_us = before.now_us + int(away_s * 1e6)
    world.picture.began_at_s = world.now_s
    since = Since(outbox, world.picture, was_alive_us=before.now_us, now_us=world.now_us)
    world.look()
    return world, since


def test_what_comes_back_is_so_since_before(outbox: Outbox) -> None:
    """Though it was well or not known for a moment; what is well is so since before, too."""
    before = _before(outbox)
    after, _ = _after(outbox, before)
    log = before.item(Subject.LOG, "log")
    assert (log.condition, log.since_us < before.now_us) == (Condition.DEGRADED, True)
    assert after.item(Subject.LOG, "log").condition is Condition.OK
    after.picture.log_error = "read-only"
    assert after.item(Subject.LOG, "log").since_us == log.since_us
    assert after.item(Subject.DISK, "/").since_us == before.item(Subject.DISK, "/").since_us


def test_what_is_another_time_is_new(outbox: Outbox) -> None:
    """The second time that it falls back into what it was; what comes back late; what was yesterday."""
    before = _before(outbox)
    after, _ = _after(outbox, before)
    after.picture.log_error = "read-only"
    after.look()
    after.picture.log_error = None
    after.look()
    after.pass_s(1)
    after.picture.log_error = "read-only"
    assert after.item(Subject.LOG, "log").since_us == after.now_us

    late, since = _after(outbox, before)
    late.pass_s(SETTLED_S)
    since.keep(late.look(), now_s=late.now_s)
    late.picture.log_error = "read-only"
    assert late.item(Subject.LOG, "log").since_us == late.now_us

    tomorrow, _ = _after(outbox, before, away_s=AWAY_S + 1)
    assert tomorrow.picture.trails.stood == {}


def test_a_clock_that_was_set_back_has_nothing_begin_later(outbox: Outbox) -> None:
    """Nothing is so since a time that is still to come."""
    before = _before(outbox)
    after, _ = _after(outbox, before, away_s=-1_000)
    assert {item.since_us <= after.now_us for item in after.look().items} == {True}


def test_it_is_written_on_change_only(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while all stays as it is."""
    before = _before(outbox)
    written: list[float] = []
    world, since = _after(outbox, before)
    world.picture.log_error = "read-only"
    monkeypatch.setattr(outbox, "add", lambda _, **__: written.append(world.now_s))
    for _ in range(100):
        world.pass_s(1)
        since.keep(world.look(), now_s=world.now_s)
    assert written == []
    world.picture.log_error = None
    for _ in range(2):
        since.keep(world.look(), now_s=world.now_s)
    assert len(written) == 1


def test_two_restarts_in_a_row(outbox: Outbox) -> None:
    """What the second one found is kept, and what it had no time to find anew stays as it was."""
    before = _before(outbox)
    second, since = _after(outbox, before)
    second.picture.journal_error = "disk full"
    report = second.look()
    since.keep(report, now_s=second.now_s)
    third, _ = _after(outbox, second)
    third.picture.journal_error, third.picture.log_error = "disk full", "read-only"
    assert third.item(Subject.LOG, "log").since_us == before.item(Subject.LOG, "log").since_us
    (failed,) = [item for item in report.items if item.condition is Condition.FAILED]
    assert third.item(failed.subject, failed.name).since_us == failed.since_us
