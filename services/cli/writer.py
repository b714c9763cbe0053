"""Asks db-writer, be it running or not: without the suite, its command is carried out in a process of its own.

So that an operator can set things up before the first start, and the database still has one writer.
"""

import getpass
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import msgspec

from services.cli.job_progress import shown
from shared.clock import wait_s
from shared.errors import DatabaseError, ValidationError
from shared.messages.jobs import GetJob, Job, JobStatus, StartJob
from shared.messages.requests import Command, Err, Request
from shared.messages.service import WRITER
from shared.paths import Paths
from shared.rpc import Client, RefusedError, is_locked

POLL_S: Final = 0.2
OVER: Final = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.BROKEN})

R = TypeVar("R")
Show = Callable[[Job], None]


def author_of(given: str | None) -> str:
    """Who acts: the name given, else the login name.

    Raises:
        ValidationError: there is none.
    """
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # an account without a name
        raise ValidationError("author.unknown", "Nobody is logged in by name: give --author.") from error


def ask(command: Command[R], *, paths: Paths | None = None) -> R:
    """Have db-writer carry `command` out, or do it without it.

    Raises:
        NetworkError: it runs and does not answer.
        RefusedError: it refused.
    """
    paths = paths or Paths.from_environment()
    if is_locked(paths.lock(WRITER)):
        return Client(paths).call(command)
    return _once(command, paths=paths, show=lambda _: None)


def run_job(command: StartJob, *, json: bool, paths: Paths | None = None) -> Job:
    """Have a job done and wait for its end, with a progress bar on a terminal.

    Raises:
        NetworkError: db-writer does not answer.
        RefusedError: it refused, or the job failed, was cancelled or broke off.
    """
    paths = paths or Paths.from_environment()
    with shown(command.kind, is_shown=not json) as show:
        if is_locked(paths.lock(WRITER)):
            return done(follow(Client(paths), Client(paths).call(command), show))
        return done(_once(command, paths=paths, show=show))


def done(job: Job) -> Job:
    """`job` if it is done.

    Raises:
        RefusedError: it failed, was cancelled or broke off.
    """
    if job.status is not JobStatus.DONE:
        sentence = job.error or f"The job was {job.status}."
        raise RefusedError(job.error_code or f"job.{job.status}", sentence, value=None)
    return job


def follow(client: Client, job: Job, show: Show) -> Job:
    """Wait for the end of a job of the running db-writer.

    Raises:
        NetworkError: db-writer does not answer any more.
    """
    while job.status not in OVER:
        show(job)
        wait_s(POLL_S)
        job = client.call(GetJob(id=job.id))
    return job


def _once(command: Command[R], *, paths: Paths, show: Show) -> R:
    encode = msgspec.msgpack.encode
    request = Request(service=WRITER, command=command.name, id=uuid.uuid4().hex, body=msgspec.Raw(encode(command)))
    run = [sys.executable, "-P", "-m", "services.db_writer.once"]
    environment = os.environ | {"RESTRIKE_HOME": str(paths.home)}
    said: dict[str, Any] = {}
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None  # noqa: S101 - it is a pipe, see above
        assert process.stdout is not None  # noqa: S101 - it is a pipe, see above
        process.stdin.write(encode(request))
        process.stdin.close()
        for line in process.stdout:
            said = msgspec.json.decode(line)
            if "job" in said:
                show(msgspec.convert(said["job"], Job))
    if "result" in said:
        return cast(R, msgspec.convert(said["result"], command.reply))
    if "error" not in said:
        raise DatabaseError("database.care_ended", f"The process that does this ended without a word: {run[-1]}.")
    error = msgspec.convert(said["error"], Err)
    raise RefusedError(error.code, error.message, value=error.value)
