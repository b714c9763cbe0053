"""`restrike db …` of care on a real home: without the suite, and with db-writer running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Home, home_in
from tests.unit.db_writer.office.cared import season

NAME = "restrike-2024-09"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home with a database that three rings filled in September 2024."""
    with home_in(tmp_path / "home") as one:
        one.paths.prepare()
        one.paths.database.write_bytes(season(tmp_path))
        yield one


def test_a_month_is_archived_asked_and_brought_back(home: Home) -> None:
    """Without the suite it is archived and asked; with db-writer running it is checked and brought back."""
    planned = home.document("db", "archive", "--older-than", "30", "--dry-run")["months"]
    assert [month[:7] for month in planned] == ["2024-09"]
    asked = ("query", "events", "--limit", "5")
    before = home.document(*asked)
    assert home.document("db", "archive", "--older-than", "30")["archives"] == [NAME]
    assert home.document(*asked) != before
    assert len(home.document(*asked, "--archive", NAME)["events"]) == 5
    home.start("db-writer")
    refused = home.run("db", "unarchive", "restrike-2020-01")
    assert (refused.returncode, "restrike db archives" in refused.stderr) == (1, True)
    assert home.document("db", "unarchive", NAME, "--reason", "a protest")["events"] > 500
    assert home.document(*asked) == before
    assert home.document("db", "check")["is_well"] is True
    assert home.document("db", "archives")["archives"][0]["status"] == "back"
    kinds = [job["kind"] for job in home.document("db", "jobs")["jobs"]]
    assert kinds[:2] == ["check", "unarchive"]
    full = home.run("db", "vacuum", "--force")
    assert full.returncode == 0, full.stderr


def test_care_by_hand(home: Home) -> None:
    """Each command does its work and says what it did; a fault ends the check with 1, and with 0 once repaired."""
    assert home.document("db", "optimize")["indexes"] > 50
    assert home.document("db", "clean")["files"] == 0
    assert home.document("db", "vacuum", "--full")["bytes_after"] > 0
    assert "free" in home.run("db", "vacuum").stdout
    home.document("db", "archive", "--older-than", "30")
    (home.paths.archive / f"{NAME}.db.zst").unlink()
    found = home.run("db", "check", "--quick")
    assert (found.returncode, "its file is gone" in found.stdout) == (1, True)
    assert "its file is gone" in home.run("db", "archives").stdout
    missing = home.run("query", "events", "--archive", NAME)
    assert (missing.returncode, "put it back" in missing.stderr) == (1, True)
