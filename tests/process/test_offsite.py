"""Off-site copies on a real rclone remote: complete, verified, resumed, brought back; nothing secret is shown."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.db.sqlite import connect_writer
from tests.support.cli import Home
from tests.support.rclone import INSTALLED, PASSWORD, Remote, serving

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
    settings = {"backup.offsite_target": "venue:copies", "backup.offsite_part_mib": "1"}
    for key, value in settings.items():
        assert home.run("settings", "set", key, value).returncode == 0
    home.run("settings", "set", "backup.offsite_options", "--stdin", text=json.dumps(served.options))
    with connect_writer(home.paths.database) as connection:
        connection.execute("CREATE TABLE noise (body BLOB)")
        connection.execute("INSERT INTO noise VALUES (randomblob(?))", (3 * MIB,))
    assert home.run("backup", "create").returncode == 0
    return home


@pytest.fixture
def home(prepared: Home, tmp_path: Path) -> Home:
    """A copy of that home."""
    shutil.copytree(prepared.paths.home, tmp_path / "home", ignore=shutil.ignore_patterns("run"))
    return Home(tmp_path / "home")


@pytest.fixture
def remote(served: Remote) -> Remote:
    """The server, up and without copies."""
    shutil.rmtree(served.folder / "copies", ignore_errors=True)
    return served


@pytest.fixture
def backup(home: Home, remote: Remote) -> str:  # noqa: ARG001 - the server begins empty
    """The backup's name."""
    (file,) = home.paths.backups.glob("*.db.zst")
    return file.name.removesuffix(".db.zst")


def parts(remote: Remote, backup: str) -> list[Path]:
    """The parts that the remote has, in their order."""
    return sorted((remote.folder / "copies" / backup).glob("*.part-*"))


def local(home: Home, backup: str) -> Path:
    """The backup's file."""
    return home.paths.backups / f"{backup}.db.zst"


def test_a_copy_is_complete_and_known(home: Home, remote: Remote, backup: str) -> None:
    """The parts are the file, the manifest is beside them, and the list of backups tells of the copy."""
    told = home.document("backup", "push", backup)
    assert (told["sent"], told["already_there"]) == (told["parts"], 0)
    assert told["parts"] > 2
    assert b"".join(part.read_bytes() for part in parts(remote, backup)) == local(home, backup).read_bytes()
    assert home.document("backup", "remote")["complete"] == [backup]
    (listed,) = [one for one in home.document("backup", "list")["backups"] if one["name"] == backup]
    assert "verified" in json.dumps(listed["copies"])


def test_an_interrupted_copy_goes_on(home: Home, remote: Remote, backup: str) -> None:
    """What is there already is not sent again, and until all of it is there the copy counts as not complete."""
    home.document("backup", "push", backup)
    first, *_, last = parts(remote, backup)
    inode = first.stat().st_ino
    last.unlink()
    (last.parent / "manifest.json").unlink()
    assert home.document("backup", "remote")["partial"] == [backup]
    told = home.document("backup", "push", backup)
    assert told["sent"] == 1
    assert parts(remote, backup)[0].stat().st_ino == inode
    assert home.document("backup", "remote")["complete"] == [backup]


def test_a_part_that_is_damaged_there_is_found_and_mended(home: Home, remote: Remote, backup: str) -> None:
    """The copy is read back: a bit that was flipped on the remote does not stay."""
    home.document("backup", "push", backup)
    victim = parts(remote, backup)[1]
    content = bytearray(victim.read_bytes())
    content[1000] ^= 1
    victim.write_bytes(content)
    assert home.document("backup", "push", backup)["sent"] == 1
    assert b"".join(part.read_bytes() for part in parts(remote, backup)) == local(home, backup).read_bytes()


def test_a_copy_comes_back(home: Home, backup: str) -> None:
    """After the backup was lost here, it is fetched, and is what it was."""
    home.document("backup", "push", backup)
    content = local(home, backup).read_bytes()
    local(home, backup).unlink()
    local(home, backup).with_suffix(".json").unlink()
    home.document("backup", "fetch", backup)
    assert local(home, backup).read_bytes() == content
    home.document("backup", "verify", backup)
    again = home.run("backup", "fetch", backup)
    assert again.returncode == 1
    assert "here already" in again.stderr


def test_a_damaged_copy_does_not_come_back(home: Home, remote: Remote, backup: str) -> None:
    """What was damaged on the remote is refused, and nothing of it is left here."""
    home.document("backup", "push", backup)
    local(home, backup).unlink()
    local(home, backup).with_suffix(".json").unlink()
    parts(remote, backup)[0].write_bytes(b"\0" * MIB)
    refused = home.run("backup", "fetch", backup)
    assert refused.returncode == 1
    assert "damaged" in refused.stderr
    assert [path.name for path in home.paths.backups.iterdir() if backup in path.name] == []


def test_a_remote_that_is_gone_is_said(home: Home, remote: Remote, backup: str) -> None:
    """Without the server: one sentence, no secret in it, the failure is kept, and later it works."""
    remote.kill()
    refused = home.run("backup", "push", backup, within=110)
    assert refused.returncode == 1
    assert "try again" in refused.stderr
    assert PASSWORD not in refused.stderr + refused.stdout
    remote.start()
    home.document("backup", "push", backup)


def test_without_a_target(home: Home, backup: str) -> None:
    """Nobody said where to: the sentence says how."""
    home.run("settings", "reset", "backup.offsite_target")
    refused = home.run("backup", "push", backup)
    assert refused.returncode == 1
    assert "backup.offsite_target" in refused.stderr
