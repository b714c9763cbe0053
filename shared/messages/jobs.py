"""Long work on the database: backups, archives, imports, checks. db-writer does one at a time, and beside it one that
waits for the uplink, and tells how far they are.
"""

from enum import StrEnum

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import WRITER

Detail = str | int | float | bool | list[str] | dict[str, int] | None


class JobStatus(StrEnum):
    """How a job stands. `broken`: its process ended while it ran; what it had committed is kept."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BROKEN = "broken"


class Job(Struct, frozen=True, kw_only=True):
    """`job.progress/<service>/`, at each step of a job that tells something new, at most twice a second.

    `done` of `total` counts what `message` says (bytes, rows); `total` None: not known. While it waits, `message` says
    for which job. `result` is there when `status` is done, `error` (a sentence) when it failed. Times are Unix
    microseconds.
    """

    id: str
    kind: str
    author: str
    status: JobStatus
    begun_at_us: int
    ended_at_us: int | None = None
    done: int = 0
    total: int | None = None
    message: str = ""
    result: dict[str, Detail] = {}
    error: str | None = None
    error_code: str | None = None


class StartJob(Command[Job], frozen=True, kw_only=True):
    """Begin work of a `kind` (backup, verify, archive …); answered at once. Refused: an unknown kind, options that it
    does not know, of another type or missing, an author or reason that is more than a line of 200 characters, too many
    waiting, or care while a match runs without `force`.
    """

    name = "start_job"
    service = WRITER
    reply = Job
    kind: str
    author: str
    reason: str | None = None
    options: dict[str, Detail] = {}  # noqa: RUF012  # msgspec gives each struct its own
    force: bool = False


class GetJob(Command[Job], frozen=True, kw_only=True):
    """How a job stands; of an older one what is stored."""

    name = "get_job"
    service = WRITER
    reply = Job
    id: str


class Jobs(Struct, frozen=True, kw_only=True):
    """Jobs, the newest first."""

    jobs: list[Job]


class ListJobs(Command[Jobs], frozen=True, kw_only=True):
    """The jobs that run or wait, and the last `limit` that ended."""

    name = "list_jobs"
    service = WRITER
    reply = Jobs
    limit: int = 20


class CancelJob(Command[Job], frozen=True, kw_only=True):
    """End a job after its present step; what it committed is kept."""

    name = "cancel_job"
    service = WRITER
    reply = Job
    id: str
    author: str
