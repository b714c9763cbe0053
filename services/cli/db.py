"""`restrike db`: the care of the database. Migrations run in a process of their own; the rest only reads."""

import subprocess
import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from services.cli import db_archives, db_care, db_check, db_jobs, output
from services.cli.group import group
from services.registry import SERVICES
from shared.errors import DatabaseError, ValidationError
from shared.paths import Paths
from shared.rpc import is_locked

if TYPE_CHECKING:
    from services.cli.db_health import DatabaseHealth

app = group("db", "The database: its version, its size, its migrations.")
for part in (db_care, db_archives, db_check, db_jobs):
    part.register(app)


@app.command(epilog="Example: restrike db migrate")
def migrate(
    *,
    to: Annotated[int | None, typer.Option("--to", min=0, metavar="N", help="Version; the latest if left out.")] = None,
    json: output.Json = False,
) -> None:
    """Bring the database to a version of its schema.

    It is backed up first. The suite must not run.
    """
    _move("migrate", to=to, json=json)


@app.command(epilog="Example: restrike db rollback --to 4")
def rollback(
    *,
    to: Annotated[int, typer.Option("--to", min=0, metavar="N", help="Version to go back to.")],
    json: output.Json = False,
) -> None:
    """Take the database back to an earlier version.

    It is backed up first: what the earlier version cannot hold is lost. The suite must not run. Going below 5 and
    forward again stores what the journal still holds (48 h) a second time: 5 is what remembers how far it was stored.
    """
    _move("rollback", to=to, json=json)


@app.command(epilog="Example: restrike db status")
def status(*, json: output.Json = False) -> None:
    """Show the database's version, and those there are."""
    from services.cli.query.tables import sheet  # noqa: PLC0415  # only where something is told
    from shared.db.schema_version import status as read_status  # noqa: PLC0415  # loads SQLite, only here

    path = Paths.from_environment().database
    found = read_status(path)
    if json:
        output.document({"file": path, **msgspec.to_builtins(found)})
        return
    output.line(f"{path}: version {found.current}, latest {found.latest}")
    rows = [
        (f"{state.version:03}", state.description, output.local_date_time(state.applied_at))
        for state in found.migrations
    ]
    output.line(sheet(("version", "description", "applied"), rows, whole={0, 2}))


@app.command(epilog="Example: restrike db stats --json")
def stats(
    *,
    exact: Annotated[bool, typer.Option("--exact", help="Count every row; takes seconds on a large database.")] = False,
    json: output.Json = False,
) -> None:
    """Show rows, sizes, and how far each ring is stored.

    The rows of large tables are told from their first and last id and marked `about`.
    """
    from services.cli.db_stats import read_stats  # noqa: PLC0415  # loads SQLite, only here

    found = read_stats(Paths.from_environment().database, is_exact=exact)
    if json:
        output.document(found)
        return
    output.line(f"{found.file}: {output.size(found.file_bytes)}, WAL {output.size(found.wal_bytes)}")
    output.line(f"{found.pages} pages of {found.page_bytes} bytes, {found.free_pages} free")
    if found.events is not None:
        output.line(f"{found.events} events were stored")
    rings = [(r.ring, r.datagrams, r.entry, r.journal_id, r.updated_at) for r in found.rings]
    output.line("")
    output.line(output.table(("ring", "datagrams", "through entry", "of journal", "at"), rings))
    output.line("")
    rows = [(name, f"about {count}" if name in found.about else count) for name, count in found.tables.items()]
    output.line(output.table(("table", "rows"), rows))


@app.command(epilog="Example: restrike db health --json")
def health(*, json: output.Json = False) -> None:
    """Tell whether the database is well; exit 1 if something is wrong.

    The usual questions are asked, so it takes a moment on a large database.
    """
    from services.cli.backup.listing import NO_ROW, listed  # noqa: PLC0415  # loads SQLite, only here
    from services.cli.db_health import read_health  # noqa: PLC0415  # loads SQLite, only here

    paths = Paths.from_environment()
    newest = next((one for one in listed(paths) if one.state == NO_ROW), None)
    found = read_health(paths.database, unrecorded=(newest.name, newest.taken_at) if newest else None)
    if json:
        output.document(found)
    else:
        _show_health(found)
    if found.problems:
        raise typer.Exit(1)


def _show_health(found: "DatabaseHealth") -> None:
    from services.cli.query.tables import sheet  # noqa: PLC0415  # only where something is told

    output.line(f"{found.file}: {'; '.join(found.problems) or 'well'}")
    if not found.is_accessible:
        return
    backup = f"{found.backup} of {output.local_date_time(found.backup_at)}" if found.backup else "none"
    check = f"{found.check}, {output.local_date_time(found.check_at) or 'running'}" if found.check else "never"
    facts = [
        ("size", f"{output.size(found.file_bytes)}, WAL {output.size(found.wal_bytes)}"),
        ("pages", f"{found.pages}, {found.free_pages} free ({found.fragmentation:.1%})"),
        ("version", f"{found.version} of {found.latest_version}"),
        ("last backup", backup),
        ("last check", check),
        ("text not indexed", f"{found.unindexed_events} events"),
    ]
    output.line(output.table(("what", "how"), facts))
    for one in found.set_aside:
        output.line(f"set aside, remove it when you need it no more: {one.path} ({output.size(one.size_bytes)})")
    output.line("")
    slow = [(one.name, one.milliseconds, ", ".join(one.indexes)) for one in found.slowest]
    output.line(sheet(("slowest questions", "ms", "indexes"), slow, whole={0, 1}))
    output.line("")
    output.line(f"{len(found.unused_indexes)} indexes serve what is stored and rarer questions; --json names them.")


def _move(way: str, *, to: int | None, json: bool) -> None:
    paths = Paths.from_environment()
    running = [name for name in SERVICES if is_locked(paths.lock(name))]
    if running:
        raise ValidationError(
            "database.in_use", f"The suite is running ({', '.join(running)}). End it first with: restrike down"
        )
    paths.prepare()
    arguments = [way, str(paths.database), "--backups", str(paths.backups)]
    arguments += [] if to is None else ["--to", str(to)]
    arguments += ["--json"] if json else []
    command = [sys.executable, "-P", "-m", "shared.db.migrate", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise DatabaseError(f"database.{way}_failed", ended.stderr.strip() or f"{way} ended with {ended.returncode}.")
    output.line(ended.stdout.strip())
