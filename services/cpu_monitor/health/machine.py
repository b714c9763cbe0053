"""The machine: whether processor and memory suffice; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.sampled import unmeasured
from services.cpu_monitor.health.view import Verdict, View, degraded, failed, ok, size
from shared.messages.health import Condition, Subject
from shared.messages.system import CpuUse, MemoryUse

PROCESSOR: Final = "processor"
MEMORY: Final = "memory"
BETTER: Final = 0.8
"""What was short is well again at four fifths of its limit."""
LOADED: Final = 2.0
"""Programs that want to run for each core, over a minute; where the kernel does not tell how long they wait."""
SWAPPED_BYTES_PER_S: Final = 10 << 20
MEMORY_WAITING_PERCENT: Final = 10.0
_SHARE_FAILED: Final = 3


def judge_machine(view: View) -> Iterator[Verdict]:
    """Two items: processor and memory."""
    sample = view.picture.sample
    missing = unmeasured(view, Subject.MACHINE, [PROCESSOR, MEMORY])
    if missing is not None or sample is None:
        yield from missing or ()
        return
    yield _processor(view, sample.cpu)
    yield _memory(view, sample.memory)


def _processor(view: View, cpu: CpuUse) -> Verdict:
    is_short = view.was(Subject.MACHINE, PROCESSOR) is Condition.DEGRADED
    factor = BETTER if is_short else 1.0
    remedy = "Close other programs; see which take it: restrike monitor show"
    if cpu.waiting_percent is not None:
        if cpu.waiting_percent > view.tolerances.waiting_percent * factor:
            reason = f"Programs wait for a core {cpu.waiting_percent:.0f} % of the time."
            return degraded(PROCESSOR, reason, remedy)
        return ok(PROCESSOR)
    cores = max(1, len(cpu.core_percents))
    if cpu.load_1 / cores > LOADED * factor:
        return degraded(PROCESSOR, f"{cpu.load_1:.0f} programs want to run on {cores} cores.", remedy)
    return ok(PROCESSOR)


def _memory(view: View, memory: MemoryUse) -> Verdict:
    was = view.was(Subject.MACHINE, MEMORY)
    percent = 100 * memory.available_bytes / max(1, memory.total_bytes)
    low, least = view.tolerances.memory_percent, view.tolerances.memory_percent / _SHARE_FAILED
    reason = f"{size(memory.available_bytes)} of {size(memory.total_bytes)} of memory are left."
    remedy = "Close other programs; see which take it: restrike monitor show"
    if percent < (least / BETTER if was is Condition.FAILED else least):
        return failed(MEMORY, reason, remedy)
    is_low = was in (Condition.FAILED, Condition.DEGRADED)
    if percent < (low / BETTER if is_low else low):
        return degraded(MEMORY, reason, remedy)
    factor = BETTER if is_low else 1.0
    if memory.swapped_bytes_per_s > SWAPPED_BYTES_PER_S * factor:
        return degraded(MEMORY, f"{size(memory.swapped_bytes_per_s)} a second go to swap and back.", remedy)
    if memory.waiting_percent is not None and memory.waiting_percent > MEMORY_WAITING_PERCENT * factor:
        return degraded(MEMORY, f"Programs wait for memory {memory.waiting_percent:.0f} % of the time.", remedy)
    return ok(MEMORY)
