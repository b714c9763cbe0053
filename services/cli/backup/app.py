"""The command group `restrike backup`. db-writer does the work, or a process of its own while it does not run."""

from typing import Annotated

import typer

from services.cli import output, writer
from services.cli.author import Author, author_of
from services.cli.backup import PURPOSE, offsite, restore
from services.cli.backup.orders import Reason, named, run
from services.cli.group import group
from shared.errors import ValidationError
from shared.messages.jobs import Detail
from shared.messages.settings import ChangeSettings
from shared.paths import Paths

app = group("backup", PURPOSE)

Name = Annotated[
    str | None, typer.Argument(metavar="BACKUP", help="Its name as `restrike backup list` shows it, or a file.")
]


@app.command(epilog="Example: restrike backup create --reason before-finals")
def create(
    *,
    reason: Annotated[
        str, typer.Option("--reason", metavar="WORD", help="What for; lower-case words joined by hyphens.")
    ] = "by-hand",
    form: Annotated[
        str, typer.Option("--format", metavar="database|json", help="The file, or all rows as readable JSON lines.")
    ] = "database",
    without_datagrams: Annotated[
        bool, typer.Option("--without-datagrams", help="Leave the raw datagrams out (json only).")
    ] = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Make a backup, while matches run or without the suite.

    It is a whole copy of one moment, checked, compressed, with a manifest of what is in it.
    """
    _check_usage(reason, form, without_datagrams=without_datagrams)
    options: dict[str, Detail] = {"reason": reason, "format": form, "without_datagrams": without_datagrams}
    job = run("backup", options, author=author, reason=None, json=json)
    if json:
        output.document(job.result)
        return
    said = job.result
    size, content, took = said["size_bytes"], said["content_bytes"], said["duration_ms"]
    assert isinstance(size, int) and isinstance(content, int) and isinstance(took, int)  # noqa: S101, PT018  # the job's
    output.line(f"{said['name']}: {said['matches']} matches, version {said['schema_version']}")
    output.line(f"{output.size(content)} became {output.size(size)} in {took / 1000:.1f} s: {said['path']}")


@app.command("list", epilog="Example: restrike backup list --json")
def list_all(*, json: output.Json = False) -> None:
    """List the backups, the newest first: whether their files are there, when they were checked, where copies lie.

    Below are the databases that restores replaced: they are kept until somebody removes them.
    """
    from services.cli.backup.listing import listed, shown  # noqa: PLC0415  # loads SQLite, only here
    from shared.db.set_aside import set_aside  # noqa: PLC0415  # the same

    paths = Paths.from_environment()
    found, replaced = listed(paths), [one for one in set_aside(paths.data) if one.is_replaced]
    if json:
        output.document({"backups": found, "replaced": replaced})
        return
    output.line(shown(found) if found else "There is no backup yet; make one with: restrike backup create")
    for one in replaced:
        output.line(f"replaced by a restore: {one.path} ({output.size(one.size_bytes)})")
    if replaced:
        output.line("Go back to one with restrike backup restore and its path; remove it when nobody needs it.")


@app.command(epilog="Example: restrike backup verify --all")
def verify(
    backup: Name = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Check all of them.")] = False,
    latest: Annotated[bool, typer.Option("--latest", help="Check the newest; so it is if nothing is said.")] = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Unpack a backup and check everything in it against its manifest.

    Ends with 1 when one is damaged, and says what differs.
    """
    if sum((backup is not None, every, latest)) > 1:
        raise ValidationError("backup.which", "Give a backup, or --all, or --latest: only one of them.")
    options: dict[str, Detail] = {"all": every} | ({} if backup is None else {"backup": named(backup)})
    job = run("verify", options, author=author, reason=None, json=json)
    said = job.result
    verified, unsound, problems = (_texts(said[key]) for key in ("verified", "unsound", "problems"))
    if json:
        output.document(said)
    else:
        for name in verified:
            output.line(f"{name}: {'damaged' if name in unsound else 'sound'}")
        for problem in problems:
            output.note(problem)
    if unsound:
        raise typer.Exit(1)


@app.command(epilog="Example: restrike backup prune --dry-run")
def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Remove the backups that need not be kept.

    Kept are the last of each hour, day, week and month (UTC), for as many as the settings backup.keep_… say; always the
    newest, and the newest that was found sound. Scheduled backups do this by themselves.
    """
    job = run("prune", {"dry_run": dry_run}, author=author, reason=reason, json=json)
    if json:
        output.document({"dry_run": dry_run, **job.result})
        return
    removed, freed = _texts(job.result["removed"]), job.result["freed_bytes"]
    assert isinstance(freed, int)  # noqa: S101 - the job says so
    for name in removed:
        output.line(f"{'would remove' if dry_run else 'removed'} {name}")
    output.line(
        f"{len(removed)} removed, {job.result['kept']} kept, {output.size(freed)} freed" + " (dry run)" * dry_run
    )


@app.command(epilog="Example: restrike backup schedule --every 2")
def schedule(
    *,
    every: Annotated[int | None, typer.Option("--every", min=1, metavar="HOURS", help="Make one every HOURS.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Make none by itself.")] = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Show or change when backups are made by themselves, and how many are kept."""
    from services.cli.backup.listing import schedule_of, shown_schedule  # noqa: PLC0415  # loads SQLite, only here

    if every is not None and off:
        raise ValidationError("backup.which", "Give --every or --off, not both.")
    if every is not None or off:
        values: dict[str, str | int | float | bool | None] = {"backup.every_hours": 0 if off else every}
        writer.ask(ChangeSettings(author=author_of(author), reason=reason, values=values))
    found = schedule_of(Paths.from_environment())
    if json:
        output.document(found)
        return
    output.line(shown_schedule(found))


app.command(epilog="Example: restrike backup restore restrike-20260301T093000Z-by-hand")(restore.restore)
app.command(epilog="Example: restrike backup drill")(restore.drill)
app.command(epilog="Example: restrike backup push restrike-20260301T093000Z-by-hand")(offsite.push)
app.command(epilog="Example: restrike backup fetch restrike-20260301T093000Z-by-hand")(offsite.fetch)
app.command(epilog="Example: restrike backup remote")(offsite.remote)


def _check_usage(reason: str, form: str, *, without_datagrams: bool) -> None:
    """Refuse here what the job would: nobody looks for a mistyped option among failed jobs."""
    from shared.db.backup import MOST_REASON_CHARACTERS  # noqa: PLC0415  # loads SQLite, only here
    from shared.db.backup_files import REASON, BackupKind  # noqa: PLC0415  # the same

    kinds = [kind.value for kind in BackupKind]
    if form not in kinds:
        raise typer.BadParameter(f"it is one of {', '.join(kinds)}.", param_hint="--format")
    if without_datagrams and form != BackupKind.JSON:
        raise typer.BadParameter(
            "only a backup with --format json can be without them.", param_hint="--without-datagrams"
        )
    if len(reason) > MOST_REASON_CHARACTERS or not REASON.fullmatch(reason):
        sentence = f"lower-case words joined by hyphens, of {MOST_REASON_CHARACTERS} characters at most."
        raise typer.BadParameter(sentence, param_hint="--reason")


def _texts(value: Detail) -> list[str]:
    return value if isinstance(value, list) else []
