"""What `restrike backup restore` looks at and tells before it asks: is there such a backup, and what is lost?"""

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from services.cli import output
from services.cli.backup.listing import folders
from shared.db.backup_files import BackupFile, find_backup, require_there
from shared.db.by_hand import changed_by_hand
from shared.db.schema_version import read_applied
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError, ValidationError

if TYPE_CHECKING:
    from shared.messages.jobs import Detail
    from shared.paths import Paths


def confirm(backup: str, paths: "Paths") -> None:
    """Ask whether the database is to be replaced by `backup`.

    Raises ValidationError: there is no such backup; DatabaseError: nor is the folder; typer.Exit: no.
    """
    found = _found(backup, paths)
    matches = f", {found.manifest.matches} matches" if found.manifest else ""
    output.note(f"{found.name} of {output.local_date_time(found.taken_at)}{matches}.")
    output.note(changed(_changed(found, paths)))
    try:
        is_wanted = typer.confirm(f"Replace the database by {found.name}? The present one is kept.", err=True)
        is_line_ended = sys.stdin.isatty()
    except typer.Abort:
        is_wanted = is_line_ended = False
    if not is_line_ended:
        output.note("")
    if not is_wanted:
        output.note("Nothing was changed.")
        raise typer.Exit(1)


def changed(tables: "Detail") -> str:
    """What people entered since a backup, table by table (None: it is not known), as a sentence."""
    if isinstance(tables, dict) and tables:
        listed = ", ".join(f"{table} ({rows:+d} rows)" for table, rows in tables.items())
        return f"Entered or changed by hand since then, and not in the backup: {listed}"
    if tables is None:
        return "What was entered by hand since then is not known."
    return "Nothing was entered by hand since then."


def _found(backup: str, paths: "Paths") -> BackupFile:
    named = folders(paths)
    try:
        return find_backup(backup, named)
    except ValidationError:
        require_there(str(named[0]) if len(named) > 1 else "")  # perhaps it is not there as its disk is not in
        raise


def _changed(backup: BackupFile, paths: "Paths") -> dict[str, int] | None:
    """Known only of a database that can be read and a backup of the same version."""
    manifest = backup.manifest
    if is_empty(paths.database):
        return {}
    if manifest is None:
        return None
    try:
        if len(read_applied(paths.database)) != manifest.schema_version:
            return None
        with closing(connect_reader(paths.database)) as connection:
            return changed_by_hand(connection, manifest.tables)
    except (sqlite3.Error, DatabaseError):
        return None
