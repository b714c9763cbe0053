"""`restrike db archive`, `archives` and `unarchive`: whole months out of the database into files, and back."""

from typing import Annotated

import typer
from msgspec import Struct

from services.cli import output
from services.cli.author import Author
from services.cli.care_jobs import Force, Reason, care, ordered
from shared.errors import ValidationError
from shared.messages.jobs import Detail
from shared.paths import Paths


class Planned(Struct, frozen=True, kw_only=True):
    """What would be archived: a sentence for each month."""

    months: list[str]
    open_sessions: int


class ArchivedNow(Struct, frozen=True, kw_only=True):
    """What was archived. `left` rows are in an archive and changed since; `resting` months were brought back lately;
    `open_sessions` were never closed.
    """

    archives: list[str]
    datagrams: int
    events: int
    left: int
    resting: list[str]
    open_sessions: int


class BroughtBack(Struct, frozen=True, kw_only=True):
    """What was brought back. `left` rows had changed since they were archived, and are as they were."""

    archive: str
    datagrams: int
    events: int
    left: int


def register(app: typer.Typer) -> None:
    """Add the commands to `restrike db`."""
    app.command(epilog="Example: restrike db archive --older-than 365 --dry-run")(archive)
    app.command(epilog="Example: restrike db archives")(archives)
    app.command(epilog="Example: restrike db unarchive restrike-2026-03")(unarchive)


def archive(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", min=1, metavar="DAYS", help="Instead of what the settings retention.… say."),
    ] = None,
    what: Annotated[
        str, typer.Option("--what", metavar="datagrams|events|all", help="Which rows; all if left out.")
    ] = "all",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which months it would be.")] = False,
    force: Force = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Move old datagrams and events, by whole months, into compressed files in archive/.

    Matches, results, findings and summaries stay. Archived months can be asked and brought back.
    """
    options: dict[str, Detail] = {"what": what, "dry_run": dry_run}
    options |= {} if older_than is None else {"older_than_days": older_than}
    order = ordered("archive", options, author=author, reason=reason, force=force)
    if dry_run:
        planned = care(order, Planned, json=json)
        if json:
            output.document(planned)
        else:
            output.line("\n".join(planned.months) or "Nothing is old enough.")
        return
    done = care(order, ArchivedNow, json=json)
    if json:
        output.document(done)
    else:
        _show(done)


def archives(*, json: output.Json = False) -> None:
    """List the archives: which months, how much is in them, and whether their rows are back."""
    from services.cli.archives import listed  # noqa: PLC0415  # loads SQLite, only here

    found = listed(Paths.from_environment())
    if json:
        output.document({"archives": found})
        return
    if not found:
        output.line("There is no archive yet; see what is old enough with: restrike db archive --dry-run")
        return
    rows = [
        (one.name, one.status, one.datagrams, one.events, output.size(one.size_bytes), one.problem) for one in found
    ]
    output.line(output.table(("archive", "status", "datagrams", "events", "size", "problem"), rows))


def unarchive(
    name: Annotated[str, typer.Argument(metavar="ARCHIVE", help="Its name as `restrike db archives` shows it.")],
    *,
    force: Force = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Bring the rows of an archive back, as they were. Its file stays."""
    from services.cli.archives import is_archive_name  # noqa: PLC0415  # loads SQLite, only here

    if not is_archive_name(name):
        raise ValidationError("archive.name", "An archive is named like restrike-2026-03.", value=name)
    order = ordered("unarchive", {"name": name}, author=author, reason=reason, force=force)
    done = care(order, BroughtBack, json=json)
    if json:
        output.document(done)
    else:
        output.line(f"{done.datagrams} datagrams and {done.events} events are back from {done.archive}")
        if done.left:
            output.note(f"{done.left} rows changed since they were archived, and stay as they are.")


def _show(done: ArchivedNow) -> None:
    output.line(f"{done.datagrams} datagrams and {done.events} events moved")
    for name in done.archives:
        output.line(f"  {name}")
    if done.left:
        output.note(f"{done.left} rows changed since they were archived, and stay.")
    if done.resting:
        output.note(f"Brought back lately, so left alone: {', '.join(done.resting)}.")
    if done.open_sessions:
        output.note(f"{done.open_sessions} sessions that old were never closed, and stay. See: restrike db check")
