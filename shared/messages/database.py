"""What db-writer says of the store."""

from msgspec import Struct

from shared.messages.service import Position


class EntriesCommitted(Struct, frozen=True, kw_only=True, gc=False):
    """`db.committed/<ring>/`: everything up to `entry` of the ring's journal is in the database."""

    ring: str
    journal_id: str
    session: str
    entry: int
    committed_at_us: int


class WriteTrouble(Struct, frozen=True, kw_only=True):
    """`db.trouble/<service>/`: the database cannot be written (`error`), or can again (None). Nothing is lost
    meanwhile: the journal keeps it. `cause`: what SQLite or the disk said, without what to do.
    """

    error: str | None
    cause: str | None = None


class Restored(Struct, frozen=True, kw_only=True):
    """The restore that was carried out last: its job, its backup, and the file in data/ that the replaced database
    became (None: there was none). `restored_at` is UTC ISO text.
    """

    id: str
    backup: str
    replaced: str | None
    restored_at: str


class DatabaseStatus(Struct, frozen=True, kw_only=True):
    """Where the store is and how far it is per ring; counters run since the start of db-writer. `error` and `cause` are
    those of `WriteTrouble`.
    """

    path: str
    schema_version: int
    positions: dict[str, Position]
    entries_stored: int
    messages_stored: int
    rows_refused: int
    transactions: int
    error: str | None
    last_restore: Restored | None = None
    cause: str | None = None
