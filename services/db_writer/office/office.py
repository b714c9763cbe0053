"""The operators' side of db-writer in one object: its desk, its jobs, and what answers each command."""

from collections.abc import Callable
from functools import partial
from typing import Any

from services.db_writer.office.care.quiet import why_busy
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.flags.product import bring_flags_up_to_date
from services.db_writer.office.handlers import HANDLERS
from services.db_writer.office.jobs import SHOWN, JobLine
from services.db_writer.office.kinds import KINDS
from shared.errors import LicenseError, ValidationError
from shared.licensing.gate import Gates
from shared.messages.jobs import CancelJob, GetJob, Job, ListJobs, StartJob
from shared.messages.requests import Command


class Office:
    """Built once per process, on the one writing connection. `is_alone`: the suite is down."""

    def __init__(self, desk: Desk, *, is_alone: bool = False) -> None:
        self.desk = desk
        bring_up_to_date(desk)
        bring_flags_up_to_date(desk)
        self.jobs = JobLine(
            desk, KINDS, is_busy=lambda: why_busy(desk), refusal=Gates(desk.paths, is_alone=is_alone).refusal
        )

    def handlers(self) -> dict[type[Command[Any]], Callable[[Any], Any]]:
        """What answers each command of operators."""
        jobs = self.jobs
        line: dict[type[Command[Any]], Callable[[Any], Any]] = {
            StartJob: self._start,
            GetJob: jobs.get,
            ListJobs: jobs.jobs,
            CancelJob: jobs.cancel,
        }
        return line | {command: partial(handler, self.desk) for command, handler in HANDLERS.items()}

    def _start(self, command: StartJob) -> Job:
        """Line a job up that somebody orders; an order that is refused is in the audit."""
        try:
            return self.jobs.start(command)
        except (LicenseError, ValidationError):
            act = Act(author=command.author, action="job.start", target=command.kind[:SHOWN], reason=command.reason)
            with self.desk.acting(act):
                raise
