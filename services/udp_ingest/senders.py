"""Who sends to a port: the client table, which ring each sender belongs to, and who may not send."""

import ipaddress
from collections.abc import Collection
from typing import Final

from msgspec import Struct

from shared.config import Ring
from shared.messages.udp import Sender
from shared.messages.wire import Origin
from shared.settings.catalogue import CLIENTS_KEPT

MAX_SENDERS: Final = CLIENTS_KEPT.default
"""Senders of one port that are told apart, unless the setting says otherwise; a venue has a handful. More (a scan,
spoofed sources) share one record, so that memory is bounded; their datagrams are stored like all others."""


class SenderRecord(Struct, kw_only=True):
    """One source address and port since the session opened. `ring` is None for one that no ring takes."""

    address: str
    port: int
    ring: str | None
    refused_by: str | None = None
    origin: Origin = Origin.LIVE
    first_seen_us: int = 0
    last_seen_us: int = 0
    packets: int = 0
    bytes: int = 0

    def public(self) -> Sender:
        """The record as it is published."""
        return Sender(
            address=self.address,
            port=self.port,
            first_seen_us=self.first_seen_us,
            last_seen_us=self.last_seen_us,
            packets=self.packets,
            bytes=self.bytes,
            origin=self.origin,
        )


class Question(Struct, kw_only=True):
    """What an address was asked: answers come until `until_s` (monotonic), at most `answers` more: one a query."""

    until_s: float
    answers: int


class Routing:
    """Which of a port's rings a source belongs to: the ring with that source address, else the one without any.

    A ring that is not among those that are `listening` keeps its source: what comes from there is nobody's, and never
    mixed into another ring.
    """

    def __init__(self, rings: Collection[Ring], *, listening: Collection[str]) -> None:
        self.listening = frozenset(listening)
        self._by_source = {ring.source: ring for ring in rings if ring.source is not None}
        self._any = next((ring for ring in rings if ring.source is None), None)
        self._allowed = {ring.name: [ipaddress.IPv4Network(a) for a in ring.allow] for ring in rings}

    def meet(self, address: str, port: int) -> SenderRecord:
        """A fresh record for a source that was not heard before."""
        ring = self._by_source.get(address, self._any)
        if ring is None or ring.name not in self.listening:
            return SenderRecord(address=address, port=port, ring=None)
        allowed = self._allowed[ring.name]
        if allowed and not any(ipaddress.IPv4Address(address) in network for network in allowed):
            return SenderRecord(address=address, port=port, ring=None, refused_by=ring.name)
        return SenderRecord(address=address, port=port, ring=ring.name)


class Senders:
    """The client table of one port. `ended` sums up a ring's replays that are over, under the last source, `answered`
    its answers; `asked` are the addresses whose answers are awaited. Beyond `most`, new senders share a record.
    """

    def __init__(self) -> None:
        self.most = MAX_SENDERS
        self.routing = Routing([], listening=())
        self.records: dict[tuple[str, int], SenderRecord] = {}
        self.ended: dict[str, SenderRecord] = {}
        self.answered: dict[str, SenderRecord] = {}
        self.asked: dict[str, Question] = {}
        self._crowd: dict[tuple[str | None, str | None], SenderRecord] = {}

    def meet(self, source: tuple[str, int]) -> SenderRecord:
        """The record for a source that has none yet."""
        record = self.routing.meet(*source)
        if len(self.records) >= self.most:
            record.address, record.port = "0.0.0.0", 0  # noqa: S104  # no address is bound: it stands for all of them
            return self._crowd.setdefault((record.ring, record.refused_by), record)
        question = self.asked.get(source[0])
        if record.ring is not None and question is not None and question.answers > 0:
            record.origin = Origin.ANSWER
        self.records[source] = record
        return record

    def of_ring(self, ring: str) -> list[SenderRecord]:
        """The senders of one ring that may still send."""
        crowd = [r for r in self._crowd.values() if r.ring == ring]
        return [record for record in self.records.values() if record.ring == ring] + crowd

    def summed_up(self, ring: str) -> list[SenderRecord]:
        """What is left of the ring's replays and answers that are over."""
        return [records[ring] for records in (self.ended, self.answered) if ring in records]

    def route(self, routing: Routing) -> None:
        """Go by `routing` from here on. A sender whose datagrams it takes elsewhere is met anew; a replay stays one."""
        self.routing = routing
        for source, record in list(self.records.items()):
            if record.origin is Origin.REPLAY:
                record.ring = record.ring if record.ring in routing.listening else None
            else:
                there = routing.meet(*source)
                if (there.ring, there.refused_by) != (record.ring, record.refused_by):
                    del self.records[source]
        self._crowd = {key: record for key, record in self._crowd.items() if routing.listening.intersection(key)}
        for summed in (self.ended, self.answered):
            for ring in summed.keys() - routing.listening:
                del summed[ring]

    def expect_replay(self, ring: str, source: tuple[str, int], *, now_us: int) -> None:
        """Take what comes from `source` as a replay for `ring`, whatever the ring's source address is."""
        record = SenderRecord(address=source[0], port=source[1], ring=ring, origin=Origin.REPLAY)
        record.first_seen_us = record.last_seen_us = now_us
        self.records[source] = record

    def end_replay(self, source: tuple[str, int]) -> bool:
        """Expect the replay no more, but keep its counts; False when there was none."""
        record = self.records.get(source)
        if record is None or record.origin is not Origin.REPLAY:
            return False
        del self.records[source]
        _sum_up(record, self.ended)
        return True

    def expect_answers(self, address: str, *, until_s: float, queries: int) -> None:
        """Take whoever is met at `address` as one who answers, until `until_s`; who was heard before stays live."""
        self.asked[address] = Question(until_s=until_s, answers=queries)

    def take_answer(self, record: SenderRecord) -> bool:
        """Count a datagram of one who answers. False when every query has its answer already: this is a scoring system
        that went over to another port, to be met anew, and answers are expected no more.
        """
        question = self.asked.get(record.address)
        if question is not None and question.answers > 0:
            question.answers -= 1
            return True
        self._end_answers(record.address)
        return False

    def end_answers(self, *, now_s: float) -> None:
        """Expect answers no more where the time for them is over, but keep their counts."""
        for address in [address for address, question in self.asked.items() if question.until_s < now_s]:
            self._end_answers(address)

    def _end_answers(self, address: str) -> None:
        self.asked.pop(address, None)
        for source, record in list(self.records.items()):
            if source[0] == address and record.origin is Origin.ANSWER:
                del self.records[source]
                _sum_up(record, self.answered)


def _sum_up(record: SenderRecord, into: dict[str, SenderRecord]) -> None:
    if record.ring is None:
        return
    before = into.get(record.ring)
    if before is not None:
        record.first_seen_us = before.first_seen_us
        record.packets += before.packets
        record.bytes += before.bytes
    into[record.ring] = record
