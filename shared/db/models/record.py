"""What all models share: the database that they are bound to at run time, and the times of edited rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import peewee as pw

from shared.clock import utc_now_iso
from shared.db.sqlite import BUSY_TIMEOUT_S, reader_uri, require_safe_wal

database = pw.DatabaseProxy()


class Record(pw.Model):
    """A row; its columns are those of the migrations, which alone make tables."""

    if TYPE_CHECKING:
        # peewee adds it; really declared, it would become a column of tables with another key, too.
        id = pw.AutoField()

    class Meta:
        database = database


class EditedRecord(Record):
    """A row that is edited after it was made; UTC ISO text. `save` moves `updated_at`, `update()` queries must."""

    created_at = pw.TextField(default=utc_now_iso)
    updated_at = pw.TextField(default=utc_now_iso)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Store the row with `updated_at` set to now; peewee's arguments and result."""
        self.updated_at = utc_now_iso()
        return super().save(*args, **kwargs)


def bind_reader(path: Path) -> pw.SqliteDatabase:
    """Let the models read the existing database `path`; close what is returned when done.

    Every write through them fails, as the file is opened read-only; so does a query if there is no such file.
    """
    return _bind(pw.SqliteDatabase(reader_uri(path), uri=True, timeout=int(BUSY_TIMEOUT_S)))


def bind_writer(path: Path) -> pw.SqliteDatabase:
    """Let the models read and write `path` like `shared.db.sqlite.connect_writer`; for its one writer alone.

    Raises DatabaseError if this SQLite could damage the database.
    """
    require_safe_wal()
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1}
    return _bind(pw.SqliteDatabase(str(path.absolute()), pragmas=pragmas, timeout=int(BUSY_TIMEOUT_S)))


def _bind(opened: pw.SqliteDatabase) -> pw.SqliteDatabase:
    database.initialize(opened)
    return opened
