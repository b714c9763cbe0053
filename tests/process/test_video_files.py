"""Clips and chapters of real videos: `restrike obs clip` and `chapters --embed` with ffmpeg, looked at with ffprobe."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shared.db.sqlite import connect_writer
from shared.errors import IoError, ValidationError
from shared.video import cutting, probing
from tests.support.cli import Home, home_in
from tests.support.obs.video import needs_ffmpeg
from tests.support.video_files import make_video
from tests.support.video_rows import add_event, add_video

pytestmark = needs_ffmpeg
MATCH = (
    "INSERT INTO pss_matches (id, match_id, match_number, ring, status) VALUES (1, 'ring-1.a.1', '101', 'ring-1', '')"
)
FRAME_MS = 100


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 s at 10 pictures a second, of which every tenth is a key picture."""
    return make_video(tmp_path_factory.mktemp("video") / "ring-1 101.mkv")


@pytest.fixture
def home(tmp_path: Path, migrated: bytes, video: Path) -> Iterator[Home]:
    """A match in two parts: the first is the video, the second is not here."""
    with home_in(tmp_path / "home") as one:
        one.paths.prepare()
        one.paths.database.write_bytes(migrated)
        over = {"ended_at": "2026-03-01T09:40:00.000000Z"}
        with closing(connect_writer(one.paths.database)) as connection:
            connection.execute(MATCH)
            first = add_video(connection, "m1", path=str(video), duration_ms=20_000, **over)
            add_video(connection, "m2", part=2, path="/not/here.mkv", **over)
            moment = {"round_number": 2, "score_chong": 0, "score_hong": 3}
            add_event(connection, first, "round_started", "round 2", 2_000, clock_ms=120_000, **moment)
            add_event(connection, first, "point", "hong head +3", 12_500, clock_ms=109_500, **moment)
            add_event(connection, first, "match_decided", "hong = winner; 1", 18_000)
        yield one


def asked(path: Path, *options: str) -> Any:
    command = ["ffprobe", "-v", "error", "-of", "json", *options, "-i", f"file:{path}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)


def times_ms(path: Path) -> list[int]:
    """When each picture of a file is shown."""
    packets = asked(path, "-select_streams", "v", "-show_entries", "packet=pts_time")["packets"]
    return sorted(round(float(packet["pts_time"]) * 1000) for packet in packets)


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_a_clip_around_a_point(home: Home, tmp_path: Path, ending: str) -> None:
    """It begins with the key picture before, ends where asked, keeps picture and sound, and can be decoded from its
    first picture on; what really happened is said.
    """
    out = tmp_path / f"clip.{ending}"
    words = ("obs", "clip", "101", "--around", "point:1", "--before", "2.3", "--after", "3", "-o", out)
    said = home.document(*words)
    clip = said["clip"]
    assert (said["moment_ms"], said["asked_start_ms"]) == (12_500, 10_200)
    assert abs(clip["start_ms"] - 10_000) <= FRAME_MS
    assert abs(clip["end_ms"] - 15_500) <= 2 * FRAME_MS
    assert abs(clip["duration_ms"] - 5_500) <= 2 * FRAME_MS
    assert abs(probing.duration_ms(out) - 5_500) <= 2 * FRAME_MS
    pictures = times_ms(out)
    assert abs(len(pictures) - 55) <= 2
    assert pictures[0] <= FRAME_MS
    streams = asked(out, "-show_streams")["streams"]
    assert [stream["codec_name"] for stream in streams] == ["h264", "aac"]
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-i", out, "-f", "null", "-"], capture_output=True, check=True, timeout=60
    )
    assert decoded.stderr == b""


def hashes(path: Path, window: str = "%") -> list[tuple[int, str]]:
    """When each picture of a part of a file is shown, and what it is."""
    shown = ["-select_streams", "v", "-show_entries", "packet=pts_time,data_hash", "-show_data_hash", "md5"]
    packets = asked(path, *shown, "-read_intervals", window)["packets"]
    return [(round(float(packet["pts_time"]) * 1000), packet["data_hash"]) for packet in packets]


@pytest.mark.parametrize(
    ("name", "key_every", "looks_ahead"),
    [
        ("b60.mkv", 60, True),
        ("b240.mkv", 240, True),
        ("nob.mkv", 60, False),
        ("every.mkv", 1, False),
        ("b60.mp4", 60, True),
        ("b60.ts", 60, True),
        ("nob.ts", 60, False),
    ],
)
def test_a_clip_begins_with_the_picture_it_says(tmp_path: Path, name: str, key_every: int, looks_ahead: bool) -> None:  # noqa: FBT001  # a parameter
    """Whatever the format, and with pictures that look ahead: it begins with the last key picture before what was
    asked for, and where it says.
    """
    source = make_video(tmp_path / name, seconds=20, key_every=key_every, looks_ahead=looks_ahead, fps=30)
    begin_ms = round(float(asked(source, "-show_entries", "format=start_time")["format"]["start_time"]) * 1000)
    pictures = {at_ms - begin_ms: picture for at_ms, picture in hashes(source)}
    for start_ms in (0, 9_900):
        clip = tmp_path / f"clip {start_ms} {name}"
        made = cutting.cut(source, clip, start_ms=start_ms, end_ms=15_000)
        apart_ms = key_every * 1000 / 30
        assert made.start_ms - start_ms <= 25, "at or before; the first picture of all may be a little later"
        assert start_ms - made.start_ms <= apart_ms + 40
        assert hashes(clip)[0][1] in [pictures.get(made.start_ms + rounded) for rounded in (-1, 0, 1)]
        assert 15_000 - 50 <= made.end_ms <= 15_000 + 400
        assert abs(made.end_ms - made.start_ms - probing.duration_ms(clip)) <= 1


def test_a_clip_at_a_clock(home: Home, tmp_path: Path) -> None:
    """The clock 1:55 of round 2 was five seconds after its start; a file that is there is not overwritten."""
    out = tmp_path / "clip.mkv"
    words = ("obs", "clip", "ring-1", "--at", "R2/1:55", "--before", "1.5", "--after", "1", "-o", out)
    done = home.run(*words)
    assert done.returncode == 0, done.stderr
    assert "begins at 0:05.0 of v1, 0.5 s early" in done.stdout
    again = home.run(*words)
    assert (again.returncode, "There is such a file already" in again.stderr) == (1, True)


def test_a_clip_in_this_folder(home: Home) -> None:
    """Without a name it is called after the video and the event; it ends with the video."""
    said = home.document("obs", "clip", "v1", "--around", "decision", "--before", "0.9", "--after", "60")
    path = home.paths.home / said["clip"]["path"]
    assert path.name == "ring-1 101 hong winner 1.mkv"
    assert abs(probing.duration_ms(path) - 3_000) <= 2 * FRAME_MS
    assert not list(path.parent.glob(".part-*"))


def test_chapters_in_a_copy(home: Home, tmp_path: Path, video: Path) -> None:
    """The chapters are there for ffprobe, with their times and titles; picture and sound are the same to the bit."""
    out = tmp_path / "with.mkv"
    done = home.run("obs", "chapters", "v1", "--embed", "-o", out)
    assert done.returncode == 0, done.stderr
    found = [
        (round(float(one["start_time"]) * 1000), round(float(one["end_time"]) * 1000), one["tags"]["title"])
        for one in asked(out, "-show_chapters")["chapters"]
    ]
    assert found == [
        (0, 2_000, "Start"),
        (2_000, 12_500, "Round 2"),
        (12_500, 18_000, "Hong head +3 (R2 1:49, 0-3)"),
        (18_000, 20_000, "Hong = winner; 1"),
    ]
    hashed = [
        subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", "-i", one, "-map", "0", "-c", "copy", "-f", "streamhash", "-"],
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        for one in (video, out)
    ]
    assert hashed[0] == hashed[1]
    size = out.stat().st_size
    out.write_bytes(b"an older one")
    assert home.run("obs", "chapters", "v1", "--embed", "-o", out).returncode == 1
    done = home.run("obs", "chapters", "v1", "--embed", "--force", "-o", out)
    assert (done.returncode, out.stat().st_size) == (0, size), done.stderr
    itself = home.run("obs", "chapters", "v1", "--embed", "--force", "-o", video)
    assert (itself.returncode, "the recording itself" in itself.stderr) == (1, True)


def test_the_end_of_a_transport_stream(tmp_path: Path) -> None:
    """Its clock begins anywhere; places are counted from its first picture all the same."""
    source = make_video(tmp_path / "one.ts", seconds=5)
    assert abs(probing.last_picture_ms(source) - 5_000) <= FRAME_MS
    assert abs(probing.key_picture_ms(source, 3_300) - 3_000) <= FRAME_MS


@pytest.mark.parametrize("at_ms", [0, 300, 999, 1_100, 5_500, 19_950, 60_000])
def test_the_key_picture_before(video: Path, at_ms: int) -> None:
    """It is found to the picture, wherever one asks."""
    found = probing.key_picture_ms(video, at_ms)
    assert abs(found - min(at_ms // 1000, 19) * 1000) <= FRAME_MS


def test_a_broken_file_is_refused(tmp_path: Path, video: Path) -> None:
    """What ffmpeg says is in the sentence; nothing is left of the attempt."""
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"no video at all")
    with pytest.raises(IoError, match=r"ffprobe failed: .*Invalid data"):
        cutting.cut(broken, tmp_path / "clip.mkv", start_ms=0, end_ms=1_000)
    with pytest.raises(IoError, match="ffmpeg failed"):
        cutting.with_chapters(video, tmp_path / "with.unknown", ffmetadata=";FFMETADATA1\n")
    with pytest.raises(ValidationError, match=r"only 20\.0 s long"):
        cutting.cut(video, tmp_path / "clip.mkv", start_ms=30_000, end_ms=31_000)
    assert list(tmp_path.iterdir()) == [broken]


def test_a_recording_that_broke_off_can_be_cut(tmp_path: Path) -> None:
    """A file that OBS did not close has no length, and still its clips; where it ends, the clip ends."""
    broken = make_video(tmp_path / "broken.mkv", seconds=9, is_whole=False)
    with pytest.raises(IoError, match="not closed"):
        probing.duration_ms(broken)
    made = cutting.cut(broken, tmp_path / "clip.mkv", start_ms=2_100, end_ms=4_000)
    assert abs(made.duration_ms - 2_000) <= 2 * FRAME_MS
    last = cutting.cut(broken, tmp_path / "last.mkv", start_ms=4_100, end_ms=60_000)
    assert last.end_ms < 7_000
    assert abs(last.end_ms - last.start_ms - probing.duration_ms(last.path)) <= 2 * FRAME_MS
