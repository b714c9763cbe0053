"""Where a database stands: its table `schema_version` beside the migrations that this program knows. Reads only."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.db.migration_files import SHIPPED, read_migrations
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError

_APPLIED = "SELECT version, description, applied_at FROM schema_version ORDER BY version"


@dataclass(frozen=True)
class MigrationState:
    """One migration; `applied_at` is UTC ISO text, None while it is not applied; `name` is "" if we do not know it."""

    version: int
    name: str
    description: str
    applied_at: str | None


@dataclass(frozen=True)
class MigrationStatus:
    """Where a database stands (0: nothing applied) and the newest version that this program knows."""

    current: int
    latest: int
    migrations: tuple[MigrationState, ...]


def status(path: Path, *, migrations: Path = SHIPPED) -> MigrationStatus:
    """Tell where the database `path` stands; a file that is not there is at version 0 and is not made.

    A database newer than the program is no error here: its `current` is above `latest`.
    Raises DatabaseError: `path` is not a database of ours or cannot be read, or the migrations are not in order.
    """
    known = {migration.version: migration for migration in read_migrations(migrations)}
    applied = {state.version: state for state in read_applied(path)}
    states = []
    for version in sorted(known.keys() | applied.keys()):
        migration, state = known.get(version), applied.get(version)
        name = migration.name if migration else ""
        description = state.description if state else known[version].description
        states.append(MigrationState(version, name, description, state.applied_at if state else None))
    return MigrationStatus(current=len(applied), latest=len(known), migrations=tuple(states))


def read_applied(path: Path) -> tuple[MigrationState, ...]:
    """Read `schema_version` of the database `path`, in order, without names; empty if there is no database.

    Raises DatabaseError: the file cannot be read, holds tables of somebody else, or lacks a version in between.
    """
    if is_empty(path):
        return ()
    with closing(connect_reader(path)) as connection:
        try:
            connection.execute("BEGIN")  # both reads must see one commit: somebody may be migrating
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            rows = connection.execute(_APPLIED).fetchall() if "schema_version" in tables else []
        except sqlite3.Error as error:
            raise DatabaseError(
                "database.unreadable", f"The database cannot be read ({error}); restore a backup.", value=str(path)
            ) from error
    ours = {"schema_version", "migratehistory"}
    if not rows and any(name not in ours and not name.startswith("sqlite_") for name in tables):
        raise DatabaseError(
            "database.not_ours",
            "This database was not made by reStrike VTA and was left as it is; name another file.",
            value=str(path),
        )
    versions = [version for version, _, _ in rows]
    if versions != list(range(1, len(versions) + 1)):
        raise DatabaseError(
            "database.version_gap", "The database's list of versions has a gap; restore a backup.", value=versions
        )
    return tuple(MigrationState(version, "", description, applied_at) for version, description, applied_at in rows)
