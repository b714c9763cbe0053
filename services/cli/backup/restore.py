"""`restrike backup restore` and `drill`: a backup in the place of the database, and its rehearsal."""

from contextlib import suppress
from typing import Annotated, Final

import typer

from services.cli import output, writer
from services.cli.author import Author
from services.cli.backup.orders import Name, Reason, named, order, run
from services.cli.job_progress import shown
from services.cli.supervision import Supervisor
from shared.clock import monotonic_s, wait_s
from shared.errors import NetworkError
from shared.messages.commands import GetDatabaseStatus
from shared.messages.jobs import Detail, GetJob, Job, JobStatus, StartJob
from shared.paths import Paths
from shared.rpc import Client, RefusedError

IN_PLACE_WITHIN_S: Final = 60.0
"""db-writer is back within a second; opening a large database that must be brought up to date takes longer."""
POLL_S: Final = 0.1

AsOfBackup = Annotated[
    bool, typer.Option("--as-of-backup", help="Leave out what the journal has of the time after the backup.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def restore(  # noqa: PLR0913  # a command has as many arguments as options
    backup: Name,
    *,
    as_of_backup: AsOfBackup = False,
    reason: Reason = None,
    author: Author = None,
    yes: Yes = False,
    json: output.Json = False,
) -> None:
    """Put a backup in the place of the database.

    The backup is checked whole first; a damaged one is refused. The present database is kept. What came after the
    backup is stored again from the journal (48 h), unless it is to be left out. The rings go on meanwhile.
    """
    if not yes:
        from services.cli.backup.confirming import confirm  # noqa: PLC0415  # loads SQLite, only here

        confirm(backup, Paths.from_environment())
    options: dict[str, Detail] = {"backup": named(backup), "as_of_backup": as_of_backup}
    job = _carry_out(order("restore", options, author=author, reason=reason), json=json)
    if json:
        output.document({"id": job.id, **job.result})
        return
    said = job.result
    output.line(f"Restored {said['backup']} of {_local(said)}: {said['matches']} matches.")
    replaced = Paths.from_environment().data / str(said["replaced"])
    if replaced.exists():
        output.line(f"The database that was there is kept: {replaced}")
        output.line("To go back to it, restore that file.")
    _tell_after(said, is_left_out=as_of_backup)
    _tell_changed(said)
    if meanwhile := said.get("acts_meanwhile"):
        output.line(f"Acts while it was prepared, which are not in it either: {meanwhile}.")
    _tell_carried(said)
    _tell_times(said)


def drill(
    backup: Annotated[str | None, typer.Argument(metavar="BACKUP", help="The newest if left out.")] = None,
    *,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Rehearse a restore: how long it takes, and what would be lost.

    Nothing is changed.
    """
    job = run("drill", {} if backup is None else {"backup": named(backup)}, author=author, json=json)
    if json:
        output.document(job.result)
        return
    said = job.result
    output.line(f"{said['backup']} of {_local(said)} can be restored: {said['matches']} matches.")
    _tell_after(said, is_left_out=False)
    _tell_changed(said)
    _tell_times(said)


def _carry_out(asked: StartJob, *, json: bool) -> Job:
    paths = Paths.from_environment()
    if not writer.is_running(paths):
        job = writer.run_job(asked, json=json)
        for name in Supervisor(paths).start_ended():  # db-writer, which could not use the database that was there
            output.note(f"Started again: {name}.")
        return job
    client = Client(paths)
    job = client.call(asked)
    # The last thing that the job does is to end db-writer; the one that starts then may not know it any more.
    with shown("restore", is_shown=not json) as show, suppress(NetworkError):
        try:
            job = writer.done(writer.follow(client, job, show))
        except RefusedError as error:
            if error.code != "job.missing":
                raise
    _await_in_place(client, job.id)
    return job if job.status is JobStatus.DONE else client.call(GetJob(id=job.id))  # its end came too late for us


def _await_in_place(client: Client, job_id: str) -> None:
    deadline_s = monotonic_s() + IN_PLACE_WITHIN_S
    while monotonic_s() < deadline_s:
        with suppress(NetworkError):
            last = client.call(GetDatabaseStatus()).last_restore
            if last is not None and last.id == job_id:
                return
            _require_not_broken(client, job_id)
        wait_s(POLL_S)
    raise NetworkError(
        "restore.not_in_place",
        f"db-writer did not come back with the restored database within {IN_PLACE_WITHIN_S:g} s. See: restrike status",
    )


def _require_not_broken(client: Client, job_id: str) -> None:
    """Raise RefusedError if the job ended without a restore: db-writer was killed in the midst of it."""
    try:
        job = client.call(GetJob(id=job_id))
    except RefusedError as error:
        if error.code != "job.missing":  # the restored database does not know it
            raise
    else:
        if job.status in writer.OVER:
            writer.done(job)


def _tell_after(said: dict[str, Detail], *, is_left_out: bool) -> None:
    coming, gone, other = said["coming_back"], said["gone"], said["other_journal"]
    what = "left out" if is_left_out else "stored again from the journal"
    if isinstance(coming, dict):
        for ring, entries in coming.items():
            output.line(f"{ring}: {entries} entries that came after the backup are {what}.")
    if isinstance(gone, dict):
        for ring, entries in gone.items():
            output.line(f"{ring}: {entries} entries that came after the backup are lost: the journal is younger.")
    if isinstance(other, list):
        for ring in other:
            output.line(f"{ring}: the backup is of another journal; what lies between is not known.")


def _tell_changed(said: dict[str, Detail]) -> None:
    from services.cli.backup.confirming import changed  # noqa: PLC0415  # loads SQLite, only here

    unreadable = said["unreadable_secrets"]
    output.line(changed(said["changed_by_hand"]))
    if unreadable:
        output.line(
            f"Sensitive values that this home's secret.key does not read: {unreadable}. Bring the file that reads them,"
            " or set them again."
        )


def _tell_carried(said: dict[str, Detail]) -> None:
    carried = said["carried_over"]
    if carried is None:
        output.line(
            "The database that was there cannot be read: its audit, jobs and rows of backups were not carried over."
        )
    else:
        output.line("The audit, the jobs and what is known of backups were carried over: they did not go back.")


def _local(said: dict[str, Detail]) -> str | None:
    return output.local_date_time(str(said["taken_at"]))


def _tell_times(said: dict[str, Detail]) -> None:
    parts = said["parts_ms"]
    if isinstance(parts, dict):
        shown_parts = ", ".join(f"{name} {ms / 1000:.1f}" for name, ms in parts.items())
        output.line(f"It took {sum(parts.values()) / 1000:.1f} s ({shown_parts}).")
