"""Where a home's files and sockets lie, however long its path is."""

import os
import socket
import stat
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared.paths import PROGRAM_ROOT, Paths

LONGEST = 107
NAMES = ("broker.pub", "udp-ingest.wire", "pss-parser.cmd", "db-writer.cmd")


def test_the_home_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absolute, with ~ for the user's own folder; relative to where the program was started."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for named, home in ((str(tmp_path / "x"), "x"), ("~/y", "y"), ("z", "z")):
        monkeypatch.setenv("RESTRIKE_HOME", named)
        assert Paths.from_environment().home == tmp_path / home


def test_the_home_of_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name: var/ of the checkout that runs."""
    monkeypatch.delenv("RESTRIKE_HOME", raising=False)
    assert Paths.from_environment().home == PROGRAM_ROOT / "var"


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then every folder is there, for its owner only, and asking again changes nothing."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    paths = Paths(tmp_path / "home")
    assert not paths.home.exists()
    for _ in range(2):
        paths.prepare()
    folders = [paths.home, paths.data, paths.parser_states, paths.run, paths.logs, paths.backups]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_sockets_lie_in_the_home_while_they_fit(tmp_path: Path) -> None:
    """A home of usual length."""
    paths = Paths(Path("/srv/restrike"))
    assert paths.command_socket("db-writer") == "ipc:///srv/restrike/run/db-writer.cmd"
    assert paths.wire_socket("udp-ingest") == "ipc:///srv/restrike/run/udp-ingest.wire"
    assert Paths(tmp_path).lock("broker") == tmp_path / "run" / "broker.lock"


@pytest.mark.parametrize("length", range(60, 100))
def test_no_socket_path_is_too_long(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Around the limit, byte by byte: in the home or in the short folder, every socket fits into 107 bytes."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    paths = Paths(Path("/" + "h" * (length - 1)))
    sockets = [paths.socket(name).removeprefix("ipc://") for name in NAMES]
    sockets.append(f"{paths.supervisor_socket}.12345")
    assert max(len(os.fsencode(socket)) for socket in sockets) <= LONGEST
    assert paths.sockets in (paths.run, Path("/run/user/1000") / paths.sockets.name)


def test_bytes_count_not_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home in another script has more bytes than characters."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    assert Paths(Path("/" + "한" * 20)).sockets.name == "run"
    assert Paths(Path("/" + "한" * 30)).sockets.name.startswith("restrike-")


def test_two_long_homes_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a short folder of its own, always the same one; in the temp folder where there is no runtime folder."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    long = tmp_path / ("x" * 100)
    one, other, again = Paths(long / "a"), Paths(long / "b"), Paths(long / "a")
    assert one.sockets == again.sockets != other.sockets
    one.prepare()
    assert stat.S_IMODE(one.sockets.stat().st_mode) == 0o700
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    assert Paths(long / "a").sockets.parent == tmp_path / "temp"


def test_a_service_takes_its_own_sockets_away_and_nothing_else() -> None:
    """Its lock stays, and so does every socket of the others, supervisord's, too; asking again does no harm."""
    with TemporaryDirectory() as folder:  # tmp_path may be too long for a socket
        paths = Paths(Path(folder))
        paths.prepare()
        mine, others = ("broker.cmd", "broker.pub", "broker.sub"), ("udp-ingest.cmd", "udp-ingest.wire", "supervisor")
        for name in (*mine, *others):
            with closing(socket.socket(socket.AF_UNIX)) as bound:
                bound.bind(str(paths.sockets / name))
        paths.lock("broker").touch()
        for _ in range(2):
            paths.leave_sockets("broker")
        assert {path.name for path in paths.sockets.iterdir()} == {*others, "broker.lock"}
