"""The versions that were accepted: what is kept, found, and forgotten."""

import fcntl
import os
import re
import stat
from pathlib import Path

import pytest

from shared.config.history import History
from shared.config.reading import checksum_of
from shared.errors import ConfigError


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "data" / "config")


def _texts(history: History) -> list[bytes | None]:
    return [version.text() for version in history.versions()]


def test_nothing_was_kept_yet(history: History) -> None:
    assert (history.versions(), history.last()) == ([], None)


def test_only_what_is_different_is_kept(history: History) -> None:
    """The same twice is one version; the one before that again is a new one, as it is what counts now."""
    for text in (b"1", b"1", b"2", b"2", b"1"):
        assert history.keep(text, most=100)
    assert _texts(history) == [b"1", b"2", b"1"]
    assert [version.number for version in history.versions()] == [1, 2, 3]


def test_the_name_says_when_and_what(history: History) -> None:
    """Number, UTC time and checksum; for the owner alone."""
    history.keep(b"{}", most=100)
    (version,) = history.versions()
    assert re.fullmatch(rf"000001-\d{{8}}T\d{{6}}Z-{checksum_of(b'{}')}\.json", version.file.name)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", version.accepted_at)
    assert stat.S_IMODE(version.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.folder.stat().st_mode) == 0o700


def test_the_oldest_are_forgotten(history: History) -> None:
    for number in range(7):
        history.keep(b"%d" % number, most=3)
    assert _texts(history) == [b"4", b"5", b"6"]
    assert history.versions()[-1].number == 7


def test_a_damaged_version_is_passed_over(history: History) -> None:
    """What is not what was written counts as nothing; the text is kept anew."""
    for text in (b"1", b"2"):
        history.keep(text, most=100)
    history.versions()[-1].file.write_bytes(b"half")
    last = history.last()
    assert last is not None
    assert last.text() == b"1"
    history.keep(b"2", most=100)
    assert _texts(history) == [b"1", None, b"2"]


def test_other_files_are_none_of_it(history: History) -> None:
    history.keep(b"1", most=1)
    for name in ("notes.txt", "000002-x-y.json", ".new"):
        (history.folder / name).write_text("x")
    history.keep(b"2", most=1)
    assert _texts(history) == [b"2"]
    assert (history.folder / "notes.txt").exists()


def test_one_writer_at_a_time(history: History) -> None:
    """Whoever meets another process at it does not wait: it tries again."""
    history.keep(b"1", most=100)
    handle = os.open(history.folder / ".lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert not history.keep(b"2", most=100)
    os.close(handle)
    assert history.keep(b"2", most=100)


def test_versions_are_found_by_number_and_checksum(history: History) -> None:
    for text in (b"1", b"2", b"1"):
        history.keep(text, most=100)
    assert history.find("2").text() == b"2"
    assert history.find("#2").number == 2
    assert history.find(checksum_of(b"1")[:6]).number == 3
    for wrong in ("9", "zz", checksum_of(b"1")[:2], ""):
        with pytest.raises(ConfigError, match="restrike config history"):
            history.find(wrong)
