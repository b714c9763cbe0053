"""Long work, one job at a time, in small steps between the transactions of the stream; db-writer.

A job is a generator function: it yields a `Step` whenever the stream may have its turn, and returns its result. What a
step wants to keep it commits itself (`Desk.changing`), so that a job may end at any moment.
"""

import uuid
from collections import deque
from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from services.db_writer.office.desk import Desk
from shared.clock import iso_utc, monotonic_s, unix_ns
from shared.db.sqlite import sqlite3
from shared.errors import RestrikeError, ValidationError
from shared.messages.jobs import CancelJob, Detail, GetJob, Job, Jobs, JobStatus, ListJobs, StartJob
from shared.messages.topics import JOB_PROGRESS

MOST_WAITING: Final = 20
"""Jobs that wait; more are a program's mistake, not an operator's wish."""
TELL_EVERY_S: Final = 0.5
LOOK_AGAIN_S: Final = 1.0
"""How often it is looked whether a match began during care, or is over."""

Options = Mapping[str, Detail]
Result = dict[str, Detail]


class Step(Struct, frozen=True):
    """Where a job is: `done` of `total` (None: not known) of what `message` says. The next step is due in `rest_s`."""

    message: str = ""
    done: int = 0
    total: int | None = None
    rest_s: float = 0.0


class Ordered(Struct, frozen=True, kw_only=True):
    """What the job `id` was ordered to do, by whom, and why."""

    id: str
    author: str
    reason: str | None
    options: Options


Work = Callable[[Desk, Ordered], Generator[Step, None, Result]]


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of job: its work, the options that it knows, and whether it waits for a quiet time unless forced."""

    work: Work
    options: frozenset[str] = frozenset()
    is_care: bool = False


class _Running:
    def __init__(
        self, job: Job, ordered: Ordered, steps: Generator[Step, None, Result], *, gives_way: bool = False
    ) -> None:
        self.gives_way = gives_way
        self.look_at = 0.0
        self.job = job
        self.ordered = ordered
        self.steps = steps
        self.due = 0.0
        self.told_at = 0.0
        self.is_cancelled = False


class JobLine:
    """The jobs of one process. `is_busy` says why care must wait (None: it need not)."""

    def __init__(self, desk: Desk, kinds: Mapping[str, Kind], *, is_busy: Callable[[], str | None]) -> None:
        self._desk = desk
        self._kinds = kinds
        self._is_busy = is_busy
        self._line: deque[_Running] = deque()
        with desk.changing() as connection:
            connection.execute(
                "UPDATE jobs SET status = ?, ended_at = ? WHERE status IN (?, ?)",
                (JobStatus.BROKEN.value, iso_utc(unix_ns()), JobStatus.RUNNING.value, JobStatus.WAITING.value),
            )

    @property
    def is_idle(self) -> bool:
        """Whether no job runs or waits."""
        return not self._line

    def rest_s(self) -> float | None:
        """In how many seconds the next step is due; None when nothing is to do."""
        return max(0.0, self._line[0].due - monotonic_s()) if self._line else None

    def start(self, command: StartJob) -> Job:
        """Line a job up.

        Raises:
            ValidationError: no such kind or option, too many wait, or care while a match runs.
        """
        kind = self._kinds.get(command.kind)
        if kind is None:
            raise ValidationError("job.unknown", f"A job is one of: {', '.join(self._kinds)}.", value=command.kind)
        strange = sorted(command.options.keys() - kind.options)
        if strange:
            known = ", ".join(sorted(kind.options)) or "none"
            raise ValidationError("job.option", f"{command.kind} knows these options: {known}.", value=strange[0])
        if len(self._line) > MOST_WAITING:
            raise ValidationError("job.too_many", f"{MOST_WAITING} jobs wait already; try again later.")
        reason = self._is_busy() if kind.is_care and not command.force else None
        if reason is not None:
            raise ValidationError("job.match_running", f"{reason} Wait for its end, or give --force.")
        return self._line_up(command, kind)

    def _line_up(self, command: StartJob, kind: Kind) -> Job:
        now_us = unix_ns() // 1000
        job = Job(
            id=uuid.uuid4().hex[:12],
            kind=command.kind,
            author=command.author,
            status=JobStatus.WAITING,
            begun_at_us=now_us,
        )
        with self._desk.changing() as connection:
            options = msgspec.json.encode(command.options).decode()
            connection.execute(
                "INSERT INTO jobs (job_id, kind, options, author, status, begun_at) VALUES (?, ?, ?, ?, ?, ?)",
                (job.id, job.kind, options, job.author, job.status.value, iso_utc(now_us * 1000)),
            )
        ordered = Ordered(id=job.id, author=command.author, reason=command.reason, options=command.options)
        gives_way = kind.is_care and not command.force
        self._line.append(_Running(job, ordered, kind.work(self._desk, ordered), gives_way=gives_way))
        return job

    def get(self, command: GetJob) -> Job:
        """How a job stands.

        Raises:
            ValidationError: there is no such job.
        """
        found = next((running.job for running in self._line if running.job.id == command.id), None)
        rows = [] if found else self._stored("WHERE job_id = ?", command.id)
        if found is None and not rows:
            raise ValidationError("job.missing", "There is no such job. See restrike db jobs.", value=command.id)
        return found or rows[0]

    def jobs(self, command: ListJobs) -> Jobs:
        """Jobs, the newest first."""
        present = {running.job.id: running.job for running in self._line}
        rows = self._stored("ORDER BY id DESC LIMIT ?", command.limit + len(present))
        return Jobs(jobs=[present.get(job.id, job) for job in rows])

    def cancel(self, command: CancelJob) -> Job:
        """End a job after its present step.

        Raises:
            ValidationError: it does not run or wait.
        """
        for running in self._line:
            if running.job.id == command.id:
                running.is_cancelled, running.due = True, 0.0
                return running.job
        raise ValidationError("job.ended", "This job does not run or wait.", value=command.id)

    def turn(self) -> None:
        """Take the next step of the present job, if it is due."""
        if not self._line or self._line[0].due > monotonic_s():
            return
        running = self._line[0]
        if running.is_cancelled:
            running.steps.close()
            self._end(running, status=JobStatus.CANCELLED)
            return
        if self._must_wait(running):
            return
        is_stepped = False
        try:
            step = next(running.steps)
            is_stepped = True
            self._tell(running, step)
        except StopIteration as end:
            is_stepped = True
            self._end(running, status=JobStatus.DONE, result=end.value)
        except (RestrikeError, OSError, sqlite3.Error) as error:
            is_stepped = True
            self._end(running, status=JobStatus.FAILED, error=error)
        finally:
            if not is_stepped:  # a mistake of ours, which the loop tells; the job must not be tried for ever
                self._end(running, status=JobStatus.FAILED, error=RuntimeError("it failed inside the service"))

    def _must_wait(self, running: _Running) -> bool:
        """Whether a match began: care stands still in the midst of it, and others go first."""
        now = monotonic_s()
        if not running.gives_way or now < running.look_at:
            return False
        running.look_at = now + LOOK_AGAIN_S
        reason = self._is_busy()
        if reason is None:
            return False
        job = running.job
        self._tell(running, Step(f"waiting: {reason}", job.done, job.total, rest_s=LOOK_AGAIN_S))
        self._line.rotate(-1)
        return True

    def stop(self) -> None:
        """End the present job where it is; at the service's end."""
        for running in list(self._line):
            running.steps.close()
            self._end(running, status=JobStatus.CANCELLED)

    def _tell(self, running: _Running, step: Step) -> None:
        now = monotonic_s()
        is_new = running.job.status is JobStatus.WAITING or running.job.message != step.message
        running.due = now + step.rest_s
        running.job = msgspec.structs.replace(
            running.job, status=JobStatus.RUNNING, message=step.message, done=step.done, total=step.total
        )
        if is_new or now - running.told_at >= TELL_EVERY_S:
            running.told_at = now
            self._desk.publish(JOB_PROGRESS, running.job)

    def _end(
        self,
        running: _Running,
        *,
        status: JobStatus,
        result: Result | None = None,
        error: Exception | None = None,
    ) -> None:
        self._line.remove(running)
        told = error.message if isinstance(error, RestrikeError) else None if error is None else str(error)
        running.job = msgspec.structs.replace(
            running.job,
            status=status,
            ended_at_us=unix_ns() // 1000,
            result=result or {},
            error=told,
            error_code=getattr(error, "code", None if error is None else "job.failed"),
        )
        self._desk.publish(JOB_PROGRESS, running.job)
        with self._desk.changing() as connection:
            connection.execute(
                "UPDATE jobs SET status = ?, result = ?, error = ?, ended_at = ? WHERE job_id = ?",
                (status.value, msgspec.json.encode(result or {}).decode(), told, iso_utc(unix_ns()), running.job.id),
            )

    def _stored(self, where: str, value: object) -> list[Job]:
        rows = self._desk.connection.execute(
            f"SELECT job_id, kind, author, status, begun_at, ended_at, result, error FROM jobs {where}", (value,)
        )
        return [
            Job(
                id=job_id,
                kind=kind,
                author=author,
                status=JobStatus(status),
                begun_at_us=_us(begun_at) or 0,
                ended_at_us=_us(ended_at),
                result=msgspec.json.decode(result or b"{}"),
                error=error,
            )
            for job_id, kind, author, status, begun_at, ended_at, result, error in rows.fetchall()
        ]


def _us(iso: str | None) -> int | None:
    """A stored time as Unix microseconds."""
    return None if iso is None else round(datetime.fromisoformat(iso).timestamp() * 1_000_000)
