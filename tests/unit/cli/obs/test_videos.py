"""`restrike obs videos`, `chapters`, `clip` and `reviews` on a database without services and without ffmpeg."""

import hashlib
import json
import os
import shlex
from contextlib import closing
from pathlib import Path

import pytest
import typer

from services.cli.obs import reviews, videos
from shared.db.sqlite import connect_writer
from shared.messages.obs_commands import DeleteVideo, KeepVideo
from shared.messages.recordings import VideoKind, VideoStored
from shared.messages.requests import Command
from shared.paths import Paths
from shared.rpc import Client
from tests.contract.tree import ROOT
from tests.support.video_rows import add_event, add_video
from tests.support.wait import eventually
from tests.unit.cli.conftest import Run

MATCHES = """
INSERT INTO pss_matches (id, match_id, match_number, ring, status, first_loaded_at) VALUES
    (1, 'ring-1.a.1', '101', 'ring-1', 'decided', '2026-03-01T09:00:00.000000Z'),
    (2, 'ring-2.a.1', '101', 'ring-2', 'decided', '2026-03-01T09:00:00.000000Z'),
    (3, 'ring-2.a.9', '102', 'ring-2', 'open', '2026-03-01T10:00:00.000000Z');
"""
CONTENT = b"not really a video"


@pytest.fixture
def filled(home: Path, run: Run, migrated: bytes) -> Path:  # noqa: ARG001  # run sees to it that the home is new
    """Videos 1 and 2: a match on ring-1, of which 1 is here; 3: of ring-2, that only OBS has; 4 to 6: of reviews."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    folder = home / "rec"
    folder.mkdir()
    for name in ("a.mkv", "won.mkv", "new.mkv"):
        (folder / name).write_bytes(CONTENT)
    known = {"size_bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(), "duration_ms": 20_000}
    over = {"started_at": "2026-03-01T09:30:00.000000Z", "ended_at": "2026-03-01T09:40:00.000000Z"}
    review = {"kind": "review", "round_number": 1, "clock_ms": 70_000, "athlete_position": 2, "duration_ms": 20_000}
    with closing(connect_writer(paths.database)) as connection:
        connection.executescript(MATCHES)
        first = add_video(connection, "m1", path=str(folder / "a.mkv"), in_ms=2_000, out_ms=18_000, **known, **over)
        second = add_video(
            connection, "m2", part=2, path=str(folder / "gone.mkv"), is_whole=0, problem="OBS ended.", **over
        )
        add_video(connection, "m3", ring="ring-2", match_key="ring-2.a.1", obs_path="D:\\Rec\\b.mkv", **over)
        add_video(
            connection,
            "r1",
            path=str(folder / "won.mkv"),
            challenge_number=1,
            outcome="won",
            is_kept=1,
            **review,
            **over,
        )
        add_video(
            connection, "r2", path=str(folder / "new.mkv"), challenge_number=2, decisive_ms=12_000, **review, **over
        )
        add_video(
            connection, "r3", match_key="ring-2.a.9", ring="ring-2", deleted_at="2026-04-01T00:00:00Z", **review, **over
        )
        moment = {"round_number": 1, "score_chong": 0, "score_hong": 3}
        add_event(connection, first, "round_started", "round 1", 2_500, clock_ms=120_000, **moment)
        add_event(connection, first, "point", "hong head +3", 8_000, clock_ms=114_000, athlete_position=2, **moment)
        add_event(connection, first, "point", "chong body +2", 9_000, clock_ms=113_000, athlete_position=1, **moment)
        add_event(connection, second, "point", "hong body +2", 1_000, clock_ms=90_000, athlete_position=2, **moment)
        add_event(connection, second, "match_decided", "hong wins", 15_000, athlete_position=2)
    return folder


def keys(run: Run, *arguments: str | Path, of: str = "videos") -> list[str]:
    done = run("obs", *arguments, "--json")
    assert done.code == 0, done.err
    return [video["video_id"] for video in done.document[of]]


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
def test_reviews(run: Run) -> None:
    """The newest first; those without an outcome; by ring and match."""
    assert keys(run, "reviews", "list", of="reviews") == ["r3", "r2", "r1"]
    assert keys(run, "reviews", "list", "--open", of="reviews") == ["r2"]
    assert keys(run, "reviews", "list", "--ring", "ring-2", of="reviews") == ["r3"]
    assert keys(run, "reviews", "list", "--match", "ring-1.a.1", of="reviews") == ["r2", "r1"]
    line = next(line for line in run("obs", "reviews", "list").out.splitlines() if line.startswith("v4"))
    assert " ".join(line.split()[3:11]) == "ring-1 101 1 1 01:10 hong won 0:20.0"


class Player:
    """A script that writes down what it was started with, and stays for a while."""

    def __init__(self, folder: Path, name: str = "mpv", *, then: str = "exec sleep 2") -> None:
        self.said = folder / f"{name}.said"
        self.path = folder / name
        script = f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" > {self.said}.new\nmv {self.said}.new {self.said}\n{then}\n'
        self.path.write_text(script)
        self.path.chmod(0o700)

    def words(self) -> list[str]:
        eventually(self.said.exists, within=10, what="the player was started")
        return self.said.read_text().splitlines()[1:]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where players are looked for, first and last; and a screen."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "mv", "sleep"):
        (folder / name).symlink_to(next(one for one in (Path("/bin", name), Path("/usr/bin", name)) if one.exists()))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":99")
    return folder


def test_open_the_latest(run: Run, filled: Path, tools: Path) -> None:
    """The player begins ten seconds before the decisive moment; the command does not wait for it."""
    player = Player(tools)
    done = run("obs", "reviews", "open", "--before", "10", "--json")
    assert done.code == 0, done.err
    assert player.words()[-3:] == ["--start=2.000", "--", str(filled / "new.mkv")]
    assert done.document["video"]["video_id"] == "r2"
    os.kill(done.document["process"], 0)  # it still runs, though the command is over
    os.waitpid(done.document["process"], 0)


def test_open_before_the_end(run: Run, filled: Path, tools: Path) -> None:
    """Of a clip without a decisive moment the end counts; the next player is taken where there is no mpv."""
    player = Player(tools, "vlc", then="exit 0")
    done = run("obs", "reviews", "open", "v4", "--before", "5")
    assert done.out == "won.mkv, from 0:15.0 on, in vlc.\n"
    assert player.words() == ["--start-time=15.000", str(filled / "won.mkv")]


def test_a_player_of_ones_own(run: Run, filled: Path, tools: Path, home: Path) -> None:
    """The command that is set gets the file as one word, whatever it is called; no shell reads it."""
    player = Player(tools, "mine", then="exit 0")
    odd = filled / "a {seconds} $(touch x); 'b'.mkv"
    odd.write_bytes(CONTENT)
    with closing(connect_writer(Paths(home).database)) as connection:
        connection.execute("UPDATE recorded_videos SET path = ? WHERE video_key = 'r2'", (str(odd),))
        connection.execute(
            "INSERT INTO settings_keys (category_id, key_name, display_name, data_type) "
            "VALUES (1, 'obs.player', 'x', 'string')"
        )
        connection.execute(
            "INSERT INTO settings_values (key_id, value) VALUES (last_insert_rowid(), ?)",
            ('mine --at={seconds}s "{file}"',),
        )
    assert run("obs", "reviews", "open", "v5", "--before", "0").code == 0
    assert player.words() == ["--at=12.000s", str(odd)]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("is_installed", [True, False])
def test_nothing_can_be_shown(run: Run, tools: Path, monkeypatch: pytest.MonkeyPatch, is_installed: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """No player, no screen, a player that ends at once: each is one sentence with what to do."""
    if not is_installed:
        assert "No player is installed" in run("obs", "reviews", "open").err
        return
    Player(tools, then="exit 3")
    assert "ended at once (3)" in run("obs", "reviews", "open").err
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = run("obs", "reviews", "open")
    assert done.code == 1
    assert "no screen" in done.err
    assert "new.mkv" in done.err


@pytest.mark.usefixtures("filled")
def test_what_is_not_there_is_not_opened(run: Run) -> None:
    """A deleted clip is said to be deleted; of a ring without clips there is no latest."""
    assert "was deleted" in run("obs", "reviews", "open", "v6").err
    assert "no clip of a review" in run("obs", "reviews", "open", "--ring", "ring-2").err


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("words", [["keep", "v5"], ["unkeep", "latest"], ["delete", "v4"]])
def test_keeping_needs_obs_bridge(run: Run, words: list[str]) -> None:
    """It is obs-bridge that does it: without it 3, and a document for programs."""
    done = run("obs", "reviews", *words, "--author", "ana", "--json")
    assert done.code == 3
    assert json.loads(done.out)["error"]["code"] == "service.not_running"


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["keep", "v5"], (KeepVideo(video_id="r2", is_kept=True, author="ana"), "Kept: v5, new.mkv.\n")),
        (
            ["unkeep", "latest"],
            (KeepVideo(video_id="r2", is_kept=False, author="ana"), "Not kept any longer: v5, new.mkv.\n"),
        ),
        (["delete", "r1"], (DeleteVideo(video_id="r1", author="ana"), "Deleted: v4, won.mkv.\n")),
    ],
)
def test_what_obs_bridge_is_asked(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: tuple[object, str]
) -> None:
    """The video's own id, what is to be done, and who; its answer is told."""
    asked: list[object] = []

    def call(_: Client, command: Command[VideoStored]) -> VideoStored:
        asked.append(command)
        name = "won.mkv" if isinstance(command, DeleteVideo) else "new.mkv"
        review = VideoKind.REVIEW
        path = str(filled / name)
        return VideoStored(
            video_id="x", kind=review, connection="main", ring="ring-1", match_id=None, obs_path="D:/x", path=path
        )

    monkeypatch.setattr(Client, "call", call)
    done = run("obs", "reviews", *words, "--author", "ana")
    assert done.code == 0
    assert (*asked, done.out) == expected


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
