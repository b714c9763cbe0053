"""The journal: what its owner must not lose, in order, on disk before anybody hears of it.

`journal.db` belongs to udp-ingest and holds what every ring received; an outbox (shared/outbox.py) is a journal whose
one ring is its producer. One row is one batch as it was published on the owner's `wire.*` stream, so that a commit
costs the same for one datagram and for a thousand, and a replay sends the stored bytes. Numbers are never reused: what
was trimmed away leaves its last number in `rings`.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final, Self

from msgspec import Struct

from shared.clock import unix_ns, utc_now_iso
from shared.db.sqlite import BUSY_TIMEOUT_S, connect_writer, require_safe_wal, sqlite3
from shared.errors import DatabaseError

FORMAT: Final = 1
PAGE_BYTES: Final = 1024 * 1024
"""A page is cut here whatever its limit says, so that no answer takes long to make or to send."""
TRIM_BATCHES: Final = 2_000
TRIM_BYTES: Final = 8 * 1024 * 1024
"""What is deleted in one go, a few milliseconds' work, so that trimming never delays a datagram noticeably."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS journal (id TEXT NOT NULL, format INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rings (ring TEXT PRIMARY KEY, last INTEGER NOT NULL, session TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
  ring TEXT NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, session TEXT NOT NULL,
  received_at_us INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (ring, last)
) WITHOUT ROWID;
"""


class StoredBatch(Struct, frozen=True, gc=False):
    """A batch for the journal: `body` is the batch as it is published, `received_at_us` its last entry's time."""

    ring: str
    last: int
    first: int
    session: str
    received_at_us: int
    body: bytes


class RingEnd(Struct, frozen=True, kw_only=True):
    """Where a ring's journal ends: its last number and session (0 and "" for a new ring), and the last batch that
    counts for whoever asked.
    """

    last: int
    session: str
    body: bytes | None


class Page(Struct, frozen=True, kw_only=True):
    """Stored batches after an entry. `session_at_after` is its session, None when it is not held (any more)."""

    session_at_after: str | None
    first: int
    bodies: list[bytes]


class Journal:
    """An open journal. Raises DatabaseError or `sqlite3.Error` where the file cannot be used.

    An `unwritten` one is new and has no file yet, because none can be made: it is empty, and `append` makes the file as
    soon as that can be done. `set_aside` is where the file went that was in its place.
    """

    schema: ClassVar[str] = SCHEMA

    def __init__(self, path: Path, *, exclusive: bool = False, unwritten: bool = False) -> None:
        self.path = path
        self._is_unwritten = unwritten
        self.set_aside: Path | None = None
        if unwritten:
            self._connection = sqlite3.connect(":memory:", isolation_level=None)
        else:
            self._connection = _connect_exclusive(path) if exclusive else connect_writer(path)
        try:
            self.id = self._prepare(uuid.uuid4().hex)
        except (DatabaseError, sqlite3.Error):
            self._connection.close()
            raise

    @classmethod
    def opened(cls, path: Path) -> tuple[Self, Path | None]:
        """The journal at `path`, whatever happened to the file: its owner must go on. A damaged or foreign file is set
        aside, never deleted, and a new journal begun; where no file can be used at all the journal is `unwritten`.
        Returns the journal, and where a damaged file went.
        """
        for exclusive in (False, True):
            try:
                return cls(path, exclusive=exclusive), None
            except (DatabaseError, sqlite3.Error) as error:
                if is_damage(error):
                    return cls.begun_anew(path)
        return cls(path, unwritten=True), None

    @classmethod
    def begun_anew(cls, path: Path) -> tuple[Self, Path | None]:
        """Set the damaged file at `path` aside and begin a new journal; like `opened`."""
        try:
            aside = _set_aside(path, "damaged")
        except OSError:
            return cls(path, unwritten=True), None
        try:
            return cls(path), aside
        except (DatabaseError, sqlite3.Error):
            return cls(path, unwritten=True), aside

    def _prepare(self, new_id: str) -> str:
        self._connection.executescript(self.schema)
        row = self._connection.execute("SELECT id, format FROM journal").fetchone()
        if row is None:
            row = (new_id, FORMAT)
            self._connection.execute("INSERT INTO journal VALUES (?, ?, ?)", (*row, utc_now_iso()))
        if row[1] != FORMAT:
            raise DatabaseError("journal.format", f"{self.path} was written by another version (format {row[1]}).")
        for ring in self.rings():  # a damaged place where writing goes on is better found now
            self.end(ring)
        return str(row[0])

    def _make_file(self) -> None:
        # Made beside its place: what stands there is moved away only for a journal that can be written.
        fresh = self.path.with_name(self.path.name + ".new")
        try:
            _remove(fresh)
            with contextlib.closing(_connect_exclusive(fresh)) as made:
                made.executescript(self.schema)
                made.execute("INSERT INTO journal VALUES (?, ?, ?)", (self.id, FORMAT, utc_now_iso()))
            self.set_aside = _set_aside(self.path, "unread") or self.set_aside
            fresh.rename(self.path)
            connection = _connect_exclusive(self.path)
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        self._connection.close()
        self._connection, self._is_unwritten = connection, False

    def rings(self) -> list[str]:
        """The rings that the journal holds batches of, found without reading them all."""
        found: list[str] = []
        while row := self._connection.execute(
            "SELECT ring FROM batches WHERE ring > ? ORDER BY ring LIMIT 1", (found[-1] if found else "",)
        ).fetchone():
            found.append(row[0])
        return found

    def append(self, batches: Sequence[StoredBatch]) -> None:
        """Store `batches` in one transaction; on return they survive a power cut.

        Raises:
            sqlite3.Error: nothing of it was stored (disk full, I/O error, damage).
        """
        with self._transaction():
            self._insert(batches)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._is_unwritten:
            self._make_file()
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            yield
            execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise

    def _insert(self, batches: Sequence[StoredBatch]) -> None:
        self._connection.executemany(
            "INSERT INTO batches (ring, last, first, session, received_at_us, body) VALUES (?, ?, ?, ?, ?, ?)",
            [(b.ring, b.last, b.first, b.session, b.received_at_us, b.body) for b in batches],
        )

    def end(self, ring: str, *, counts: Callable[[bytes], bool] = lambda _: True) -> RingEnd:
        """Where the ring's journal ends, with the last batch that `counts`, if there is one."""
        rows = self._connection.execute(
            "SELECT last, session, body FROM batches WHERE ring = ? ORDER BY last DESC", (ring,)
        )
        newest = row = rows.fetchone()
        while row is not None and not counts(row[2]):
            row = rows.fetchone()
        rows.close()
        if newest is not None:
            return RingEnd(last=newest[0], session=newest[1], body=row[2] if row else None)
        row = self._connection.execute("SELECT last, session FROM rings WHERE ring = ?", (ring,)).fetchone()
        return RingEnd(last=row[0], session=row[1], body=None) if row else RingEnd(last=0, session="", body=None)

    def page(self, ring: str, *, after: int, limit: int) -> Page:
        """Batches from the one that holds entry `after + 1`, until they hold `limit` entries or more."""
        rows = self._connection.execute(
            "SELECT first, last, body FROM batches WHERE ring = ? AND last > ? ORDER BY last", (ring, after)
        )
        bodies = page_of(rows, after=after, limit=limit)
        rows.close()
        return Page(session_at_after=self.session_of(ring, after), first=self._first(ring), bodies=bodies)

    def session_of(self, ring: str, entry: int) -> str | None:
        """The session of an entry, None when it is not held (any more)."""
        row = self._connection.execute(
            "SELECT session, first FROM batches WHERE ring = ? AND last >= ? ORDER BY last LIMIT 1", (ring, entry)
        ).fetchone()
        if row is not None and row[1] <= entry:
            return str(row[0])
        row = self._connection.execute(
            "SELECT session FROM rings WHERE ring = ? AND last = ?", (ring, entry)
        ).fetchone()
        return str(row[0]) if row else None

    def _first(self, ring: str) -> int:
        row = self._connection.execute(
            "SELECT first FROM batches WHERE ring = ? ORDER BY last LIMIT 1", (ring,)
        ).fetchone()
        return int(row[0]) if row else self.end(ring).last + 1

    def trim(self, ring: str, *, through: int, before_us: int) -> int:
        """Drop whole batches up to entry `through` that are older than `before_us`; say how many went.

        One from the future, of a clock that was ahead, counts as old: it would stop trimming for good. The last one
        stays: it says whether its session was closed.
        """
        rows = self._connection.execute(
            "SELECT last, session, received_at_us, length(body) FROM batches WHERE ring = ? AND last <= ? AND last <"
            " (SELECT max(last) FROM batches WHERE ring = ?) ORDER BY last LIMIT ?",
            (ring, through, ring, TRIM_BATCHES),
        ).fetchall()
        now_us = unix_ns() // 1000
        old: list[tuple[int, str, int, int]] = []
        size = 0
        for row in rows:
            size += row[3]
            if before_us <= row[2] <= now_us or (old and size > TRIM_BYTES):
                break
            old.append(row)
        if not old:
            return 0
        last, session, *_ = old[-1]
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("INSERT OR REPLACE INTO rings VALUES (?, ?, ?)", (ring, last, session))
            self._connection.execute("DELETE FROM batches WHERE ring = ? AND last <= ?", (ring, last))
        return len(old)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def page_of(batches: Iterable[tuple[int, int, bytes]], *, after: int, limit: int) -> list[bytes]:
    """The bodies of the first of `batches` (first entry, last entry, body) that hold `limit` entries after `after`."""
    bodies: list[bytes] = []
    entries = size = 0
    for first, last, body in batches:
        bodies.append(body)
        entries += last - max(first, after + 1) + 1
        size += len(body)
        if entries >= limit or size >= PAGE_BYTES:
            break
    return bodies


def is_damage(error: Exception) -> bool:
    """Whether `error` says that the file is damaged or foreign, and not that it cannot be used now."""
    if isinstance(error, DatabaseError) and error.code in {"journal.format", "database.not_sqlite"}:
        return True
    code = getattr(error.__cause__ or error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def _connect_exclusive(path: Path) -> "sqlite3.Connection":
    # What WAL shares between processes is a file (-shm) that takes room, which a full disk does not have. Who locks
    # the database for itself keeps that in memory; nobody else can read it meanwhile, and nobody needs to.
    require_safe_wal()
    connection = sqlite3.connect(str(path.absolute()), timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]


def _remove(path: Path) -> None:
    for file in _files(path):
        file.unlink(missing_ok=True)


def _set_aside(path: Path, why: str) -> Path | None:
    aside = path.with_name(f"{path.name}.{why}-{utc_now_iso().replace(':', '')}")
    moved = [(old, new) for old, new in zip(_files(path), _files(aside), strict=True) if old.exists()]
    for old, new in moved:
        old.rename(new)
    return aside if moved else None
