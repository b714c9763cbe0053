"""Asks db-writer, be it running or not: without the suite, its command is carried out in a process of its own.

So that an operator can set things up before the first start, and the database still has one writer.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import msgspec
import typer

from services.cli import output
from services.cli.job_progress import shown
from shared.clock import monotonic_s, wait_s
from shared.errors import DatabaseError, NetworkError, ValidationError
from shared.messages.jobs import GetJob, Job, JobStatus, StartJob
from shared.messages.requests import Command, Err, Request
from shared.messages.service import WRITER
from shared.paths import Paths
from shared.rpc import Client, RefusedError, is_locked
from shared.stand_in import stand_in

POLL_S: Final = 0.2
BACK_WITHIN_S: Final = 10.0
"""db-writer is started again within a second or two when it was killed; it may have a journal to catch up with."""
BROKEN_OFF: Final = "db-writer ended in the midst of the job, which broke off: see restrike db jobs, and give it again."
SHOWN_CHARACTERS: Final = 200
"""Of an argument that is no text: the rest of it says nothing more."""
INTERRUPTED: Final = 130
"""The exit code after a Ctrl-C, as shells know it."""
_INTERRUPTED: Final = b'{"error": {"code": "job.interrupted", "message": "Broken off before it began.", "value": null}}'
OVER: Final = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.BROKEN})

R = TypeVar("R")
Show = Callable[[Job], None]


def is_running(paths: Paths) -> bool:
    """Whether db-writer runs; a command that works on the database in its place is not it."""
    return is_locked(paths.lock(WRITER)) and stand_in(paths) is None


def ask(command: Command[R], *, paths: Paths | None = None) -> R:
    """Have db-writer carry `command` out, or do it without it.

    Raises:
        NetworkError: it runs and does not answer.
        RefusedError: it refused.
        ValidationError: an argument is no text.
    """
    paths = paths or Paths.from_environment()
    _check_text(command)
    if is_running(paths):
        return Client(paths).call(command)
    return _once(command, paths=paths, show=lambda _: None)


def run_job(command: StartJob, *, json: bool, paths: Paths | None = None) -> Job:
    """Have a job done and wait for its end, with a progress bar on a terminal.

    Raises:
        NetworkError: db-writer does not answer.
        RefusedError: it refused, or the job failed, was cancelled or broke off.
        ValidationError: an argument is no text.
    """
    paths = paths or Paths.from_environment()
    _check_text(command)
    with shown(command.kind, is_shown=not json) as show:
        if is_running(paths):
            return done(follow(Client(paths), Client(paths).call(command), show))
        return done(_once(command, paths=paths, show=show))


def _check_text(command: Command[Any]) -> None:
    try:
        msgspec.msgpack.encode(command)
    except UnicodeEncodeError as error:
        shown = str(error.object).encode(errors="replace").decode()[:SHOWN_CHARACTERS]
        sentence = "An argument has bytes that are no UTF-8; write it in UTF-8, or rename the file."
        raise ValidationError("text.not_utf8", sentence, value=shown) from error


def done(job: Job) -> Job:
    """`job` if it is done.

    Raises:
        RefusedError: it failed, was cancelled or broke off.
    """
    if job.status is not JobStatus.DONE:
        is_broken = job.status is JobStatus.BROKEN
        sentence = job.error or (BROKEN_OFF if is_broken else f"The job was {job.status}.")
        raise RefusedError(job.error_code or f"job.{job.status}", sentence, value=None)
    return job


def follow(client: Client, job: Job, show: Show) -> Job:
    """Wait for the end of a job of the running db-writer. One that was killed is started again, and knows how it ended.

    Raises:
        NetworkError: db-writer did not answer for `BACK_WITHIN_S`.
    """
    heard_s = monotonic_s()
    while job.status not in OVER:
        show(job)
        wait_s(POLL_S)
        try:
            job = client.call(GetJob(id=job.id))
            heard_s = monotonic_s()
        except NetworkError:
            if monotonic_s() - heard_s > BACK_WITHIN_S:
                raise
    return job


def _once(command: Command[R], *, paths: Paths, show: Show) -> R:
    encode = msgspec.msgpack.encode
    request = Request(service=WRITER, command=command.name, id=uuid.uuid4().hex, body=msgspec.Raw(encode(command)))
    run = [sys.executable, "-P", "-m", "services.db_writer.once"]
    environment = os.environ | {"RESTRIKE_HOME": str(paths.home)}
    pipe = subprocess.PIPE
    # In a session of its own, so that a Ctrl-C reaches only us, and it is told to end when it can.
    with subprocess.Popen(run, stdin=pipe, stdout=pipe, env=environment, start_new_session=True) as process:
        assert process.stdin is not None  # noqa: S101 - it is a pipe, see above
        process.stdin.write(encode(request))
        process.stdin.close()
        said = _heard(process, show)
    if "result" in said:
        return cast(R, msgspec.convert(said["result"], command.reply))
    if "error" not in said:
        raise DatabaseError("database.care_ended", f"The process that does this ended without a word: {run[-1]}.")
    error = msgspec.convert(said["error"], Err)
    if error.code == "job.interrupted":
        output.note(error.message)
        raise typer.Exit(INTERRUPTED)
    raise RefusedError(error.code, error.message, value=error.value)


def _heard(process: "subprocess.Popen[bytes]", show: Show) -> dict[str, Any]:
    """The last that it says. A Ctrl-C ends it in order; a second one does not wait for that."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe of `_once`
    said: dict[str, Any] = {}
    try:
        for line in process.stdout:
            said = msgspec.json.decode(line)
            if "job" in said:
                show(msgspec.convert(said["job"], Job))
    except KeyboardInterrupt:
        process.terminate()
        lines = process.stdout.read().splitlines() or [_INTERRUPTED]
        said = msgspec.json.decode(lines[-1])
    return said
