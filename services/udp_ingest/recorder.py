"""Journal first, then publish: takes every ring's pending entries through the journal to the wire.

While the journal cannot be written, entries are published in order and kept in memory; they are journaled first when
it can be written again. A journal that turns out to be damaged is replaced by a new one.
"""

from collections.abc import Callable
from typing import Final

import structlog
from msgspec import Raw

from services.udp_ingest.stream import Stream, lost_batch, tells_the_end
from shared.backlog import Backlog
from shared.bus import Channel, Publisher
from shared.clock import monotonic_ns, monotonic_s, unix_ns
from shared.db.sqlite import sqlite3
from shared.errors import ValidationError
from shared.journal import Journal, StoredBatch, is_damage, page_of
from shared.log.handled import HANDLED
from shared.messages.commands import EncodedEntriesPage, ReplayEntries
from shared.messages.facts import EntriesLost
from shared.messages.topics import UDP_JOURNAL, WIRE_DATAGRAMS
from shared.messages.udp import JournalTrouble
from shared.meter_list import JOURNAL_COMMIT, JOURNAL_ENTRIES, JOURNAL_FAILURES
from shared.meters import Meters

RETRY_S: Final = 0.5
"""How often a journal that could not be written is tried: a failing commit costs time that the sockets need."""
CATCH_UP_BATCHES: Final = 2_000
CATCH_UP_BYTES: Final = 4 * 1024 * 1024
"""What is journaled in one turn while catching up, so that new datagrams do not wait long."""
HELP: Final = "Rings are heard. Free space on the disk of data/, or see who may write there; it is tried all the time."
FINISH_S: Final = 1.0
"""How long a service that ends goes on catching up."""


class Recorder:
    """The journal with the streams of all rings."""

    def __init__(  # noqa: PLR0913  # what it writes to, and who hears of it
        self,
        journal: Journal,
        *,
        wire: Publisher,
        bus: Publisher,
        memory_bytes: int,
        log: structlog.stdlib.BoundLogger,
        meters: Meters,
    ) -> None:
        self.journal = journal
        self.streams: dict[str, Stream] = {}
        self.error: str | None = None
        self.is_damaged = False
        self._has_journaled = False
        self._wire = wire
        self._channels: dict[str, Channel] = {}
        self._bus = bus
        self._log = log
        self.taken: Callable[[list[StoredBatch], bool], None] = lambda *_: None
        """Is told what was taken, and whether it is in the journal."""
        self._backlog = Backlog(memory_bytes)
        self._retry_at = 0.0
        self._published = meters.latency("published")
        self._commits = meters.histogram(JOURNAL_COMMIT)
        self._journaled, self._failures = meters.counter(JOURNAL_ENTRIES), meters.counter(JOURNAL_FAILURES)

    def keep_in_memory(self, limit_bytes: int) -> None:
        """Keep so much of what cannot be journaled; more than that falls out with the next entry."""
        self._backlog.limit_bytes = limit_bytes

    def stream(self, ring: str) -> Stream:
        """The ring's stream; opened where its journal ends when it is new."""
        stream = self.streams.get(ring)
        if stream is None:
            end = self.journal.end(ring, counts=tells_the_end)
            stream = self.streams[ring] = Stream(ring, journal_id=self.journal.id, end=end)
            self._channels[ring] = self._wire.channel(WIRE_DATAGRAMS, ring)
        return stream

    @property
    def is_sound(self) -> bool:
        """Whether the last entries are known to be in the journal."""
        return self._has_journaled and self.error is None

    def begin_anew(self) -> None:
        """Set the damaged journal aside and begin a new one, every stream with it at entry 1. What waits in memory for
        the old one was published, and is journaled nowhere.
        """
        entries, size = self.waiting()
        self.journal.close()
        self.journal, aside = Journal.begun_anew(self.journal.path)
        self._backlog.clear()
        self.error, self.is_damaged, self._has_journaled = None, False, False
        for stream in self.streams.values():
            stream.restart(journal_id=self.journal.id)
        self._log.error(
            "journal_damaged",
            set_aside=str(aside),
            entries_not_journaled=entries,
            bytes=size,
            help="A new journal was begun; keep the old file.",
        )
        self._tell()

    def record(self) -> int:
        """Journal and publish everything that is pending; how many entries that were. At the end of each turn."""
        taken = [stream.pending for stream in self.streams.values() if stream.pending]
        batches = [batch for stream in self.streams.values() if stream.pending and (batch := stream.take_batch())]
        if not batches:
            return 0
        HANDLED.ring, HANDLED.entry = batches[0].ring, batches[0].first
        is_journaled = self.error is None and self._append(batches)
        if not is_journaled:
            self._backlog.add(batches)
        self.taken(batches, is_journaled)
        HANDLED.forget()
        for batch in batches:
            self._channels[batch.ring].publish(Raw(batch.body))
        self._published.arrived([one.monotonic_us for entries in taken for one in entries], monotonic_ns() // 1000)
        return sum(batch.last - batch.first + 1 for batch in batches)

    def retry(self) -> bool:
        """Journal a part of what had to be kept in memory, if that can be; True when there is more to do."""
        return self.error is not None and monotonic_s() >= self._retry_at and self._catch_up() and bool(self._backlog)

    def finish(self) -> None:
        """Try once more, at the end; what cannot be journaled now is lost with this process."""
        deadline = monotonic_s() + FINISH_S
        while self.error is not None and self._catch_up() and monotonic_s() < deadline:
            pass
        if self._backlog:
            entries, size = self.waiting()
            self._log.error("entries_not_journaled", entries=entries, bytes=size, error=self.error)

    def _catch_up(self) -> bool:
        """Journal the oldest part of what waits in memory; False when that fails."""
        tombs = [self._tomb(ring) for ring in self._backlog.lost]
        oldest = self._backlog.oldest(CATCH_UP_BATCHES, max_bytes=CATCH_UP_BYTES)
        if not self._append([*tombs, *oldest]):
            return False
        self._backlog.lost.clear()
        self._backlog.discard(len(oldest))
        if not self._backlog:
            self.error = None
            aside = self.journal.set_aside
            self._log.info("journal_writable_again", set_aside=str(aside) if aside else None)
            self._tell()
        return True

    def standing(self) -> None:
        """Publish where each stream stands, so that a lost last batch is noticed."""
        for ring, stream in self.streams.items():
            self._channels[ring].offer(stream.standing)

    def page(self, command: ReplayEntries) -> EncodedEntriesPage:
        """Answer `ReplayEntries` from the journal, and from memory for what is not journaled."""
        stream = self.streams.get(command.ring)
        if stream is None:
            raise ValidationError("ring.unknown", "There is no such ring in the journal.", value=command.ring)
        page = self.journal.page(command.ring, after=command.after, limit=command.limit)
        kept = self._backlog.of_ring(command.ring, after=command.after - 1)
        bodies = page.bodies or page_of(
            ((b.first, b.last, b.body) for b in self._unjournaled(command.ring, kept) if b.last > command.after),
            after=command.after,
            limit=command.limit,
        )
        held = next((batch.session for batch in kept if batch.first <= command.after), None)
        return EncodedEntriesPage(
            journal_id=self.journal.id,
            session_at_after=page.session_at_after or held,
            first=page.first,
            end=stream.last,
            batches=[Raw(body) for body in bodies],
        )

    def waiting(self) -> tuple[int, int]:
        """Entries and bytes that wait in memory for the journal."""
        return self._backlog.entries, self._backlog.bytes

    def lost(self, ring: str) -> int:
        """How many of the ring's entries fell out of memory before they could be journaled."""
        return self._backlog.lost_entries[ring]

    def _append(self, batches: list[StoredBatch]) -> bool:
        began_s = monotonic_s()
        try:
            self.journal.append(batches)
        except sqlite3.Error as error:
            self._failures.value += 1
            self._retry_at = monotonic_s() + RETRY_S
            self.is_damaged = is_damage(error)
            if self.error is None:
                self.error = str(error)
                self._log.error("journal_not_writable", error=self.error, help=HELP)
                self._tell()
            return False
        self._commits.observe(monotonic_s() - began_s)
        self._journaled.value += sum(batch.last - batch.first + 1 for batch in batches)
        self._has_journaled = self._has_journaled or bool(batches)
        return True

    def _unjournaled(self, ring: str, kept: list[StoredBatch]) -> list[StoredBatch]:
        return [self._tomb(ring), *kept] if ring in self._backlog.lost else kept

    def _tomb(self, ring: str) -> StoredBatch:
        lost = self._backlog.lost[ring]
        fact = EntriesLost(
            from_entry=lost.first.first,
            to_entry=lost.last.last,
            from_us=lost.first.received_at_us,
            to_us=lost.last.received_at_us,
        )
        return lost_batch(self.streams[ring], lost.first, lost.last, fact)

    def _tell(self) -> None:
        entries, size = self.waiting()
        for ring in self.streams:
            trouble = JournalTrouble(
                ring=ring,
                error=self.error,
                waiting_entries=entries,
                waiting_bytes=size,
                limit_bytes=self._backlog.limit_bytes,
                lost_entries=self.lost(ring),
            )
            self._bus.publish(UDP_JOURNAL, ring, trouble)


def trimmer(recorder: Recorder, *, keep_hours: Callable[[], int], through: Callable[[str], int]) -> Callable[[], None]:
    """A timer's callback that drops a few old batches of each ring: older than `keep_hours`, and not after the entry
    that `through(ring)` allows.
    """

    def trim() -> None:
        before_us = unix_ns() // 1000 - keep_hours() * 3_600_000_000
        for ring in [] if recorder.error else list(recorder.streams):
            recorder.journal.trim(ring, through=through(ring), before_us=before_us)

    return trim
