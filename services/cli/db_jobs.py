"""`restrike db jobs`: the long work that runs, waits or ended; one of them followed or ended."""

from typing import Annotated

import typer

from services.cli import output
from services.cli.care_jobs import Author
from shared.errors import ValidationError
from shared.messages.jobs import CancelJob, GetJob, Job, ListJobs
from shared.paths import Paths

Id = Annotated[str | None, typer.Option(metavar="ID", help="A job as this command lists it.")]


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
    from services.cli.writer import ask, author_of  # noqa: PLC0415  # loads ZeroMQ, only here

    if follow is not None and cancel is not None:
        raise ValidationError("job.which", "Give --follow or --cancel, not both.")
    if follow is not None:
        found = [_followed(follow, json=json)]
    elif cancel is not None:
        found = [ask(CancelJob(id=cancel, author=author_of(author)))]
    else:
        found = ask(ListJobs(limit=limit)).jobs
    if json:
        output.document({"jobs": found})
        return
    output.line(output.table(("job", "kind", "status", "begun", "by", "said"), [_row(job) for job in found]))


def _followed(job_id: str, *, json: bool) -> Job:
    from services.cli.job_progress import shown  # noqa: PLC0415  # as in `jobs`
    from services.cli.writer import ask, follow  # noqa: PLC0415  # as in `jobs`
    from shared.rpc import Client  # noqa: PLC0415  # as in `jobs`

    job = ask(GetJob(id=job_id))
    with shown(job.kind, is_shown=not json) as show:
        return follow(Client(Paths.from_environment()), job, show)


def _row(job: Job) -> tuple[object, ...]:
    progress = f"{job.message} {job.done} of {job.total}" if job.total else job.message
    return job.id, job.kind, job.status.value, output.local_time(job.begun_at_us), job.author, job.error or progress
