"""The outbox: what a service must not lose and db-writer stores. It is committed here before anybody hears of it.

A journal (shared/journal.py) whose one ring is its producer; in the same file the producer keeps its own small state
(`kept`: what it is about to do, how far it is), so that both change in one transaction. Used by every service whose
facts must be stored.

A service goes on whatever happens to the file: what cannot be written is published in order, kept in memory, and
written first when that can be done again. A damaged file is set aside and a new one begun.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

import msgspec
import structlog
from msgspec import Raw

from shared.backlog import Backlog
from shared.bus import Publisher
from shared.clock import monotonic_s, unix_ns
from shared.db.sqlite import sqlite3
from shared.journal import SCHEMA, Journal, StoredBatch, is_damage, page_of
from shared.messages.outbox import AnyStored, EncodedFactsPage, Facts, ReplayFacts, StoredFact
from shared.messages.service import WRITER, Position, ServiceHealth
from shared.messages.topics import SERVICE_HEALTH, WIRE_FACTS
from shared.runtime import Runtime

MEMORY_BYTES: Final = 16 * 1024 * 1024
"""What waits in memory for a full disk: weeks of recordings and firings, days of averages of a minute."""
KEEP_HOURS: Final = 48
"""Like the journal's default: a database that is restored from a backup of yesterday gets what came after it."""
RETRY_S: Final = 0.5
TRIM_EVERY_S: Final = 5.0
STANDING_EVERY_S: Final = 1.0
HELP: Final = "It goes on. Free space on the disk of data/, or see who may write there; it is tried all the time."
NOTHING: Final[Mapping[str, bytes | None]] = {}
After = Callable[[float, Callable[[], None]], object]
"""Has something called after so many seconds."""

_encode = msgspec.msgpack.Encoder().encode


class OutboxFile(Journal):
    """The file of an outbox. `kept` is what it held when it was opened."""

    schema: ClassVar[str] = SCHEMA + "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL);"
    kept: dict[str, bytes]

    def _prepare(self, new_id: str) -> str:
        found = super()._prepare(new_id)
        self.kept = dict(self._connection.execute("SELECT key, value FROM kept").fetchall())
        return found

    def write(self, batches: Sequence[StoredBatch], kept: Mapping[str, bytes | None]) -> None:
        """Store `batches`, and set what is `kept` (None: forget it), in one transaction that survives a power cut.

        Raises:
            sqlite3.Error: nothing of it was stored.
        """
        with self._transaction():
            self._insert(batches)
            gone = [(key,) for key, value in kept.items() if value is None]
            self._connection.executemany("DELETE FROM kept WHERE key = ?", gone)
            held = [item for item in kept.items() if item[1] is not None]
            self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", held)


class Outbox:
    """The open outbox of `producer`. `outbox_id` names this run of it, `last` is the number of the newest fact.

    `error` says why the file cannot be written, None while it can: then nothing since is safe from `kill -9`. `after`
    has it tried again meanwhile; without it somebody calls `retry`.
    """

    def __init__(
        self,
        path: Path,
        *,
        producer: str,
        publish: Callable[[object], None],
        log: structlog.stdlib.BoundLogger,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.producer = producer
        self.outbox_id = uuid.uuid4().hex
        self.error: str | None = None
        self.after: After | None = None
        self._publish = publish
        self._log = log
        self._file, damaged = OutboxFile.opened(path)
        if damaged is not None:
            self._tell_damage(damaged)
        end = self._file.end(producer)
        self.last = end.last
        self._id_at_end = end.session
        self._kept = dict(self._file.kept)
        self._unsaved: dict[str, bytes | None] = {}
        self._backlog = Backlog(memory_bytes)
        self._retry_at = 0.0
        self._done = Position("", "", 0)

    @classmethod
    def of(cls, runtime: Runtime, wire: Publisher) -> "Outbox":
        """The outbox of a service, published on its own `wire` (`runtime.wire()`), with all that it needs of the loop
        registered.
        """
        path, channel = runtime.paths.outbox(runtime.service), wire.channel(WIRE_FACTS, runtime.service)
        outbox = cls(path, producer=runtime.service, publish=channel.publish, log=runtime.log)
        outbox.after = runtime.after
        runtime.on_command(ReplayFacts, outbox.page)
        runtime.on(SERVICE_HEALTH, WRITER)(outbox.hear)
        runtime.every(STANDING_EVERY_S, lambda: channel.offer(outbox.standing))
        runtime.every(TRIM_EVERY_S, outbox.trim)
        runtime.on_stop(lambda: runtime.on_stop(outbox.finish))  # after all others, who may add facts to the last
        return outbox

    def add(
        self, facts: Sequence[AnyStored], *, kept: Mapping[str, bytes | None] = NOTHING, can_be_spared: bool = False
    ) -> int:
        """Commit `facts`, and what is `kept` under keys (None: forget it), in one transaction; then publish the facts.
        The number of the last of them. Waits for the disk (milliseconds); never raises for it.

        Facts that can be spared are left out while the file cannot be written: what waits in memory is for the others.
        """
        if can_be_spared and self.error is not None:
            return self.last
        for key, value in kept.items():
            self._unsaved[key] = value
            if value is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = value
        batches = [self._batch(facts)] if facts else []
        if (batches or kept) and (self.error is not None or not self._write(batches)):
            self._backlog.add(batches)
            self._tell_lost()
        for batch in batches:
            self._publish(Raw(batch.body))
        return self.last

    def kept(self, prefix: str = "") -> dict[str, bytes]:
        """What is kept under keys that start with `prefix`."""
        return {key: value for key, value in self._kept.items() if key.startswith(prefix)}

    def page(self, command: ReplayFacts) -> EncodedFactsPage:
        """Answer `ReplayFacts` from the file, and from memory for what it does not hold."""
        try:
            page = self._file.page(self.producer, after=command.after, limit=command.limit)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._begin_anew()
            self._write([])
            page = self._file.page(self.producer, after=command.after, limit=command.limit)
        waiting = self._backlog.of_ring(self.producer, after=command.after - 1)
        later = ((b.first, b.last, b.body) for b in waiting if b.last > command.after)
        held = next((batch.session for batch in waiting if batch.first <= command.after), None)
        return EncodedFactsPage(
            id_at_after=page.session_at_after or held,
            end=self.last,
            id_at_end=self._id_at_end,
            batches=[Raw(body) for body in page.bodies or page_of(later, after=command.after, limit=command.limit)],
        )

    def standing(self) -> Facts:
        """An empty batch that says where the outbox stands."""
        return Facts(self.producer, self.outbox_id, self._id_at_end, self.last + 1, [])

    def waiting(self) -> int:
        """Facts that wait in memory for the file."""
        return self._backlog.entries

    def hear(self, health: ServiceHealth) -> None:
        """Note up to which fact db-writer needs no more."""
        if health.service == WRITER:
            self._done = health.done_with.get(mark_key(self.producer), self._done)

    def retry(self) -> None:
        """Write what could not be written, if that can be done now."""
        if self.error is not None and monotonic_s() >= self._retry_at:
            self._catch_up()

    def trim(self) -> None:
        """Drop a few facts that are old and stored."""
        if self.error is not None:
            return
        before_us = unix_ns() // 1000 - KEEP_HOURS * 3_600_000_000
        try:
            if self._file.session_of(self.producer, self._done.entry) == self._done.session:
                self._file.trim(self.producer, through=self._done.entry, before_us=before_us)
        except sqlite3.Error as error:  # a full disk: whoever adds a fact is told of it
            if is_damage(error):
                self._begin_anew()
                self._write([])

    def finish(self) -> None:
        """Try once more, at the end; what cannot be written now is lost with this process."""
        if self.error is not None and not self._catch_up():
            self._log.error("facts_not_kept", facts=self.waiting(), keys=len(self._unsaved), error=self.error)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _batch(self, facts: Sequence[AnyStored]) -> StoredBatch:
        now_us, first = unix_ns() // 1000, self.last + 1
        stored = [StoredFact(now_us, body) for body in facts]
        body = _encode(Facts(self.producer, self.outbox_id, self._id_at_end, first, stored))
        self.last += len(facts)
        self._id_at_end = self.outbox_id
        return StoredBatch(self.producer, self.last, first, self.outbox_id, now_us, body)

    def _write(self, batches: Sequence[StoredBatch]) -> bool:
        error = self._attempt(batches)
        if error is not None and is_damage(error):
            self._begin_anew()
            error = self._attempt(batches)
        if error is not None:
            self._failed(error)
        return error is None

    def _attempt(self, batches: Sequence[StoredBatch]) -> Exception | None:
        try:
            self._file.write(batches, self._unsaved)
        except sqlite3.Error as error:
            return error
        self._unsaved.clear()
        return None

    def _failed(self, error: Exception) -> None:
        self._retry_at = monotonic_s() + RETRY_S
        if self.after is not None:
            self.after(RETRY_S, self.retry)
        if self.error is None:
            self.error = str(error)
            self._log.error("outbox_not_writable", error=self.error, help=HELP)

    def _catch_up(self) -> bool:
        waiting = self._backlog.of_ring(self.producer, after=0)
        if not self._write(waiting):
            return False
        self._backlog.clear()
        self.error = None
        aside = self._file.set_aside
        self._log.info("outbox_writable_again", written=len(waiting), set_aside=str(aside) if aside else None)
        return True

    def _begin_anew(self) -> None:
        """Put a new file in the damaged one's place. Numbers go on; what was kept is in memory, and what waits, too."""
        self._file.close()
        self._file, aside = OutboxFile.begun_anew(self._file.path)
        self._unsaved = {**self._unsaved, **self._kept}
        self._tell_damage(aside)

    def _tell_damage(self, aside: Path | None) -> None:
        self._log.error("outbox_damaged", set_aside=str(aside), help="A new outbox was begun; keep the old file.")

    def _tell_lost(self) -> None:
        lost = self._backlog.lost.pop(self.producer, None)
        if lost is not None:
            facts = lost.last.last - lost.first.first + 1
            self._log.error("facts_lost", facts=facts, through=lost.last.last, help=HELP)


def mark_key(producer: str) -> str:
    """Under which key of `done_with` db-writer says how far it has stored the outbox of `producer`. No ring has it."""
    return f"outbox:{producer}"
