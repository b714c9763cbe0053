"""`restrike udp capture` loses no file that is there, and goes by the configuration that is in force."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli import capturing
from shared.config.history import History
from shared.errors import NetworkError
from shared.messages.wire import Entry
from shared.paths import Paths
from tests.unit.cli.conftest import Run

KEPT = "an older capture\n"
ENTRY = Entry(1_771_234_567_123_457, 77, "10.1.1.9", 40_000, b"clk;01:59;")


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    home.mkdir(exist_ok=True)
    (home / "restrike.json").write_text(json.dumps({"rings": [{"name": "ring-1"}]}))
    path = tmp_path / "m.jsonl"
    path.write_text(KEPT)
    return path


def _heard(monkeypatch: pytest.MonkeyPatch, *entries: Entry, error: Exception | None = None) -> None:
    def taken(*_: object, **__: object) -> Iterator[Entry]:
        yield from entries
        if error is not None:
            raise error

    monkeypatch.setattr(capturing, "last_entries", taken)


def test_a_file_that_is_there_is_kept(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `logs export` does; --force replaces it."""
    _heard(monkeypatch, ENTRY)
    command = ("udp", "capture", "ring-1", "--last", "1s", "--out", str(file))
    refused = run(*command)
    assert refused.code == 1
    assert "--force" in refused.err
    assert file.read_text() == KEPT
    assert run(*command, "--force").code == 0
    assert json.loads(file.read_text())["data"] == "clk;01:59;"
    assert list(file.parent.glob("*.partial")) == []


@pytest.mark.parametrize("error", [None, NetworkError("service.silent", "udp-ingest does not answer.")])
def test_nothing_captured_replaces_nothing(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """A silent ring, a suite that is down: also with --force the older one stays, and it is said."""
    _heard(monkeypatch, error=error)
    done = run("udp", "capture", "ring-1", "--last", "1s", "--out", str(file), "--force", "--json")
    assert "stays as it was" in done.err
    assert file.read_text() == KEPT
    assert list(file.parent.glob("*.partial")) == []
    assert done.code != 0 if error is not None else done.document["file"] is None


def test_what_was_captured_before_a_fault_is_kept(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the only record of it."""
    _heard(monkeypatch, ENTRY, error=NetworkError("service.silent", "udp-ingest does not answer."))
    run("udp", "capture", "ring-1", "--last", "1s", "--out", str(file), "--force")
    assert json.loads(file.read_text())["data"] == "clk;01:59;"


def test_the_configuration_in_force_counts(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is refused hides no ring that is heard: a capture is the first thing that a technician tries."""
    _heard(monkeypatch, ENTRY)
    paths = Paths(file.parent / "home")
    paths.prepare()
    History(paths.config_history).keep(paths.config.read_bytes(), most=9)
    paths.config.write_text('{"rings": 5}')
    done = run("udp", "capture", "ring-1", "--last", "1s")
    assert done.code == 0, done.err
    assert "clk;01:59;" in done.out


def test_nothing_came(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where to look."""
    assert file.exists()
    _heard(monkeypatch)
    assert run("udp", "capture", "ring-1", "--last", "1s").err.endswith("See: restrike udp status\n")
