"""Off-site copies on a real rclone remote: complete, verified, resumed, brought back; nothing secret is shown."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.db_writer.errands import offsite
from services.db_writer.rclone import environment_of
from shared.db.backup_files import manifest_path
from shared.db.sqlite import connect_writer
from shared.errors import DatabaseError, NetworkError, ValidationError
from tests.support.cli import Home
from tests.support.rclone import INSTALLED, PASSWORD, Remote, serving
from tests.support.verdicts import store_verdict

pytestmark = INSTALLED
MIB = 1 << 20


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """A WebDAV server."""
    with serving(tmp_path_factory.mktemp("remote") / "served") as started:
        yield started


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, served: Remote) -> Home:
    """A home with a backup of about 3 MiB that goes to the server in parts of 1 MiB."""
    home = Home(tmp_path_factory.mktemp("prepared") / "home")
    settings = {
        "backup.offsite_target": "venue:copies",
        "backup.offsite_part_mib": "1",
        "backup.offsite_options": json.dumps(served.options),
    }
    for key, value in settings.items():
        assert home.run("settings", "set", key, "--stdin", text=value).returncode == 0
    with connect_writer(home.paths.database) as connection:
        connection.execute("CREATE TABLE noise (body BLOB)")
        connection.execute("INSERT INTO noise VALUES (randomblob(?))", (3 * MIB,))
    assert home.run("backup", "create").returncode == 0
    store_verdict(home.paths)
    return home


@pytest.fixture
def home(prepared: Home, tmp_path: Path) -> Home:
    """A copy of that home."""
    shutil.copytree(prepared.paths.home, tmp_path / "home", ignore=shutil.ignore_patterns("run"))
    return Home(tmp_path / "home")


class Disk:
    """A disk as a remote, and the errands of a home with it, in this process."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.home = home
        self.folder = folder
        (self.file,) = home.paths.backups.glob("*.db.zst")
        self.name = self.file.name.removesuffix(".db.zst")
        self.content = self.file.read_bytes()

    def run(self, errand: Any, *, part_mib: int = 1, target: str | None = None, **more: Any) -> dict[str, Any]:
        """Run one errand on the backup."""
        options = {
            "backup": self.name,
            "target": f"disk:{self.folder}" if target is None else target,
            "remote_options": {"type": "local"},
            "part_mib": part_mib,
            "kib_per_s": 0,
            **more,
        }
        told: dict[str, Any] = errand(options, paths=self.home.paths, tell=lambda *_: None)
        return told

    def lose(self) -> None:
        """Remove the backup here."""
        self.file.unlink()
        manifest_path(self.file).unlink()

    def parts(self) -> list[Path]:
        """The parts that the disk has, in the order of their names."""
        return sorted((self.folder / self.name).glob("*.part-*"))

    def left(self) -> list[str]:
        """What lies in the folder of backups, without locks."""
        return sorted(path.name for path in self.home.paths.backups.iterdir() if not path.name.endswith(".lock"))


@pytest.fixture
def disk(home: Home, tmp_path: Path) -> Disk:
    """An empty disk."""
    return Disk(home, tmp_path / "disk")


def test_a_copy_goes_there_and_comes_back(home: Home, served: Remote) -> None:
    """By the commands: the parts are the file, the list tells of the copy. What is missing or damaged there is sent
    again and nothing else, and after the backup was lost here, it is fetched, and is what it was.
    """
    (file,) = home.paths.backups.glob("*.db.zst")
    name, content = file.name.removesuffix(".db.zst"), file.read_bytes()
    there = served.folder / "copies" / name
    told = home.document("backup", "push", name)
    assert (told["sent"], told["already_there"]) == (told["parts"], 0)
    first, second, *_, last = parts = sorted(there.glob("*.part-*"))
    assert b"".join(part.read_bytes() for part in parts) == content
    (listed,) = [one for one in home.document("backup", "list")["backups"] if one["name"] == name]
    assert "verified" in json.dumps(listed["copies"])
    inode = first.stat().st_ino
    last.unlink()
    (there / "manifest.json").unlink()
    flipped = bytearray(second.read_bytes())
    flipped[1000] ^= 1
    second.write_bytes(flipped)
    assert home.document("backup", "remote")["partial"] == [name]
    assert home.document("backup", "push", name)["sent"] == 2
    assert first.stat().st_ino == inode
    assert b"".join(part.read_bytes() for part in parts) == content
    assert home.document("backup", "remote")["complete"] == [name]
    file.unlink()
    manifest_path(file).unlink()
    home.document("backup", "fetch", name)
    assert file.read_bytes() == content
    assert home.document("backup", "verify", name)


def test_a_remote_that_is_gone_is_said(home: Home, served: Remote) -> None:
    """Without the server: one sentence, no secret in it, and the failure is kept."""
    (file,) = home.paths.backups.glob("*.db.zst")
    served.kill()
    refused = home.run("backup", "push", file.name)
    served.start()
    assert refused.returncode == 1
    assert "try again" in refused.stderr
    assert PASSWORD not in refused.stderr + refused.stdout


def test_the_parts_of_a_push_in_another_size_are_not_the_copys(disk: Disk) -> None:
    """A push was broken off, the size of parts was changed, and a fetch was killed between its two names."""
    disk.run(offsite.push, part_mib=2)
    (disk.folder / disk.name / offsite.MANIFEST).unlink()
    disk.parts()[-1].unlink()
    disk.run(offsite.push, part_mib=1)
    assert len({part.name.rpartition("-of-")[2] for part in disk.parts()}) == 2
    disk.lose()
    manifest_path(disk.file).write_bytes(b"{}")
    assert disk.run(offsite.fetch)["bytes"] == len(disk.content)
    assert disk.file.read_bytes() == disk.content
    assert disk.left() == sorted([disk.file.name, manifest_path(disk.file).name])
    with pytest.raises(ValidationError, match="here already"):
        disk.run(offsite.fetch)


def test_a_damaged_copy_does_not_come_back(disk: Disk) -> None:
    """Other bytes, missing parts, no parts at all, names of somebody else, a manifest that never ends: each is one
    sentence, and nothing of it is left here.
    """
    disk.run(offsite.push)
    disk.lose()
    parts, manifest = disk.parts(), disk.folder / disk.name / offsite.MANIFEST
    parts[0].write_bytes(b"\0" * MIB)
    with pytest.raises(DatabaseError, match="damaged"):
        disk.run(offsite.fetch)
    parts[0].rename(parts[0].with_name(f"{disk.file.name}.part-one"))
    with pytest.raises(DatabaseError, match="are missing"):
        disk.run(offsite.fetch)
    for path in manifest.parent.glob("*.part-*"):
        path.unlink()
    with pytest.raises(DatabaseError, match="are missing"):
        disk.run(offsite.fetch)
    with manifest.open("r+b") as file:
        file.truncate(offsite.MOST_MANIFEST_BYTES + 1)
    with pytest.raises(DatabaseError, match="more of it than"):
        disk.run(offsite.fetch)
    assert disk.left() == []


def test_a_damaged_backup_is_not_copied(disk: Disk) -> None:
    """Nobody is told that it is there and equal: what it should be its manifest says."""
    flipped = bytearray(disk.content)
    flipped[len(flipped) // 2] ^= 1
    disk.file.write_bytes(flipped)
    with pytest.raises(DatabaseError, match="another SHA-256") as caught:
        disk.run(offsite.push)
    assert (caught.value.code, disk.folder.exists()) == ("backup.damaged", False)


def test_a_remote_that_rclone_does_not_know(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said, not that it should be tried again; of other troubles only the words, without stamps."""
    monkeypatch.setenv("RCLONE_CONFIG", str(disk.folder / "none"))
    with pytest.raises(ValidationError, match="rclone config") as unknown:
        disk.run(offsite.push, target="nowhere:copies", remote_options={})
    assert unknown.value.code == "backup.remote_unknown"
    disk.folder.mkdir()
    (disk.folder / "file").touch()
    with pytest.raises(NetworkError, match=r"the remote \([^0-9]") as failed:
        disk.run(offsite.push, target=f"disk:{disk.folder / 'file'}")
    assert failed.value.code == "backup.remote_failed"


def test_there_must_be_room(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the journal needs stays free: neither errand begins without it."""
    disk.run(offsite.push)
    monkeypatch.setattr(offsite, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(DatabaseError, match="make room"):
        disk.run(offsite.push)
    disk.lose()
    with pytest.raises(DatabaseError, match="make room"):
        disk.run(offsite.fetch)


@pytest.mark.parametrize(
    ("kind", "option"), [("sftp", "key_file_pass"), ("netstorage", "secret"), ("webdav", "pass"), (None, "library_key")]
)
def test_every_password_is_obscured(kind: str | None, option: str) -> None:
    """As rclone itself says which options it wants so; others stay as they are."""
    options = {option: "hunter2", "user": "venue"} | ({"type": kind} if kind else {})
    told = environment_of("far-away:copies", options)
    assert told["RCLONE_CONFIG_FAR_AWAY_USER"] == "venue"
    obscured = told[f"RCLONE_CONFIG_FAR_AWAY_{option.upper()}"]
    revealed = subprocess.run(["rclone", "reveal", "--", obscured], capture_output=True, check=True, text=True)
    assert revealed.stdout.strip() == "hunter2"


def test_what_cannot_be_a_remote_is_said(disk: Disk) -> None:
    """Nobody said where to; a type that rclone does not know; a password of two lines: each with what to do."""
    with pytest.raises(ValidationError, match=r"backup\.offsite_target"):
        disk.run(offsite.push, target="")
    for options in ({"type": "webdave", "pass": "hunter2"}, {"type": "webdav", "pass": "hunter2\nx"}):
        with pytest.raises(ValidationError, match=r"correct backup\.offsite_options") as told:
            environment_of("venue:copies", options)
        assert "hunter2" not in str(told.value)
