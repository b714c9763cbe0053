"""Files that OBS closed: examined and given a checksum, also after a restart, and not while they grow."""

import os
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from services.obs_bridge import videos as under_test
from services.obs_bridge.files import Files
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.videos import KEY, NO_NAME, NOT_CLOSED, UNPLAYABLE, UNREACHABLE, Videos
from shared.messages.recordings import VideoKind, VideoStored
from shared.outbox import Outbox
from tests.support.obs.video import needs_ffmpeg
from tests.support.video_files import make_video
from tests.support.wait import ENOUGH_S

VIDEO = VideoStored(
    video_id="v1", kind=VideoKind.MATCH, connection="mat-1", ring="ring-1", match_id="m", obs_path="D:/Rec/a.mkv"
)


class House:
    """Videos on a real outbox and a real thread for files; `turn` is one turn of the loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path: Path | None = folder / "a.mkv"
        self.posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.later: list[Callable[[], None]] = []
        self.facts: list[Any] = []
        self.measured: list[tuple[str, str, int]] = []
        self.begin()

    def begin(self) -> None:
        """Begin with what was kept."""
        self.outbox = Outbox(self.folder / "outbox.db", producer="obs-bridge", publish=lambda _: None, log=Mock())
        bus = Mock()
        bus.publish.side_effect = lambda _topic, _key, fact: self.facts.append(fact)
        self.ledger = Ledger(self.outbox, bus)
        self.files = Files(self.posted.put)
        self.videos = Videos(
            self.ledger,
            self.files,
            ours=lambda _name, _path: self.path,
            kept=self.outbox.kept(),
            after=self._after,
            begins=lambda *told: self.measured.append(told),
        )

    def _after(self, _: float, callback: Callable[[], None]) -> Any:
        self.later.append(callback)
        return Mock()

    def end(self) -> None:
        """End, as when killed: what was not committed is gone."""
        self.files.stop()
        self.outbox.close()

    def told(self, video: VideoStored) -> VideoStored:
        """The video as it was told last, once nothing more is kept of it."""
        self.videos.closed(video)
        self.ledger.commit()
        return self.settled()

    def settled(self) -> VideoStored:
        """Turn until nothing is left to do."""
        while self.outbox.kept(KEY):
            self.posted.get(timeout=ENOUGH_S)()
            self.ledger.commit()
        found = self.facts[-1]
        assert isinstance(found, VideoStored)
        return found


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Where ffprobe is not installed: the files of these tests have no pictures."""
    with_path = os.environ["PATH"]
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("WITH_PATH", with_path)
    found = House(tmp_path)
    yield found
    found.end()


def test_a_file_is_examined(house: House) -> None:
    """Told at once with its path, then with its size, then with its checksum."""
    (house.folder / "a.mkv").write_bytes(b"1234")
    last = house.told(VIDEO)
    assert [fact.size_bytes for fact in house.facts] == [None, 4, 4]
    assert [fact.sha256 is None for fact in house.facts] == [True, True, False]
    assert (last.path, last.is_whole, last.problem) == (str(house.folder / "a.mkv"), True, None)


def test_a_file_that_is_elsewhere(house: House) -> None:
    """OBS's path is stored, and it is said that this machine cannot reach it; nothing waits."""
    house.path = None
    assert house.told(VIDEO).problem == UNREACHABLE
    assert house.told(replace(VIDEO, problem="It broke.")).problem == f"It broke. {UNREACHABLE}"
    assert house.told(replace(VIDEO, obs_path="")).problem == NO_NAME


@pytest.mark.parametrize("content", [b"", None])
def test_a_file_that_is_empty_or_missing(house: House, content: bytes | None) -> None:
    """Not whole, and what is wrong is said beside what was wrong before."""
    if content is not None:
        (house.folder / "a.mkv").write_bytes(content)
    last = house.told(replace(VIDEO, problem="It broke."))
    assert not last.is_whole
    assert (last.problem or "").startswith("It broke. ")
    assert last.size_bytes == (None if content is None else 0)


@needs_ffmpeg
def test_a_file_without_pictures(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ended before OBS's encoder gave a picture is no recording, and it is said."""
    monkeypatch.setenv("PATH", os.environ["WITH_PATH"])
    (house.folder / "a.mkv").write_bytes(b"1234")
    last = house.told(replace(VIDEO, duration_ms=900))
    assert (last.size_bytes, last.duration_ms, last.is_whole, last.problem) == (4, None, False, UNPLAYABLE)


@pytest.mark.slow
@needs_ffmpeg
def test_a_file_that_obs_did_not_bring_to_its_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """OBS says that it stopped, and on a full disk the file has no end: it is not whole, and plays up to there."""
    monkeypatch.setenv("PATH", os.environ["WITH_PATH"])
    make_video(house.folder / "a.mkv", seconds=9, is_whole=False)
    last = house.told(replace(VIDEO, duration_ms=9_000))
    assert (last.is_whole, last.problem) == (False, NOT_CLOSED)
    assert last.duration_ms is not None


def test_a_file_that_still_grows(house: House) -> None:
    """What OBS did not close is examined once its size stays the same."""
    file = house.folder / "a.mkv"
    file.write_bytes(b"1")
    house.videos.closed(replace(VIDEO, is_whole=False, problem="It broke."))
    house.ledger.commit()
    for size in (2, 3):
        house.posted.get(timeout=ENOUGH_S)()
        file.write_bytes(b"1" * size)
        house.later.pop()()
    house.posted.get(timeout=ENOUGH_S)()
    assert all(fact.size_bytes is None for fact in house.facts)
    house.later.pop()()
    last = house.settled()
    assert (last.size_bytes, last.is_whole, last.problem) == (3, False, "It broke.")
    assert last.sha256 is not None


def test_one_that_never_stops_growing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for for ever."""
    monkeypatch.setattr(under_test, "MOST_LOOKS", 2)
    file = house.folder / "a.mkv"
    file.write_bytes(b"1")
    house.videos.closed(replace(VIDEO, is_whole=False))
    house.ledger.commit()
    for size in (2, 3):
        house.posted.get(timeout=ENOUGH_S)()
        file.write_bytes(b"1" * size)
        house.later.pop()()
    assert house.settled().size_bytes == 3


def test_killed_before_it_was_examined(house: House) -> None:
    """The next process examines it; when it is done nothing is kept of it."""
    (house.folder / "a.mkv").write_bytes(b"1234")
    house.videos.closed(VIDEO)
    house.ledger.commit()
    house.end()
    house.facts.clear()
    house.begin()
    house.videos.go_on()
    assert house.settled().sha256 is not None
    assert house.outbox.kept(KEY) == {}


def test_the_end_of_a_file_that_was_broken_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody told when it ended: its length says so."""
    monkeypatch.setattr("shared.video.probing.duration_ms", lambda *_, **__: 2_000)
    (house.folder / "a.mkv").write_bytes(b"1")
    last = house.told(replace(VIDEO, started_at_us=1_000_000))
    assert (last.duration_ms, last.ended_at_us) == (2_000, 3_000_000)


@pytest.mark.parametrize(("measured_ms", "late_ms"), [(7_500, 2_500), (9_950, 0), (10_100, 0), (10_400, 0)])
def test_a_file_that_began_late(
    house: House, monkeypatch: pytest.MonkeyPatch, *, measured_ms: int, late_ms: int
) -> None:
    """A file that is shorter than OBS recorded began with a later picture; a little is how uncertain lengths are."""
    monkeypatch.setattr("shared.video.probing.duration_ms", lambda *_, **__: measured_ms)
    (house.folder / "a.mkv").write_bytes(b"1")
    began = replace(
        VIDEO,
        started_at_us=1_000_000,
        placed_from_us=1_000_000,
        ended_at_us=11_000_000,
        duration_ms=10_000,
        in_ms=1_000,
        out_ms=9_000,
    )
    unsure = house.told(replace(began, placed_from_us=None))
    assert unsure.started_at_us == 1_000_000, "its end is not known exactly"
    last = house.told(began)
    assert house.measured == [("mat-1", "v1", max(0, 10_000 - measured_ms))]
    assert (last.duration_ms, last.ended_at_us) == (measured_ms, 11_000_000)
    assert last.started_at_us == 1_000_000 + late_ms * 1_000
    assert (last.in_ms, last.out_ms) == (max(0, 1_000 - late_ms), 9_000 - late_ms)


@pytest.mark.parametrize(("measured_ms", "late_ms"), [(10_400, -400), (11_500, -800), (9_000, 1_000)])
def test_a_file_whose_beginning_was_guessed(
    house: House, monkeypatch: pytest.MonkeyPatch, *, measured_ms: int, late_ms: int
) -> None:
    """While it was recorded its first picture was thought to come 0.8 s after OBS said so; it may be earlier."""
    monkeypatch.setattr("shared.video.probing.duration_ms", lambda *_, **__: measured_ms)
    (house.folder / "a.mkv").write_bytes(b"1")
    guessed = replace(VIDEO, started_at_us=1_000_000, placed_from_us=200_000, duration_ms=10_000)
    last = house.told(replace(guessed, ended_at_us=11_000_000))
    assert (last.started_at_us, last.placed_from_us) == (1_000_000 + late_ms * 1_000, 1_000_000)
