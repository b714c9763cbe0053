"""The clock: steps are seen, gentle corrections and sleep are not; what the kernel says of time servers."""

from services.cpu_monitor.sampling.wall_clock import ClockMeter, Discipline, KernelClock, wall_minus_boot_ns

HOUR_NS = 3_600 * 10**9


def test_a_step_is_told_once() -> None:
    """An hour ahead, an hour back; reading two clocks a little apart is no step."""
    differences = iter([5, 40_000, HOUR_NS, HOUR_NS + 2_000_000, 0])
    meter = ClockMeter(lambda: Discipline(is_synchronised=True, offset_ms=0.3), lambda: next(differences))
    found = [meter.measure() for _ in range(5)]
    assert [round(state.stepped_ms) for state in found] == [0, 0, 3_600_000, 0, -3_600_002]
    assert {(state.is_synchronised, state.offset_ms) for state in found} == {(True, 0.3)}


def test_this_machine_answers() -> None:
    """Whatever it says, nothing is claimed where nothing synchronises it; the difference of its clocks stands still."""
    said = KernelClock().discipline()
    assert said.offset_ms is None or said.is_synchronised
    meter = ClockMeter()
    meter.measure()
    assert meter.measure().stepped_ms == 0.0
    assert abs(wall_minus_boot_ns() - wall_minus_boot_ns()) < 5_000_000
