"""Disks that the suite uses: free space as the places' chores saw it last, reads and writes from /proc/diskstats;
cpu-monitor.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from services.cpu_monitor.sampling.kernel_file import KernelFile
from services.cpu_monitor.sampling.places import Place, Seen
from services.cpu_monitor.sampling.rates import rate
from shared.messages.system import DiskUse

SECTOR_BYTES: Final = 512
"""The kernel's own unit, whatever the disk's is."""
ANSWERS_WITHIN_S: Final = 25.0
"""A place that was not seen for longer (it is looked at every 10 s) does not answer."""


class Traffic(Struct, frozen=True):
    """A disk since the machine started; `busy_ms` is the time in which it had something to do."""

    name: str
    read_bytes: int
    written_bytes: int
    busy_ms: int


class _Known(Struct):
    seen: Seen
    at_s: float


class DiskMeter:
    """Puts places of one mount together."""

    def __init__(self, proc: str = "/proc") -> None:
        self._file = KernelFile(f"{proc}/diskstats")
        self._known: dict[Place, _Known] = {}
        self._before: dict[str, Traffic] = {}

    def take(self, place: Place, seen: Seen | None, now_s: float) -> None:
        """A chore saw a place (monotonic seconds); None: it is not there."""
        if seen is None:
            self._known.pop(place, None)
        else:
            self._known[place] = _Known(seen, now_s)

    def keep(self, places: Iterable[Place]) -> None:
        """Forget places that are used no more."""
        self._known = {place: self._known[place] for place in places if place in self._known}

    def measure(self, elapsed_s: float, now_s: float) -> tuple[DiskUse, ...]:
        """Each mount once. Rates are of the time since the measurement before."""
        numbers = {one.seen.number for one in self._known.values() if one.seen.number is not None}
        before, self._before = self._before, traffic_of(self._file.read() or b"", numbers)
        mounts: dict[str, dict[Place, _Known]] = {}
        for place, known in self._known.items():
            mounts.setdefault(known.seen.mount, {})[place] = known
        return tuple(
            _use(places, elapsed_s, now_s, before=before, now=self._before) for _, places in sorted(mounts.items())
        )

    def close(self) -> None:
        """Let its file go."""
        self._file.close()


def traffic_of(diskstats: bytes, numbers: set[str]) -> dict[str, Traffic]:
    """What /proc/diskstats says of the disks of these `numbers` (`8:2`)."""
    found = {}
    for line in diskstats.split(b"\n"):
        fields = line.split()
        if len(fields) < 13:
            continue
        number = f"{fields[0].decode()}:{fields[1].decode()}"
        if number in numbers:
            read, written, busy_ms = int(fields[5]), int(fields[9]), int(fields[12])
            name = fields[2].decode(errors="replace")
            found[number] = Traffic(name, read * SECTOR_BYTES, written * SECTOR_BYTES, busy_ms)
    return found


def _use(
    places: dict[Place, _Known], elapsed_s: float, now_s: float, *, before: dict[str, Traffic], now: dict[str, Traffic]
) -> DiskUse:
    newest = max(places.values(), key=lambda known: known.at_s)
    seen = newest.seen
    traffic = now.get(seen.number or "")
    then = before.get(seen.number or "", traffic)
    read = written = busy = None
    if traffic is not None and then is not None and elapsed_s > 0:
        read = rate(then.read_bytes, traffic.read_bytes, elapsed_s)
        written = rate(then.written_bytes, traffic.written_bytes, elapsed_s)
        busy = min(round(max(traffic.busy_ms - then.busy_ms, 0) / elapsed_s / 10, 1), 100.0)
    return DiskUse(
        mount=seen.mount,
        purposes=tuple(dict.fromkeys(place.purpose for place in places)),
        total_bytes=seen.total_bytes,
        free_bytes=seen.free_bytes,
        device=traffic.name if traffic is not None else None,
        read_bytes_per_s=read,
        written_bytes_per_s=written,
        busy_percent=busy,
        is_answering=now_s - newest.at_s <= ANSWERS_WITHIN_S,
    )
