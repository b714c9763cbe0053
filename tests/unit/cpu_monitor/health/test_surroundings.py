"""The machine, its network and clock, and OBS."""

from typing import Any

import msgspec
import pytest

from shared.messages.health import Condition, Subject
from shared.messages.match import Stage
from shared.messages.obs import AlarmKind, LinkState
from shared.messages.system import ClockState
from tests.support.health_picture import ADDRESS, GIB, OBS, World

OK, DEGRADED, FAILED, UNKNOWN = Condition.OK, Condition.DEGRADED, Condition.FAILED, Condition.UNKNOWN


def _cpu(world: World, **changes: Any) -> Condition:
    assert world.sample is not None
    world.measured(cpu=msgspec.structs.replace(world.sample.cpu, **changes))
    return world.condition(Subject.MACHINE, "processor")


def _memory(world: World, **changes: Any) -> Condition:
    assert world.sample is not None
    world.measured(memory=msgspec.structs.replace(world.sample.memory, **changes))
    return world.condition(Subject.MACHINE, "memory")


def _clock(world: World, **state: Any) -> Condition:
    world.measured(clock=ClockState(**state))
    return world.condition(Subject.CLOCK, "clock")


def test_a_processor_that_is_short() -> None:
    """By how long programs wait; it is well again at four fifths of the limit."""
    world = World()
    seen = [_cpu(world, waiting_percent=percent) for percent in (49, 51, 45, 41, 39)]
    assert seen == [OK, DEGRADED, DEGRADED, DEGRADED, OK]


def test_a_kernel_that_does_not_tell_who_waits() -> None:
    """By the load of each core."""
    world = World()
    assert [_cpu(world, waiting_percent=None, load_1=load) for load in (3.9, 4.1)] == [OK, DEGRADED]


def test_memory_that_gets_short() -> None:
    """A tenth is degraded, a thirtieth is a failure; swapping is degraded."""
    world = World()
    assert [_memory(world, available_bytes=part * GIB // 100) for part in (100, 70, 20)] == [OK, DEGRADED, FAILED]
    assert _memory(world, available_bytes=4 * GIB) is OK
    assert _memory(world, swapped_bytes_per_s=20 << 20) is DEGRADED
    assert _memory(world, swapped_bytes_per_s=0, waiting_percent=30) is DEGRADED
    assert _memory(world, waiting_percent=0) is OK


def test_a_machine_that_is_not_measured() -> None:
    """Nobody knows, and the items keep their names."""
    world = World()
    world.sample = None
    world.look()
    world.pass_s(20)
    names = [(Subject.DISK, "/"), (Subject.MACHINE, "processor"), (Subject.MACHINE, "memory"), (Subject.CLOCK, "clock")]
    assert [world.condition(*name) for name in names] == [UNKNOWN] * 4
    assert world.item(*names[0]).remedy == "Switch it on: restrike monitor on"


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        ({"is_synchronised": True, "offset_ms": 100}, OK),
        ({"is_synchronised": True, "offset_ms": -250}, DEGRADED),  # a kernel tells at most 500
        ({"is_synchronised": False, "offset_ms": 3_600_000}, DEGRADED),
        ({"is_synchronised": True}, OK),
        ({"is_synchronised": False}, DEGRADED),
        ({"is_synchronised": None, "offset_ms": None}, UNKNOWN),
    ],
)
def test_a_clock_that_once_followed_a_server(state: dict[str, Any], condition: Condition) -> None:
    """Its offset, and that it follows no more."""
    world = World()
    world.look()
    assert _clock(world, **state) is condition


def test_a_clock_that_never_followed_a_server() -> None:
    """Nobody knows how right it is."""
    world = World()
    world.measured(clock=ClockState(is_synchronised=False))
    world.picture.trails.__init__()  # type: ignore[misc]  # forget that it followed one
    assert world.condition(Subject.CLOCK, "clock") is UNKNOWN


def test_a_clock_that_only_a_time_server_knows() -> None:
    """Nothing sets it, and the server that is set says that it is right; one that does not answer is told."""
    world = World()
    world.measured(clock=ClockState(is_synchronised=False, offset_ms=30))
    world.picture.trails.__init__()  # type: ignore[misc]  # forget that it followed one
    assert world.condition(Subject.CLOCK, "clock") is OK
    world.picture.time_error = "The time server ntp does not answer."
    item = world.item(Subject.CLOCK, "clock")
    assert item.condition is DEGRADED
    assert "ntp does not answer" in (item.reason or "")


def test_a_clock_that_jumps() -> None:
    """It is told for a minute."""
    world = World()
    assert _clock(world, is_synchronised=True, stepped_ms=-3_600_000) is DEGRADED
    assert "back by 60 min" in (world.item(Subject.CLOCK, "clock").reason or "")
    world.measured(clock=ClockState(is_synchronised=True))
    world.pass_s(61)
    assert world.condition(Subject.CLOCK, "clock") is OK


@pytest.mark.parametrize(("stage", "condition"), [(None, DEGRADED), (Stage.RUNNING, FAILED)])
def test_an_interface_that_is_down(stage: Stage | None, condition: Condition) -> None:
    """Down, or its address gone; a failure while a match needs it."""
    world = World()
    world.stage(stage)
    world.interface(is_up=False)
    assert world.condition(Subject.NETWORK, ADDRESS) is condition
    world.interface(is_up=True, address="10.9.9.9")
    item = world.item(Subject.NETWORK, ADDRESS)
    assert item.condition is condition
    assert "udp bind ring-1 auto" in (item.remedy or "")
    world.interface(is_up=True)
    assert world.condition(Subject.NETWORK, ADDRESS) is OK


def test_a_ring_on_all_interfaces() -> None:
    """One that is up is enough."""
    world = World()
    world.hear_ring(address="0.0.0.0")  # noqa: S104  # nothing is bound here
    assert world.condition(Subject.NETWORK, "0.0.0.0") is OK  # noqa: S104  # as above
    world.interface(is_up=False)
    assert world.condition(Subject.NETWORK, "0.0.0.0") is DEGRADED  # noqa: S104  # as above


def test_errors_of_the_interface() -> None:
    """For a minute after the last one."""
    world = World()
    world.look()
    world.network(errors=4)
    assert world.condition(Subject.NETWORK, ADDRESS) is DEGRADED
    world.network(errors=0)
    world.pass_s(62)
    assert world.condition(Subject.NETWORK, ADDRESS) is OK


def test_errors_where_a_ring_listens_on_all_interfaces() -> None:
    """Each that is up counts."""
    world = World()
    world.hear_ring(address="0.0.0.0")  # noqa: S104  # nothing is bound here
    world.look()
    world.network(errors=4)
    item = world.item(Subject.NETWORK, "0.0.0.0")  # noqa: S104  # as above
    assert item.condition is DEGRADED
    assert "eth0 had 4 errors" in (item.reason or "")


@pytest.mark.parametrize(
    ("changes", "condition"),
    [
        ({}, OK),
        ({"state": LinkState.DISCONNECTED, "reason": "Nobody answers."}, OK),  # no match is on
        ({"state": LinkState.FAILED, "reason": "The password is wrong."}, DEGRADED),
        ({"state": LinkState.DISCONNECTED, "is_active": False}, OK),
        ({"state": LinkState.DISCONNECTED, "alarms": (AlarmKind.NOT_CONNECTED,)}, FAILED),
        ({"alarms": (AlarmKind.NOT_RECORDING,), "problem": "The disk is full."}, FAILED),
        ({"alarms": (AlarmKind.FRAMES_DROPPED,)}, DEGRADED),
        ({"alarms": (AlarmKind.FRAMES_DROPPED, AlarmKind.NOT_RECORDING)}, FAILED),
        ({"alarms": (AlarmKind.DISK_LOW,)}, DEGRADED),
        ({"alarms": (AlarmKind.REPLAY_OFF,)}, DEGRADED),
        ({"alarms": (AlarmKind.NOT_LICENSED,), "unlicensed": "OBS automation: not allowed."}, DEGRADED),
        ({"unlicensed": "OBS automation: not allowed."}, OK),  # of the next match
        ({"problem": "No folder."}, FAILED),
    ],
)
def test_obs(changes: dict[str, Any], condition: Condition) -> None:
    """What obs-bridge says, by how much it harms a match."""
    world = World()
    world.picture.obs["main"] = msgspec.structs.replace(OBS, **changes)
    assert world.condition(Subject.OBS, "main") is condition


def test_obs_each_alarm_has_its_own_reason() -> None:
    """What the licence denies and what happened are not said in one sentence."""
    world, reasons = World(), []
    both = msgspec.structs.replace(OBS, problem="The disk is full.", unlicensed="OBS automation: not allowed.")
    for kind in (AlarmKind.NOT_RECORDING, AlarmKind.NOT_LICENSED):
        world.picture.obs["main"] = msgspec.structs.replace(both, alarms=(kind,))
        reasons.append(world.item(Subject.OBS, "main").reason)
    assert reasons == [
        "A match is on, and is not recorded: The disk is full.",
        "The licence does not let this OBS follow matches by itself: OBS automation: not allowed.",
    ]


def test_obs_while_its_bridge_begins() -> None:
    """It connects, and does not know yet whether a match is on: nobody can say; so no alarm is over by that."""
    world = World()
    world.set_health("obs-bridge", uptime_s=1.0)
    world.picture.obs["main"] = msgspec.structs.replace(OBS, state=LinkState.CONNECTING)
    world.beat()
    assert world.condition(Subject.OBS, "main") is Condition.UNKNOWN
    world.set_health("obs-bridge", uptime_s=6.0)
    world.beat()
    assert world.condition(Subject.OBS, "main") is Condition.OK


def test_obs_without_its_bridge() -> None:
    """Nobody knows."""
    world = World()
    world.picture.obs["main"] = OBS
    world.mute.add("obs-bridge")
    world.pass_s(4)
    assert world.condition(Subject.OBS, "main") is UNKNOWN
