"""What the commands of care share: who orders, why, whether it may begin while a match runs, and how it is run."""

from typing import Annotated, TypeVar

import msgspec
import typer

from services.cli.author import author_of
from services.cli.writer import run_job
from shared.messages.jobs import Detail, StartJob

Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the audit.")]
Force = Annotated[bool, typer.Option("--force", help="Also while a match is running.")]

R = TypeVar("R")


def care(command: StartJob, result: type[R], *, json: bool) -> R:
    """Have the job of `command` done and wait for its end; what it says, as `result`.

    Raises RefusedError: a match is running, or the job failed; NetworkError: db-writer does not answer.
    """
    return msgspec.convert(run_job(command, json=json).result, result)


def ordered(
    kind: str,
    options: dict[str, Detail] | None = None,
    *,
    author: str | None,
    reason: str | None = None,
    force: bool = False,
) -> StartJob:
    """The order of a job. Raises ValidationError: nobody is logged in by name."""
    return StartJob(kind=kind, author=author_of(author), reason=reason, options=options or {}, force=force)
