"""Which clips are deleted after some days, and what keeping and deleting by command does."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from services.obs_bridge.files import Files
from services.obs_bridge.retention import US_PER_DAY, Retention, due
from shared.db.sqlite import connect_writer, sqlite3
from shared.errors import RestrikeError, ValidationError
from shared.messages.obs_commands import DeleteVideo, KeepVideo
from shared.messages.recordings import VideoKind, VideoStored
from shared.rpc import Later
from tests.support.video_rows import add_video
from tests.support.wait import eventually

NOW_US = 1_800_000_000_000_000
OLD = VideoStored(
    video_id="a",
    kind=VideoKind.REVIEW,
    connection="main",
    ring="ring-1",
    match_id="ring-1.a.1",
    obs_path="/rec/a.mkv",
    path="/rec/a.mkv",
    ended_at_us=NOW_US - 31 * US_PER_DAY,
)


@pytest.mark.parametrize(
    ("row", "days", "is_due"),
    [
        (OLD, 30, True),
        (OLD, 31, False),
        (OLD, 0, False),
        (replace(OLD, is_kept=True), 30, False),
        (replace(OLD, kind=VideoKind.MATCH), 30, False),
        (replace(OLD, kind=VideoKind.MANUAL), 30, False),
        (replace(OLD, deleted_at_us=1), 30, False),
        (replace(OLD, path=None), 30, False),
        (replace(OLD, ended_at_us=None), 30, False),
        (replace(OLD, ended_at_us=None, started_at_us=1), 30, True),
    ],
)
def test_what_is_due(row: VideoStored, days: int, is_due: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """Clips of reviews alone, that nobody keeps and whose file is here; 0 days: never; of unknown age: never."""
    assert due([row], now_us=NOW_US, keep_days=days) == ([row] if is_due else [])


class Desk:
    """Retention on a database, with a loop that is turned by hand."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self.posted: list[Callable[[], None]] = []
        self.files = Files(self.posted.append)
        self.told: list[VideoStored] = []
        self.written: set[str] = set()

        def ask(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
            return list(connection.execute(sql, values).fetchall())

        self.retention = Retention(
            self.files,
            ask=ask,
            tell=self.told.append,
            days=lambda: 30,
            now_us=lambda: NOW_US,
        )
        self.retention.is_written = self.written.__contains__

    def turn(self) -> None:
        eventually(lambda: self.posted, within=10, what="a file is done")
        self.posted.pop(0)()


@pytest.fixture
def connection(tmp_path: Path, migrated: bytes) -> Iterator["sqlite3.Connection"]:
    path = tmp_path / "restrike.db"
    path.write_bytes(migrated)
    with closing(connect_writer(path)) as one:
        yield one


@pytest.fixture
def desk(connection: "sqlite3.Connection") -> Iterator[Desk]:
    one = Desk(connection)
    yield one
    one.files.stop()


def outcome(later: Later) -> object:
    found: list[object] = []

    def deliver(end: Callable[[], object]) -> None:
        try:
            found.append(end())
        except RestrikeError as error:
            found.append(error)

    later.when_answered(deliver)
    return found[0]


def test_old_clips_go(tmp_path: Path, connection: "sqlite3.Connection", desk: Desk) -> None:
    """The file of the old clip is deleted once, its row says when; the kept one and the new one stay."""
    old, kept, new = (tmp_path / name for name in ("old.mkv", "kept.mkv", "new.mkv"))
    for path, is_kept, at in ((old, 0, "2026-03-01"), (kept, 1, "2026-03-01"), (new, 0, "2027-01-14")):
        path.write_bytes(b"clip")
        add_video(connection, path.stem, kind="review", path=str(path), is_kept=is_kept, ended_at=f"{at}T09:00:00Z")
    desk.retention.look()
    desk.retention.look()
    desk.turn()
    assert (old.exists(), kept.exists(), new.exists()) == (False, True, True)
    assert [(video.video_id, video.deleted_at_us, video.match_id) for video in desk.told] == [
        ("old", NOW_US, "ring-1.a.1")
    ]
    desk.retention.look()  # the row in the database is older than what was told
    assert desk.posted == []


def test_keep_and_give_free(connection: "sqlite3.Connection", desk: Desk) -> None:
    """The fact is told again, whole; a second command knows the first before db-writer does."""
    add_video(connection, "a", kind="review", path="/rec/a.mkv", outcome="won", ended_at="2026-03-01T09:00:00Z")
    said = desk.retention.keep(KeepVideo(video_id="a", is_kept=True, author="ana"))
    assert (said.is_kept, said.outcome, said.path) == (True, "won", "/rec/a.mkv")
    assert desk.told == [said]
    with pytest.raises(ValidationError, match="unkeep"):
        desk.retention.delete(DeleteVideo(video_id="a", author="ana"))
    desk.retention.look()
    assert desk.posted == [], "what is kept is not due"
    assert not desk.retention.keep(KeepVideo(video_id="a", is_kept=False, author="ana")).is_kept


def test_delete(tmp_path: Path, connection: "sqlite3.Connection", desk: Desk) -> None:
    """Answered when the file is gone; a second time it is refused."""
    path = tmp_path / "a.mkv"
    path.write_bytes(b"clip")
    add_video(connection, "a", path=str(path))
    later = desk.retention.delete(DeleteVideo(video_id="a", author="ana"))
    assert not later.is_answered
    desk.turn()
    assert outcome(later) == desk.told[-1]
    assert desk.told[-1].deleted_at_us == NOW_US
    assert not path.exists()
    with pytest.raises(ValidationError, match="deleted already"):
        desk.retention.delete(DeleteVideo(video_id="a", author="ana"))


def test_what_cannot_be_deleted(tmp_path: Path, connection: "sqlite3.Connection", desk: Desk) -> None:
    """No such video, a file elsewhere, one that is being recorded: refused; one that resists: told with its problem."""
    add_video(connection, "there", path=None)
    add_video(connection, "running", path=str(tmp_path / "x"))
    add_video(connection, "folder", path=str(tmp_path))
    desk.written.add("running")
    for video, code in (("none", "video.unknown"), ("there", "video.elsewhere"), ("running", "video.busy")):
        with pytest.raises(ValidationError) as refused:
            desk.retention.delete(DeleteVideo(video_id=video, author="ana"))
        assert refused.value.code == code
    later = desk.retention.delete(DeleteVideo(video_id="folder", author="ana"))
    desk.turn()
    assert isinstance(outcome(later), RestrikeError)
    assert desk.told[-1].deleted_at_us is None
    assert "could not be deleted" in (desk.told[-1].problem or "")


def share(connection: "sqlite3.Connection", path: Path, **rows: dict[str, object]) -> None:
    """Store clips of reviews that are one file."""
    path.write_bytes(b"clip")
    for name, columns in rows.items():
        old: dict[str, object] = {"kind": "review", "path": str(path), "ended_at": "2026-03-01T09:00:00Z"}
        add_video(connection, name, **(old | columns))


def test_clips_that_are_one_file(tmp_path: Path, connection: "sqlite3.Connection", desk: Desk) -> None:
    """It stays while one of them is kept or not due; then it goes once, and each row says so."""
    kept, young, due_all = (tmp_path / f"{name}.mkv" for name in ("kept", "young", "due"))
    share(connection, kept, a={}, b={"is_kept": 1})
    share(connection, young, c={}, d={"ended_at": "2027-01-14T09:00:00Z"})
    desk.retention.look()
    assert (desk.files.waiting, desk.posted, desk.told) == (0, [], [])
    share(connection, due_all, e={}, f={})
    desk.retention.look()
    desk.turn()
    assert (kept.exists(), young.exists(), due_all.exists()) == (True, True, False)
    assert {video.video_id for video in desk.told if video.deleted_at_us == NOW_US} == {"e", "f"}


def test_a_shared_file_of_which_the_database_knows_too_little(
    tmp_path: Path, connection: "sqlite3.Connection", desk: Desk
) -> None:
    """One of its rows says not yet that somebody keeps it, one of another file's is not there yet: both files stay."""
    kept, fresh = tmp_path / "kept.mkv", tmp_path / "fresh.mkv"
    share(connection, kept, a={}, b={})
    share(connection, fresh, c={})
    desk.retention.keep(KeepVideo(video_id="b", is_kept=True, author="ana"))
    desk.retention.stamp(replace(OLD, video_id="d", path=str(fresh), ended_at_us=NOW_US))
    desk.retention.look()
    desk.files.stop()
    assert (kept.exists(), fresh.exists()) == (True, True)


def test_deleting_one_of_a_shared_file(tmp_path: Path, connection: "sqlite3.Connection", desk: Desk) -> None:
    """Refused while another that is the same file is kept; otherwise both are deleted, and neither can be kept."""
    path = tmp_path / "a.mkv"
    share(connection, path, a={}, b={"is_kept": 1})
    with pytest.raises(ValidationError, match="another review") as refused:
        desk.retention.delete(DeleteVideo(video_id="a", author="ana"))
    assert (refused.value.code, refused.value.value) == ("video.kept", "b")
    desk.retention.keep(KeepVideo(video_id="b", is_kept=False, author="ana"))
    later = desk.retention.delete(DeleteVideo(video_id="a", author="ana"))
    with pytest.raises(ValidationError, match="being deleted"):
        desk.retention.keep(KeepVideo(video_id="b", is_kept=True, author="ana"))
    desk.turn()
    said = outcome(later)
    assert isinstance(said, VideoStored)
    assert (said.video_id, path.exists()) == ("a", False)
    assert {video.video_id for video in desk.told if video.deleted_at_us == NOW_US} == {"a", "b"}


def test_a_share_that_is_not_mounted(tmp_path: Path, connection: "sqlite3.Connection", desk: Desk) -> None:
    """Its clips are not told as deleted; that they could not be is told once."""
    add_video(connection, "a", kind="review", path=str(tmp_path / "nas" / "a.mkv"), ended_at="2026-03-01T09:00:00Z")
    for _ in range(2):
        desk.retention.look()
        desk.turn()
    (said,) = desk.told
    assert said.deleted_at_us is None
    assert "folder is not there" in (said.problem or "")


def test_what_others_tell_does_not_give_free(connection: "sqlite3.Connection", desk: Desk) -> None:
    """The outcome of a review comes after somebody kept the clip: it stays kept, also after a restart, and what is told
    next holds the outcome.
    """
    add_video(connection, "a", kind="review", path="/rec/a.mkv", ended_at="2026-03-01T09:00:00Z")
    before = replace(OLD, outcome="won")
    desk.retention.keep(KeepVideo(video_id="a", is_kept=True, author="ana"))
    assert desk.retention.stamp(before) == replace(before, is_kept=True)
    freed = desk.retention.keep(KeepVideo(video_id="a", is_kept=False, author="ana"))
    assert (freed.is_kept, freed.outcome) == (False, "won")
    connection.execute("UPDATE recorded_videos SET is_kept = 1 WHERE video_key = 'a'")
    fresh = Desk(connection)
    assert fresh.retention.stamp(before).is_kept
    assert fresh.retention.stamp(replace(before, video_id="new")) == replace(before, video_id="new")


def test_a_database_that_cannot_be_read_hides_no_video(connection: "sqlite3.Connection", desk: Desk) -> None:
    """A video is told as it is, and can be kept, before its row can be read."""
    connection.execute("ALTER TABLE recorded_videos RENAME TO away")
    desk.retention.look()
    assert desk.retention.stamp(OLD) == OLD
    connection.execute("ALTER TABLE away RENAME TO recorded_videos")
    assert desk.retention.keep(KeepVideo(video_id="a", is_kept=True, author="ana")) == replace(OLD, is_kept=True)
