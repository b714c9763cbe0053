"""`restrike db optimize`, `vacuum` and `clean`: what the night's care does by itself, by hand."""

from typing import Annotated

import typer
from msgspec import Struct

from services.cli import output
from services.cli.author import Author
from services.cli.care_jobs import Force, Reason, care, ordered
from shared.paths import Paths


class Optimized(Struct, frozen=True, kw_only=True):
    """What `optimize` did."""

    indexes: int
    is_log_written_back: bool


class Vacuumed(Struct, frozen=True, kw_only=True):
    """What `vacuum` did, in pages of the file."""

    pages: int
    free_pages: int
    is_incremental: bool


class Rewritten(Struct, frozen=True, kw_only=True):
    """What `vacuum --full` did."""

    bytes_before: int
    bytes_after: int


class Cleaned(Struct, frozen=True, kw_only=True):
    """What `clean` removed; `to_look_at` are files in data/ that only a person may remove. With a clock that does not
    fit what was stored lately, no rows go.
    """

    files: int
    bytes: int
    removed: list[str]
    rows: dict[str, int]
    to_look_at: list[str]
    is_clock_doubtful: bool


def register(app: typer.Typer) -> None:
    """Add the commands to `restrike db`."""
    app.command(epilog="Example: restrike db optimize")(optimize)
    app.command(epilog="Example: restrike db vacuum --full")(vacuum)
    app.command(epilog="Example: restrike db clean")(clean)


def optimize(*, force: Force = False, author: Author = None, json: output.Json = False) -> None:
    """Renew the statistics by which questions are planned, and empty the log.

    The suite does this every night.
    """
    done = care(ordered("optimize", author=author, force=force), Optimized, json=json)
    if json:
        output.document(done)
        return
    log = "the log is empty" if done.is_log_written_back else "the log stays, as somebody reads"
    output.line(f"{done.indexes} indexes looked at; {log}")


def vacuum(
    *,
    full: Annotated[bool, typer.Option("--full", help="Write the whole file anew; the suite must not run.")] = False,
    force: Force = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Give the room of removed rows back to the file system.

    A database that was made by an earlier version needs --full once, with twice its size of free room.
    """
    if full:
        order = ordered("vacuum_full", author=author, reason=reason, force=force)
        rewritten = care(order, Rewritten, json=json)
        if json:
            output.document(rewritten)
        else:
            output.line(f"{output.size(rewritten.bytes_before)} became {output.size(rewritten.bytes_after)}")
        return
    done = care(ordered("vacuum", author=author, reason=reason, force=force), Vacuumed, json=json)
    if json:
        output.document(done)
    elif done.is_incremental:
        output.line(f"{done.pages} pages given back, {done.free_pages} free")
    else:
        output.line(f"{done.free_pages} pages are free; end the suite and run: restrike db vacuum --full")


def clean(*, force: Force = False, author: Author = None, json: output.Json = False) -> None:
    """Remove what something killed left behind, and rows about operators that are old enough.

    The suite does this every night. Files that a person should look at are only listed.
    """
    from shared.db.set_aside import set_aside  # noqa: PLC0415  # only where something is told

    done = care(ordered("clean", author=author, force=force), Cleaned, json=json)
    if json:
        output.document(done)
        return
    rows = ", ".join(f"{count} rows of {table}" for table, count in done.rows.items() if count)
    output.line(f"{done.files} files removed, {output.size(done.bytes)} freed{', ' + rows if rows else ''}")
    for name in done.removed:
        output.line(f"  {name}")
    data = Paths.from_environment().data
    sizes = {one.path.name: one.size_bytes for one in set_aside(data)}
    if done.is_clock_doubtful:
        output.note("Old rows stay: nothing was stored for 30 days. Look at this machine's clock, or wait for a day.")
    for name in done.to_look_at:
        size = output.size(sizes.get(name, 0))
        output.note(f"Look at {data / name} ({size}): it was set aside; remove it when you need it no more.")
