"""Brings `restrike.db` to this program's version and opens it for its one writer; db-writer, and `once` without it."""

import subprocess
import sys
from typing import Final

from services.db_writer.restoring import carry_out
from shared.db.schema_version import status
from shared.db.sqlite import connect_writer, sqlite3
from shared.errors import ConfigError, DatabaseError
from shared.paths import Paths

_UNUSABLE: Final = {"database.not_sqlite", "database.not_ours", "database.version_gap"}


def bring_up_to_date(paths: Paths) -> int:
    """Put a restored database in its place if one was prepared, and run the migrations in a process of their own, with
    a backup of an existing file; return the schema version.

    Raises:
        ConfigError: the database is not one that this program can use.
        DatabaseError: the file cannot be read or the migration failed (a full disk); another start may succeed.
    """
    carry_out(paths)
    try:
        before = status(paths.database)
    except DatabaseError as error:
        if error.code not in _UNUSABLE:
            raise
        raise ConfigError(error.code, error.message, value=error.value) from error
    if before.current > before.latest:
        raise ConfigError(
            "database.newer",
            f"{paths.database} is of a newer version ({before.current}) than this program ({before.latest}): "
            "install the newer program, or restore a backup.",
        )
    if before.current < before.latest:
        # In a session of its own: a Ctrl-C at the terminal does not break it off.
        command = [sys.executable, "-P", "-m", "shared.db.migrate", "migrate", str(paths.database)]
        command += ["--backups", str(paths.backups)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
        if done.returncode != 0:
            raise DatabaseError("database.migration_failed", done.stderr.strip() or "The migration failed.")
    return before.latest


def open_database(paths: Paths) -> "sqlite3.Connection":
    """Open it for writing; what a power cut undoes, watermark and all, the journal (FULL) has: it is replayed.

    See docs/adr/0006. Raises DatabaseError like `connect_writer`.
    """
    return connect_writer(paths.database, synchronous="NORMAL")
