"""A line that cannot be written is dropped and counted, and neither ends nor holds up who wrote it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import monotonic_s
from shared.log import lines as module
from shared.log.lines import Lines
from shared.paths import Paths
from tests.support.wait import lenient


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """A pipe: read end, write end."""
    ends = list(os.pipe())
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):  # the test closed it
            os.close(end)


def _lines(fallback: Path, fd: int) -> Lines:
    return Lines(fallback, tell=lambda count: b"%d missing\n" % count, fd=fd)


def test_a_full_pipe_costs_lines_and_no_time(tmp_path: Path, pipe: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads: after one short wait lines are dropped at once. Read again, it says how many are missing."""
    monkeypatch.setattr(module, "PATIENCE_MS", 10)
    lines = _lines(tmp_path / "x.log", pipe[1])
    began_s, line = monotonic_s(), b"x" * 999 + b"\n"
    for _ in range(2_000):
        lines.write(line)
    assert monotonic_s() - began_s < lenient(1)
    dropped = lines.dropped
    assert dropped > 500
    read = os.read(pipe[0], 1 << 21)
    lines.write(b"again\n")
    read += os.read(pipe[0], 1 << 21)
    assert read.endswith(b"%d missing\nagain\n" % dropped)
    assert read.count(line) == 2_000 - dropped
    assert lines.dropped == dropped
    assert not (tmp_path / "x.log").exists()


def test_a_line_that_was_torn_ends_before_the_next(
    tmp_path: Path, pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long line only a part fitted: the next one begins on a line of its own."""
    monkeypatch.setattr(module, "PATIENCE_MS", 10)
    lines = _lines(tmp_path / "x.log", pipe[1])
    lines.write(b"y" * 3_000_000 + b"\n")
    assert lines.dropped == 1
    read = os.read(pipe[0], 1 << 22)
    lines.write(b"next\n")
    read += os.read(pipe[0], 1 << 22)
    assert read.strip(b"y") == b"\n1 missing\nnext\n"


def test_without_a_reader_lines_go_into_the_file(tmp_path: Path, pipe: list[int]) -> None:
    """Nobody is left who reads. The file may be renamed at any time: the next line is in a new one."""
    path = tmp_path / "x.log"
    lines = _lines(path, pipe[1])
    os.close(pipe[0])
    lines.write(b"one\n")
    path.rename(tmp_path / "aside")
    lines.write(b"two\n")
    assert (tmp_path / "aside").read_bytes() == b"one\n"
    assert path.read_bytes() == b"two\n"
    assert lines.dropped == 0


def test_nowhere_to_write(tmp_path: Path, pipe: list[int]) -> None:
    """Neither pipe nor file: counted, and told once there is a place again."""
    folder = tmp_path / "log"
    lines = _lines(folder / "x.log", pipe[1])
    os.close(pipe[0])
    lines.write(b"one\n")
    lines.write(b"two\n")
    assert lines.dropped == 2
    folder.mkdir()
    lines.write(b"three\n")
    assert (folder / "x.log").read_bytes() == b"2 missing\nthree\n"


def test_a_full_disk(tmp_path: Path) -> None:
    """What is stderr is a file on a full disk: no error comes out."""
    fd = os.open("/dev/full", os.O_WRONLY)
    try:
        lines = _lines(tmp_path / "no" / "x.log", fd)
        lines.write(b"one\n")
        assert lines.dropped == 1
    finally:
        os.close(fd)


def test_a_home_without_a_place_for_logs(tmp_path: Path) -> None:
    """A service that is started again while the folder cannot be made starts: it writes its lines elsewhere, or not."""
    paths = Paths(tmp_path / "home")
    paths.home.mkdir()
    paths.logs.write_text("in the way")
    paths.prepare()
    assert paths.data.is_dir()
    assert paths.logs.is_file()
