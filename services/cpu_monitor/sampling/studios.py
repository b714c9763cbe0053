"""What each OBS says of itself, joined with its process where it runs on this machine; cpu-monitor.

The process is the one that holds the listening port. Where another user's OBS may not be looked into, it is the only
OBS of the user who listens there, if it takes as much memory as OBS says of itself: a tunnel to another machine's OBS
listens, too. Else it is not known.
"""

import os
from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from services.cpu_monitor.sampling.kernel_file import read_once
from services.cpu_monitor.sampling.process_list import OBS_NAMES, Found
from shared.messages.obs import ObsLoad, ObsStatus
from shared.messages.system import ObsUse, ProcessKind
from shared.video.path_map import is_this_machine

ALIKE: Final = 0.25
"""By how much memory may differ between OBS's own count and the kernel's, moments apart."""
_LISTENS: Final = b"0A"
MIB: Final = 1024 * 1024


class Asked(Struct, frozen=True):
    """A connection whose process is looked for."""

    connection: str
    host: str
    port: int
    memory_mib: float


class Listener(Struct, frozen=True):
    """Who listens on a port: the socket, and its user."""

    socket: bytes
    user: int


Rss = dict[int, int]
"""Resident bytes of each process that is watched."""


def asked_of(statuses: Iterable[ObsStatus]) -> tuple[Asked, ...]:
    """The connections to an OBS that answers."""
    return tuple(
        Asked(one.connection, one.host, one.port, one.load.memory_mib) for one in statuses if one.load is not None
    )


def pids_of(asked: Iterable[Asked], found: Iterable[Found], rss: Rss, *, proc: str = "/proc") -> dict[str, int]:
    """The process of each connection, where it is known for sure; in a chore."""
    studios = [one for one in found if one.kind is ProcessKind.OBS and one.name in OBS_NAMES]
    local = [one for one in asked if studios and is_this_machine(one.host)]
    listeners = listeners_on({one.port for one in local}, proc=proc) if local else {}
    pids: dict[str, int] = {}
    for one in local:
        pid = _pid_of(one, studios, listeners.get(one.port, []), rss, proc=proc)
        if pid is not None:
            pids[one.connection] = pid
    return pids


def listeners_on(ports: set[int], *, proc: str = "/proc") -> dict[int, list[Listener]]:
    """Who listens on these TCP ports of this machine."""
    found: dict[int, list[Listener]] = {}
    for name in ("tcp", "tcp6"):
        for line in (read_once(f"{proc}/net/{name}") or b"").split(b"\n")[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTENS:
                port = int(fields[1].rpartition(b":")[2], 16)
                if port in ports:
                    found.setdefault(port, []).append(Listener(fields[9], int(fields[7])))
    return found


def uses_of(statuses: Iterable[ObsStatus], pids: dict[str, int]) -> tuple[ObsUse, ...]:
    """What those that are connected say, in the order of their names."""
    return tuple(
        ObsUse(connection=one.connection, load=one.load, outputs=one.outputs, pid=pids.get(one.connection))
        for one in sorted(statuses, key=lambda one: one.connection)
        if one.load is not None and one.outputs is not None
    )


_COUNTED: Final = ("render_frames", "render_frames_skipped", "output_frames", "output_frames_skipped")
_STREAMED: Final = ("stream_frames", "stream_frames_dropped")


class FrameCounts:
    """Makes frames since OBS started (or its stream began) into those of the interval."""

    def __init__(self) -> None:
        self._before: dict[str, dict[str, int]] = {}

    def of_interval(self, uses: Iterable[ObsUse]) -> tuple[ObsUse, ...]:
        """The same with counts since they were last given; an OBS that is new has none yet."""
        before, self._before = self._before, {}
        counted = []
        for use in uses:
            now = {name: getattr(use.load, name) for name in _COUNTED}
            now |= {name: getattr(use.outputs, name) for name in _STREAMED}
            self._before[use.connection] = now
            then = before.get(use.connection, now)
            # A counter that is smaller began anew: all of it is new.
            since = {name: now[name] - then[name] if now[name] >= then[name] else now[name] for name in now}
            load: ObsLoad = msgspec.structs.replace(use.load, **{name: since[name] for name in _COUNTED})
            outputs = msgspec.structs.replace(use.outputs, **{name: since[name] for name in _STREAMED})
            counted.append(msgspec.structs.replace(use, load=load, outputs=outputs))
        return tuple(counted)


def _pid_of(one: Asked, studios: list[Found], listeners: list[Listener], rss: Rss, *, proc: str) -> int | None:
    for listener in listeners:
        wanted = f"socket:[{listener.socket.decode()}]"
        for studio in studios:
            if _holds(f"{proc}/{studio.pid}/fd", wanted):
                return studio.pid
    closed = [studio for studio in studios if not os.access(f"{proc}/{studio.pid}/fd", os.R_OK | os.X_OK)]
    users = {listener.user for listener in listeners}
    of_user = [studio for studio in closed if studio.user in users]
    if len(users) != 1 or len(of_user) != 1:
        return None
    measured = rss.get(of_user[0].pid, 0) / MIB
    return of_user[0].pid if abs(measured - one.memory_mib) <= ALIKE * measured else None


def _holds(folder: str, wanted: str) -> bool:
    try:
        for name in os.listdir(folder):  # noqa: PTH208  # names only
            try:
                if os.readlink(f"{folder}/{name}") == wanted:  # noqa: PTH115  # its target is no path
                    return True
            except OSError:
                continue  # closed meanwhile
    except OSError:
        return False
    return False
