"""`restrike obs videos`, `chapters` and `clip` on a database without services and without ffmpeg."""

import shlex
from contextlib import closing
from pathlib import Path

import pytest
import typer

from services.cli.obs import recorded, reviews, videos
from shared.db.sqlite import connect_writer
from shared.messages.recordings import VideoEvent, VideoStored
from shared.paths import Paths
from shared.video.stored import Event, Video
from tests.contract.tree import ROOT
from tests.support.stored_videos import CONTENT, SAID
from tests.support.video_rows import add_event, add_video
from tests.unit.cli.conftest import Run
from tests.unit.cli.obs.conftest import keys


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["r3", "r2", "r1", "m3", "m2", "m1"]),
        (["--ring", "ring-2"], ["r3", "m3"]),
        (["--kind", "match"], ["m3", "m2", "m1"]),
        (["ring-1.a.1", "--kind", "review"], ["r2", "r1"]),
        (["101"], ["r2", "r1", "m3", "m2", "m1"]),
        (["--day", "2026-03-01", "--limit", "1"], ["r3"]),
        (["--day", "2026-03-05"], []),
    ],
)
def test_videos_are_chosen(run: Run, options: list[str], found: list[str]) -> None:
    """By match, ring, kind and day; the newest first."""
    assert keys(run, "videos", "list", *options) == found


@pytest.mark.usefixtures("filled")
def test_a_list_for_people(run: Run) -> None:
    """Which is broken off, deleted, kept, where only OBS has it, and what is wrong."""
    lines = run("obs", "videos", "list").out.splitlines()
    said = {line.split()[0]: line for line in lines}
    assert "deleted" in said["v6"]
    assert "whole kept" in said["v4"]
    assert "main: D:\\Rec\\b.mkv" in said["v3"]
    assert "broken off" in said["v2"]
    assert "0:20.0" in said["v1"]
    assert lines[-1] == "v2: OBS ended."


@pytest.mark.usefixtures("filled")
def test_one_video(run: Run) -> None:
    """Everything in it with its place; named as listed or by its id; another one is refused."""
    shown = run("obs", "videos", "show", "v1").out
    assert "0:08.0  point          hong head +3   1      01:54  0-3" in shown
    events = run("obs", "videos", "show", "m2", "--json").document["events"]
    assert [(event["said"]["kind"], event["said"]["offset_ms"]) for event in events] == [
        ("point", 1_000),
        ("match_decided", 15_000),
    ]
    assert "There is no such video" in run("obs", "videos", "show", "v99").err


def test_check(run: Run, filled: Path) -> None:
    """A file that is gone, one of another size, and with --full one of another content: each said, ends with 1."""
    done = run("obs", "videos", "check", "--json")
    assert done.code == 1
    assert [(one["video"], one["what"]) for one in done.document["faults"]] == [(2, "missing")]
    assert (done.document["checked"], done.document["not_here"]) == (4, 1)
    (filled / "gone.mkv").touch()
    assert run("obs", "videos", "check").code == 0
    (filled / "a.mkv").write_bytes(CONTENT[::-1])
    assert run("obs", "videos", "check", "ring-1.a.1").code == 0
    assert run("obs", "videos", "check", "--full", "--json").document["faults"][0]["what"] == "checksum"
    (filled / "a.mkv").write_bytes(b"short")
    assert "It has 5 bytes, not 18." in run("obs", "videos", "check").out


@pytest.mark.usefixtures("filled")
def test_chapters_of_one_video(run: Run) -> None:
    """On standard output, as it is."""
    assert run("obs", "chapters", "v1", "--format", "ffmetadata", "--points", "2").out.splitlines()[-1] == (
        "title=Chong body +2 (R1 1:53, 0-3)"
    )
    assert run("obs", "chapters", "v1").out.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.500\nStart\n")
    assert "001  RING1101 AA/V" in run("obs", "chapters", "v1", "--format", "edl").out
    done = run("obs", "chapters", "v1", "--format", "youtube")
    assert done.out == "0:00 Start · Round 1 · Hong head +3 (R1 1:54, 0-3)\n"
    assert "too few" in done.err


def test_chapters_of_a_match_in_parts(run: Run, filled: Path) -> None:
    """Each part gets its file; without a file it is refused, as they are two."""
    out = filled / "out.csv"
    done = run("obs", "chapters", "ring-1", "--format", "csv", "-o", out)
    assert done.code == 0, done.err
    assert "hong head +3" in out.read_text()
    assert "hong wins" in (filled / "out part 2.csv").read_text()
    assert "v1, v2" in run("obs", "chapters", "ring-1.a.1").err
    again = run("obs", "chapters", "ring-1.a.1", "--format", "csv", "-o", out)
    assert (again.code, "--force" in again.err) == (1, True)
    assert run("obs", "chapters", "ring-1.a.1", "--format", "csv", "-o", out, "--force").code == 0


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("match", "options", "sentence"),
    [
        ("101", [], "Several matches have this number: ring-1.a.1 (ring-1)"),
        ("999", [], "There is no match 999"),
        ("102", [], "Of this match there is no recording"),
        ("ring-1", ["--on", "other"], "Of this match there is no recording"),
        ("v1", ["--kinds", "kick"], "Choose from round, point"),
        ("v2", ["--embed"], "The file is gone"),
        ("v3", ["--embed"], "on OBS's machine"),
    ],
)
def test_what_has_no_chapters(run: Run, match: str, options: list[str], sentence: str) -> None:
    """Each refusal says what to do."""
    done = run("obs", "chapters", match, *options)
    assert done.code == 1
    assert sentence in done.err


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--around", "point:9"], "of this kind there are 3"),
        (["--around", "kick"], "Write the number of an event"),
        (["--around", "999"], "of this kind there are 0"),
        (["--at", "1:13"], "as R2/1:13"),
        (["--at", "R3/1:13"], "Nothing of this round"),
        (["--around", "decision"], "The file is gone"),
    ],
)
def test_what_cannot_be_cut(run: Run, options: list[str], sentence: str) -> None:
    """An event that is not there, a moment that is none, a part that is gone."""
    done = run("obs", "clip", "ring-1.a.1", *options)
    assert done.code == 1
    assert sentence in done.err


@pytest.mark.usefixtures("filled")
def test_a_clip_needs_one_moment(run: Run) -> None:
    """Neither or both is wrong usage."""
    assert run("obs", "clip", "v1").code == 2
    assert run("obs", "clip", "v1", "--around", "1", "--at", "R1/1:00").code == 2


def test_without_ffmpeg(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that says what to install; nothing is written."""
    monkeypatch.setenv("PATH", str(filled))
    for words in (["clip", "v1", "--around", "1", "-o", filled / "x.mkv"], ["chapters", "v1", "--embed"]):
        done = run("obs", *words)
        assert (done.code, "apt-get install ffmpeg" in done.err) == (1, True)
    assert sorted(one.name for one in filled.iterdir()) == ["a.mkv", "new.mkv", "won.mkv"]


@pytest.mark.usefixtures("filled")
def test_a_file_on_another_machine(run: Run) -> None:
    """What is said to make it known here is an option that there is."""
    said = run("obs", "clip", "v3", "--at", "R1/1:00").err + run("obs", "reviews", "open", "v3").err
    assert "restrike obs edit main --map THEIRS=OURS" in said
    assert run("obs", "edit", "main", "--map", "D:\\Rec=/mnt/rec").code != 2


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"ended_at": None}, "not over"),
        ({"ended_at": None, "is_whole": 0}, "broken off"),
        ({"ended_at": "2026-03-01T09:50:00.000000Z", "is_whole": 0}, "broken off"),
        ({"ended_at": "2026-03-01T09:50:00.000000Z", "is_whole": 0, "obs_path": ""}, "not saved"),
        ({"ended_at": "2026-03-01T09:50:00.000000Z", "is_kept": 1}, "whole kept"),
    ],
)
@pytest.mark.usefixtures("filled")
def test_how_a_video_stands(run: Run, home: Path, columns: dict[str, object], word: str) -> None:
    """In a list for people, in words; what OBS left behind when it was killed is over, though nobody knows when."""
    with closing(connect_writer(Paths(home).database)) as connection:
        number = add_video(connection, "new", **columns)
    line = next(line for line in run("obs", "videos", "list").out.splitlines() if line.startswith(f"v{number} "))
    assert f"  {word}  " in line + "  "


@pytest.mark.parametrize(
    ("clock_ms", "place_ms"),
    [(113_000, 7_000), (75_000, 45_000), (73_000, 107_000), (50_000, 130_000), (121_000, 0)],
)
def test_a_place_by_the_clock(clock_ms: int, place_ms: int) -> None:
    """The clock stopped at 1:15 and went on a minute later: what is below that came a minute later, too."""
    said = [("round_started", 0, 120_000), ("clock_stopped", 45_000, 75_000), ("clock_started", 105_000, 75_000)]
    video = VideoStored(video_id="m1", **SAID)
    found = [
        (
            Video(number=1, match_number=None, stored_at="", said=video),
            Event(
                number=number,
                said=VideoEvent(
                    kind=kind,
                    label="",
                    offset_ms=at,
                    at_us=0,
                    session="s",
                    entry=number,
                    index=0,
                    round=1,
                    clock_ms=clock,
                ),
            ),
        )
        for number, (kind, at, clock) in enumerate(said)
    ]
    assert recorded.place_at(found, 1, clock_ms)[1] == place_ms


def test_two_connections_recorded_the_match(run: Run, filled: Path, home: Path) -> None:
    """The one whose file is here is taken, and the other named; --on chooses it."""
    with closing(connect_writer(Paths(home).database)) as connection:
        other = add_video(connection, "other", connection="left", obs_path="D:/Rec/left.mkv", duration_ms=30_000)
        add_event(connection, other, "round_started", "round 1", 7_000)
    done = run("obs", "chapters", "ring-1.a.1", "--json")
    assert [video["video_id"] for video in done.document["videos"]] == ["m1", "m2"]
    assert "Taken from main; recorded by left, too" in done.err
    chosen = run("obs", "chapters", "ring-1.a.1", "--on", "left")
    assert "00:00:07.000 --> 00:00:30.000\nRound 1" in chosen.out
    assert filled.is_dir()


@pytest.mark.usefixtures("filled")
def test_the_page_has_every_command_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/obs-videos.md: no command of it is wrong usage, and none is left out."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(Paths.from_environment().home)
    page = (ROOT / "docs/obs-videos.md").read_text(encoding="utf-8").splitlines()
    commands = [shlex.split(line.removeprefix("$ restrike ")) for line in page if line.startswith("$ restrike obs ")]
    assert [words for words in commands if run(*words).code not in (0, 1, 3)] == []
    parent = typer.Typer()
    videos.register(parent)
    reviews.register(parent)
    wanted = [
        f"{group.name or found.info.name} {one.name or (one.callback and one.callback.__name__)}"
        for group in parent.registered_groups
        if (found := group.typer_instance) is not None
        for one in found.registered_commands
    ]
    assert len(wanted) == 8
    assert {*wanted} <= {" ".join(words[1:3]) for words in commands}
    assert {"clip", "chapters"} <= {words[1] for words in commands}
