"""Long work, one job at a time, in small steps between the transactions of the stream; db-writer.

A job is a generator function: it yields a `Step` whenever the stream may have its turn, and returns its result. What a
step wants to keep it commits itself (`Desk.changing`), so that a job may end at any moment. Off-site jobs have a line
of their own: a slow uplink must not hold up a backup or a restore.
"""

import uuid
from collections import deque
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.db_writer.office.desk import Desk, check_who
from shared.clock import iso_utc, monotonic_s, unix_ns, unix_us
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError, LicenseError, RestrikeError, ValidationError
from shared.licensing.features import Feature
from shared.messages.jobs import CancelJob, Detail, GetJob, Job, Jobs, JobStatus, ListJobs, StartJob
from shared.messages.topics import JOB_PROGRESS

MOST_WAITING: Final = 20
"""Jobs that wait in a line; more are a program's mistake, not an operator's wish."""
SHOWN: Final = 200
"""Characters of a refused option: the rest of it says nothing more."""
TELL_EVERY_S: Final = 0.5
LOOK_AGAIN_S: Final = 1.0
"""How often it is looked whether a match began during care, or is over; and how often the end of a job that could not
be written is tried again."""
_TYPES: Final[dict[type, str]] = {str: "a text", bool: "true or false", int: "a whole number"}

_CODE: Final = "error_code"
_END: Final = "UPDATE jobs SET status = ?, result = ?, error = ?, ended_at = ? WHERE job_id = ?"

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
    """A kind of job: its work, the options that it knows and their types, those that it needs, whether it waits for a
    quiet time unless forced, whether it waits for the uplink, and what the licence must allow for it to be lined up.
    """

    work: Work
    options: Mapping[str, type] = {}
    needed: frozenset[str] = frozenset()
    is_care: bool = False
    is_offsite: bool = False
    feature: Feature | None = None

    def taken(self, given: Options, *, name: str) -> dict[str, Detail]:
        """The options that are given; None is not.

        Raises:
            ValidationError: one is strange, of another type, or missing.
        """
        options: dict[str, Detail] = {option: value for option, value in given.items() if value is not None}
        for option, value in options.items():
            if option not in self.options:
                known = ", ".join(sorted(self.options)) or "none"
                raise ValidationError("job.option", f"{name} knows these options: {known}.", value=option[:SHOWN])
            if type(value) is not self.options[option]:
                sentence = f"The option {option} of {name} is {_TYPES[self.options[option]]}."
                raise ValidationError("job.option", sentence, value=str(value)[:SHOWN])
        missing = sorted(self.needed - options.keys())
        if missing:
            raise ValidationError("job.option", f"{name} needs the option {missing[0]}.")
        return options


class _Running:
    def __init__(
        self,
        job: Job,
        steps: Generator[Step, None, Result],
        *,
        line: "deque[_Running]",
        is_care: bool = False,
        gives_way: bool = False,
    ) -> None:
        self.line = line
        self.is_care = is_care
        self.gives_way = gives_way
        self.is_begun = False
        self.look_at = 0.0
        self.job = job
        self.steps = steps
        self.due = 0.0
        self.told_at = 0.0


class JobLine:
    """The jobs of one process. `is_busy` says why care must wait (None: it need not), `refusal` why the licence does
    not allow something (None: it does). What was lined up before goes on.
    """

    def __init__(
        self,
        desk: Desk,
        kinds: Mapping[str, Kind],
        *,
        is_busy: Callable[[], str | None],
        refusal: Callable[[Feature], LicenseError | None] = lambda _: None,
    ) -> None:
        self._desk = desk
        self._kinds = kinds
        self._is_busy = is_busy
        self._refusal = refusal
        self._main: deque[_Running] = deque()
        self._offsite: deque[_Running] = deque()
        self._unwritten: dict[str, Job] = {}
        self._write_at = 0.0
        with desk.changing() as connection:
            connection.execute(
                "UPDATE jobs SET status = ?, ended_at = ? WHERE status IN (?, ?)",
                (JobStatus.BROKEN.value, iso_utc(unix_ns()), JobStatus.RUNNING.value, JobStatus.WAITING.value),
            )

    @property
    def is_idle(self) -> bool:
        """Whether no job runs or waits."""
        return not self._main and not self._offsite

    def rest_s(self) -> float | None:
        """In how many seconds the next step is due; None when nothing is to do."""
        due = [line[0].due for line in (self._main, self._offsite) if line]
        return max(0.0, min(due) - monotonic_s()) if due else None

    def start(self, command: StartJob) -> Job:
        """Line a job up.

        Raises:
            ValidationError: no such kind, an option, author or reason that is not acceptable, too many wait, or care
                while a match runs.
            LicenseError: the licence does not allow it.
        """
        kind = self._kinds.get(command.kind)
        if kind is None:
            known = ", ".join(self._kinds)
            raise ValidationError("job.unknown", f"A job is one of: {known}.", value=command.kind[:SHOWN])
        check_who(command.author, command.reason)
        options = kind.taken(command.options, name=command.kind)
        refusal = self._refusal(kind.feature) if kind.feature is not None else None
        if refusal is not None:
            raise refusal
        line = self._offsite if kind.is_offsite else self._main
        if len(line) > MOST_WAITING:
            raise ValidationError("job.too_many", f"{MOST_WAITING} jobs wait already; try again later.")
        reason = self._is_busy() if kind.is_care and not command.force else None
        if reason is not None:
            raise ValidationError("job.match_running", f"{reason} Wait for its end, or give --force.")
        return self._line_up(command, kind, options, line)

    def _line_up(self, command: StartJob, kind: Kind, options: dict[str, Detail], line: deque[_Running]) -> Job:
        now_us = unix_ns() // 1000
        job = Job(
            id=uuid.uuid4().hex[:12],
            kind=command.kind,
            author=command.author,
            status=JobStatus.WAITING,
            begun_at_us=now_us,
        )
        with self._desk.changing() as connection:
            connection.execute(
                "INSERT INTO jobs (job_id, kind, options, author, status, begun_at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    job.id,
                    job.kind,
                    msgspec.json.encode(options).decode(),
                    job.author,
                    job.status.value,
                    iso_utc(now_us * 1000),
                ),
            )
        ordered = Ordered(id=job.id, author=command.author, reason=command.reason, options=options)
        steps, gives_way = kind.work(self._desk, ordered), kind.is_care and not command.force
        line.append(_Running(job, steps, line=line, is_care=kind.is_care, gives_way=gives_way))
        return self._present()[job.id]

    def get(self, command: GetJob) -> Job:
        """How a job stands.

        Raises:
            ValidationError: there is no such job.
        """
        found = self._present().get(command.id)
        rows = [] if found else self._stored("WHERE job_id = ?", command.id)
        if found is None and not rows:
            sentence = "There is no such job. See restrike db jobs."
            raise ValidationError("job.missing", sentence, value=command.id[:SHOWN])
        return found or rows[0]

    def jobs(self, command: ListJobs) -> Jobs:
        """Jobs, the newest first."""
        return Jobs(jobs=self._stored("ORDER BY id DESC LIMIT ?", command.limit + len(self._present())))

    def last(self, kind: str, *, author: str, limit: int) -> list[Job]:
        """The last jobs of that kind that somebody ordered, the newest first."""
        return self._stored("WHERE kind = ? AND author = ? ORDER BY id DESC LIMIT ?", kind, author, limit)

    def _present(self) -> dict[str, Job]:
        """What memory knows better than the table: jobs that run or wait, and ends that could not be written yet."""
        present = dict(self._unwritten)
        for line in (self._main, self._offsite):
            for running in line:
                job, first = running.job, line[0].job
                if job is not first and job.status is JobStatus.WAITING:
                    job = msgspec.structs.replace(job, message=f"waits for {first.kind} (job {first.id})")
                present[job.id] = job
        return present

    def cancel(self, command: CancelJob) -> Job:
        """End a job where it is, between two of its steps.

        Raises:
            ValidationError: it does not run or wait.
        """
        for running in (*self._main, *self._offsite):
            if running.job.id == command.id:
                self._break_off(running, status=JobStatus.CANCELLED)
                return running.job
        raise ValidationError("job.ended", "This job does not run or wait.", value=command.id[:SHOWN])

    def _break_off(self, running: _Running, *, status: JobStatus) -> None:
        try:
            running.steps.close()
        finally:
            self._end(running, status=status)

    def turn(self) -> None:
        """Take the next step of the present job of each line, if it is due."""
        if self._unwritten and monotonic_s() >= self._write_at:
            self._write()
        for line in (self._main, self._offsite):
            if line and line[0].due <= monotonic_s():
                self._take_step(line[0])

    def _take_step(self, running: _Running) -> None:
        if self._must_wait(running):
            return
        is_stepped, running.is_begun = False, True
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
        """Whether a match began: care stands still in the midst of it, and others go first. No other care passes what
        has begun: both might work on the same rows.
        """
        now = monotonic_s()
        if not running.gives_way or now < running.look_at:
            return False
        running.look_at = now + LOOK_AGAIN_S
        reason = self._is_busy()
        if reason is None:
            return False
        job = running.job
        self._tell(running, Step(f"waiting: {reason}", job.done, job.total, rest_s=LOOK_AGAIN_S))
        line = running.line
        other = next((one for one in line if not one.gives_way and not (one.is_care and running.is_begun)), None)
        if other is not None:
            line.remove(other)
            line.appendleft(other)
        return True

    def stop(self) -> None:
        """End all jobs where they are; at the service's end. Nobody cancelled them: a duty is tried again."""
        for running in (*self._main, *self._offsite):
            self._break_off(running, status=JobStatus.BROKEN)

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
        running.line.remove(running)
        told = error.message if isinstance(error, RestrikeError) else None if error is None else str(error)
        running.job = msgspec.structs.replace(
            running.job,
            status=status,
            ended_at_us=unix_ns() // 1000,
            result=result or {},
            error=told,
            error_code=getattr(error, "code", None if error is None else "job.failed"),
        )
        self._unwritten[running.job.id] = running.job
        self._desk.publish(JOB_PROGRESS, running.job)
        self._write()

    def _write(self) -> None:
        """Write how jobs ended. What a full disk refuses stays in memory, which is asked first, and is tried again."""
        self._write_at = monotonic_s() + LOOK_AGAIN_S
        with suppress(DatabaseError):
            for job in list(self._unwritten.values()):
                with self._desk.changing() as connection:
                    ended_at = iso_utc((job.ended_at_us or 0) * 1000)
                    # A job that failed has no result: in its place the row keeps the code of its error.
                    kept = job.result if job.error_code is None else {_CODE: job.error_code}
                    result = msgspec.json.encode(kept).decode()
                    connection.execute(_END, (job.status.value, result, job.error, ended_at, job.id))
                del self._unwritten[job.id]

    def _stored(self, where: str, *values: object) -> list[Job]:
        rows = self._desk.connection.execute(
            f"SELECT job_id, kind, author, status, begun_at, ended_at, result, error FROM jobs {where}", values
        )
        present = self._present()
        return [present.get(row[0]) or _job(row) for row in rows.fetchall()]


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, author, status, begun_at, ended_at, result, error = row
    said: Result = msgspec.json.decode(result or b"{}")
    code = None if error is None else said.pop(_CODE, None)
    return Job(
        id=job_id,
        kind=kind,
        author=author,
        status=JobStatus(status),
        begun_at_us=unix_us(begun_at),
        ended_at_us=None if ended_at is None else unix_us(ended_at),
        result=said,
        error=error,
        error_code=None if code is None else str(code),
    )
