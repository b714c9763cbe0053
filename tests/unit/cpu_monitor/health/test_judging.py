"""The report as a whole: its worst, its order, since when, and what counts as a change."""

import pytest

from services.cpu_monitor.health.judging import JUDGES
from services.cpu_monitor.health.telling import changes
from shared.messages.health import Condition, Subject
from shared.messages.match import Stage
from tests.support.health_picture import World

OK, DEGRADED, FAILED, UNKNOWN = Condition.OK, Condition.DEGRADED, Condition.FAILED, Condition.UNKNOWN


def test_all_is_well() -> None:
    """Every subject has its item, and an item that is ok has nothing to say."""
    report = World().look()
    assert report.condition is OK
    # There is no OBS in this home.
    assert {item.subject for item in report.items} == set(Subject) - {Subject.OBS}
    assert {(item.condition, item.reason, item.remedy) for item in report.items} == {(OK, None, None)}
    assert set(JUDGES) == set(Subject)


def test_the_worst_comes_first_and_is_the_whole() -> None:
    """Failed before degraded before unknown before ok."""
    world = World()
    world.picture.journal_error = "disk full"
    world.picture.log_error = "read-only"
    world.picture.backups = None
    report = world.look()
    assert [item.condition for item in report.items][:4] == [FAILED, DEGRADED, UNKNOWN, OK]
    assert report.condition is FAILED


def test_unknown_counts_as_degraded() -> None:
    """What nobody can say is no failure, and not well either."""
    world = World()
    world.picture.backups = None
    assert world.look().condition is DEGRADED


def test_since_survives_while_the_condition_stays() -> None:
    """Another reason for the same condition keeps its beginning; another condition begins anew."""
    world = World()
    since_us = world.item(Subject.LOG, "log").since_us
    world.pass_s(5)
    assert world.item(Subject.LOG, "log").since_us == since_us
    world.picture.log_error = "no space"
    bad = world.item(Subject.LOG, "log")
    assert (bad.condition, bad.since_us) == (DEGRADED, world.now_us)
    world.pass_s(3)
    world.picture.log_error = "read-only file system"
    worse = world.item(Subject.LOG, "log")
    assert "read-only" in (worse.reason or "")
    assert worse.since_us == bad.since_us
    world.picture.log_error = None
    assert world.item(Subject.LOG, "log").since_us == world.now_us


@pytest.mark.parametrize("is_ill", [True, False])
def test_items_stay_the_same_ones(*, is_ill: bool) -> None:
    """Whoever follows an item finds it in every report, well or ill."""
    world = World()
    names = {(item.subject, item.name) for item in world.look().items}
    if is_ill:
        world.mute |= {"udp-ingest", "db-writer"}
        world.sample = None
        world.interface(is_up=False)
        world.pass_s(30)
    assert {(item.subject, item.name) for item in world.look().items} == names


def test_a_number_that_moves_is_no_change() -> None:
    """A ring's growing silence is told once, not twice a second."""
    world = World()
    world.stage(Stage.RUNNING)
    world.pass_s(3)
    first = world.look()
    world.pass_s(3)
    second = world.look()
    ring = [report.items[0].reason for report in (first, second)]
    assert ring[0] != ring[1]
    assert changes(first, second) == []
    world.picture.log_error = "full"
    assert [item.subject for item in changes(second, world.look())] == [Subject.LOG]
