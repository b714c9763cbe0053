"""Answers one HTTP request for the metrics; cpu-monitor, in a thread of its own. Loaded at the first one."""

import contextlib
import socket
from collections.abc import Callable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import MetricsHandler

from services.cpu_monitor.exposing.collector import SnapshotCollector
from services.cpu_monitor.exposing.snapshot import Snapshot

PATH = "/metrics"
TIMEOUT_S = 5.0
"""A client that says nothing for so long, or does not take its answer, is let go."""


def answer(connection: socket.socket, address: tuple[str, int], snapshot: Callable[[], Snapshot | None]) -> bool:
    """Read a request and answer it; whether the metrics were sent. `snapshot` is asked once the request is read; None:
    there is none in time, which is told.
    """
    handler = type("Handler", (_Handler,), {"snapshot": staticmethod(snapshot)})
    with contextlib.suppress(OSError):  # the client went away
        return bool(handler(connection, address, None).is_sent)  # one request needs no server
    return False


class _Handler(MetricsHandler):
    snapshot: Callable[[], Snapshot | None]
    is_sent = False
    timeout = TIMEOUT_S
    server_version = "restrike"
    sys_version = ""

    def do_GET(self) -> None:  # noqa: N802  # the name that http.server calls
        if self.path.partition("?")[0] != PATH:
            self.send_error(404, "the metrics are at /metrics")
            return
        snapshot = self.snapshot()
        if snapshot is None:
            self.send_error(503, "cpu-monitor is busy")
            return
        self.path = PATH  # whatever was asked besides: all of it is told
        self.registry = CollectorRegistry()
        self.registry.register(SnapshotCollector(snapshot))
        super().do_GET()
        self.is_sent = True
