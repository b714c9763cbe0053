"""The floor: one process that does nothing but recv, split, `executemany`; `python -P -m tests.bench.floor FILE SYNC`.

What any program in this language must do to store datagrams in SQLite: take all that waits, cut each at its `;`, write
all of it in one transaction into one table. It knows no match, publishes nothing and survives no restart.
"""

import contextlib
import select
import socket
import struct
import sys
from pathlib import Path
from typing import Self

from msgspec import Struct

from shared.clock import NS_PER_S, monotonic_ns, monotonic_s, unix_ns, wait_s
from shared.db.sqlite import connect_reader, connect_writer
from tests.bench.child import Child, answer
from tests.bench.content import content_of
from tests.bench.sender import Order, Sent
from tests.bench.trial import Trial, count_lost
from tests.bench.usage import cpu_ns

BUFFER_BYTES = 4 * 1024 * 1024
"""As udp-ingest asks for."""
BATCH = 2_000
CREATE = """
CREATE TABLE datagrams (id INTEGER PRIMARY KEY, received_at_us INTEGER, keyword TEXT, fields INTEGER, body BLOB)
"""
INSERT = "INSERT INTO datagrams (received_at_us, keyword, fields, body) VALUES (?, ?, ?, ?)"
SO_MEMINFO, MEMINFO, DROPS = 55, struct.Struct("9I"), 8
POLL_S = 0.005
GIVE_UP_S = 3.0


class Stand(Struct, frozen=True, kw_only=True):
    """How far the floor is: rows stored, when the last of them were (monotonic ns), what the kernel dropped."""

    port: int
    rows: int
    stored_ns: int
    dropped: int


class Ask(Struct, frozen=True):
    """How far are you?"""


class Floor:
    """The floor's process with a database in `folder`; `synchronous` is NORMAL or FULL."""

    def __init__(self, folder: Path, sender: Child, *, synchronous: str) -> None:
        self._path = folder / f"floor-{synchronous.lower()}-{monotonic_ns()}.db"
        self._sender = sender
        self._child = Child("tests.bench.floor", str(self._path), synchronous)
        self._port = self._child.read(Stand).port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()

    def offer(self, rate: float, seconds: float) -> Trial:
        """Send at `rate` for `seconds` and wait for the rows."""
        count = max(1, int(rate * seconds))
        before, cpu = self._stand(), cpu_ns(self._child.pid)
        sent = self._sender.ask(Order(rings=[self._port], rate=rate, count=count), Sent)
        after = self._settled(before, count)
        cpu_us = (cpu_ns(self._child.pid) - cpu) / 1000 / count
        return Trial(
            offered=rate,
            rate=sent.rate,
            count=count,
            lost=self._lost(before.rows, count),
            stored_after_s=max(0.0, (after.stored_ns - sent.ended_ns) / NS_PER_S),
            cpu_us=cpu_us,
            cpu_us_by_process={"floor": cpu_us},
        )

    def _stand(self) -> Stand:
        return self._child.ask(Ask(), Stand)

    def _settled(self, before: Stand, count: int) -> Stand:
        deadline = monotonic_s() + GIVE_UP_S
        while (now := self._stand()).rows < before.rows + count and monotonic_s() < deadline:
            if now.rows + now.dropped - before.dropped >= before.rows + count:
                break
            wait_s(POLL_S)
        return now

    def _lost(self, before: int, count: int) -> int:
        bodies = content_of(0, rings=1)
        with contextlib.closing(connect_reader(self._path)) as reader:
            stored = reader.execute("SELECT body FROM datagrams WHERE id > ? ORDER BY id", (before,)).fetchall()
        return count_lost(count, [body == bodies[number % len(bodies)] for number, (body,) in enumerate(stored)])


def main(path: str, synchronous: str) -> None:
    """Store what comes until standard input closes; answer each line of it."""
    connection = connect_writer(Path(path))
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(CREATE)
    ring = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ring.settimeout(0)
    ring.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    ring.bind(("127.0.0.1", 0))
    port, rows, stored_ns = ring.getsockname()[1], 0, 0
    answer(Stand(port=port, rows=0, stored_ns=0, dropped=0))
    poller = select.poll()
    poller.register(ring, select.POLLIN)
    poller.register(sys.stdin, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poller.poll()}
        if ring.fileno() in ready:
            batch = _waiting(ring)
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, batch)
            connection.execute("COMMIT")
            rows += len(batch)
            stored_ns = monotonic_ns()
        if sys.stdin.fileno() in ready:
            if not sys.stdin.buffer.readline():
                return
            answer(Stand(port=port, rows=rows, stored_ns=stored_ns, dropped=_dropped(ring)))


def _waiting(ring: socket.socket) -> list[tuple[int, str, int, bytes]]:
    batch = []
    receive = ring.recv
    with contextlib.suppress(BlockingIOError):
        for _ in range(BATCH):
            body = receive(65535)
            parts = body.decode().split(";")
            batch.append((unix_ns() // 1000, parts[0], len(parts), body))
    return batch


def _dropped(ring: socket.socket) -> int:
    return int(MEMINFO.unpack(ring.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))[DROPS])


if __name__ == "__main__":
    main(*sys.argv[1:])
