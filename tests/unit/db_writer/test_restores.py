"""What a restore and its rehearsal say and refuse, on a real database; the errands without a process of their own."""

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock

import pytest

from services.db_writer.errands import restores
from services.db_writer.errands.restores import drill, prepare
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Desk
from services.db_writer.office.settings import change_settings
from services.db_writer.restoring import PREPARED, restore_folder
from shared.db.backup import RESERVE_BYTES, Wanted, make_backup
from shared.db.backup_files import BackupKind, read_manifest
from shared.db.migrate import rollback
from shared.db.sqlite import connect_writer
from shared.errors import DatabaseError, ValidationError
from shared.messages.service import BRIDGE
from shared.messages.settings import ChangeSettings
from shared.outbox import Outbox
from shared.paths import Paths
from tests.support.facts import fired

pytestmark = pytest.mark.slow

KNOWN = """
INSERT INTO backups (id, name, path, format, reason, status, schema_version, size_bytes, database_bytes, sha256,
    taken_at) VALUES (1, 'b', 'x', 'database', 'asked', 'present', 8, 1, 1, 'x', 't')
"""
RUNS = """
INSERT INTO jobs (job_id, kind, options, author, status, begun_at)
VALUES ('job-1', 'restore', '{}', 'a', 'running', 't')
"""
VERDICTS = "SELECT name, is_sound FROM backup_verifications JOIN backups b ON b.id = backup_id"


class Usage(NamedTuple):
    """What `shutil.disk_usage` tells of it."""

    free: int


@pytest.fixture
def paths(path: Path) -> Paths:
    """A home with a database that holds a sensitive setting."""
    home = Paths(path.parent)
    home.prepare()
    path.rename(home.database)
    save(home, {"backup.offsite_options": '{"type": "local"}'})
    return home


def save(home: Paths, values: dict[str, Any]) -> None:
    """Change settings, as db-writer does."""
    with closing(connect_writer(home.database)) as connection:
        desk = Desk(connection, paths=home)
        bring_up_to_date(desk)
        change_settings(desk, ChangeSettings(author="a", values=values))


def back_up(home: Paths, kind: BackupKind = BackupKind.DATABASE) -> str:
    """Make a backup; its file."""
    return str(make_backup(home.database, home.backups, Wanted(reason="test", kind=kind)))


def done(work: Any, home: Paths, **options: Any) -> dict[str, Any]:
    """What an errand tells."""
    return dict(
        work(
            {"author": "a", "folder": "", "job": "job-1", "replaced": "replaced-1.db", **options},
            paths=home,
            tell=lambda *_: None,
        )
    )


def test_it_says_what_is_not_in_the_backup(paths: Paths) -> None:
    """A restore as well as a drill: what people entered since, until when that was looked at, and which sensitive
    values this home cannot read; of a present database that is damaged it is not known.
    """
    backup = back_up(paths)
    save(paths, {"advanced.commit_rest_ms": 6})
    (paths.home / "secret.key").unlink()
    told = done(prepare, paths, backup=backup)
    assert (told["changed_by_hand"], told["compared_after"]) == ({"settings_values": 1}, 2)
    assert told["unreadable_secrets"] == 1
    paths.database.write_bytes(b"damaged" * 1_000)
    assert (done(drill, paths)["changed_by_hand"], done(drill, paths)["carried_over"]) == (None, None)


def test_over_a_database_of_an_older_version(paths: Paths) -> None:
    """One that was not brought up to date yet lacks tables: what it has is compared and carried over all the same."""
    backup = back_up(paths)
    save(paths, {"advanced.commit_rest_ms": 6})
    rollback(paths.database, 8, backups=paths.backups)
    told = done(prepare, paths, backup=backup)
    assert told["changed_by_hand"]["settings_values"] == 1
    assert "obs_rules" not in told["changed_by_hand"]
    assert told["carried_over"]["operator_audit"] == 1


def test_neither_verdicts_nor_the_audit_go_back(paths: Paths) -> None:
    """What was done and found since the backup is in the prepared database, with the restore as the last act and as a
    job that is done; of a damaged present database nothing is, which is told.
    """
    backup = back_up(paths)
    save(paths, {"advanced.commit_rest_ms": 6})
    with closing(connect_writer(paths.database)) as connection:
        connection.execute(KNOWN)
        connection.execute("INSERT INTO backup_verifications (backup_id, verified_at, is_sound) VALUES (1, 't', 0)")
        connection.execute(RUNS)
    told = done(prepare, paths, backup=backup)
    assert told["carried_over"] == {"backups": 1, "backup_verifications": 1, "jobs": 1, "operator_audit": 1}
    with closing(connect_writer(restore_folder(paths) / PREPARED)) as connection:
        assert connection.execute(VERDICTS).fetchall() == [("b", 0)]
        acts = [action for (action,) in connection.execute("SELECT action FROM operator_audit ORDER BY id")]
        assert acts == ["setting.change", "setting.change", "backup.restore"]
        (job,) = connection.execute("SELECT job_id, status, result FROM jobs").fetchall()
    assert job[:2] == ("job-1", "done")
    assert json.loads(job[2])["changed_by_hand"] == {"settings_values": 1}
    paths.database.write_bytes(b"damaged" * 1_000)
    assert done(prepare, paths, backup=backup)["carried_over"] is None
    with closing(connect_writer(restore_folder(paths) / PREPARED)) as connection:
        assert connection.execute("SELECT job_id, status FROM jobs").fetchall() == [("job-1", "done")]
        assert connection.execute(VERDICTS).fetchall() == []


@pytest.mark.parametrize("is_left_out", [True, False])
def test_facts_of_other_producers_come_back_or_are_left_out(paths: Paths, is_left_out: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    """They are in the producer's outbox: as of the backup the restored database stands at the end of it, of every run;
    otherwise where it stood, so that they are fetched.
    """
    backup, runs = back_up(paths), []
    for _ in range(2):
        outbox = Outbox(paths.outbox(BRIDGE), producer=BRIDGE, publish=lambda _: None, log=Mock())
        outbox.add([fired(1), fired(2)])
        runs.append(outbox.outbox_id)
        outbox.close()
    done(prepare, paths, backup=backup, as_of_backup=is_left_out)
    with closing(connect_writer(restore_folder(paths) / PREPARED)) as connection:
        rows = connection.execute("SELECT producer, outbox_id, entry FROM outbox_marks ORDER BY id").fetchall()
    assert rows == ([(BRIDGE, runs[0], 2), (BRIDGE, runs[1], 4)] if is_left_out else [])


def test_a_replaced_database_is_put_back(paths: Paths, tmp_path: Path) -> None:
    """By its path, with what was entered by hand; the present one is no backup."""
    replaced = tmp_path / "replaced-1.db"
    save(paths, {"advanced.commit_rest_ms": 6})
    shutil.copyfile(paths.database, replaced)
    save(paths, {"advanced.commit_rest_ms": 7})
    assert done(prepare, paths, backup=str(replaced))["backup"] == "replaced-1"
    with closing(connect_writer(restore_folder(paths) / PREPARED)) as connection:
        assert connection.execute("SELECT value FROM settings_values WHERE value = '6'").fetchall() == [("6",)]
    with pytest.raises(ValidationError, match="present database"):
        done(prepare, paths, backup=str(paths.database))


@pytest.mark.parametrize(("kind", "share"), [(BackupKind.DATABASE, restores.ROOM), (BackupKind.JSON, 2)])
def test_the_journal_keeps_its_room(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, kind: BackupKind, share: float
) -> None:
    """A restore leaves free what a backup does; of JSON it needs more than the lines take."""
    backup = back_up(paths, kind)
    enough = int(read_manifest(Path(backup)).content_bytes * share) + RESERVE_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(enough - 1))
    with pytest.raises(DatabaseError, match="make room") as caught:
        done(prepare, paths, backup=backup)
    assert caught.value.code == "restore.no_room"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(enough))
    assert done(prepare, paths, backup=backup)["matches"] == 0


def test_a_disk_of_backups_that_is_not_in(paths: Paths, tmp_path: Path) -> None:
    """Is what is said, by the drill that looks for the newest and by a name that is not found; not that there is no
    backup. A name that is in the home is found.
    """
    backup = Path(back_up(paths)).name
    for options in ({}, {"backup": "restrike-1"}):
        with pytest.raises(DatabaseError, match="put its disk in"):
            done(drill, paths, folder=str(tmp_path / "usb"), **options)
    assert done(drill, paths, folder=str(tmp_path / "usb"), backup=backup)["changed_by_hand"] == {}
    with pytest.raises(ValidationError, match="no such backup"):
        done(drill, paths, backup="restrike-1")
