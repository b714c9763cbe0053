"""Checks: SQLite is safe, the databases are of this version, there is a recent backup. Nothing is written."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from services.cli.doctor.result import Result, failed, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.clock import NS_PER_S, unix_ns
from shared.db.backup_files import BackupFile, list_backups
from shared.db.schema_version import MigrationStatus, status
from shared.db.sqlite import SAFE_WAL_VERSION, connect_reader, is_empty, sqlite3
from shared.journal import FORMAT
from shared.settings.backup_keys import BACKUP_FOLDER
from shared.settings.reader import Settings

RECENT_S: Final = 26 * 3600
"""A daily backup may be late, but not left out."""


def look_at_sqlite(_site: Site) -> list[Result]:
    """The one SQLite that all processes use."""
    return judge_sqlite(sqlite3.sqlite_version_info, sqlite3.__name__)


def judge_sqlite(version: tuple[int, ...], library: str) -> list[Result]:
    """Whether it may touch a WAL database."""
    text = f"SQLite {'.'.join(map(str, version))} ({library.partition('.')[0]})"
    if version < SAFE_WAL_VERSION:
        least = ".".join(map(str, SAFE_WAL_VERSION))
        sentence = f"{text} can damage a WAL database; {least} is the first that cannot."
        return [failed(sentence, "pip install 'pysqlite3>=0.6.1' in the suite's environment.")]
    return [ok(f"{text} is safe.")]


def look_at_databases(site: Site) -> list[Result]:
    """The database and the journal, as far as a quick look goes: `restrike db check` looks at every row."""
    return [_database(site), _journal(site.paths.journal)]


def _database(site: Site) -> Result:
    if is_empty(site.paths.database):
        return skipped("There is no database yet: the first start makes it.", "restrike.db")
    return judge_version(status(site.paths.database), is_up=bool(site.running))


def judge_version(found: MigrationStatus, *, is_up: bool) -> Result:
    """Whether this program and the database are of one version."""
    text = f"It is of version {found.current}, this program of {found.latest}."
    if found.current > found.latest:
        return failed(text, "Update the program, or restore a backup of its version.", "restrike.db")
    if found.current < found.latest:
        fix = "restrike down, then restrike up" if is_up else "restrike db migrate, or just restrike up"
        return warning(text, fix, "restrike.db")
    return ok(f"It is of version {found.current}.", "restrike.db")


def _journal(path: Path) -> Result:
    if is_empty(path):
        return skipped("There is no journal yet: the first start makes it.", "journal.db")
    with closing(connect_reader(path, timeout_s=1.0)) as connection:
        row = connection.execute("SELECT format FROM journal").fetchone()
    if row is None or row[0] != FORMAT:
        found = row[0] if row else "none"
        return failed(f"Its format is {found}, not {FORMAT}.", "Update the program.", "journal.db")
    return ok("It can be read.", "journal.db")


def look_at_backups(site: Site) -> list[Result]:
    """The newest backup, and whether anything was stored since."""
    database = site.paths.database
    if is_empty(database):
        return [skipped("There is no database yet.")]
    chosen = Settings.of_file(site.paths).get(BACKUP_FOLDER)
    folder = Path(chosen) if chosen else site.paths.backups
    if not folder.is_dir():
        fix = "Put its disk in, or: restrike settings reset backup.folder" if chosen else "restrike up makes it."
        return [failed(f"The folder of backups, {folder}, is not there.", fix)]
    files = [database, database.with_name(database.name + "-wal")]
    changed_s = max(file.stat().st_mtime for file in files if file.exists())
    return judge_backups(list_backups(folder), changed_s=changed_s, now_s=unix_ns() / NS_PER_S)


def judge_backups(found: list[BackupFile], *, changed_s: float, now_s: float) -> list[Result]:
    """Whether the newest is recent enough, for what was stored since."""
    if not found:
        return [warning("There is no backup.", "restrike backup create")]
    newest = found[0]
    if newest.problem is not None:
        return [failed(f"The newest backup, {newest.name}: {newest.problem}.", "restrike backup create")]
    taken_s = datetime.fromisoformat(newest.taken_at).astimezone(UTC).timestamp()
    hours = max(0, round((now_s - taken_s) / 3600))
    text = f"{len(found)} backups, the newest is {hours} hours old."
    if now_s - taken_s > RECENT_S and changed_s > taken_s:
        return [warning(text, "restrike backup create, and see: restrike backup schedule")]
    return [ok(text)]
