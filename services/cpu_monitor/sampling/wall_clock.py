"""This machine's clock: whether it follows a time server, how far it is off, and whether it was set; cpu-monitor."""

from collections.abc import Callable
from typing import Final

from shared.clock import boot_ns, monotonic_ns, unix_ns
from shared.clock_keeping import Discipline, KernelClock
from shared.messages.system import ClockState

STEP_MS: Final = 5.0
"""From here on it is a step. What a time server corrects gently moves both clocks alike, so it is never seen here."""
READ_WITHIN_NS: Final = 100_000
TRIES: Final = 4
"""Two clocks are read one after the other: if that took longer, somebody else had the processor, and they are again."""


class ClockMeter:
    """`discipline` and `difference_ns` (wall clock minus time since boot) are given in tests."""

    def __init__(
        self,
        discipline: Callable[[], Discipline] | None = None,
        difference_ns: Callable[[], int] | None = None,
    ) -> None:
        self._discipline = discipline or KernelClock().discipline
        self._difference_ns = difference_ns or wall_minus_boot_ns
        self._before: int | None = None
        self._offset_ms: float | None = None

    def take_offset(self, offset_ms: float | None) -> None:
        """A time service was asked. It knows more than the kernel, which tells half a second at most."""
        self._offset_ms = offset_ms

    def measure(self) -> ClockState:
        """How it is, and by how much it was set since the measurement before."""
        before, self._before = self._before, self._difference_ns()
        stepped_ms = 0.0 if before is None else (self._before - before) / 1e6
        told = self._discipline()
        is_stepped = abs(stepped_ms) >= STEP_MS
        if is_stepped:
            self._offset_ms = None  # it was of the clock before
        return ClockState(
            is_synchronised=told.is_synchronised,
            offset_ms=told.offset_ms if self._offset_ms is None else self._offset_ms,
            stepped_ms=round(stepped_ms, 3) if is_stepped else 0.0,
        )


def wall_minus_boot_ns() -> int:
    """Moves only when the wall clock is set: the time since boot goes on while the machine sleeps, and both are
    corrected alike.
    """
    found: list[tuple[int, int]] = []
    for _ in range(TRIES):
        began = monotonic_ns()
        difference = unix_ns() - boot_ns()
        found.append((monotonic_ns() - began, difference))
        if found[-1][0] <= READ_WITHIN_NS:
            break
    return min(found)[1]
