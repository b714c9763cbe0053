"""`restrike obs reviews` on a database, without services."""

import json
import os
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest
import typer

from shared.db.sqlite import connect_writer
from shared.messages.obs_commands import DeleteVideo, KeepVideo
from shared.messages.recordings import VideoKind, VideoStored
from shared.messages.requests import Command
from shared.paths import Paths
from shared.rpc import Client
from tests.support.stored_videos import CONTENT, SAID
from tests.support.video_rows import add_video
from tests.support.wait import eventually
from tests.unit.cli.conftest import Run
from tests.unit.cli.obs.conftest import keys


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


@pytest.mark.slow
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
def test_a_clip_that_was_never_saved(run: Run, filled: Path, home: Path, tools: Path) -> None:
    """It has a word of its own and no file; the latest is the one before, which can be opened."""
    with closing(connect_writer(Paths(home).database)) as connection:
        said = {"kind": "review", "obs_path": "", "is_whole": 0, "problem": "OBS did not save it.", "is_kept": 1}
        number = add_video(connection, "r4", ended_at="2026-03-01T09:50:00.000000Z", **said)
    listed = run("obs", "reviews", "list", "--json").document["reviews"][0]
    assert (listed["video_id"], listed["state"], listed["is_kept"]) == ("r4", "not_saved", True)
    assert "not saved kept" in run("obs", "reviews", "list").out
    line = next(one for one in run("obs", "videos", "list").out.splitlines() if one.startswith(f"v{number} "))
    assert "main:" not in line
    player = Player(tools, then="exit 0")
    assert run("obs", "reviews", "open", "latest").code == 0
    assert player.words()[-1] == str(filled / "new.mkv")
    assert "no file of this video: OBS did not save it." in run("obs", "reviews", "open", f"v{number}").err


@pytest.mark.usefixtures("filled")
def test_a_recording_is_not_deleted_unasked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording of a match may be the only one: without --yes nothing is asked of obs-bridge."""
    asked: list[object] = []

    def call(_: Client, command: Command[VideoStored]) -> VideoStored:
        asked.append(command)
        return VideoStored(video_id="m1", **SAID)

    monkeypatch.setattr(Client, "call", call)
    done = run("obs", "reviews", "delete", "v1", "--json")
    assert (done.code, done.document["error"]["code"], asked) == (1, "video.needs_yes", [])
    assert "a.mkv: the recording of match 101; to delete it all the same: --yes" in done.document["error"]["message"]
    assert run("obs", "reviews", "delete", "v1", "--yes", "--author", "ana").code == 0
    assert asked == [DeleteVideo(video_id="m1", author="ana")]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_a_person_is_asked(run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    """At a terminal; no is no."""
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return answer == "y"

    monkeypatch.setattr("sys.stdin", Mock(isatty=lambda: True))
    monkeypatch.setattr(typer, "confirm", confirm)
    monkeypatch.setattr(Client, "call", lambda _, command: VideoStored(**(SAID | {"video_id": command.video_id})))
    done = run("obs", "reviews", "delete", "v1")
    assert done.code == code
    assert asked == ["Delete the file of v1, a.mkv: the recording of match 101? It cannot be had back."]
    assert ("Nothing was deleted." in done.err) == (code == 1)


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
