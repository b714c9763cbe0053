"""What is asked of db-writer is looked at before anything is started."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.cli import writer
from services.cli.imports import commands
from shared.errors import ValidationError
from shared.messages.jobs import StartJob
from shared.messages.saved_queries import ForgetQuery
from shared.messages.tournaments import ImportReport, ImportRows, RowKind
from shared.paths import Paths
from tests.unit.cli.conftest import Run

BAD = "a\udcffb"
"""An argument that is no UTF-8, as Python gives it."""


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
