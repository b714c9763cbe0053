"""What health judges has its limits there: the default rules follow it, and the settings of health."""

from typing import Any

import pytest

from services.cpu_monitor.alerting.engine import Engine
from services.cpu_monitor.alerting.readings import of_health, words_of
from services.cpu_monitor.alerting.watch import Moment
from services.cpu_monitor.health.machine import MEMORY
from shared.alerts.defaults import DEFAULTS
from shared.messages.system import ClockState, MemoryUse
from tests.support.health_picture import GIB, World


def _raised(world: World, *, seconds: int = 120) -> dict[str, str]:
    """What is raised when it stays so: rule -> message."""
    engine = Engine()
    engine.take_rules([rule for rule in DEFAULTS.values() if rule.metric], Moment(world.now_s, world.now_us))
    found: dict[str, str] = {}
    for _ in range(seconds):
        world.pass_s(1)
        now = Moment(world.now_s, world.now_us)
        changed = engine.measure(of_health(world.picture.health), words_of(world.picture), now)
        found |= {alert.rule: alert.message for alert in changed}
    return found


def _memory(percent: float) -> MemoryUse:
    return MemoryUse(
        total_bytes=8 * GIB,
        available_bytes=int(8 * GIB * percent / 100),
        swap_total_bytes=0,
        swap_used_bytes=0,
        swapped_bytes_per_s=0,
    )


@pytest.mark.parametrize(
    ("free_gib", "total_gib", "settings", "rules"),
    [
        (2, 8, {}, set()),  # a small disk of its own for logs
        (9, 500, {}, {"disk.low"}),
        (9, 500, {"disk_free_bytes": 5 * GIB}, set()),
        (50, 500, {"disk_free_bytes": 100 * GIB}, set()),  # a tenth is enough of any
        (1, 500, {}, {"disk.low", "disk.full"}),
        (4, 500, {"disk_least_bytes": 5 * GIB}, {"disk.low", "disk.full"}),
    ],
)
def test_disks(free_gib: float, total_gib: float, settings: dict[str, Any], rules: set[str]) -> None:
    """Low and full are what health says of that disk."""
    world = World(**settings)
    world.disk(free_gib, total_gib=total_gib)
    assert set(_raised(world)) == rules


@pytest.mark.parametrize(
    ("percent", "settings", "rules"),
    [
        (12, {}, set()),
        (8, {}, {"memory.short"}),
        (8, {"memory_percent": 5}, set()),
        (3, {}, {"memory.short", "memory.low"}),
        (12, {"memory_percent": 40}, {"memory.short", "memory.low"}),
    ],
)
def test_memory(percent: float, settings: dict[str, Any], rules: set[str]) -> None:
    """Of the machine only its memory: the processor has its own rule."""
    world = World(**settings)
    world.measured(memory=_memory(percent))
    assert set(_raised(world)) == rules
    assert DEFAULTS["memory.low"].only == DEFAULTS["memory.short"].only == (MEMORY,)


def test_the_database() -> None:
    """Behind by more than the setting allows, and not before."""
    for behind_s, rules in ((10, {"db.behind"}), (600, set[str]())):
        world = World(behind_s=behind_s)
        world.hear_ring(entry=500)
        assert set(_raised(world)) == rules


def test_the_clock() -> None:
    """Off, or without its time server; a jump alone has its own rule."""
    world = World()
    world.measured(clock=ClockState(is_synchronised=True, offset_ms=900.0))
    assert set(_raised(world)) == {"clock.off"}
    world = World()
    world.look()
    world.measured(clock=ClockState(is_synchronised=False, offset_ms=None))
    assert "does not follow its time server" in _raised(world)["clock.off"]
    world = World()
    world.measured(clock=ClockState(is_synchronised=True, offset_ms=1.0, stepped_ms=5_000.0))
    world.beat()
    world.look()
    world.measured(clock=ClockState(is_synchronised=True, offset_ms=1.0))
    assert _raised(world) == {}
