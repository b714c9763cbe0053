"""Backups are whole, named, checked, and never in each other's way."""

import errno
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shared.db import backup
from shared.db.backup import back_up
from shared.db.backup_files import manifest_path, unpack
from shared.db.lock import file_lock
from shared.db.sqlite import connect_reader, connect_writer
from shared.errors import DatabaseError

NAME = re.compile(r"restrike-\d{8}T\d{6}Z-by-hand(-2)?\.db\.zst")


def _files(folder: Path) -> list[str]:
    """What is in the folder but the lock and manifests of files that are there."""
    found = {path.name for path in folder.iterdir()} - {".lock"}
    return sorted(found - {manifest_path(folder / name).name for name in found if name.endswith(".zst")})


def test_backup_holds_what_is_only_in_the_wal(
    filled: Path, backups: Path, tmp_path: Path, contents: Callable[[Path], object]
) -> None:
    """Taken beside an open writer in a transaction: all that is committed, nothing of what is not; one private file."""
    rows = contents(filled)
    with closing(connect_writer(filled)) as writer:
        writer.execute("UPDATE pss_rounds SET duration = 120")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM pss_scores")
        kept = back_up(filled, backups=backups, reason="by-hand")
        writer.execute("ROLLBACK")
    assert NAME.fullmatch(kept.name)
    assert _files(backups) == [kept.name]
    assert kept.stat().st_mode & 0o777 == 0o600
    copy = tmp_path / "copy.db"
    unpack(kept, copy)
    with closing(connect_reader(copy)) as reader:
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert contents(copy) == contents(filled) != rows


def test_same_second_same_reason(latest: Path, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup never overwrites another: the second gets a number."""
    monkeypatch.setattr(backup, "utc_now_iso", lambda: "2026-03-01T09:30:00.123Z")
    names = [back_up(latest, backups=backups, reason="by-hand").name for _ in range(3)]
    stem = "restrike-20260301T093000Z-by-hand"
    assert names == [f"{stem}.db.zst", f"{stem}-2.db.zst", f"{stem}-3.db.zst"]
    assert _files(backups) == sorted(names)


def test_left_over_of_a_killed_backup_goes(latest: Path, backups: Path) -> None:
    """What a killed backup left is removed by the next one, its manifest, too, if killed between the two; nothing
    else is: the manifest of a file that somebody moved away stays.
    """
    backups.mkdir()
    left = [
        ".restrike-x.db.partial",
        ".restrike-x.db.partial-journal",
        ".restrike-y.db.zst.partial",
        "restrike-y.db.json",
    ]
    for name in (*left, "mine.partial", "restrike-old.db", "restrike-z.db.json"):
        (backups / name).write_text("left")
    kept = back_up(latest, backups=backups, reason="by-hand")
    assert _files(backups) == sorted(["mine.partial", "restrike-old.db", "restrike-z.db.json", kept.name])


def test_damaged_database_gives_no_backup(filled: Path, backups: Path) -> None:
    """Pages overwritten with rubbish are found by the check of the copy, and no file is left that looks like one."""
    content = bytearray(filled.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    filled.write_bytes(content)
    with pytest.raises(DatabaseError) as refusal:
        back_up(filled, backups=backups, reason="by-hand")
    assert refusal.value.code in {"backup.damaged", "database.cannot_open"}
    assert _files(backups) == []


def test_folder_that_cannot_be_made(latest: Path, tmp_path: Path) -> None:
    """A file in the folder's place is one sentence, not a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError) as refusal:
        back_up(latest, backups=tmp_path / "file" / "backups", reason="by-hand")
    assert refusal.value.code == "backup.failed"


def test_no_room_is_said_before_anything_is_written(
    latest: Path, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is free is for the journal: a backup that would need it is refused, and says how much it needs."""
    free = backup.RESERVE_BYTES + latest.stat().st_size
    usage = shutil._ntuple_diskusage(2 * free, free, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DatabaseError, match=r"needs 66 MiB .* and 64 MiB are free") as refusal:
        back_up(latest, backups=backups, reason="by-hand")
    assert refusal.value.code == "backup.no_room"
    assert _files(backups) == []


def test_a_disk_that_is_full_meanwhile_leaves_nothing(
    filled: Path, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error at the very last step takes everything back, the manifest too."""

    def fail(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", lambda _self, _to: fail(_self))
    with pytest.raises(DatabaseError, match="No space left") as refusal:
        back_up(filled, backups=backups, reason="by-hand")
    assert refusal.value.code == "backup.failed"
    assert _files(backups) == []


@pytest.mark.parametrize("reason", ["", "../x", "a b", "A", "-a", "a" * 65])
def test_reason_cannot_leave_the_folder(latest: Path, backups: Path, reason: str) -> None:
    """A reason becomes part of a file name, so it is words and hyphens."""
    with pytest.raises(DatabaseError) as refusal:
        back_up(latest, backups=backups, reason=reason)
    assert refusal.value.code == "backup.reason"
    assert not backups.exists()


def test_missing_database(tmp_path: Path, backups: Path) -> None:
    """Nothing to copy is an error, and leaves nothing."""
    with pytest.raises(DatabaseError):
        back_up(tmp_path / "none.db", backups=backups, reason="by-hand")
    assert _files(backups) == []


def test_lock_has_a_deadline_and_ends_with_its_block(tmp_path: Path) -> None:
    """A second holder is refused in time, and let in afterwards."""
    path = tmp_path / ".lock"
    with file_lock(path, within_s=1), pytest.raises(DatabaseError) as refusal, file_lock(path, within_s=0.05):
        raise AssertionError("two holders")
    assert refusal.value.code == "database.locked"
    with file_lock(path, within_s=0):
        pass


def test_a_lock_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    """The sentence speaks of the folder that was named, which need not be the database's."""
    with (
        pytest.raises(DatabaseError, match="cannot be made there") as refusal,
        file_lock(tmp_path / "x/.lock", within_s=0),
    ):
        raise AssertionError("a lock in no folder")
    assert refusal.value.value == str(tmp_path / "x/.lock")
