"""The command `restrike doctor`: its exit codes, its document, and --fix from the outside."""

import errno
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.doctor import disk
from services.cli.doctor.app import app
from services.cli.doctor.result import Outcome
from services.cli.doctor.site import Site
from shared.paths import Paths


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A home that everybody can read."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    paths.home.chmod(0o755)
    monkeypatch.setenv("RESTRIKE_HOME", str(paths.home))
    return paths


def test_something_failed_and_is_mended(home: Paths) -> None:
    """1 before, 0 after --fix, which says what it did; the document has stable keys."""
    before = CliRunner().invoke(app, ["--only", "permissions", "--json"])
    assert before.exit_code == 1
    document = json.loads(before.stdout)
    assert document["summary"] == {"ok": 0, "warning": 0, "failed": 1, "skipped": 0}
    assert document["checks"][0].keys() == {"check", "subject", "result", "found", "fix", "can_fix"}
    after = CliRunner().invoke(app, ["--only", "permissions", "--fix"])
    assert after.exit_code == 0
    assert f"Done: set the mode of {home.home} to 700." in after.stdout
    assert home.home.stat().st_mode & 0o777 == 0o700


def test_only_one_check(home: Paths) -> None:
    """A name that there is not is wrong usage, and the names that there are are told."""
    assert home.home.exists()
    wrong = CliRunner().invoke(app, ["--only", "colours"])
    assert wrong.exit_code == 2
    assert "filesystem" in wrong.output
    right = CliRunner().invoke(app, ["--only", "sqlite", "--only", "versions", "--json"])
    assert [one["check"] for one in json.loads(right.stdout)["checks"]] == ["sqlite", "versions"]
    assert CliRunner().invoke(app, ["--out", "b.zip"]).exit_code == 2


def test_a_service_that_does_not_run(home: Paths) -> None:
    """Nothing can be looked into."""
    assert home.home.exists()
    for command in ("profile", "memory"):
        found = CliRunner().invoke(app, [command, "broker"])
        assert getattr(found.exception, "code", None) == "service.not_running"


def test_a_service_that_there_is_not(home: Paths) -> None:
    """Wrong usage, and which there are."""
    assert home.home.exists()
    for command in ("profile", "memory"):
        found = CliRunner().invoke(app, [command, "nosuch"])
        assert found.exit_code == 2
        assert "There is no service nosuch" in found.output
        assert "udp-ingest" in found.output


def test_a_full_disk_is_a_failure(home: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not something that could not be looked at; another error still is."""

    def full(*_: object, **__: object) -> disk.Speed:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(disk, "measure", full)
    (found,) = disk.look_at_speed(Site(home))
    assert found.outcome is Outcome.FAILED
    assert "No space left on device" in found.found
    assert found.fix == disk.FREE_SPACE
