"""What obs-bridge does with files: in a thread, never overwriting, with answers instead of exceptions."""

import contextlib
import hashlib
import os
import queue
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.obs_bridge import crew, mounts
from services.obs_bridge import files as under_test
from services.obs_bridge.files import Done, Files
from shared.video import cutting
from tests.support.obs.video import needs_ffmpeg
from tests.support.video_files import make_video
from tests.support.wait import ENOUGH_S, eventually, lenient

pytestmark = pytest.mark.slow

MIB = 1 << 20


class Loop:
    """Stands for the loop: calls what is posted in the test's thread, one at a time."""

    def __init__(self) -> None:
        self.posted: queue.Queue[Callable[[], None]] = queue.Queue()

    def result(self, ask: Callable[[Callable[[Done[Any]], None]], None]) -> Any:
        told: list[Done[Any]] = []
        ask(told.append)
        while not told:
            self.posted.get(timeout=ENOUGH_S)()
        return told[0]


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def files(loop: Loop) -> Iterator[Files]:
    one = Files(loop.posted.put)
    yield one
    one.stop()
    assert threads() == []


def threads() -> list[threading.Thread]:
    """Those that work on files now."""
    return [thread for thread in threading.enumerate() if thread.name.startswith(crew.NAME)]


class Dead:
    """A file on a disk that does not answer: whoever reads it waits, until `answer`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "dead.mkv"
        os.mkfifo(self.path)

    def answer(self) -> None:
        """Let those who wait go on: they find nothing in it."""

        def is_over() -> bool:
            with contextlib.suppress(FileNotFoundError):
                os.close(os.open(self.path, os.O_RDWR | os.O_NONBLOCK))
            return not threads()

        eventually(is_over, within=ENOUGH_S, what="nobody waits any more")


@pytest.fixture
def dead(other_disk: Path) -> Iterator[Dead]:
    """A file of the other disk that cannot be read."""
    one = Dead(other_disk)
    yield one
    one.answer()


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """A folder on another file system than the tests' own."""
    if not os.access("/dev/shm", os.W_OK):  # noqa: S108  # the other file system that every Linux has
        pytest.skip("there is no other file system")
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


@needs_ffmpeg
def test_a_video_has_size_and_length(tmp_path: Path, loop: Loop, files: Files) -> None:
    """What ffprobe says is the length, to the frame."""
    video = make_video(tmp_path / "a.mkv", seconds=3)
    done = loop.result(lambda then: files.inspect(video, then))
    assert done.error is None
    assert done.result.size_bytes == video.stat().st_size
    assert abs(done.result.duration_ms - 3_000) < 120
    assert done.result.reason is None


@needs_ffmpeg
def test_a_file_that_was_not_closed(tmp_path: Path, loop: Loop, files: Files) -> None:
    """A recording that broke off is known as such, and its length is that of its pictures."""
    video = make_video(tmp_path / "a.mkv", seconds=9, is_whole=False)
    found = loop.result(lambda then: files.inspect(video, then)).result
    assert found.size_bytes == video.stat().st_size
    assert not found.is_closed
    assert "not closed" in found.reason
    assert 4_000 < found.duration_ms < 7_500
    again = cutting.cut(video, tmp_path / "all.mkv", start_ms=0, end_ms=60_000)
    assert abs(again.duration_ms - found.duration_ms) < 200, "what can be played of it"


def test_without_ffprobe_the_size_is_known(
    tmp_path: Path, loop: Loop, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No ffprobe: no length, and what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.mkv").write_bytes(b"1234")
    found = loop.result(lambda then: files.inspect(tmp_path / "a.mkv", then)).result
    assert (found.size_bytes, found.duration_ms) == (4, None)
    assert "apt-get install ffmpeg" in found.reason


def test_a_probe_that_hangs_is_ended(tmp_path: Path, loop: Loop, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that does not end holds nothing up: it is killed, and the reason is said."""
    fake = tmp_path / "ffprobe"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("shared.video.probing.duration_ms.__kwdefaults__", {"within_s": 0.2, "is_over": bool})
    found = loop.result(lambda then: files.inspect(fake, then)).result
    assert "did not end within 0.2 s" in found.reason


def test_what_is_not_there_is_an_answer(tmp_path: Path, loop: Loop, files: Files) -> None:
    """A missing file is an error with its name, for each job; removing it is done where its folder is there."""
    missing = tmp_path / "no.mkv"
    move = partial(files.move, missing, tmp_path / "new" / "b.mkv")
    for ask in (partial(files.inspect, missing), partial(files.checksum, missing), move):
        done = loop.result(ask)
        assert done.result is None
        assert done.error is not None
        assert str(missing) in str(done.error)
    assert not (tmp_path / "new").exists(), "no folder is made for nothing"
    assert loop.result(lambda then: files.remove(missing, then)).error is None
    unmounted = loop.result(lambda then: files.remove(tmp_path / "nas" / "day 1" / "b.mkv", then))
    assert unmounted.error is not None
    assert unmounted.error.code == "files.no_folder"


def test_an_impossible_name_does_not_end_the_thread(tmp_path: Path, loop: Loop, files: Files) -> None:
    """After a name that no file can have, the next job is done."""
    assert loop.result(lambda then: files.remove(tmp_path / "a\0b", then)).error is not None
    assert loop.result(lambda then: files.remove(tmp_path / "a", then)).error is None


def test_a_checksum(tmp_path: Path, loop: Loop, files: Files) -> None:
    """It is that of the whole file, though it is read in parts."""
    content = os.urandom(3 * MIB + 17)
    (tmp_path / "a").write_bytes(content)
    found = loop.result(lambda then: files.checksum(tmp_path / "a", then)).result
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_a_large_file_gets_no_checksum(tmp_path: Path, loop: Loop) -> None:
    """Above the limit none is made; that is counted, and the reason is said."""
    files = Files(loop.posted.put, checksum_up_to_bytes=lambda: MIB)
    (tmp_path / "a").write_bytes(bytes(MIB + 1))
    found = loop.result(lambda then: files.checksum(tmp_path / "a", then)).result
    assert found.sha256 is None
    assert "1 MiB" in found.reason
    assert files.checksums_left_out == 1
    files.stop()


def test_a_checksum_gives_way(tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip is moved while the checksum of a match is being made, which keeps to its pace."""
    monkeypatch.setattr(under_test, "READ_BYTES_PER_S", 10 * MIB)
    files = Files(loop.posted.put)
    (tmp_path / "match").write_bytes(bytes(8 * MIB))
    (tmp_path / "clip").write_bytes(b"clip")
    order: list[str] = []
    begun = time.monotonic()
    files.checksum(tmp_path / "match", lambda _: order.append("checksum"))
    files.move(tmp_path / "clip", tmp_path / "reviews" / "clip", lambda _: order.append("move"))
    while len(order) < 2:
        loop.posted.get(timeout=ENOUGH_S)()
    assert order == ["move", "checksum"]
    assert time.monotonic() - begun >= 0.7, "8 MiB at 10 MiB/s"
    files.stop()


def test_a_move_makes_folders_and_overwrites_nothing(tmp_path: Path, loop: Loop, files: Files) -> None:
    """A name that is taken gets a number; folders are as open as the one above them."""
    tmp_path.chmod(0o755)
    target = tmp_path / "cup" / "day 1" / "clip.mkv"
    for number in (1, 2, 3):
        source = tmp_path / f"{number}"
        source.write_bytes(str(number).encode())
        assert loop.result(partial(files.move, source, target)).error is None
        assert not source.exists()
    assert {one.name: one.read_text() for one in target.parent.iterdir()} == {
        "clip.mkv": "1",
        "clip (2).mkv": "2",
        "clip (3).mkv": "3",
    }
    assert target.parent.stat().st_mode & 0o777 == 0o755
    again = loop.result(lambda then: files.move(target, target, then))
    assert again.result == target, "where it is already"


def test_a_move_to_another_disk(tmp_path: Path, other_disk: Path, loop: Loop, files: Files) -> None:
    """The copy is whole, with the time of the source, which is gone; a taken name is not overwritten."""
    source, target = tmp_path / "a.mkv", other_disk / "new" / "a.mkv"
    target.parent.mkdir()
    target.write_text("mine")
    content = os.urandom(2 * MIB + 5)
    source.write_bytes(content)
    os.utime(source, (1_000, 2_000))
    done = loop.result(lambda then: files.move(source, target, then))
    assert done.result == target.with_name("a (2).mkv")
    assert done.result.read_bytes() == content
    assert done.result.stat().st_mtime == 2_000
    assert not source.exists()
    assert target.read_text() == "mine"
    assert len(list(target.parent.iterdir())) == 2, "no part is left"


def test_a_full_disk_leaves_the_source(tmp_path: Path, other_disk: Path, loop: Loop, files: Files) -> None:
    """A copy that finds no room is an error; the source is there, and no part of a copy."""
    source = tmp_path / "a.mkv"
    source.write_bytes(bytes(3 * MIB))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))
    try:
        done = loop.result(lambda then: files.move(source, other_disk / "a.mkv", then))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.error is not None
    assert "File too large" in done.error.message
    assert source.stat().st_size == 3 * MIB
    assert list(other_disk.iterdir()) == []


def test_stop_breaks_off_a_copy_and_does_what_is_quick(
    tmp_path: Path, other_disk: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end does not wait for a slow copy, of which nothing is left; what waits in the quick lane is done."""
    monkeypatch.setattr(under_test, "READ_BYTES_PER_S", MIB)
    files = Files(loop.posted.put)
    source = tmp_path / "a.mkv"
    source.write_bytes(bytes(50 * MIB))
    errors: list[object] = []
    files.move(source, other_disk / "a.mkv", lambda done: errors.append(done.error and done.error.code))
    files.remove(tmp_path / "none", lambda _: errors.append(None))
    begun = time.monotonic()
    files.stop()
    assert time.monotonic() - begun < lenient(crew.ENDS_WITHIN_S)
    while not loop.posted.empty():
        loop.posted.get_nowait()()
    assert sorted(errors, key=str) == [None, "files.ending"]
    assert source.exists()
    assert list(other_disk.iterdir()) == []


def test_the_thread_alone_is_nice(files: Files, dead: Dead) -> None:
    """The loop keeps its priority."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    files.checksum(dead.path, lambda _: None)
    (thread,) = threads()

    def priority() -> int:
        assert thread.native_id is not None
        return os.getpriority(os.PRIO_PROCESS, thread.native_id)

    eventually(priority, equals=crew.NICE, within=ENOUGH_S, what="the thread is nice")
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_a_dead_share_holds_up_only_itself(tmp_path: Path, loop: Loop, files: Files, dead: Dead) -> None:
    """While one disk answers nothing, files of another are examined, moved and removed; what is for the dead one waits,
    and is done when it answers again.
    """
    waiting: list[Done[Any]] = []
    files.checksum(dead.path, waiting.append)
    eventually(lambda: files.waiting == 0, within=ENOUGH_S, what="the dead one is asked")
    files.checksum(dead.path, waiting.append)
    clip = tmp_path / "clip"
    clip.write_bytes(b"clip")
    moved = loop.result(lambda then: files.move(clip, tmp_path / "reviews" / "clip", then))
    assert loop.result(lambda then: files.checksum(moved.result, then)).result.sha256
    assert loop.result(lambda then: files.remove(moved.result, then)).error is None
    assert (waiting, files.waiting) == ([], 1)
    dead.answer()
    while len(waiting) < 2:
        loop.posted.get(timeout=ENOUGH_S)()
    assert [done.error for done in waiting] == [None, None]


def test_what_moves_to_a_dead_share_holds_up_only_itself(
    tmp_path: Path, loop: Loop, files: Files, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other files of the disk that it comes from are done meanwhile."""
    real = Path.exists

    def exists(path: Path) -> bool:
        return dead.path.read_bytes() is None if path.name == "target" else real(path)

    monkeypatch.setattr(Path, "exists", exists)
    (tmp_path / "clip").write_bytes(b"clip")
    files.move(tmp_path / "clip", dead.path.with_name("target"), lambda _: None)
    assert loop.result(lambda then: files.checksum(tmp_path / "clip", then)).error is None


def test_the_number_of_threads_is_limited(
    tmp_path: Path, loop: Loop, files: Files, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all of them held up a further place waits, and is served by the first that is free."""
    monkeypatch.setattr(crew, "MOST_THREADS", 1)
    files.checksum(dead.path, lambda _: None)
    told: list[Done[Any]] = []
    files.remove(tmp_path / "none", told.append)
    assert (len(threads()), files.waiting) == (1, 1)
    dead.answer()
    while not told:
        loop.posted.get(timeout=ENOUGH_S)()
    assert told[0].error is None


def test_what_is_held_up_is_told_once(
    tmp_path: Path, loop: Loop, files: Files, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits, for which disk, and how much waits behind it; counted. One that is only long is not told."""
    monkeypatch.setattr(under_test, "READ_BYTES_PER_S", 4 * MIB)
    (tmp_path / "match").write_bytes(bytes(4 * MIB))
    long: list[Done[Any]] = []
    files.checksum(tmp_path / "match", long.append)
    files.checksum(dead.path, lambda _: None)
    eventually(lambda: files.waiting == 0, within=ENOUGH_S, what="both have begun")
    files.remove(dead.path.with_name("none"), lambda _: None)
    assert files.look() == []
    monkeypatch.setattr(under_test, "SLOW_S", 0.6)
    (said,) = eventually(files.look, within=ENOUGH_S, what="it is told")
    assert all(part in said for part in (str(dead.path), mounts.mount_of(dead.path), "1 more"))
    while not long:
        loop.posted.get(timeout=ENOUGH_S)()
    assert (files.look(), files.slow) == ([], 1)


def test_stop_waits_for_no_dead_share(tmp_path: Path, loop: Loop, dead: Dead, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others end in order: quick ones done, long ones broken off and told."""
    monkeypatch.setattr(crew, "ENDS_WITHIN_S", 0.5)
    monkeypatch.setattr(under_test, "READ_BYTES_PER_S", MIB)
    files = Files(loop.posted.put)
    (tmp_path / "match").write_bytes(bytes(50 * MIB))
    (tmp_path / "clip").write_bytes(b"clip")
    codes: list[str | None] = []
    for ask in (
        partial(files.checksum, dead.path),
        partial(files.checksum, tmp_path / "match"),
        partial(files.remove, tmp_path / "clip"),
    ):
        ask(lambda done: codes.append(None if done.error is None else done.error.code))
    begun = time.monotonic()
    files.stop()
    assert time.monotonic() - begun < lenient(2)
    assert not (tmp_path / "clip").exists()
    files.checksum(tmp_path / "match", lambda done: codes.append(None if done.error is None else done.error.code))
    while not loop.posted.empty():
        loop.posted.get_nowait()()
    assert sorted(codes, key=str) == [None, "files.ending", "files.ending"]


def test_two_copies_of_one_name(
    tmp_path: Path, other_disk: Path, loop: Loop, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are whole, though one goes on where the other is in the midst of it."""
    monkeypatch.setattr(under_test, "READ_BYTES_PER_S", 20 * MIB)
    bodies = {os.urandom(4 * MIB), os.urandom(4 * MIB)}
    told: list[Done[Any]] = []
    for number, body in enumerate(bodies):
        (tmp_path / f"{number}").write_bytes(body)
        files.move(tmp_path / f"{number}", other_disk / "clip", told.append)
    while len(told) < 2:
        loop.posted.get(timeout=ENOUGH_S)()
    assert {done.result.read_bytes() for done in told if done.result is not None} == bodies
