"""JSON backups: everything is in them, people can read them, and they become a database again, of this or a later
version.
"""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import zstandard

from shared.db.backup import Wanted, make_backup
from shared.db.backup_files import BackupKind, encode_manifest, manifest_path, read_manifest, unpack
from shared.db.compression import PackedWriter
from shared.db.json_backup import DATAGRAMS, MADE_ANEW, load
from shared.db.migrate import SHIPPED, migrate, rollback
from shared.db.schema_version import status
from shared.db.sqlite import connect_reader, connect_writer
from shared.db.table_checksums import contents_of
from shared.errors import DatabaseError

LATEST = len(list(SHIPPED.glob("[0-9]*.py")))
Contents = Callable[[Path], dict[str, list[dict[str, object]]]]


def _lines(path: Path) -> list[str]:
    with zstandard.open(path, "rt", encoding="utf-8") as file:
        return list(file)


def _contents(path: Path) -> dict[str, object]:
    with closing(connect_reader(path)) as connection:
        return {table: content for table, content in contents_of(connection).items() if table not in MADE_ANEW}


@pytest.mark.slow
def test_round_trip(filled: Path, backups: Path, tmp_path: Path) -> None:
    """Every table has the same checksum afterwards: blobs, endless numbers, quotes and strange characters included."""
    with closing(connect_writer(filled)) as connection:
        connection.execute("UPDATE app_config SET value = ? WHERE id = 1", ('a "quote"\n\x00 \\ 跆拳道 \U0001f94b',))
        connection.execute("UPDATE raw_datagrams SET body = ? WHERE id = 1", (bytes(range(256)),))
        connection.execute("UPDATE recognition_history SET confidence = 1e308 * 10 WHERE id = 1")
        connection.execute("UPDATE recognition_history SET confidence = 0.1 WHERE id = 2")
    kept = make_backup(filled, backups, Wanted(reason="by-hand", kind=BackupKind.JSON))
    assert kept.name.endswith("-by-hand.jsonl.zst")
    loaded = tmp_path / "loaded.db"
    manifest = load(kept, loaded)
    assert manifest == read_manifest(kept)
    assert _contents(loaded) == _contents(filled)
    assert set(manifest.tables) == set(_contents(filled))
    assert status(loaded).current == LATEST
    with closing(connect_reader(loaded)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("SELECT through_event_id FROM search_progress").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM search_names").fetchone() == (6,)
    assert unpack(kept, tmp_path / "unpacked.db") == manifest
    assert _contents(tmp_path / "unpacked.db") == _contents(filled)


def test_people_can_read_it(filled: Path, backups: Path) -> None:
    """A header, per table its columns and rows, an end; without the datagrams if they are not wanted."""
    wanted = Wanted(reason="x", kind=BackupKind.JSON, left_out=DATAGRAMS)
    kept = make_backup(filled, backups, wanted)
    lines = [json.loads(line) for line in _lines(kept)]
    assert lines[0]["format"] == "restrike-json"
    assert (lines[0]["schema_version"], lines[0]["left_out"]) == (LATEST, ["raw_datagrams"])
    place = next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == "pss_athletes")
    assert "short_name" in lines[place]["columns"]
    assert (lines[place]["rows"], len(lines[place + 1])) == (2, len(lines[place]["columns"]))
    tables = [line["table"] for line in lines if isinstance(line, dict) and "table" in line]
    assert "raw_datagrams" not in tables
    assert lines[-1] == {"end": len(tables)}
    manifest = read_manifest(kept)
    assert (manifest.left_out, list(manifest.tables)) == (["raw_datagrams"], tables)


@pytest.mark.slow
def test_an_older_version_becomes_the_present_one(
    filled: Path, backups: Path, tmp_path: Path, contents: Contents
) -> None:
    """A JSON backup of version 6 has its rows in the latest version, what is new in it as migrations make it."""
    rollback(filled, 6, backups=backups)
    kept = make_backup(filled, backups, Wanted(reason="old", kind=BackupKind.JSON))
    assert read_manifest(kept).schema_version == 6
    loaded, moved = tmp_path / "loaded.db", tmp_path / "moved.db"
    load(kept, loaded)
    moved.write_bytes(filled.read_bytes())
    with closing(connect_writer(filled)) as source, closing(connect_writer(moved)) as target:
        source.backup(target)
    migrate(moved, backups=None)
    assert status(loaded).current == LATEST
    # When a row is made by a migration it says when.
    without_times = [
        {
            table: [{k: v for k, v in row.items() if k not in ("created_at", "updated_at")} for row in rows]
            for table, rows in contents(path).items()
        }
        for path in (loaded, moved)
    ]
    assert without_times[0] == without_times[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [line.replace("short_name", "no_such_column") for line in lines],
        lambda lines: [line for line in lines if not line.startswith('{"end"')] + ['{"end":1}\n'],
        lambda lines: [line.replace("short_name 1", "another") for line in lines],
        lambda lines: lines[:40],
        lambda lines: [*lines, "[1,2]\n"],
    ],
    ids=["column", "count", "value", "cut", "extra"],
)
def test_what_does_not_fit_is_refused(
    filled: Path, backups: Path, tmp_path: Path, change: Callable[[list[str]], list[str]]
) -> None:
    """Packed and sealed anew so that all checksums of the file are right: the rows themselves are compared, too."""
    kept = make_backup(filled, backups, Wanted(reason="x", kind=BackupKind.JSON))
    changed = "".join(change(_lines(kept))).encode()
    manifest = read_manifest(kept)
    kept.unlink()
    with PackedWriter(kept) as writer:
        writer.write(changed)
        packed = writer.finish()
    tables = {"size_bytes": packed.size_bytes, "sha256": packed.sha256, "content_sha256": packed.content_sha256}
    manifest_path(kept).write_bytes(encode_manifest(msgspec.structs.replace(manifest, **tables)))
    with pytest.raises(DatabaseError) as refusal:
        load(kept, tmp_path / "loaded.db")
    assert refusal.value.code == "backup.damaged"


def test_a_newer_version_and_a_file_that_is_there_are_refused(latest: Path, backups: Path, tmp_path: Path) -> None:
    kept = make_backup(latest, backups, Wanted(reason="x", kind=BackupKind.JSON))
    with pytest.raises(DatabaseError, match="new file"):
        load(kept, latest)
    older = tmp_path / "migrations"
    older.mkdir()
    for path in sorted(SHIPPED.glob("[0-9]*.py"))[:-1]:
        (older / path.name).write_bytes(path.read_bytes())
    with pytest.raises(DatabaseError) as refusal:
        load(kept, tmp_path / "loaded.db", migrations=older)
    assert refusal.value.code == "backup.newer"
