"""A whole suite under load: datagrams offered at a rate, and every one of them looked up in the database afterwards."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from services.cli.supervision import GROUP, Supervisor
from shared.clock import NS_PER_S, monotonic_ns, monotonic_s, wait_s
from shared.db.sqlite import connect_reader
from shared.messages.commands import GetRings
from shared.messages.udp import RingStatus
from tests.bench.child import Child
from tests.bench.content import content_of
from tests.bench.sender import Order, Sent
from tests.bench.trial import Trial, count_lost
from tests.bench.usage import busy_ns, cpu_of, pss_bytes
from tests.support.suite import Suite

POLL_S = 0.01
LOOK_EVERY_S = 0.3
SETTLE_S = 1.5
CATCH_UP_WITHIN_S = 90.0
ENTRIES = """
SELECT r.entry, r.body, e.raw_data FROM raw_datagrams r
LEFT JOIN pss_events_v2 e ON e.session_id = r.session_id AND e.event_sequence = r.entry
WHERE r.session_id = (SELECT id FROM udp_server_sessions WHERE session_uuid = ?) AND r.entry > ?
ORDER BY r.entry, e.event_index
"""


class Idle(Struct, frozen=True, kw_only=True):
    """The suite at rest: cores (1.0 is one core) and proportional set size in bytes, by process; and the cores that
    other programs of the machine used meanwhile.
    """

    cores: dict[str, float]
    others: float
    pss: dict[str, int]


class LoadedSuite:
    """A running suite in a home of its own, with its processes by name. `idle` is set by `rest`."""

    def __init__(self, home: Path, sender: Child, *, rings: int) -> None:
        self.suite = Suite(home, rings=rings)
        self.idle = Idle(cores={}, others=0.0, pss={})
        self._sender = sender
        self._names: dict[int, str] = {}

    def __enter__(self) -> Self:
        self.suite.up()
        self._look()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.suite.__exit__(kind, error, at)

    def without(self, service: str) -> None:
        """End a service and leave it ended; `up` starts it again."""
        supervisor = Supervisor(self.suite.paths)
        assert supervisor.ask("stopProcess", f"{GROUP}:{service}"), f"{service} does not end{self.suite.logs()}"
        self._look()

    def up(self) -> None:
        """Start what was ended, and wait until it is up."""
        self.suite.up()
        self._look()

    def rest(self, seconds: float) -> Idle:
        """Let the suite be for `seconds`, and see what that costs."""
        wait_s(SETTLE_S)
        began, before, busy = monotonic_ns(), cpu_of(self._names), busy_ns()
        wait_s(seconds)
        after, took = cpu_of(self._names), monotonic_ns() - began
        cores = {name: (after[pid] - before[pid]) / took for pid, name in self._names.items()}
        self.idle = Idle(
            cores=cores,
            others=max(0.0, (busy_ns() - busy) / took - sum(cores.values())),
            pss={name: pss_bytes(pid) for pid, name in self._names.items()},
        )
        return self.idle

    def ends(self) -> dict[str, RingStatus]:
        """How far the journal is, by ring."""
        return {ring.ring: ring for ring in self.suite.call(GetRings()).rings}

    def order(self, rate: float, count: int) -> Sent:
        """Have `count` datagrams sent round-robin to all rings."""
        return self._sender.ask(Order(rings=list(self.suite.ports.values()), rate=rate, count=count), Sent)

    def used(self, rate: float, seconds: float) -> dict[str, float]:
        """The cores that each process uses while datagrams arrive at `rate` for `seconds`."""
        count = max(1, int(rate * seconds)) // len(self.suite.ports) * len(self.suite.ports)
        began, before = monotonic_ns(), cpu_of(self._names)
        self.order(rate, count)
        after, took = cpu_of(self._names), monotonic_ns() - began
        self.suite.stored(within=CATCH_UP_WITHIN_S)
        return {name: (after[pid] - before[pid]) / took for pid, name in self._names.items()}

    def offer(self, rate: float, seconds: float) -> Trial:
        """Send at `rate` for `seconds`; wait until the database has everything, and look it all up."""
        rings = len(self.suite.ports)
        count = max(1, int(rate * seconds)) // rings * rings
        before = self.ends()
        began, cpu = monotonic_ns(), cpu_of(self._names)
        sent = self.order(rate, count)
        stored_ns = self._stored(before, sent)
        took, used = monotonic_ns() - began, cpu_of(self._names)
        self.suite.stored(within=CATCH_UP_WITHIN_S)
        each = {
            name: (used[pid] - cpu[pid] - self.idle.cores.get(name, 0.0) * took) / 1000 / count
            for pid, name in self._names.items()
        }
        return Trial(
            offered=rate,
            rate=sent.rate,
            count=count,
            lost=self.lost(before, count),
            stored_after_s=max(0.0, (stored_ns - sent.ended_ns) / NS_PER_S),
            cpu_us=sum(each.values()),
            cpu_us_by_process=each,
        )

    def lost(self, before: dict[str, RingStatus], count: int) -> int:
        """How many of the `count` datagrams sent after `before` are missing or, if none is, not stored exactly once, as
        sent and in order, with their one event.
        """
        wrong = 0
        with contextlib.closing(connect_reader(self.suite.paths.database)) as reader:
            for place, ring in enumerate(before.values()):
                bodies, expected = content_of(place, rings=len(before)), count // len(before)
                rows = reader.execute(ENTRIES, (ring.session, ring.entry)).fetchall()
                stored = [
                    bool((entry, body, text) == (ring.entry + 1 + at, bodies[at % len(bodies)], body.decode()))
                    for at, (entry, body, text) in enumerate(rows)
                ]
                wrong += count_lost(expected, stored)
        return wrong

    def _look(self) -> None:
        self._names = {}
        for process in self.suite.processes():
            words = process.cmdline()
            self._names[process.pid] = words[words.index("-m") + 1 :][-1] if "services" in words else "supervisord"

    def _stored(self, before: dict[str, RingStatus], sent: Sent) -> int:
        """When the database had everything that arrived; what it has is read from the file, which costs the suite
        nothing.
        """
        wanted = sum(ring.entry for ring in before.values()) + sent.count
        deadline, look_at, heard = monotonic_s() + CATCH_UP_WITHIN_S, monotonic_s() + LOOK_EVERY_S, -1
        with contextlib.closing(connect_reader(self.suite.paths.database)) as reader:
            while monotonic_s() < deadline:
                (stored,) = reader.execute("SELECT sum(entry) FROM watermarks").fetchone()
                if (stored or 0) >= wanted:
                    return monotonic_ns()
                if monotonic_s() > look_at:
                    packets = self._heard(sent)
                    if packets < sent.count and packets == heard:
                        return monotonic_ns()
                    heard, look_at = packets, monotonic_s() + LOOK_EVERY_S
                wait_s(POLL_S)
        raise AssertionError(f"the database did not catch up within {CATCH_UP_WITHIN_S:g} s{self.suite.logs()}")

    def _heard(self, sent: Sent) -> int:
        return sum(s.packets for ring in self.ends().values() for s in ring.senders if s.port in sent.sources)
