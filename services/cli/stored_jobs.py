"""Jobs as they are stored, for `restrike db jobs` while db-writer does not run: it only reads, and waits for nobody."""

from typing import Any, Final

import msgspec

from services.cli.stored_rows import rows
from shared.clock import unix_us
from shared.errors import ValidationError
from shared.messages.jobs import Job, JobStatus
from shared.paths import Paths
from shared.stand_in import stand_in

_JOBS: Final = """
SELECT job_id, kind, author, status, begun_at, ended_at, result, error FROM jobs
WHERE ?1 IS NULL OR job_id = ?1 ORDER BY id DESC LIMIT ?2
"""
_OPEN: Final = frozenset({JobStatus.WAITING, JobStatus.RUNNING})


def stored_jobs(paths: Paths, *, limit: int, job_id: str | None = None) -> list[Job]:
    """The jobs of the database, the newest first; without one, none.

    Raises:
        DatabaseError: it cannot be read.
    """
    is_worked_on = stand_in(paths) is not None
    return [_job(row, is_worked_on=is_worked_on) for row in rows(paths.database, _JOBS, job_id, limit)]


def stored_job(paths: Paths, job_id: str) -> Job:
    """The job of that id.

    Raises:
        ValidationError: there is none.
        DatabaseError: the database cannot be read.
    """
    found = stored_jobs(paths, limit=1, job_id=job_id)
    if not found:
        raise ValidationError("job.missing", "There is no such job. See restrike db jobs.", value=job_id)
    return found[0]


def _job(row: tuple[Any, ...], *, is_worked_on: bool) -> Job:
    job_id, kind, author, stored, begun_at, ended_at, result, error = row
    status = JobStatus(stored)
    if status in _OPEN:  # only a command in db-writer's place can be at it
        status = JobStatus.RUNNING if is_worked_on else JobStatus.BROKEN
    said: dict[str, Any] = msgspec.json.decode(result or b"{}")
    code = said.pop("error_code", None) if status is JobStatus.FAILED else None
    return Job(
        id=job_id,
        kind=kind,
        author=author,
        status=status,
        begun_at_us=unix_us(begun_at),
        ended_at_us=unix_us(ended_at) if ended_at else None,
        result=said,
        error=error,
        error_code=code,
    )
