"""Copies elsewhere need a licence that allows them; what has begun, and bringing a copy back, do not."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest

from services.db_writer.office import office as module
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Kind, Ordered, Result, Step
from services.db_writer.office.kinds import KINDS
from services.db_writer.office.office import Office
from services.db_writer.office.schedule import Duty, Schedule, last_done
from shared.errors import LicenseError
from shared.licensing.features import OFFSITE_BACKUP
from shared.messages.jobs import JobStatus, ListJobs, StartJob
from tests.support.verdicts import EXPIRED, RENEW, Verdicts

PUSH = StartJob(kind="push", author="ana", reason="before the finals", options={"backup": "x"})
DUTY = Duty(kind="push", every_hours=lambda _: 1, last=last_done("push"), options=lambda _: {"backup": "x"})


def _work(_desk: Desk, _ordered: Ordered) -> Generator[Step, None, Result]:
    yield Step("copying")
    return {}


class Place:
    """An office whose jobs do nothing, and the licence that it goes by."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.verdicts = Verdicts(desk.paths)
        monkeypatch.setattr(module, "Gates", lambda _, **__: self.verdicts.gates)
        kinds = {
            name: Kind(work=_work, options=kind.options, is_offsite=kind.is_offsite, feature=kind.feature)
            for name, kind in KINDS.items()
        }
        monkeypatch.setattr(module, "KINDS", kinds)
        self.verdicts.allow(OFFSITE_BACKUP.name)
        self.desk = desk
        self.office = Office(desk)
        self.start = self.office.handlers()[StartJob]

    def end(self) -> list[tuple[str, JobStatus]]:
        """All jobs, once none is left to do."""
        while not self.office.jobs.is_idle:
            self.office.jobs.turn()
        return [(job.kind, job.status) for job in self.office.jobs.jobs(ListJobs(limit=9)).jobs]


@pytest.fixture
def place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(desk, monkeypatch)


def test_only_copies_elsewhere_are_gated() -> None:
    """No other job asks for a licence."""
    assert {name: kind.feature for name, kind in KINDS.items() if kind.feature} == {"push": OFFSITE_BACKUP}


def test_a_push_is_refused_at_once(place: Place) -> None:
    """With a sentence that names feature, state and remedy; who wanted it is in the audit. Nothing is lined up. With a
    new licence it is done.
    """
    place.verdicts.refuse()
    with pytest.raises(LicenseError) as refused:
        place.start(PUSH)
    sentence = f"Off-site backup: not allowed by the licence (expired). {EXPIRED} {RENEW}"
    assert (refused.value.code, str(refused.value)) == ("license.refused.offsite_backup", sentence)
    acts = place.desk.connection.execute("SELECT author, action, target, reason, outcome, error FROM operator_audit")
    assert acts.fetchall()[-1] == ("ana", "job.start", "push", "before the finals", "refused", sentence)
    assert place.end() == []
    place.verdicts.allow(OFFSITE_BACKUP.name)
    place.start(PUSH)
    assert place.end() == [("push", JobStatus.DONE)]


def test_a_copy_that_has_begun_goes_on(place: Place) -> None:
    """One that waits behind it, too: both were allowed when they were ordered."""
    place.start(PUSH)
    place.office.jobs.turn()
    place.start(PUSH)
    place.verdicts.refuse()
    assert place.end() == [("push", JobStatus.DONE)] * 2


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"push"}))
def test_everything_else_is_done_without_a_licence(place: Place, kind: str) -> None:
    """Backups are made, checked, brought back and restored."""
    place.verdicts.refuse()
    place.start(StartJob(kind=kind, author="ana"))
    assert place.end() == [(kind, JobStatus.DONE)]


def test_the_schedule_waits_for_a_licence(place: Place) -> None:
    """It lines nothing up, writes nothing down each minute, and copies as soon as it may."""
    now = datetime.now(UTC) + timedelta(days=3)
    schedule = Schedule(place.desk, place.office.jobs, (DUTY,), now=lambda: now)
    place.verdicts.refuse()
    before = place.desk.connection.total_changes
    for _ in range(3):
        schedule.look()
    assert place.office.jobs.is_idle
    assert place.desk.connection.total_changes == before
    place.verdicts.allow(OFFSITE_BACKUP.name)
    schedule.look()
    assert place.end() == [("push", JobStatus.DONE)]
