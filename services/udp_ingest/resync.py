"""Asks a ring's scoring system where the match stands, where `resync_port` allows it; udp-ingest.

TK-Strike answers plain texts, sent to its listen port, from another source port with its last packet of that kind.
Asked once after a session's start and after each hole, when a datagram shows that the sender is there, and on command.
"""

from typing import Final

import structlog
from msgspec import Struct

from services.udp_ingest.port import Port
from services.udp_ingest.senders import SenderRecord
from shared.clock import monotonic_s, unix_ns
from shared.config import Ring
from shared.errors import NetworkError, ValidationError
from shared.messages.commands import QueriesAsked
from shared.messages.facts import QueriesSent
from shared.messages.wire import Origin

QUERIES: Final = (
    "clock",
    "break",
    "period",
    "scores",
    "gam-jeom",
    "informations",
    "athletes",
    "winmatch",
    "referees",
    "winperiods;",
)
REASONS: Final = ("start", "gap", "asked")
ANSWERED_WITHIN_S: Final = 2.0
"""What comes from there, but from another port, within this time is an answer, at most one for each query; TK-Strike
answers at once."""


class Course(Struct, kw_only=True):
    """Of one ring: why it is to be asked (None: it is not), by a datagram heard after `since_us`; when it was asked
    last, how many queries its session sent, and how many holes are known of.
    """

    reason: str | None = None
    since_us: int = 0
    asked_s: float | None = None
    queries: int = 0
    holes: int = 0


class Resync:
    """The rings' questions. Nothing is ever sent for a ring without `resync_port`."""

    def __init__(self, log: structlog.stdlib.BoundLogger) -> None:
        self._log = log
        self._courses: dict[str, Course] = {}

    def begin(self, ring: str, *, after_break: bool, holes: int) -> None:
        """A session of the ring began; `after_break`: the one before it ended without a word."""
        course = self._courses.setdefault(ring, Course())
        course.queries, course.holes = 0, holes
        self._want(course, "gap" if after_break else "start")

    def watch(self, ring: str, *, holes: int) -> None:
        """Each second: `holes` counts what the ring lost since its session began."""
        course = self._courses[ring]
        if holes > course.holes:
            self._want(course, "gap")
        course.holes = holes

    def queries(self, ring: str) -> int:
        """How many queries were sent in the ring's session."""
        course = self._courses.get(ring)
        return course.queries if course else 0

    def ask_if_due(self, ring: Ring, port: Port) -> None:
        """At the end of each turn: ask what is to be asked, once the sender was heard and the time has come."""
        course = self._courses[ring.name]
        if course.reason is None or ring.resync_port is None or _waits_s(course, ring) > 0:
            return
        sender = _last_live(port, ring.name)
        if sender is None or sender.last_seen_us <= course.since_us:
            return
        try:
            self._send(ring, port, sender, reason=course.reason)
        except NetworkError as error:
            self._log.warning("queries_not_sent", ring=ring.name, error=error.message)

    def ask(self, ring: Ring, port: Port | None, *, reason: str) -> QueriesAsked:
        """Ask now.

        Raises:
            ValidationError: it is off, the ring does not listen, nobody was heard, or it was asked a moment ago.
            NetworkError: the queries could not be sent.
        """
        if reason not in REASONS:
            raise ValidationError("resync.reason", f"reason must be one of {', '.join(REASONS)}.", value=reason)
        if ring.resync_port is None:
            raise ValidationError(
                "resync.off", f"{ring.name} asks nobody: restrike pss set {ring.name} --resync-port PORT"
            )
        if port is None:
            raise ValidationError(
                "resync.not_listening", f"{ring.name} does not listen: restrike udp start {ring.name}"
            )
        sender = _last_live(port, ring.name)
        if sender is None:
            raise ValidationError("resync.no_sender", f"{ring.name} heard no scoring system yet: nobody to ask.")
        wait_s = _waits_s(self._courses[ring.name], ring)
        if wait_s > 0:
            raise ValidationError("resync.too_soon", f"{ring.name} asked a moment ago. Ask again in {wait_s:.0f} s.")
        return self._send(ring, port, sender, reason=reason)

    def _want(self, course: Course, reason: str) -> None:
        course.reason, course.since_us = reason, unix_ns() // 1000

    def _send(self, ring: Ring, port: Port, sender: SenderRecord, *, reason: str) -> QueriesAsked:
        assert ring.resync_port is not None  # noqa: S101  # who calls has looked
        course = self._courses[ring.name]
        course.asked_s = monotonic_s()  # a place that cannot be reached is tried no more often
        place = (sender.address, ring.resync_port)
        try:
            for query in QUERIES:
                port.socket.sendto(query.encode(), place)
        except OSError as error:
            where = f"{place[0]}:{place[1]}"
            raise NetworkError("resync.not_sent", f"{where} cannot be asked: {error.strerror or error}.") from error
        course.reason = None
        course.queries += len(QUERIES)
        until_s = monotonic_s() + ANSWERED_WITHIN_S
        port.senders.expect_answers(sender.address, until_s=until_s, queries=len(QUERIES))
        fact = QueriesSent(address=place[0], port=place[1], queries=QUERIES, reason=reason)
        port.heard[ring.name].stream.note(fact)
        self._log.info("asked", ring=ring.name, address=place[0], port=place[1], reason=reason)
        return QueriesAsked(ring=ring.name, address=place[0], port=place[1], queries=QUERIES)


def _waits_s(course: Course, ring: Ring) -> float:
    """How long it is until the ring's scoring system may be asked again."""
    return 0.0 if course.asked_s is None else course.asked_s + ring.resync_every_s - monotonic_s()


def _last_live(port: Port, ring: str) -> SenderRecord | None:
    """Who was heard last, replays and answers left aside; a crowd's record names nobody."""
    live = [s for s in port.senders.of_ring(ring) if s.origin is Origin.LIVE and s.packets and s.port]
    return max(live, key=lambda sender: sender.last_seen_us, default=None)
