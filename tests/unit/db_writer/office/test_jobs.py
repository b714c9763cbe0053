"""Jobs: one at a time, in steps, told, stored, refused with a sentence, ended whatever happens."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from services.db_writer.office import jobs
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import MOST_WAITING, JobLine, Kind, Ordered, Result, Step
from services.db_writer.office.office import Office
from shared.errors import IoError, ValidationError
from shared.messages.jobs import CancelJob, GetJob, Job, JobStatus, ListJobs, StartJob


def count(_: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Three steps, then a result that says who ordered it."""
    for done in range(3):
        yield Step("rows", done, 3)
    return {"rows": 3, "author": ordered.author, "size": ordered.options.get("size")}


def full(_: Desk, __: Ordered) -> Generator[Step, None, Result]:
    """Fails after a step, as a full disk does."""
    yield Step("rows", 1)
    raise IoError("io.full", "The disk is full; make room.", value="/x")


def broken(_: Desk, __: Ordered) -> Generator[Step, None, Result]:
    """A mistake of ours."""
    yield Step("rows", 1)
    raise KeyError("ours")


def endless(_: Desk, __: Ordered) -> Generator[Step, None, Result]:
    """Never ends by itself."""
    while True:
        yield Step("rows", rest_s=1000)


KINDS = {
    "count": Kind(work=count, options={"size": int, "deep": bool}),
    "named": Kind(work=count, options={"name": str}, needed=frozenset({"name"})),
    "full": Kind(work=full),
    "broken": Kind(work=broken),
    "endless": Kind(work=endless),
    "care": Kind(work=count, is_care=True),
    "send": Kind(work=endless, is_offsite=True),
    "list": Kind(work=count, is_offsite=True),
}
Line = Callable[..., JobLine]


@pytest.fixture
def line(desk: Desk) -> JobLine:
    return JobLine(desk, KINDS, is_busy=lambda: None)


def start(line: JobLine, kind: str, **options: Any) -> Job:
    return line.start(StartJob(kind=kind, author="ana", options=options))


def to_end(line: JobLine) -> int:
    """Turn until nothing is left; say how often."""
    turns = 0
    while not line.is_idle:
        line.turn()
        turns += 1
    return turns


def test_a_job_takes_one_step_a_turn(line: JobLine, published: list[tuple[str, Any]]) -> None:
    """Three steps and the end are four turns; its result is answered, told on the bus and stored."""
    job = start(line, "count", size=7)
    assert job.status is JobStatus.WAITING
    assert to_end(line) == 4
    ended = line.get(GetJob(id=job.id))
    assert (ended.status, ended.result) == (JobStatus.DONE, {"rows": 3, "author": "ana", "size": 7})
    assert ended.ended_at_us is not None
    assert [topic for topic, _ in published] == ["job.progress"] * 2
    assert [event.status for _, event in published] == [JobStatus.RUNNING, JobStatus.DONE]


def test_jobs_wait_for_each_other(line: JobLine) -> None:
    """The second one begins when the first has ended; the list has the newest first."""
    first, second = start(line, "count"), start(line, "count")
    line.turn()
    assert [job.status for job in line.jobs(ListJobs()).jobs] == [JobStatus.WAITING, JobStatus.RUNNING]
    to_end(line)
    assert [job.id for job in line.jobs(ListJobs()).jobs] == [second.id, first.id]
    assert {job.status for job in line.jobs(ListJobs()).jobs} == {JobStatus.DONE}


def test_a_failure_is_a_sentence(line: JobLine) -> None:
    """What a job refuses or fails at ends it with code and sentence, and the next one runs."""
    failed, after = start(line, "full"), start(line, "count")
    to_end(line)
    job = line.get(GetJob(id=failed.id))
    assert (job.status, job.error) == (JobStatus.FAILED, "The disk is full; make room.")
    assert (job.error_code, job.result) == ("io.full", {})
    assert line.get(GetJob(id=after.id)).status is JobStatus.DONE


def test_a_mistake_of_ours_ends_the_job(line: JobLine) -> None:
    """It is raised, so that the loop tells it, and the job is not tried for ever."""
    job = start(line, "broken")
    line.turn()
    with pytest.raises(KeyError):
        line.turn()
    assert line.is_idle
    assert line.get(GetJob(id=job.id)).status is JobStatus.FAILED


def test_a_job_that_rests_is_cancelled_at_once(line: JobLine) -> None:
    """Cancelling waits for no step, nor for the jobs before; a job that is over cannot be cancelled."""
    job = start(line, "endless")
    line.turn()
    assert (line.rest_s() or 0) > 900
    waits = start(line, "count")
    for one in (waits, job):
        assert line.cancel(CancelJob(id=one.id, author="ana")).status is JobStatus.CANCELLED
    assert line.is_idle
    assert line.get(GetJob(id=job.id)).status is JobStatus.CANCELLED
    with pytest.raises(ValidationError, match="does not run"):
        line.cancel(CancelJob(id=job.id, author="ana"))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (StartJob(kind="tea", author="ana"), "job.unknown"),
        (StartJob(kind="count", author="ana", options={"colour": 1}), "job.option"),
        (StartJob(kind="count", author="ana", options={"size": "7"}), "job.option"),
        (StartJob(kind="count", author="ana", options={"size": True}), "job.option"),
        (StartJob(kind="count", author="ana", options={"deep": "false"}), "job.option"),
        (StartJob(kind="named", author="ana"), "job.option"),
        (StartJob(kind="count", author="a" * 201), "act.author"),
        (StartJob(kind="count", author="ana", reason="a\nb"), "act.reason"),
    ],
)
def test_refused_orders(line: JobLine, command: StartJob, code: str) -> None:
    """A kind or an option that there is not is refused with what there is, one of another type with its type."""
    with pytest.raises(ValidationError) as caught:
        line.start(command)
    assert caught.value.code == code
    assert {"job.unknown": "count", "job.option": command.kind}.get(code, "one line") in caught.value.message
    assert line.is_idle


def test_a_refused_order_is_in_the_audit(desk: Desk) -> None:
    """With its author and the sentence; what an author may not be called is refused and not kept."""
    begin = Office(desk).handlers()[StartJob]
    with pytest.raises(ValidationError, match="knows these options"):
        begin(StartJob(kind="verify", author="ana", options={"x": 1}, reason="why"))
    with pytest.raises(ValidationError, match="author"):
        begin(StartJob(kind="verify", author="a\nb"))
    acts = "SELECT author, action, target, reason, outcome, error FROM operator_audit"
    ((author, *act, error),) = desk.connection.execute(acts).fetchall()
    assert (author, act) == ("ana", ["job.start", "verify", "why", "refused"])
    assert "knows these options" in error


def test_an_option_that_is_none_is_not_given(desk: Desk, line: JobLine) -> None:
    """A work asks for what it finds; what is not there has its default."""
    line.start(StartJob(kind="count", author="ana", options={"size": None, "deep": False}))
    assert desk.connection.execute("SELECT options FROM jobs").fetchall() == [('{"deep":false}',)]


def test_offsite_jobs_have_a_line_of_their_own(line: JobLine) -> None:
    """A slow uplink holds up what needs it alone; who waits says for what."""
    slow, behind, other = start(line, "send"), start(line, "list"), start(line, "count")
    for _ in range(4):
        line.turn()
    assert line.get(GetJob(id=other.id)).status is JobStatus.DONE
    assert line.get(GetJob(id=slow.id)).status is JobStatus.RUNNING
    waits = line.get(GetJob(id=behind.id))
    assert (waits.status, waits.message, waits) == (JobStatus.WAITING, f"waits for send (job {slow.id})", behind)


def test_an_end_that_cannot_be_written_is_known(desk: Desk, line: JobLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full as a job ends: who asks hears the end, the schedule too, and it is written later."""
    job = start(line, "count", size=7)
    desk.connection.execute("PRAGMA query_only = ON")
    to_end(line)
    table = "SELECT status FROM jobs"
    assert desk.connection.execute(table).fetchall() == [("waiting",)]
    ended = line.get(GetJob(id=job.id))
    assert (ended.status, ended.result["size"]) == (JobStatus.DONE, 7)
    assert line.last("count", author="ana", limit=1) == [ended]
    assert line.jobs(ListJobs()).jobs == [ended]
    desk.connection.execute("PRAGMA query_only = OFF")
    monkeypatch.setattr(line, "_write_at", 0.0)
    line.turn()
    assert desk.connection.execute(table).fetchall() == [("done",)]
    assert line.get(GetJob(id=job.id)).ended_at_us is not None


def test_care_waits_for_the_end_of_a_match(desk: Desk) -> None:
    """Care is refused while a match runs, unless forced; other jobs are not care."""
    line = JobLine(desk, KINDS, is_busy=lambda: "A match is running on ring-1.")
    with pytest.raises(ValidationError, match="A match is running on ring-1") as caught:
        start(line, "care")
    assert caught.value.code == "job.match_running"
    start(line, "count")
    line.start(StartJob(kind="care", author="ana", force=True))
    to_end(line)


def test_no_care_passes_care_that_began(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both might work on the same rows: while a match holds up care in its midst, other jobs go first, but no other
    care, even if forced. Care that did not begin yet is passed.
    """
    monkeypatch.setattr(jobs, "LOOK_AGAIN_S", 0.0)
    busy: list[str] = []
    line = JobLine(desk, KINDS, is_busy=lambda: busy[0] if busy else None)
    forced = StartJob(kind="care", author="ana", force=True)

    def statuses() -> list[str]:
        for _ in range(12):
            line.turn()
        return [status for (status,) in desk.connection.execute("SELECT status FROM jobs ORDER BY id").fetchall()]

    start(line, "care")
    start(line, "care")
    busy.append("A match is running on ring-1.")
    line.start(forced)
    assert statuses() == ["waiting", "waiting", "done"]
    busy.clear()
    line.turn()
    busy.append("A match is running on ring-1.")
    line.start(forced)
    start(line, "count")
    assert statuses() == ["waiting", "waiting", "done", "waiting", "done"]
    busy.clear()
    assert statuses() == ["done"] * 5


def test_the_end_of_the_service_is_no_cancelling(line: JobLine) -> None:
    """What nobody cancelled is broken off."""
    job = start(line, "endless")
    line.turn()
    line.stop()
    assert line.get(GetJob(id=job.id)).status is JobStatus.BROKEN


def test_the_line_has_an_end(line: JobLine) -> None:
    """A program that orders without end is stopped."""
    for _ in range(MOST_WAITING + 1):
        start(line, "count")
    with pytest.raises(ValidationError, match="wait already"):
        start(line, "count")


def test_an_unknown_job(line: JobLine) -> None:
    """Asking for a job that never was is refused."""
    with pytest.raises(ValidationError, match="no such job"):
        line.get(GetJob(id="nothing"))


def test_a_job_whose_process_died_is_broken(desk: Desk, line: JobLine) -> None:
    """The next process says of a job that was running that it broke off."""
    job = start(line, "endless")
    line.turn()
    later = JobLine(desk, KINDS, is_busy=lambda: None)
    assert later.get(GetJob(id=job.id)).status is JobStatus.BROKEN
