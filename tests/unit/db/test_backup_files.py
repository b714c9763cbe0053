"""The files of backups: names, manifests, lists, and that not a bit of them can change unseen."""

import random
from pathlib import Path

import msgspec
import pytest

from shared.db.backup import Wanted, back_up, make_backup
from shared.db.backup_contents import problems_against
from shared.db.backup_files import (
    BackupKind,
    describe,
    encode_manifest,
    find_backup,
    list_backups,
    manifest_path,
    read_manifest,
    scratch_file,
    unpack,
)
from shared.db.migrate import migrate
from shared.errors import DatabaseError, RestrikeError, ValidationError


def _unpack(backup: Path, folder: Path) -> None:
    with scratch_file(folder, purpose="test") as scratch:
        unpack(backup, scratch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small backup of version 5, in a folder of its own."""
    folder = tmp_path_factory.mktemp("made")
    migrate(folder / "restrike.db", 5, backups=None)
    return back_up(folder / "restrike.db", backups=folder / "backups", reason="small")


def test_manifest_says_what_is_inside(filled: Path, backups: Path, tmp_path: Path) -> None:
    """Name, versions, sizes, tables, and how far the copy is in the ring's journal."""
    kept = back_up(filled, backups=backups, reason="by-hand")
    manifest = read_manifest(kept)
    assert kept.name == f"{manifest.name}.db.zst"
    assert (manifest.kind, manifest.reason, manifest.matches) == (BackupKind.DATABASE, "by-hand", 2)
    assert manifest.size_bytes == kept.stat().st_size
    assert manifest.tables["pss_matches"].rows == 2
    assert set(manifest.positions) <= {"ring 1 ü", "ring 2 ü"}
    copy = tmp_path / "copy.db"
    assert unpack(kept, copy) == manifest
    assert copy.stat().st_size == manifest.content_bytes
    assert problems_against(copy, manifest) == []
    assert (manifest_path(kept).stat().st_mode & 0o777, manifest_path(kept).read_bytes()[-3:]) == (0o600, b"\n}\n")


def test_any_flipped_bit_of_the_file_is_found(made: Path, tmp_path: Path) -> None:
    """One bit at 200 places all over the compressed file, its first and last byte among them: refused each time."""
    content, chance = made.read_bytes(), random.Random(7)
    (tmp_path / manifest_path(made).name).write_bytes(manifest_path(made).read_bytes())
    copy = tmp_path / made.name
    for place in [0, len(content) - 1, *chance.sample(range(len(content)), 198)]:
        copy.write_bytes(content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :])
        with pytest.raises(DatabaseError, match="SHA-256") as refusal:
            _unpack(copy, tmp_path)
        assert refusal.value.code == "backup.damaged"
    for wrong in (content[:-1], content + b"\0", b""):
        copy.write_bytes(wrong)
        with pytest.raises(DatabaseError, match="bytes and should have"):
            _unpack(copy, tmp_path)


def test_any_flipped_bit_of_the_manifest_is_found(made: Path, tmp_path: Path) -> None:
    """One bit of every seventh byte of the manifest: it is refused, whatever it would have said."""
    (tmp_path / made.name).write_bytes(made.read_bytes())
    manifest, copy = manifest_path(made).read_bytes(), manifest_path(tmp_path / made.name)
    chance = random.Random(8)
    for place in [*range(0, len(manifest), 7), len(manifest) - 1]:
        flipped = bytes([manifest[place] ^ 1 << chance.randrange(8)])
        copy.write_bytes(manifest[:place] + flipped + manifest[place + 1 :])
        with pytest.raises(DatabaseError) as refusal:
            read_manifest(tmp_path / made.name)
        assert refusal.value.code == "backup.damaged"


def test_what_is_sealed_anew_is_still_compared(made: Path, tmp_path: Path) -> None:
    """Someone who writes a valid manifest over it is found out by the content: each number and checksum counts."""
    manifest = read_manifest(made)
    tables = {**manifest.tables, "pss_matches": msgspec.structs.replace(manifest.tables["pss_matches"], rows=1)}
    copy = tmp_path / made.name
    copy.write_bytes(made.read_bytes())
    for change in (
        {"sha256": "0" * 64},
        {"content_sha256": "0" * 64},
        {"content_bytes": manifest.content_bytes - 1},
        {"name": "restrike-20260101T000000Z-other"},
    ):
        manifest_path(copy).write_bytes(encode_manifest(msgspec.structs.replace(manifest, **change)))
        with pytest.raises(DatabaseError) as refusal:
            _unpack(copy, tmp_path)
        assert refusal.value.code == "backup.damaged", change
    manifest_path(copy).write_bytes(encode_manifest(msgspec.structs.replace(manifest, tables=tables)))
    scratch = tmp_path / "scratch.db"
    changed = unpack(copy, scratch)
    assert problems_against(scratch, changed) == ["table pss_matches has 0 rows in the backup and should have 1"]


def test_no_manifest_a_newer_one_and_one_of_another_kind(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / made.name
    copy.write_bytes(made.read_bytes())
    manifest = read_manifest(made)
    for write, code in (
        (lambda: None, "backup.no_manifest"),
        (lambda: encode_manifest(msgspec.structs.replace(manifest, format_version=2)), "backup.newer"),
        (lambda: encode_manifest(msgspec.structs.replace(manifest, kind=BackupKind.JSON)), "backup.damaged"),
    ):
        content = write()
        if content is not None:
            manifest_path(copy).write_bytes(content)
        with pytest.raises(DatabaseError) as refusal:
            read_manifest(copy)
        assert refusal.value.code == code


def test_the_list_has_what_is_named_like_a_backup(made: Path, tmp_path: Path) -> None:
    """Newest first; one without its manifest says so, a plain `.db` of an earlier version is one; the rest is not."""
    old, broken = "restrike-20260301T093000Z-before-migrate-6.db", "restrike-20260401T093000Z-x.jsonl.zst"
    for name in (old, broken, "restrike.db", "notes.txt", ".restrike-20260301T093000Z-x.db.zst.partial"):
        (tmp_path / name).write_bytes(b"x")
    for path in (made, manifest_path(made)):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    found = list_backups(tmp_path)
    assert [one.path.name for one in found] == [made.name, broken, old]
    assert [(one.is_plain, one.manifest is None, one.problem is None) for one in found] == [
        (False, False, True),
        (False, True, False),
        (True, True, True),
    ]
    assert (found[2].reason, found[2].taken_at) == ("before-migrate-6", "2026-03-01T09:30:00.000Z")
    assert found[1].kind is BackupKind.JSON
    assert list_backups(tmp_path / "none") == []
    for name in (found[0].name, made.name, str(tmp_path / made.name)):
        assert find_backup(name, [tmp_path]).path == tmp_path / made.name
    with pytest.raises(ValidationError, match="restrike backup list"):
        find_backup("other", [tmp_path])


def test_a_plain_database_is_unpacked_too(tmp_path: Path) -> None:
    """What earlier versions kept is copied, and described by what is in it."""
    plain = tmp_path / "restrike-20260301T093000Z-before-migrate-6.db"
    migrate(plain, 5, backups=None)
    found = describe(plain)
    assert found is not None
    manifest = unpack(plain, tmp_path / "copy.db")
    assert (manifest.schema_version, manifest.name) == (5, found.name)
    assert problems_against(tmp_path / "copy.db", manifest) == []
    plain.write_bytes(b"no database" * 1000)
    with pytest.raises(RestrikeError):
        unpack(plain, tmp_path / "copy2.db")


def test_scratch_files_go(tmp_path: Path) -> None:
    """With all that is put beside them, and what a killed process left with the next one; others' stay."""
    for name in (".verify-1.partial", ".verify-1.partial-wal", ".other-1.partial"):
        (tmp_path / name).touch()
    with scratch_file(tmp_path, purpose="verify") as path:
        make_beside = (path, path.with_name(f"{path.name}-wal"), path.with_name(f".{path.name}.lock"))
        for one in make_beside:
            one.touch()
        assert not (tmp_path / ".verify-1.partial").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other-1.partial", ".verify.lock"]


def test_json_and_database_of_one_second(filled: Path, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name stands for one backup, whatever its format."""
    monkeypatch.setattr("shared.db.backup.utc_now_iso", lambda: "2026-03-01T09:30:00.123Z")
    for kind in BackupKind:
        make_backup(filled, backups, Wanted(reason="x", kind=kind))
    assert {one.name for one in list_backups(backups)} == {f"restrike-20260301T093000Z-x{end}" for end in ("", "-2")}
