"""How a suite's processes grow while a day passes: what they hold, sampled, and the line through it."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final, Self

import psutil
from msgspec import Struct

from shared.clock import monotonic_s
from tests.bench.usage import pss_bytes
from tests.support.suite import Suite

MIB: Final = 1 << 20
WARM_UP: Final = 0.25
"""The first quarter: caches fill, pools grow."""
LATE: Final = 2 / 3
"""From here on the last third: what is bounded has filled."""


class Held(Struct, frozen=True, kw_only=True):
    """What a process held at `at_s` (since the beginning), when so many datagrams had been stored."""

    at_s: float
    datagrams: int
    rss: int
    pss: int
    files: int
    threads: int


class Growth(Struct, frozen=True, kw_only=True):
    """A process over the run. Slopes are those of the straight line through all that came after the warm-up."""

    process: str
    first: Held
    last: Held
    pss_a_simulated_hour: float
    pss_a_million: float
    late_pss_a_million: float
    most_files: int
    most_threads: int

    def row(self) -> str:
        """A line of the table; memory in MiB."""
        words = (
            self.process,
            f"{self.first.pss / MIB:.1f} → {self.last.pss / MIB:.1f}",
            f"{self.first.rss / MIB:.1f} → {self.last.rss / MIB:.1f}",
            f"{self.pss_a_simulated_hour / MIB:+.3f}",
            f"{self.pss_a_million / MIB:+.2f}",
            f"{self.late_pss_a_million / MIB:+.2f}",
            f"{self.first.files} → {self.last.files} (most {self.most_files})",
            f"{self.first.threads} → {self.last.threads} (most {self.most_threads})",
        )
        return f"| {' | '.join(words)} |"


HEAD: Final = (
    "| process | PSS after warm-up → at the end, MiB | RSS | PSS a simulated hour | PSS a million datagrams "
    "| the same, last third | open files | threads |\n|---|---|---|---|---|---|---|---|"
)


class Scales:
    """Weighs every process of a suite every `every_s`, in a thread of its own. One that is started anew shows as an end
    of its process: `restarted` names it.
    """

    def __init__(self, suite: Suite, *, every_s: float, datagrams: Callable[[], int]) -> None:
        self._every_s = every_s
        self._datagrams = datagrams
        self._names = {process.pid: _name(process) for process in suite.processes()}
        self._held: dict[str, list[Held]] = {name: [] for name in self._names.values()}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.restarted: set[str] = set()

    def __enter__(self) -> Self:
        self._began_s = monotonic_s()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def growths(self, *, hours_a_second: float) -> list[Growth]:
        """What came of each process; a second of the run is so many simulated hours."""
        return [_growth(name, held, hours_a_second) for name, held in sorted(self._held.items())]

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            datagrams = self._datagrams()
            for pid, name in self._names.items():
                self._weigh(pid, name, datagrams)

    def _weigh(self, pid: int, name: str, datagrams: int) -> None:
        self.restarted.add(name)
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            process = psutil.Process(pid)
            with process.oneshot():
                held = Held(
                    at_s=monotonic_s() - self._began_s,
                    datagrams=datagrams,
                    rss=process.memory_info().rss,
                    pss=pss_bytes(pid),
                    files=process.num_fds(),
                    threads=process.num_threads(),
                )
            self._held[name].append(held)
            self.restarted.discard(name)


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """By how much the straight line through the points rises per unit of x (least squares)."""
    x, y = fmean(xs), fmean(ys)
    across = sum((one - x) ** 2 for one in xs)
    return sum((one - x) * (other - y) for one, other in zip(xs, ys, strict=True)) / across if across else 0.0


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _growth(name: str, held: Sequence[Held], hours_a_second: float) -> Growth:
    after = held[int(len(held) * WARM_UP) :]
    late = held[int(len(held) * LATE) :]
    hours = [one.at_s * hours_a_second for one in after]
    pss = [one.pss for one in after]
    return Growth(
        process=name,
        first=after[0],
        last=after[-1],
        pss_a_simulated_hour=slope(hours, pss),
        pss_a_million=slope([one.datagrams / 1e6 for one in after], pss),
        late_pss_a_million=slope([one.datagrams / 1e6 for one in late], [one.pss for one in late]),
        most_files=max(one.files for one in after),
        most_threads=max(one.threads for one in after),
    )


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    return words[words.index("services") + 1] if "services" in words else "supervisord"
