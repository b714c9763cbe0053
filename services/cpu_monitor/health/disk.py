"""Disks: how much is left on each that the suite uses; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.sampled import unmeasured
from services.cpu_monitor.health.view import Verdict, View, degraded, failed, ok, size
from shared.messages.health import Condition, Subject
from shared.messages.system import DiskUse

RECORDINGS: Final = "recordings"
DATA: Final = "data"
TENTH: Final = 10
FIFTIETH: Final = 50
BETTER: Final = 1.1
"""A disk at its limit is not well again before a tenth more is free: it must not change each second."""


def judge_disks(view: View) -> Iterator[Verdict]:
    """An item for each disk, named by where it is mounted."""
    sample = view.picture.sample
    names = [disk.mount for disk in sample.disks] if sample is not None else []
    missing = unmeasured(view, Subject.DISK, names or ["all"])
    if missing is not None or sample is None:
        yield from missing or ()
        return
    for disk in sample.disks:
        yield _verdict(view, disk)


def _verdict(view: View, disk: DiskUse) -> Verdict:
    was, wanted = view.was(Subject.DISK, disk.mount), view.tolerances
    enough = wanted.recordings_free_bytes if RECORDINGS in disk.purposes else wanted.disk_free_bytes
    least_bytes = min(wanted.disk_least_bytes, disk.total_bytes // FIFTIETH)
    enough_bytes = min(enough, disk.total_bytes // TENTH)
    what = " and ".join(disk.purposes) or "the suite"
    if not disk.is_answering:
        reason, remedy = (
            f"{disk.mount} ({what}) does not answer.",
            "Look at the network and at the machine that has it.",
        )
        return (failed if DATA in disk.purposes else degraded)(disk.mount, reason, remedy)
    reason = f"{size(disk.free_bytes)} of {size(disk.total_bytes)} are free on {disk.mount} ({what})."
    remedy = "Free space there"
    remedy += (
        ": move old recordings away, or delete them." if RECORDINGS in disk.purposes else "; see: restrike db stats"
    )
    if disk.free_bytes < least_bytes * (BETTER if was is Condition.FAILED else 1):
        return failed(disk.mount, reason, remedy)
    is_low = was in (Condition.FAILED, Condition.DEGRADED)
    if disk.free_bytes < enough_bytes * (BETTER if is_low else 1):
        return degraded(disk.mount, reason, remedy)
    return ok(disk.mount)
