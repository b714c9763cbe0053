"""The clock: steps are seen, gentle corrections and sleep are not."""

from services.cpu_monitor.sampling.wall_clock import ClockMeter, wall_minus_boot_ns
from shared.clock_keeping import Discipline

HOUR_NS = 3_600 * 10**9


def test_a_step_is_told_once() -> None:
    """An hour ahead, an hour back; reading two clocks a little apart is no step."""
    differences = iter([5, 40_000, HOUR_NS, HOUR_NS + 2_000_000, 0])
    meter = ClockMeter(lambda: Discipline(is_synchronised=True, offset_ms=0.3), lambda: next(differences))
    found = [meter.measure() for _ in range(5)]
    assert [round(state.stepped_ms) for state in found] == [0, 0, 3_600_000, 0, -3_600_002]
    assert {(state.is_synchronised, state.offset_ms) for state in found} == {(True, 0.3)}


def test_the_difference_of_two_clocks_stands_still() -> None:
    """Of this machine's own."""
    assert abs(wall_minus_boot_ns() - wall_minus_boot_ns()) < 1_000_000_000  # a busy machine reads them far apart


def test_a_time_service_knows_more_than_the_kernel() -> None:
    """The kernel tells half a second at most; what was told before the clock was set says nothing of it now."""
    differences = iter([0, 0, 0, -HOUR_NS, -HOUR_NS])
    meter = ClockMeter(lambda: Discipline(is_synchronised=True, offset_ms=500.0), lambda: next(differences))
    found = [meter.measure().offset_ms]
    meter.take_offset(3_600_000.0)
    found += [meter.measure().offset_ms for _ in range(3)]
    meter.take_offset(0.2)
    found.append(meter.measure().offset_ms)
    assert found == [500.0, 3_600_000.0, 3_600_000.0, 500.0, 0.2]
