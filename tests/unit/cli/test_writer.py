"""What is asked of db-writer is looked at before anything is started."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from services.cli import writer
from services.cli.imports import commands
from shared.errors import NetworkError, ValidationError
from shared.messages.jobs import GetJob, Job, JobStatus, StartJob
from shared.messages.saved_queries import ForgetQuery
from shared.messages.tournaments import ImportReport, ImportRows, RowKind
from shared.paths import Paths
from shared.rpc import Client, RefusedError
from tests.unit.cli.conftest import Run

BAD = "a\udcffb"
"""An argument that is no UTF-8, as Python gives it."""


class Killed:
    """db-writer that is killed in the midst of a job, and is back after some looks, or is not."""

    def __init__(self, *, back_after: int) -> None:
        self.left = back_after

    def call(self, command: GetJob) -> Job:
        self.left -= 1
        if self.left >= 0:
            raise NetworkError("service.not_running", "db-writer is not running.")
        return Job(id=command.id, kind="backup", author="ana", status=JobStatus.BROKEN, begun_at_us=0)


def test_db_writer_that_was_killed_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is back after some looks and knows that the job broke off, which is a sentence; for ever nobody waits."""
    monkeypatch.setattr(writer, "wait_s", lambda _: None)
    job = Job(id="j", kind="backup", author="ana", status=JobStatus.RUNNING, begun_at_us=0)
    followed = writer.follow(cast(Client, Killed(back_after=3)), job, lambda _: None)
    with pytest.raises(RefusedError, match=r"broke off.*give it again") as refused:
        writer.done(followed)
    assert refused.value.code == "job.broken"
    monkeypatch.setattr(writer, "BACK_WITHIN_S", 0.0)
    with pytest.raises(NetworkError):
        writer.follow(cast(Client, Killed(back_after=3)), job, lambda _: None)


@pytest.mark.parametrize(
    "act",
    [
        lambda paths: writer.ask(ForgetQuery(author="ana", query=BAD), paths=paths),
        lambda paths: writer.run_job(StartJob(kind="restore", author=BAD), json=True, paths=paths),
        lambda paths: writer.run_job(StartJob(kind="x", author="ana", options={"backup": BAD}), json=True, paths=paths),
    ],
)
def test_an_argument_that_is_no_text(tmp_path: Path, act: Callable[[Paths], object]) -> None:
    """It is refused with a sentence, and nothing is begun."""
    with pytest.raises(ValidationError, match="no UTF-8") as refused:
        act(Paths(tmp_path))
    assert (refused.value.code, refused.value.value) == ("text.not_utf8", "a?b")
    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_name_is_no_text(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table is imported under a name that can be stored, and it is shown, in both forms."""
    asked: list[ImportRows] = []

    def ask(command: ImportRows) -> ImportReport:
        asked.append(command)
        figures: dict[str, Any] = {"rows": 1, "added": 1, "changed": 0, "unchanged": 0, "bad": [], "changes": []}
        names: dict[str, Any] = {"columns": {}, "unused_columns": [], "tournament": None, "imported_before": None}
        return ImportReport(kind=RowKind.ATHLETES, is_dry_run=False, **figures, **names)

    monkeypatch.setattr(commands, "ask", ask)
    file = tmp_path / f"{BAD}.csv"
    file.write_text("Name;NOC\nAna ANIĆ;CRO\n", encoding="utf-8")
    plain, json = run("import", "athletes", str(file)), run("import", "athletes", str(file), "--json")
    assert (plain.code, json.code) == (0, 0)
    assert "a\\xffb.csv: 1 rows" in plain.out
    assert [command.source for command in asked] == ["a\\xffb.csv"] * 2
    missing = run("import", "athletes", str(tmp_path / f"{BAD}.none"), "--json")
    assert (missing.code, "io.failed" in missing.out) == (1, True)
