"""What supervisord says of restarts, from look to look; cpu-monitor. No I/O, no clock.

Its list of processes knows the processes of now, and its log how the last ones ended. What was before cpu-monitor's own
start is known from what it kept (guarding/standing.py).
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from shared.messages.incidents import IncidentKind, ServiceIncident

WITHIN_S: Final = 60.0
"""Restarts of the last minute make a storm."""
LOOKS_DOWN: Final = 2
BAD_CONFIGURATION: Final = "exit status 2"

Process = Mapping[str, Any]
"""As `getAllProcessInfo` gives it: name, pid, statename, spawnerr and so on."""
_LINE: Final = re.compile(
    r"(?:exited|stopped): (?P<name>\S+) \((?P<how>exit status \d+|terminated by \w+)|spawned: '(?P<spawned>[^']+)'"
)


class Restarts:
    """The restarts of each service. The first look at one tells nothing: what was before is not known, unless it is
    resumed. `has_news`: the last look met a process for the first time.
    """

    def __init__(self, storm_after: Callable[[], int]) -> None:
        self._storm_after = storm_after
        self._pids: dict[str, int] = {}
        self._times: dict[str, deque[float]] = {}
        self._storms: set[str] = set()
        self._down: dict[str, int] = {}
        self.has_news = False

    def resume(self, pids: Mapping[str, int], times: Mapping[str, Sequence[float]], storms: Collection[str]) -> None:
        """Go on from what was kept: the process of each service, when it was started again (monotonic s, those of the
        last minute), and which do not stay up.
        """
        self._pids.update(pids)
        self._times.update({name: deque(some) for name, some in times.items()})
        self._storms.update(storms)

    @property
    def standing(self) -> dict[str, tuple[int, list[float]]]:
        """Of each service that was met its process, and when it was started again (monotonic s)."""
        return {name: (pid, list(self._times.get(name, ()))) for name, pid in self._pids.items() if pid}

    def take(
        self, processes: Sequence[Process], ends: Mapping[str, str], *, now_s: float, now_us: int
    ) -> list[ServiceIncident]:
        """What happened since the last look. `ends`: how each last ended; now_s: monotonic s; now_us: Unix us."""
        self.has_news = False
        return [
            ServiceIncident(
                incident_id=f"{process['name']}:{kind}:{process['pid']}:{now_us}",
                service=str(process["name"]),
                kind=kind,
                happened_at_us=now_us,
                pid=process["pid"] or None,
                detail=detail,
            )
            for process in processes
            for kind, detail in self._of(process, _end_of(process, ends), now_s)
        ]

    def _of(self, process: Process, end: str, now_s: float) -> Iterator[tuple[IncidentKind, str]]:
        name, pid = str(process["name"]), int(process["pid"])
        times = self._times.setdefault(name, deque())
        before = self._pids.get(name)
        self.has_news = self.has_news or bool(pid and pid != before)
        if pid and before and pid != before:
            times.append(now_s)
            yield IncidentKind.RESTARTED, f"{end} It was started again as process {pid}."
        if pid or name not in self._pids:
            self._pids[name] = pid
        while times and now_s - times[0] > WITHIN_S:
            times.popleft()
        yield from self._storm(name, len(times), end)
        yield from self._fall(name, end, process)

    def _storm(self, name: str, count: int, end: str) -> Iterator[tuple[IncidentKind, str]]:
        if name not in self._storms and count >= self._storm_after():
            self._storms.add(name)
            yield IncidentKind.STORM, f"It was started {count} times within a minute. {end}"
        elif name in self._storms and not count:
            self._storms.discard(name)
            yield IncidentKind.CALMED, "It has been up for a minute."

    def _fall(self, name: str, end: str, process: Process) -> Iterator[tuple[IncidentKind, str]]:
        """One that ended is down for a moment before it is started again: what counts is whether it still is."""
        if process["statename"] not in ("EXITED", "FATAL"):
            self._down.pop(name, None)
            return
        looks = self._down[name] = self._down.get(name, 0) + 1
        if looks == LOOKS_DOWN:
            yield IncidentKind.STAYS_DOWN, f"{end} It is not started again by itself."

    @property
    def is_restless(self) -> bool:
        """Whether the next look matters though nothing changed: a storm is on, or may begin, or somebody is down."""
        return bool(self._storms or self._down or any(self._times.values()))


def ends_in(log: str) -> dict[str, str]:
    """How each program that supervisord's log tells of ended before its last start, or since: `exit status 1`,
    `terminated by SIGKILL`. Nothing of one that was started without a word on its end: it went with supervisord.
    """
    ends: dict[str, str] = {}
    over: dict[str, str] = {}
    for found in _LINE.finditer(log):
        name = found["spawned"]
        if name is None:
            over[found["name"]] = found["how"]
        elif name in over:
            ends[name] = over.pop(name)
        else:
            ends.pop(name, None)
    return ends | over


def _end_of(process: Process, ends: Mapping[str, str]) -> str:
    if process["statename"] in ("BACKOFF", "FATAL") and process.get("spawnerr"):
        return f"It could not be started: {process['spawnerr']}."
    how = ends.get(str(process["name"]))
    if how == BAD_CONFIGURATION:
        return "It ended because of its configuration (exit status 2)."
    return f"It ended ({how})." if how else "It ended."
