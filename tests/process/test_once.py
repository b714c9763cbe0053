"""One command without the suite: over a database that cannot be used, beside another one, and broken off."""

import fcntl
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from services.cli import writer
from services.cli.supervision import end_stand_in, holders
from services.db_writer.restoring import restore_folder
from shared.db.sqlite import connect_reader, connect_writer
from shared.errors import NetworkError
from shared.messages.service import WRITER
from shared.paths import Paths
from shared.rpc import is_locked
from shared.stand_in import stand_in
from tests.support.cli import Home, home_in
from tests.support.wait import eventually, lenient


def overwrite_header(database: Path) -> None:
    """Of the file nothing says any more that it is a database."""
    with database.open("r+b") as file:
        file.write(b"\xff" * 100)


def overwrite_pages(database: Path) -> None:
    """The first page is whole, the others are noise."""
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(database.stat().st_size - 4096))


def make_newer(database: Path) -> None:
    """It is of a version that only a newer program knows."""
    connection = connect_writer(database)
    version = "INSERT INTO schema_version (version, description, applied_at) SELECT max(version) + 1, '', '' FROM {}"
    connection.execute(version.format("schema_version"))
    connection.close()


def test_a_database_that_cannot_be_used_is_restored_over(tmp_path: Path) -> None:
    """Damaged in its header or its pages, or newer than this program: the backups are listed, a drill and a restore do
    their work, and what was there is kept as it was.
    """
    with home_in(tmp_path / "home") as home:
        assert home.run("settings", "set", "advanced.commit_rest_ms", "6").returncode == 0
        name = home.document("backup", "create")["name"]
        for damage in (overwrite_header, overwrite_pages, make_newer):
            damage(home.paths.database)
            before = home.paths.database.read_bytes()
            if damage is overwrite_header:
                assert home.run("settings", "reset", "advanced.commit_rest_ms").returncode == 1, "it is of no use"
                assert name in home.run("backup", "list").stdout
                assert home.document("backup", "drill")["changed_by_hand"] is None
            told = home.document("backup", "restore", name, "--yes")
            assert (home.paths.data / told["replaced"]).read_bytes() == before
            with closing(connect_reader(home.paths.database)) as connection:
                assert connection.execute("SELECT value FROM settings_values").fetchall() == [("6",)]
                acts = connection.execute("SELECT action, target FROM operator_audit ORDER BY id DESC").fetchall()
            assert acts[0] == ("backup.restore", name)


@contextmanager
def held_up(home: Home) -> Iterator[None]:
    """Its restores wait for their scratch file."""
    folder = restore_folder(home.paths)
    folder.mkdir(exist_ok=True)
    with (folder / ".prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def interrupt(_: Paths, pid: int) -> None:
    """A Ctrl-C."""
    os.kill(pid, signal.SIGINT)


def kill(_: Paths, pid: int) -> None:
    """The terminal is gone, and the command with it."""
    os.kill(pid, signal.SIGKILL)


def up_by_force(paths: Paths, _: int) -> None:
    """`restrike up --force`."""
    assert end_stand_in(paths, force=True) == "restore"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with a backup."""
    with home_in(tmp_path_factory.mktemp("once") / "home") as made:
        made.document("backup", "create")
        yield made


@pytest.mark.parametrize("end", [interrupt, kill, up_by_force])
def test_broken_off(home: Home, end: Callable[[Paths, int], None]) -> None:
    """A job ends in order, says so in one sentence with exit code 130, and leaves no partial file and no process."""
    paths = home.paths
    (backup,) = paths.backups.glob("*.zst")
    with held_up(home), home.started("backup", "restore", str(backup), "--yes") as command:
        eventually(lambda: stand_in(paths), within=20, what="the restore is at work")
        assert not writer.is_running(paths)
        partial = restore_folder(paths) / ".prepare-1.partial"
        partial.touch()
        eventually(lambda: list(restore_folder(paths).glob(".desk-*.partial")), within=20, what="it has begun")
        end(paths, command.pid)
        _, said = command.communicate(timeout=lenient(20))
        eventually(lambda: not is_locked(paths.lock(WRITER)), within=20, what="it has ended")
        if end is not kill:
            assert (command.returncode, said) == (130, "Broken off. Nothing was left behind; give the command again.\n")
        assert [path.name for path in restore_folder(paths).iterdir() if "partial" in path.name] == []
        assert not (restore_folder(paths) / "plan.json").exists()


def test_beside_another_command(home: Home) -> None:
    """Who comes second is told who works on the database and with what; `up` and `down` leave that alone."""
    paths = home.paths
    (backup,) = paths.backups.glob("*.zst")
    with held_up(home), home.started("backup", "restore", str(backup), "--yes") as command:
        working = eventually(lambda: stand_in(paths), within=20, what="the restore is at work")
        assert working is not None
        assert holders(paths) == {}
        refused = home.run("settings", "reset", "advanced.commit_rest_ms", "--json")
        assert refused.returncode == 1
        assert (
            f"(restore, process {working.pid}) works on the database" in json.loads(refused.stdout)["error"]["message"]
        )
        refused = home.run("up", "-d")
        assert (refused.returncode, "--force" in refused.stderr) == (1, True)
        with pytest.raises(NetworkError, match="wait for its end"):
            end_stand_in(paths, force=False)
        assert home.run("down").stdout.startswith("No suite was running")
        assert stand_in(paths) == working
        command.send_signal(signal.SIGINT)
        command.wait(lenient(20))


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """One sentence that names the place, and the document; nothing else is said."""
    with home_in(tmp_path / "home") as home:
        home.paths.run.write_text("")  # as the tests may run as root, whom no mode of a folder stops
        done = home.run("settings", "set", "advanced.commit_rest_ms", "6", "--json")
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert str(home.paths.run) in done.stderr
        assert json.loads(done.stdout)["error"]["code"] == "io.failed"
