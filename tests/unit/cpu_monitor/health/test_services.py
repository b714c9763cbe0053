"""Services: who is silent, who lost something, who does not stay up; and the broker when everybody falls silent."""

from typing import Any

import pytest

from services.registry import SERVICES
from shared.messages.health import Condition, Subject
from shared.messages.incidents import IncidentKind, ServiceIncident
from tests.support.health_picture import BEGAN_S, World

OK, DEGRADED, FAILED, UNKNOWN = Condition.OK, Condition.DEGRADED, Condition.FAILED, Condition.UNKNOWN
WRITER = "db-writer"


def _is(world: World, name: str = WRITER) -> Condition:
    return world.condition(Subject.SERVICE, name)


def _happened(world: World, *kinds: IncidentKind) -> None:
    for number, kind in enumerate(kinds):
        incident = ServiceIncident(
            incident_id=str(number), service=WRITER, kind=kind, happened_at_us=world.now_us, detail="It ended (exit 1)."
        )
        world.picture.incidents.append(incident)


def test_three_periods_of_silence_are_a_failure() -> None:
    """Not two; and it is well as soon as it is heard."""
    world = World()
    world.mute.add(WRITER)
    world.pass_s(2.5)
    assert _is(world) is OK
    world.pass_s(1)
    item = world.item(Subject.SERVICE, WRITER)
    assert item.condition is FAILED
    assert "has not been heard" in (item.reason or "")
    assert "after 20 s" in (item.remedy or "")
    assert "restrike logs tail db-writer" in (item.remedy or "")
    assert {one.name for one in world.look().items if one.condition is FAILED} == {WRITER}
    world.mute.clear()
    world.pass_s(0.5)
    assert _is(world) is OK


def test_silence_just_after_our_own_start_is_not_known() -> None:
    """Whoever was not heard yet may still come; then it was never heard."""
    world = World()
    life = world.picture.services[WRITER]
    life.health = life.heard_at_s = life.answered_at_s = None
    world.mute.add(WRITER)
    world.picture.began_at_s = BEGAN_S
    world.pass_s(4)
    assert _is(world) is UNKNOWN
    world.pass_s(2)
    assert _is(world) is FAILED


def test_without_the_broker_it_is_the_broker() -> None:
    """Everybody falls silent on the bus, and answers when asked: nobody else failed, at no moment."""
    world = World()
    world.mute.add("broker")
    world.is_bus_away = True
    for _ in range(40):
        world.pass_s(0.5)
        bad = {one.name for one in world.look().items if one.condition is not OK}
        assert bad <= {"broker"}
    assert _is(world, "broker") is FAILED
    world.is_bus_away = False
    world.mute = {WRITER}  # it says something a moment later than the others
    world.picture.services[WRITER].answered_at_s = world.now_s
    world.pass_s(1)
    assert _is(world) is OK


def test_a_broker_that_answers_and_passes_nothing_on() -> None:
    """Its proxy is stuck, its command socket is not."""
    world = World()
    world.is_bus_away = True
    world.pass_s(4)
    assert _is(world, "broker") is FAILED
    world.is_bus_away = False
    world.pass_s(0.5)
    assert _is(world, "broker") is OK


def test_without_the_broker_a_frozen_service_is_found_all_the_same() -> None:
    """It does not answer either."""
    world = World()
    world.mute |= {"broker", WRITER}
    world.is_bus_away = True
    world.pass_s(4)
    assert (_is(world), _is(world, "pss-parser")) == (FAILED, OK)


def test_nobody_asks_and_the_broker_is_away() -> None:
    """Then nobody knows."""
    world = World()
    world.is_asked = False
    for life in world.picture.services.values():
        life.answered_at_s = life.heard_at_s = None
    world.is_bus_away = True
    world.pass_s(1)
    assert _is(world) is UNKNOWN


def test_what_went_with_the_broker_is_told_of_the_broker_alone() -> None:
    """What was lost while it was away, for a minute; one that is back within a second is no trouble of others."""
    world = World()
    world.set_health("db-writer", on_bus=False)
    world.pass_s(1)
    assert _is(world) is OK
    world.is_bus_away = True
    world.pass_s(5)
    world.is_bus_away = False
    world.set_health("db-writer", on_bus=True, lost=41, dropped=3)
    world.pass_s(20)
    assert _is(world) is OK
    world.pass_s(60)
    world.set_health("db-writer", lost=50)
    world.pass_s(1)
    assert _is(world) is DEGRADED


def test_one_that_does_not_run_is_not_said_to_be_ended() -> None:
    """Nobody ends what is not there: it is started again, or was stopped by a person."""
    world = World()
    world.mute.add("db-writer")
    world.picture.services["db-writer"].is_running = False
    world.pass_s(5)
    assert "restrike up -d" in (world.item(Subject.SERVICE, "db-writer").remedy or "")
    world.picture.services["db-writer"].is_running = True
    assert "It is ended and started again" in (world.item(Subject.SERVICE, "db-writer").remedy or "")


def test_without_supervisord_nothing_is_started_again() -> None:
    """Frozen or ended: an item of its own says so and what to do, and no remedy promises otherwise."""
    world = World()
    supervisor = world.picture.supervisor
    assert supervisor is not None
    assert _is(world, "supervisord") is OK
    world.mute.add(WRITER)
    world.pass_s(5)
    for _ in range(2):
        assert _is(world, "supervisord") is OK
        supervisor.note(is_alive=False, now_s=world.now_s)
    item = world.item(Subject.SERVICE, "supervisord")
    assert item.condition is FAILED
    assert item.reason == "supervisord (process 77) has not answered for 5 s: services that end are not started again."
    supervisor.is_there = False
    item = world.item(Subject.SERVICE, "supervisord")
    assert item.reason == "supervisord does not run: services that end are not started again."
    assert "restrike up -d" in (item.remedy or "")
    for is_running in (True, False):
        world.picture.services[WRITER].is_running = is_running
        assert (world.item(Subject.SERVICE, WRITER).remedy or "").startswith("Nobody starts it again by itself")


def test_one_that_supervisord_did_not_start() -> None:
    """A cpu-monitor that was started by hand misses nobody."""
    world = World()
    world.picture.supervisor = None
    assert "supervisord" not in {one.name for one in world.look().items}


def test_one_that_answers_and_is_not_heard() -> None:
    """Its way to the broker is cut."""
    world = World()
    world.pass_s(1)
    heard_at_s = world.now_s
    for _ in range(20):
        world.pass_s(0.5)
        world.picture.services[WRITER].heard_at_s = heard_at_s
    assert _is(world) is DEGRADED


@pytest.mark.parametrize("what", ["lost", "dropped", "faults"])
def test_counters_that_grow(what: str) -> None:
    """For a minute after; what they stood at when we began is no news, a new process begins at nothing."""
    world = World()
    world.set_health(WRITER, **{what: 5})
    world.picture.trails.__init__()  # type: ignore[misc]  # forget what was counted so far
    world.pass_s(1)
    assert _is(world) is OK
    world.set_health(WRITER, **{what: 8})
    world.pass_s(1)
    item = world.item(Subject.SERVICE, WRITER)
    assert item.condition is DEGRADED
    assert "3" in (item.reason or "")
    world.pass_s(61)
    assert _is(world) is OK
    world.set_health(WRITER, **{what: 0, "boot_id": "b2"})
    world.pass_s(1)
    assert _is(world) is OK


@pytest.mark.parametrize("changes", [{"loop_lag_ms": 1_500.0}, {"queue_depth": 20_000}])
def test_a_service_that_is_slow(changes: dict[str, Any]) -> None:
    """Late timers for a minute, a queue while it is long."""
    world = World()
    world.set_health(WRITER, **changes)
    world.pass_s(1)
    assert _is(world) is DEGRADED
    world.set_health(WRITER, loop_lag_ms=1, queue_depth=3)
    world.pass_s(61)
    assert _is(world) is OK


@pytest.mark.parametrize(
    ("kinds", "condition"),
    [
        ((IncidentKind.RESTARTED,), OK),
        ((IncidentKind.RESTARTED, IncidentKind.RESTARTED), DEGRADED),
        ((IncidentKind.ENDED, IncidentKind.RESTARTED), DEGRADED),
        ((IncidentKind.STORM,), FAILED),
        ((IncidentKind.STORM, IncidentKind.CALMED), OK),
        ((IncidentKind.STAYS_DOWN,), OK),  # it was heard since
    ],
)
def test_what_it_went_through(kinds: tuple[IncidentKind, ...], condition: Condition) -> None:
    """A restart is none; several within a minute, a kill and a storm are."""
    world = World()
    _happened(world, *kinds)
    assert _is(world) is condition


def test_a_storm_lasts_until_it_calms() -> None:
    """However long ago it began."""
    world = World()
    _happened(world, IncidentKind.STORM)
    world.pass_s(100)
    assert _is(world) is FAILED


def test_one_that_stays_down() -> None:
    """Its configuration has to be mended."""
    world = World()
    _happened(world, IncidentKind.STAYS_DOWN)
    world.mute.add(WRITER)
    world.pass_s(4)
    item = world.item(Subject.SERVICE, WRITER)
    assert item.condition is FAILED
    assert "restrike config check" in (item.remedy or "")


def test_the_judge_lives() -> None:
    """cpu-monitor is well when nobody is heard, for it judges."""
    world = World()
    world.mute |= set(SERVICES)
    world.pass_s(10)
    assert _is(world, "cpu-monitor") is OK
