"""`restrike doctor memory`: what a running service holds and what of it grows, traced inside it for a while."""

import contextlib
import signal
from collections.abc import Iterator
from typing import Final

import psutil
from msgspec import Struct

from services.cli.doctor.profile import pid_of
from shared.clock import monotonic_s, wait_s
from shared.errors import NetworkError, RestrikeError
from shared.messages.memory import MemoryPlace, TraceMemory
from shared.paths import Paths
from shared.rpc import Client

POLL_S: Final = 0.1
SPARE_S: Final = 30
"""Tracing ends by itself so long after it should have been ended, if this command was killed."""
WARM_UP: Final = 3
"""The first third fills what is filled once; growth is counted after it."""


class Weight(Struct, frozen=True, kw_only=True):
    """A process's memory; `pss_bytes` counts what it shares by its share, None where this user may not know."""

    rss_bytes: int
    pss_bytes: int | None


class Remembered(Struct, frozen=True, kw_only=True):
    """What a service allocated within `seconds` and still holds. Growth of places is counted over the last
    `grown_within_s` of it.
    """

    service: str
    pid: int
    seconds: float
    grown_within_s: float
    before: Weight
    after: Weight
    traced_bytes: int
    peak_bytes: int
    largest: list[MemoryPlace]
    most_grown: list[MemoryPlace]


def trace(paths: Paths, service: str, *, seconds: int, places: int) -> Remembered:
    """Trace a running service for `seconds`; Ctrl-C ends it sooner, and tells what was seen.

    Raises:
        NetworkError: it does not run, does not answer, or started anew meanwhile.
        RefusedError: it is of a version that cannot do this.
    """
    pid = pid_of(paths, service)
    client = Client(paths)
    before = weight(pid)
    warm_s = seconds / WARM_UP
    begun_s = monotonic_s()
    with _breakable() as stopped:
        client.call(TraceMemory(is_on=True, for_s=seconds + SPARE_S, places=places), service=service)
        try:
            _wait(warm_s, stopped)
            client.call(TraceMemory(is_on=True, for_s=seconds + SPARE_S, places=places), service=service)
            warm_at_s = monotonic_s()
            _wait(seconds - warm_s, stopped)
            found = client.call(TraceMemory(is_on=False, places=places), service=service)
        except RestrikeError:
            with contextlib.suppress(RestrikeError):
                client.call(TraceMemory(is_on=False), service=service, deadline_s=2.0)
            raise
    if pid_of(paths, service) != pid:
        raise NetworkError("service.restarted", f"{service} started anew while it was looked at: try again.")
    ended_s = monotonic_s()
    grown = sorted((place for place in found.places if place.grown_bytes > 0), key=lambda one: -one.grown_bytes)
    return Remembered(
        service=service,
        pid=pid,
        seconds=round(ended_s - begun_s, 1),
        grown_within_s=round(ended_s - warm_at_s, 1),
        before=before,
        after=weight(pid),
        traced_bytes=found.traced_bytes,
        peak_bytes=found.peak_bytes,
        largest=list(found.places[:places]),
        most_grown=grown[:places],
    )


def weight(pid: int) -> Weight:
    """The memory of a process."""
    process = psutil.Process(pid)
    try:
        pss: int | None = process.memory_full_info().pss
    except psutil.AccessDenied:
        pss = None
    return Weight(rss_bytes=process.memory_info().rss, pss_bytes=pss)


@contextlib.contextmanager
def _breakable() -> Iterator[list[int]]:
    """Signals that ask this command to end are noted: what it began in the service must be ended first."""
    asked: list[int] = []
    before = {number: signal.signal(number, lambda given, _: asked.append(given)) for number in _SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def _wait(seconds: float, stopped: list[int]) -> None:
    until_s = monotonic_s() + seconds
    while not stopped and monotonic_s() < until_s:
        wait_s(POLL_S)
