"""supervisord's log files survive what happens to a folder of logs."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.log import supervised_files
from shared.log.supervised_files import LogFile


def _write(file: LogFile, data: bytes) -> None:
    file.emit(SimpleNamespace(msg=data, kw={}))


def test_a_folder_that_is_gone_ends_nothing_and_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened anew while there is no folder: what comes is counted, and the file says so when it is back."""
    monkeypatch.setattr(supervised_files, "RETRY_S", 0)
    folder = tmp_path / "log"
    folder.mkdir()
    file = LogFile(str(folder / "a.log"))
    _write(file, b"one\n")
    shutil.rmtree(folder)
    file.reopen()
    _write(file, b"two\n")
    assert file.lost_bytes == 4
    folder.mkdir()
    _write(file, b"three\n")
    told, line = (folder / "a.log").read_bytes().splitlines()
    assert b'"log_bytes_lost","bytes":4' in told
    assert line == b"three"
    file.close()


def test_a_file_that_was_deleted_is_made_anew(tmp_path: Path) -> None:
    """Lines do not go where nobody can read them for longer than one write."""
    path = tmp_path / "a.log"
    file = LogFile(str(path))
    _write(file, b"one\n")
    path.unlink()
    _write(file, b"two\n")
    _write(file, b"three\n")
    assert path.read_bytes() == b"three\n"
    file.close()


def test_a_full_disk_loses_lines_and_no_more(tmp_path: Path) -> None:
    """Nothing is raised, nothing is kept in memory."""
    path = tmp_path / "a.log"
    path.symlink_to("/dev/full")
    file = LogFile(str(path))
    for _ in range(3):
        _write(file, b"x" * 10)
    assert file.lost_bytes == 30
    file.close()


def test_too_long_a_file_is_set_aside(tmp_path: Path) -> None:
    """The backstop, where nobody else keeps the logs: so many files, the oldest is deleted."""
    file = LogFile(str(tmp_path / "a.log"), maxBytes=10, backupCount=2)
    for number in range(5):
        _write(file, b"line %d...\n" % number)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a.log": b"",
        "a.log.1": b"line 4...\n",
        "a.log.2": b"line 3...\n",
    }
    file.close()
