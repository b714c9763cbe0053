"""`restrike db jobs`: the long work that runs, waits or ended; one of them followed or ended."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from shared.clock import iso_utc
from shared.errors import ValidationError
from shared.messages.jobs import CancelJob, GetJob, Job, JobStatus, ListJobs
from shared.paths import Paths

Id = Annotated[str | None, typer.Option(metavar="ID", help="A job as this command lists it.")]
HEADERS: Final = ("job", "kind", "status", "begun", "by", "said")
READ_WHOLE: Final = frozenset({0, 2, 3})
BROKEN: Final = "its process ended; give the command again"


def register(app: typer.Typer) -> None:
    """Add the command to `restrike db`."""
    app.command(epilog="Example: restrike db jobs --follow 1f2e3d4c5b6a")(jobs)


def jobs(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="Of those that ended.")] = 20,
    follow: Id = None,
    cancel: Id = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """List jobs, the newest first; or wait for the end of one, or end one after its present step."""
    from services.cli.writer import ask  # noqa: PLC0415  # loads ZeroMQ, only here

    if follow is not None and cancel is not None:
        raise ValidationError("job.which", "Give --follow or --cancel, not both.")
    if follow is not None:
        found = [_followed(follow, json=json)]
    elif cancel is not None:
        found = [ask(CancelJob(id=cancel, author=author_of(author)))]
    else:
        found = _listed(limit)
    if json:
        output.document({"jobs": found})
        return
    _show(found, is_whole=follow is not None or cancel is not None)


def _listed(limit: int) -> list[Job]:
    from services.cli.stored_jobs import stored_jobs  # noqa: PLC0415  # loads SQLite, only here
    from services.cli.writer import ask, is_running  # noqa: PLC0415  # as in `jobs`
    from shared.stand_in import stand_in  # noqa: PLC0415  # as in `jobs`

    paths = Paths.from_environment()
    if is_running(paths):
        return ask(ListJobs(limit=limit)).jobs
    other = stand_in(paths)
    if other is not None:  # a restore is in no table before it is over
        output.note(f"A restrike command works on the database: {other.doing} (process {other.pid}).")
    return stored_jobs(paths, limit=limit)


def _followed(job_id: str, *, json: bool) -> Job:
    from services.cli.job_progress import shown  # noqa: PLC0415  # as in `jobs`
    from services.cli.stored_jobs import stored_job  # noqa: PLC0415  # loads SQLite, only here
    from services.cli.writer import OVER, POLL_S, follow, is_running  # noqa: PLC0415  # as in `jobs`
    from shared.clock import wait_s  # noqa: PLC0415  # as in `jobs`
    from shared.rpc import Client  # noqa: PLC0415  # as in `jobs`

    paths = Paths.from_environment()
    is_served = is_running(paths)
    job = Client(paths).call(GetJob(id=job_id)) if is_served else stored_job(paths, job_id)
    with shown(job.kind, is_shown=not json) as show:
        if is_served:
            return follow(Client(paths), job, show)
        while job.status not in OVER:
            wait_s(POLL_S)
            job = stored_job(paths, job_id)
    return job


def _show(found: list[Job], *, is_whole: bool) -> None:
    """As a table; what one job said also in full."""
    from services.cli.query.tables import sheet  # noqa: PLC0415  # only where something is told

    if not found:
        output.line("There was no job yet.")
        return
    output.line(sheet(HEADERS, [_row(job) for job in found], whole=READ_WHOLE))
    if is_whole and found[0].error:
        output.line(found[0].error)


def _row(job: Job) -> tuple[object, ...]:
    progress = f"{job.message} {job.done} of {job.total}" if job.total else job.message
    said = job.error or (BROKEN if job.status is JobStatus.BROKEN else progress)
    begun = output.local_date_time(iso_utc(job.begun_at_us * 1000))
    return job.id, job.kind, job.status.value, begun, job.author, said
