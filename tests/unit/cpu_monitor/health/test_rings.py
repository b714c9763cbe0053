"""Rings: a silence in a running match is told within 3 s, at night it is nothing."""

from typing import Any

import msgspec
import pytest

from services.cpu_monitor.health.rings import is_suspicious
from shared.messages.episodes import Injury, InjuryKind
from shared.messages.health import Condition, Subject
from shared.messages.match import Stage
from tests.support.health_picture import World

OK, DEGRADED, FAILED, UNKNOWN = Condition.OK, Condition.DEGRADED, Condition.FAILED, Condition.UNKNOWN
INJURY = Injury(
    number=1, kind=InjuryKind.INJURY, athlete=1, entry=1, began_at_us=1, round=1, clock_ms=60_000, left_ms=30_000
)


def _ring(world: World) -> Condition:
    return world.condition(Subject.RING, "ring-1")


def _silent_after_s(world: World) -> float | None:
    """How long after its last datagram the ring has failed; None: it did not within 20 s."""
    for halves in range(1, 41):
        world.pass_s(0.5)
        if _ring(world) is FAILED:
            return halves / 2
    return None


@pytest.mark.parametrize("stage", [Stage.RUNNING, Stage.BREAK, Stage.INJURY])
def test_silence_while_a_clock_ticks_is_told_within_3_s(stage: Stage) -> None:
    """From the last datagram on; a tick each second until then is well."""
    world = World()
    world.stage(stage)
    for _ in range(5):
        world.datagram()
        world.pass_s(1)
        assert _ring(world) is OK
    world.datagram()
    after_s = _silent_after_s(world)
    assert after_s is not None
    assert after_s <= 3
    item = world.item(Subject.RING, "ring-1")
    assert "silent" in (item.reason or "")
    assert "10.1.1.5:8888" in (item.remedy or "")


def test_one_lost_tick_is_forgiven() -> None:
    """Two seconds between two ticks are a datagram that the network lost."""
    world = World()
    world.stage(Stage.RUNNING)
    for _ in range(3):
        world.datagram()
        for _ in range(4):
            world.pass_s(0.5)
            assert _ring(world) is OK


@pytest.mark.parametrize("stage", [None, *sorted(set(Stage) - {Stage.RUNNING, Stage.BREAK, Stage.INJURY})])
def test_silence_is_nothing_where_no_clock_ticks(stage: Stage | None) -> None:
    """At night, before a match, while the clock stands, during a review."""
    world = World()
    world.stage(stage)
    world.datagram()
    assert _silent_after_s(world) is None
    assert _ring(world) is OK


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage.RUNNING, {"clock_running": False, "clock_ms": 60_000}),
        (Stage.RUNNING, {"clock_running": True, "clock_ms": 0}),
        (Stage.BREAK, {"break_ms": 0}),
        (Stage.BREAK, {"break_ms": 20_000, "break_stands": True}),
        (Stage.INJURY, {"injury_ms": 0}),
        (Stage.INJURY, {"injury_ms": 30_000, "injuries": (msgspec.structs.replace(INJURY, left_ms=0),)}),
    ],
)
def test_a_clock_that_stands_may_be_silent(stage: Stage, said: dict[str, Any]) -> None:
    """What pss-parser answers in the silence says that no tick is due."""
    world = World()
    world.stage(stage)
    world.datagram()
    world.pass_s(1.5)
    world.match(**said)
    assert _silent_after_s(world) is None


def test_a_clock_that_runs_may_not() -> None:
    """The same question, answered that the clock runs; and an answer from before the last tick says nothing."""
    world = World()
    world.stage(Stage.INJURY)
    world.match(injury_ms=0)
    world.pass_s(0.5)
    world.datagram()
    world.pass_s(1)
    assert _ring(world) is OK
    world.pass_s(2)
    assert _ring(world) is FAILED
    world.match(injury_ms=30_000, injuries=(INJURY,))
    assert _ring(world) is FAILED


def test_it_is_well_with_the_next_datagram() -> None:
    """And the item says since when."""
    world = World()
    world.stage(Stage.RUNNING)
    world.pass_s(4)
    assert _ring(world) is FAILED
    world.datagram()
    item = world.item(Subject.RING, "ring-1")
    assert (item.condition, item.since_us, item.reason) == (OK, world.now_us, None)


def test_a_match_that_nobody_ended_is_no_alarm_for_ever() -> None:
    """After a quarter of an hour it is what it is: a scoring system that was switched off."""
    world = World()
    world.stage(Stage.RUNNING)
    world.now_s += 901
    world.now_us += 901_000_000
    world.beat()
    item = world.item(Subject.RING, "ring-1")
    assert item.condition is DEGRADED
    assert "restrike match close ring-1" in (item.remedy or "")


def test_a_clock_that_is_set_makes_no_silence() -> None:
    """The machine's clock jumps an hour, either way: datagrams that come are heard now."""
    for jump_us in (3_600_000_000, -3_600_000_000):
        world = World()
        world.stage(Stage.RUNNING)
        for _ in range(4):
            world.datagram()
            world.pass_s(1)
        world.now_us += jump_us  # the next datagram's time is of the new clock
        for _ in range(4):
            world.datagram()
            assert _ring(world) is OK
            world.pass_s(1)
        assert _ring(world) is OK
        assert _silent_after_s(world) is not None


def test_silence_needs_somebody_who_knows_the_match() -> None:
    """Without pss-parser nobody knows whether the match runs; without udp-ingest nobody knows the ring at all."""
    world = World()
    world.stage(Stage.RUNNING)
    world.mute.add("pss-parser")
    world.pass_s(10)
    assert _ring(world) is UNKNOWN
    world.mute.add("udp-ingest")
    world.pass_s(10)
    assert _ring(world) is UNKNOWN


@pytest.mark.parametrize(
    ("changes", "stage", "condition"),
    [
        ({"listening": False, "error": "Address in use."}, None, FAILED),
        ({"listening": False}, Stage.RUNNING, FAILED),
        ({"listening": False}, None, DEGRADED),
        ({"error": "There is no rule set x."}, None, DEGRADED),
        ({"kernel_drops": 7}, None, DEGRADED),
        ({"refused": 3}, None, DEGRADED),
        ({"lost": 2}, None, FAILED),
    ],
)
def test_what_a_ring_says_of_itself(changes: dict[str, Any], stage: Stage | None, condition: Condition) -> None:
    """Not listening, other rules, datagrams that did not get in."""
    world = World()
    world.stage(stage)
    world.look()
    world.hear_ring(**changes)
    assert _ring(world) is condition


def test_drops_are_told_for_a_minute() -> None:
    """Then nothing new was dropped, and the ring is well."""
    world = World()
    world.look()
    world.hear_ring(kernel_drops=7)
    world.look()
    world.pass_s(55)
    assert _ring(world) is DEGRADED
    world.pass_s(10)
    assert _ring(world) is OK


def test_what_fell_out_of_memory_is_told_once() -> None:
    """Its count runs on when the ring is closed and opened again; those of a session do not."""
    world = World()
    world.look()
    world.hear_ring(lost=5)
    assert _ring(world) is FAILED
    world.pass_s(65)
    world.hear_ring(listening=True, session=None)
    world.look()
    world.hear_ring(session="s2")
    assert _ring(world) is OK
    world.hear_ring(session="s3", refused=1)
    assert _ring(world) is DEGRADED


def test_a_ring_that_need_not_listen_is_well() -> None:
    """`auto_start` is false for it."""
    world = World(off_rings=frozenset({"ring-1"}))
    world.hear_ring(listening=False)
    assert _ring(world) is OK


def test_a_match_that_ran_when_the_suite_began() -> None:
    """Nothing was heard since, though its clock runs: it is silent since its match last moved."""
    world = World()
    ring = world.picture.rings["ring-1"]
    ring.packet_at_s = None
    world.stage(Stage.RUNNING)
    world.match(clock_running=True, clock_ms=50_000)
    world.pass_s(3)
    assert _ring(world) is FAILED
    world.now_us += 3_600_000_000
    assert _ring(world) is OK


def test_a_clock_that_stands_is_asked_for_once() -> None:
    """A stopped clock of a quarter of an hour costs no question each half second; a clock that runs is asked for."""
    world = World()
    world.stage(Stage.RUNNING)
    world.datagram()
    ring, asked = world.picture.rings["ring-1"], 0
    for _ in range(100):
        world.pass_s(0.5)
        if is_suspicious(ring, now_s=world.now_s, after_s=1.2):
            asked += 1
            world.match(clock_running=False, clock_ms=60_000)
    assert asked == 1
    world.datagram()
    world.pass_s(1.5)
    assert is_suspicious(ring, now_s=world.now_s, after_s=1.2)
    world.match(clock_running=True, clock_ms=60_000)
    assert is_suspicious(ring, now_s=world.now_s, after_s=1.2)
