"""`restrike db`: the care of the database. Migrations run in a process of their own; the rest only reads."""

import subprocess
import sys
from typing import Annotated

import msgspec
import typer

from services.cli import output
from services.cli.group import group
from services.registry import SERVICES
from shared.errors import DatabaseError, ValidationError
from shared.paths import Paths
from shared.rpc import is_locked

app = group("db", "The database: its version, its size, its migrations.")


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
    from shared.db.schema_version import status as read_status  # noqa: PLC0415  # loads SQLite, only here

    path = Paths.from_environment().database
    found = read_status(path)
    if json:
        output.document({"file": path, **msgspec.to_builtins(found)})
        return
    output.line(f"{path}: version {found.current}, latest {found.latest}")
    rows = [(f"{state.version:03}", state.description, state.applied_at) for state in found.migrations]
    output.line(output.table(("version", "description", "applied"), rows))


@app.command(epilog="Example: restrike db stats --json")
def stats(*, json: output.Json = False) -> None:
    """Show rows, sizes, and how far each ring is stored."""
    from services.cli.db_stats import read_stats  # noqa: PLC0415  # loads SQLite, only here

    found = read_stats(Paths.from_environment().database)
    if json:
        output.document(found)
        return
    output.line(f"{found.file}: {output.size(found.file_bytes)}, WAL {output.size(found.wal_bytes)}")
    output.line(f"{found.pages} pages of {found.page_bytes} bytes, {found.free_pages} free")
    rings = [(r.ring, r.datagrams, r.entry, r.journal_id, r.updated_at) for r in found.rings]
    output.line("")
    output.line(output.table(("ring", "datagrams", "through entry", "of journal", "at"), rings))
    output.line("")
    output.line(output.table(("table", "rows"), list(found.tables.items())))


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
