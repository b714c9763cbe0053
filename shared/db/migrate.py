"""Brings a database to a version of the schema; run as a process of its own, `python -P -m shared.db.migrate`.

Each migration is one transaction together with its row in `schema_version`, which alone says where a database stands;
peewee-migrate's own history is made to agree with it. Killed at any moment, a database is at one version or the next.
db-writer runs `migrate` before it opens the database; `restrike db` runs all three.
"""

import argparse
import dataclasses
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.clock import utc_now_iso
from shared.db.lock import file_lock
from shared.db.migration_files import SHIPPED, Migration, read_migrations
from shared.db.schema_version import MigrationState, MigrationStatus, read_applied, status
from shared.db.sqlite import BUSY_TIMEOUT_S, is_empty, require_safe_wal
from shared.errors import DatabaseError, RestrikeError

if TYPE_CHECKING:
    from peewee_migrate.router import Router

__all__ = ["SHIPPED", "MigrationState", "MigrationStatus", "Moved", "main", "migrate", "rollback", "status"]

_LOCK_WITHIN_S = 60.0
_CREATE_SCHEMA_VERSION = """
CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER PRIMARY KEY,
    description TEXT NOT NULL,
    applied_at TEXT NOT NULL
)
"""
# What a faulty migration raises before its SQL runs; what SQL raises comes as PeeweeException.
_FAULTS = (AttributeError, ImportError, LookupError, NameError, TypeError, ValueError)

logging.getLogger("peewee_migrate").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Moved:
    """What `migrate` or `rollback` did; `backup` is None when nothing changed or there was nothing to keep."""

    before: int
    after: int
    backup: Path | None


def migrate(path: Path, to: int | None = None, *, backups: Path | None, migrations: Path = SHIPPED) -> Moved:
    """Bring the database `path` (made if need be) up to version `to`, by default the latest.

    A database that exists is backed up into `backups` (None: it is a scratch file) before anything changes.
    Raises DatabaseError: it is newer than this program or than `to`, not ours, held by others, or a migration fails;
    then it is whole and at the last version that succeeded.
    """
    known = read_migrations(migrations)
    target = _require_known(len(known) if to is None else to, known=known)
    with _alone(path):
        before = _current(path, known=known)
        if target < before:
            raise DatabaseError(
                "database.ahead", f"The database is at version {before}; use rollback to go back.", value=target
            )
        backup = _keep(path, backups=backups, reason=f"before-migrate-{target}") if target > before else None
        _run(path, known[before:target], known=known, folder=migrations, forward=True)
        return Moved(before=before, after=target, backup=backup)


def rollback(path: Path, to: int, *, backups: Path, migrations: Path = SHIPPED) -> Moved:
    """Take the database `path` back to version `to` (0 removes all tables of ours); what `to` cannot hold is lost.

    It is backed up into `backups` before anything changes. Raises DatabaseError like `migrate`.
    """
    known = read_migrations(migrations)
    target = _require_known(to, known=known)
    with _alone(path):
        before = _current(path, known=known)
        if target > before:
            raise DatabaseError(
                "database.behind", f"The database is at version {before}; use migrate to go forward.", value=target
            )
        backup = _keep(path, backups=backups, reason=f"before-rollback-{target}") if target < before else None
        _run(path, known[target:before][::-1], known=known, folder=migrations, forward=False)
        return Moved(before=before, after=target, backup=backup)


def _require_known(target: int, *, known: Sequence[Migration]) -> int:
    if not 0 <= target <= len(known):
        raise DatabaseError("migrations.no_such_version", f"Name a version from 0 to {len(known)}.", value=target)
    return target


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    read_applied(path)  # a file that is not ours is refused before anything is put beside it
    with file_lock(path.with_name(f".{path.name}.lock"), within_s=_LOCK_WITHIN_S):
        yield


def _current(path: Path, *, known: Sequence[Migration]) -> int:
    current = len(read_applied(path))
    if current > len(known):
        raise DatabaseError(
            "database.newer",
            f"The database is at version {current} and this program knows versions up to {len(known)};"
            " install the newer program, or restore a backup made before the update.",
            value=str(path),
        )
    return current


def _keep(path: Path, *, backups: Path | None, reason: str) -> Path | None:
    if backups is None or is_empty(path):
        return None
    from shared.db.backup import back_up  # noqa: PLC0415  # most starts have nothing to do

    return back_up(path, backups=backups, reason=reason)


def _run(path: Path, steps: Sequence[Migration], *, known: Sequence[Migration], folder: Path, forward: bool) -> None:
    if not steps:
        return
    # Imported here because they double this process's start, and most starts have nothing to do.
    from peewee import PeeweeException, SqliteDatabase  # noqa: PLC0415  # status and refusals need no peewee
    from peewee_migrate.router import Router  # noqa: PLC0415  # status and refusals need no peewee

    require_safe_wal()
    pragmas: dict[str, object] = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 0}
    if is_empty(path):  # before the WAL, which fixes it: free pages can be given back in slices
        pragmas = {"auto_vacuum": "incremental", **pragmas}
    database = SqliteDatabase(str(path.absolute()), pragmas=pragmas, timeout=int(BUSY_TIMEOUT_S))
    router = Router(database, folder)
    for step in steps:
        done = known[: step.version - 1 if forward else step.version]
        try:
            with database.connection_context(), database.transaction("IMMEDIATE"):
                _step(router, step, done=done, forward=forward)
        except (PeeweeException, *_FAULTS) as error:
            raise DatabaseError(
                "database.migration_failed",
                f"The database stays at version {len(done)}: {step.name} failed ({error});"
                " stop what uses the database, try again, and report it if it fails once more.",
                value=str(path),
            ) from error


def _step(router: "Router", step: Migration, *, done: Sequence[Migration], forward: bool) -> None:
    """Inside the transaction of one migration, all of it."""
    from peewee_migrate.migrator import Migrator  # noqa: PLC0415 - as in _run

    database = router.database
    database.execute_sql(_CREATE_SCHEMA_VERSION)
    names = [migration.name for migration in done]
    if router.done != names:
        router.model.delete().execute()
        for name in names:
            router.model.create(name=name)
    router.run_one(step.name, Migrator(database), fake=False, downgrade=not forward)
    if forward:
        row = (step.version, step.description, utc_now_iso())
        database.execute_sql("INSERT INTO schema_version (version, description, applied_at) VALUES (?, ?, ?)", row)
    else:
        database.execute_sql("DELETE FROM schema_version WHERE version = ?", (step.version,))
    broken = database.execute_sql("PRAGMA foreign_key_check").fetchone()
    if broken:
        raise DatabaseError(
            "database.foreign_keys",
            f"The database stays as it was: after {step.name} a row of {broken[0]} would refer to a row of {broken[2]}"
            " that is not there; restore a backup or report this.",
            value=step.name,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result goes to stdout (`--json`: one document), an error as one sentence to stderr.

    Returns 0 done, 1 refused or failed; wrong usage ends the process with 2.
    """
    options = _parser().parse_args(arguments)
    os.umask(0o077)
    try:
        result = _carry_out(options)
    except RestrikeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    text = json.dumps(dataclasses.asdict(result), default=str) if options.json else _sentences(result)
    sys.stdout.write(f"{text}\n")
    return 0


def _sentences(result: MigrationStatus | Moved) -> str:
    if isinstance(result, MigrationStatus):
        states = (
            f"{state.version:03} {state.applied_at or 'not applied':24} {state.description}"
            for state in result.migrations
        )
        return "\n".join([f"version {result.current}, latest {result.latest}", *states])
    if result.before == result.after:
        return f"nothing to do: version {result.after}"
    kept = f"; backup: {result.backup}" if result.backup else ""
    return f"version {result.before} -> {result.after}{kept}"


def _carry_out(options: argparse.Namespace) -> MigrationStatus | Moved:
    if options.command == "status":
        return status(options.path, migrations=options.migrations)
    if options.command == "migrate":
        return migrate(options.path, options.to, backups=options.backups, migrations=options.migrations)
    return rollback(options.path, options.to, backups=options.backups, migrations=options.migrations)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -P -m shared.db.migrate", description="Care of one database file.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="migrate|rollback|status")
    for name in ("migrate", "rollback", "status"):
        command = commands.add_parser(name)
        command.add_argument("path", type=Path, metavar="PATH")
        command.add_argument("--migrations", type=Path, metavar="DIR", default=SHIPPED)
        command.add_argument("--json", action="store_true")
        if name != "status":
            command.add_argument("--backups", type=Path, metavar="DIR", required=True)
            command.add_argument("--to", type=int, metavar="N", required=name == "rollback")
    return parser


if __name__ == "__main__":
    sys.exit(main())
