"""The jobs of backups on a real database: rows and files agree, damage is found, and only what is not needed goes."""

import json
import shutil
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.cli.backup.app import list_all
from services.cli.backup.listing import NO_FILE, NO_ROW, listed, schedule_of, shown, shown_schedule
from services.db_writer.errands import backups as errands
from services.db_writer.office.backup import backups
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Ordered, Result, Step, Work
from services.db_writer.office.settings import change_settings
from shared.db.backup import back_up
from shared.db.backup_files import find_backup, manifest_path, unpack
from shared.db.migrate import migrate
from shared.db.migration_files import SHIPPED, read_migrations
from shared.db.sqlite import connect_reader, connect_writer, sqlite3
from shared.db.table_checksums import contents_of
from shared.errors import DatabaseError, ValidationError
from shared.messages.jobs import Detail
from shared.messages.settings import ChangeSettings
from shared.paths import Paths


class Backups:
    """A home whose jobs are done here, their errands without a process of their own."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.paths = desk, desk.paths

    def do(self, work: Work, author: str = "anna", **options: Detail) -> Result:
        """Do a job to its end."""
        steps = work(self.desk, Ordered(id="job", author=author, reason=None, options=options))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return dict(end.value)

    def create(self, **options: Detail) -> Path:
        """Make a backup."""
        return Path(str(self.do(backups.back_up, author="anna", **options)["path"]))

    def set(self, **values: Any) -> None:
        """Change settings of backups."""
        change_settings(self.desk, ChangeSettings(author="a", values={f"backup.{k}": v for k, v in values.items()}))

    def rows(self, query: str) -> list[Any]:
        """Rows of the database."""
        return list(self.desk.connection.execute(query).fetchall())


@pytest.fixture
def home(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Backups, None, None]:
    paths = Paths(tmp_path)
    paths.prepare()
    path.rename(paths.database)

    def errand(name: str, options: Any, *, paths: Paths) -> Generator[Step, None, Result]:
        yield Step(name)
        work: Callable[..., Result] = {
            "backup": errands.create,
            "verify": errands.verify,
            "backups_find": errands.find,
            "backups_remove": errands.remove,
        }[name]
        return work(options, paths=paths, tell=lambda _message, _done, _total: None)

    monkeypatch.setattr(backups, "errand", errand)
    with closing(connect_writer(paths.database)) as connection:
        desk = Desk(connection, paths=paths)
        bring_up_to_date(desk)
        yield Backups(desk)


def test_row_audit_and_file(home: Backups) -> None:
    """Who made it and why, what it is, and the row of one that a migration made before there were rows for it."""
    older = back_up(home.paths.database, backups=home.paths.backups, reason="before-migrate-8")
    made = home.create(reason="finals")
    name = made.name.removesuffix(".db.zst")
    assert home.rows("SELECT name, path, format, reason, status FROM backups ORDER BY id")[0] == (
        name,
        str(made),
        "database",
        "finals",
        "present",
    )
    assert home.rows("SELECT author, action, target, outcome FROM operator_audit WHERE action LIKE 'backup%'") == [
        ("anna", "backup.create", name, "done")
    ]
    assert {(one.name, one.state) for one in listed(home.paths)} == {
        (name, "ok"),
        (older.name.removesuffix(".db.zst"), "ok"),
    }


def test_list_says_where_rows_and_files_differ(home: Backups) -> None:
    gone, kept, stray = home.create(reason="gone"), home.create(reason="kept"), home.create(reason="stray")
    gone.unlink()
    manifest_path(kept).unlink()
    home.desk.connection.execute("DELETE FROM backups WHERE reason = 'stray'")
    found = {one.path: one.state for one in listed(home.paths)}
    assert (found[str(gone)], found[str(stray)]) == (NO_FILE, NO_ROW)
    assert "no manifest" in found[str(kept)]
    assert "no manifest" in shown(listed(home.paths))


@pytest.mark.parametrize("form", ["database", "json"])
def test_verify_finds_one_flipped_bit(home: Backups, form: str) -> None:
    """Sound, then damaged, both kept with what was wrong; the schedule's check does not end well then."""
    made = home.create(format=form)
    name = made.name.split(".")[0]
    assert home.do(backups.verify) == {"verified": [name], "unsound": [], "problems": []}
    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 1
    made.write_bytes(content)
    said = home.do(backups.verify, all=True)
    assert said["unsound"] == [name]
    assert "SHA-256" in str(said["problems"])
    assert [bool(row[0]) for row in home.rows("SELECT is_sound FROM backup_verifications ORDER BY id")] == [True, False]
    with pytest.raises(DatabaseError, match="SHA-256"):
        home.do(backups.verify, author=backups.SCHEDULE)
    (one,) = listed(home.paths)
    assert (one.is_sound, "SHA-256" in one.problems[0], "DAMAGED" in shown([one])) == (False, True, True)


def test_verify_notices_another_backup_in_its_place(home: Backups) -> None:
    """A whole and sound backup under the name of another: its row knows better."""
    made = home.create()
    home.desk.connection.execute("UPDATE backups SET sha256 = 'of another file'")
    said = home.do(backups.verify, backup=made.name)
    assert "another file than the one that was made" in str(said["problems"])


def test_a_copy_at_another_place_says_nothing_about_ours(home: Backups, tmp_path: Path) -> None:
    """A file outside the folders is checked when it is named, and what is kept of ours stays as it is."""
    made = home.create()
    copy = tmp_path / made.name
    copy.write_bytes(made.read_bytes())
    manifest_path(copy).write_bytes(manifest_path(made).read_bytes())
    assert home.do(backups.verify, backup=str(copy))["unsound"] == []
    copy.write_bytes(b"x")
    assert home.do(backups.verify, backup=str(copy))["unsound"] == [made.name.split(".")[0]]
    assert home.rows("SELECT path FROM backups") == [(str(made),)]
    assert home.rows("SELECT * FROM backup_verifications") == []


def test_verify_needs_one_and_no_room_is_no_verdict(home: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="backup create"):
        home.do(backups.verify)
    home.create()
    with pytest.raises(ValidationError, match="backup list"):
        home.do(backups.verify, backup="restrike-x")
    monkeypatch.setattr(errands, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(DatabaseError) as refusal:
        home.do(backups.verify)
    assert refusal.value.code == "backup.no_room"
    assert home.rows("SELECT * FROM backup_verifications") == []


def test_prune_removes_file_manifest_and_says_so(home: Backups) -> None:
    """Dry: nothing; then all but the newest, each with an audit row; what is no backup of ours stays."""
    home.set(keep_hourly=0, keep_daily=0, keep_weekly=0, keep_monthly=0)
    plain = home.paths.backups / "restrike-20200101T000000Z-x.db"
    plain.touch()
    old, new = home.create(reason="one"), home.create(reason="two")
    name = old.name.removesuffix(".db.zst")
    assert home.do(backups.prune, dry_run=True)["removed"] == [name]
    assert old.exists()
    size = old.stat().st_size
    assert home.do(backups.prune) == {"removed": [name], "kept": 2, "freed_bytes": size}
    assert sorted(path.name for path in home.paths.backups.glob("restrike-*")) == sorted(
        [plain.name, new.name, manifest_path(new).name]
    )
    assert home.rows("SELECT status, removed_at IS NULL FROM backups ORDER BY id") == [("removed", 0), ("present", 1)]
    assert home.rows("SELECT target FROM operator_audit WHERE action = 'backup.remove'") == [(name,)]
    assert home.do(backups.prune)["removed"] == []


def test_a_scheduled_backup_prunes(home: Backups) -> None:
    home.set(keep_hourly=1, keep_daily=0, keep_weekly=0, keep_monthly=0)
    old = home.create()
    made = home.do(backups.back_up, author=backups.SCHEDULE)
    assert made["reason"] == "scheduled"
    assert not old.exists()


def test_another_folder(home: Backups, tmp_path: Path) -> None:
    """A folder that is not there is said and not made; one that is there is used, and the other still listed."""
    first = home.create(reason="first")
    disk = tmp_path / "disk"
    home.set(folder=str(disk))
    with pytest.raises(DatabaseError, match="put its disk in") as refusal:
        home.create()
    assert (refusal.value.code, disk.exists()) == ("backup.folder_missing", False)
    disk.mkdir()
    second = home.create(reason="second")
    assert second.parent == disk
    assert {one.path for one in listed(home.paths)} == {str(first), str(second)}
    assert home.do(backups.verify, all=True)["unsound"] == []


def test_words_that_are_not_known(home: Backups) -> None:
    with pytest.raises(ValidationError, match="database, json"):
        home.create(format="xml")
    with pytest.raises(DatabaseError, match="hyphens"):
        home.create(reason="../x")


def test_schedule_says_what_is_due(home: Backups) -> None:
    """An hour after the last one; never when it is off."""
    home.create()
    found = schedule_of(home.paths)
    assert (found.every_hours, found.keep_hourly, found.folder) == (1, 24, str(home.paths.backups))
    assert found.next_due is not None
    assert found.last is not None
    assert found.next_due > found.last
    home.set(every_hours=0)
    assert schedule_of(home.paths).next_due is None
    assert "never by itself" in shown_schedule(schedule_of(home.paths))


def test_list_without_a_database(tmp_path: Path) -> None:
    """Files are listed when there is no database, or one of an older version."""
    paths = Paths(tmp_path)
    paths.prepare()
    assert listed(paths) == []
    assert schedule_of(paths).next_due is None
    migrate(paths.database, 5, backups=None)
    back_up(paths.database, backups=paths.backups, reason="old")
    assert [one.state for one in listed(paths)] == [NO_ROW]


def test_replaced_databases_are_told(
    home: Backups, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the size of file and log, by the list: nothing else ever removes them."""
    replaced = home.paths.data / "replaced-20260301T093000Z-1.db"
    replaced.write_bytes(b"x" * 3_000)
    replaced.with_name(f"{replaced.name}-wal").write_bytes(b"x" * 1_000)
    monkeypatch.setenv("RESTRIKE_HOME", str(home.paths.home))
    list_all(json=True)
    (told,) = json.loads(capsys.readouterr().out)["replaced"]
    assert told == {"path": str(replaced), "size_bytes": 4_000}
    list_all()
    assert f"{replaced} (3.9 KiB)" in capsys.readouterr().out


def test_a_database_by_its_path(home: Backups, tmp_path: Path) -> None:
    """One that a restore replaced is found, checked and copied with what only its log holds; others are refused."""
    replaced = tmp_path / "elsewhere" / "replaced-1.db"
    replaced.parent.mkdir()
    with closing(connect_writer(home.paths.database)) as connection:
        connection.execute("UPDATE tournaments SET name = 'x'")
        for name in ("", "-wal"):
            shutil.copyfile(f"{home.paths.database}{name}", f"{replaced}{name}")
    found = find_backup(str(replaced), [])
    manifest = unpack(found.path, tmp_path / "copy.db")
    assert (manifest.name, manifest.schema_version) == ("replaced-1", len(read_migrations(SHIPPED)))
    with closing(connect_reader(tmp_path / "copy.db")) as copy, closing(connect_reader(home.paths.database)) as present:
        assert contents_of(copy) == contents_of(present)
    assert home.do(backups.verify, backup=str(replaced))["unsound"] == []
    with closing(sqlite3.connect(tmp_path / "empty.db")) as empty:
        empty.execute("PRAGMA user_version = 1")
    with pytest.raises(DatabaseError, match="nothing of ours"):
        unpack(tmp_path / "empty.db", tmp_path / "copy2.db")
    (tmp_path / "text.db").write_text("SQLite")
    with pytest.raises(ValidationError, match="no such backup"):
        find_backup(str(tmp_path / "text.db"), [])
