"""The key of an installation: made once, for its owner only, of use nowhere else; a damaged one is set aside."""

import os
from pathlib import Path

import pytest

from shared.errors import IoError
from shared.licensing.installation import KEY_BYTES, Installation
from shared.paths import Paths
from tests.support.licensing.machine import Machine


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = Paths(tmp_path / "home")
    found.prepare()
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Machine(tmp_path / "root").root


def test_it_is_made_once(paths: Paths, root: Path) -> None:
    """0600, in a folder 0700; the same at each use, another one for each purpose."""
    installation = Installation(paths, root=root)
    installation.make()
    key = installation.key("a")
    installation.make()
    assert (len(key), installation.key("a")) == (32, key)
    assert installation.key("b") != key
    assert (paths.license.stat().st_mode & 0o777, installation.path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert [path.name for path in paths.license.iterdir()] == ["installation.key"]


def test_it_is_of_no_use_elsewhere(paths: Paths, root: Path, tmp_path: Path) -> None:
    """Another machine with the same home, another home on the same machine."""
    installation = Installation(paths, root=root)
    installation.make()
    moved = Machine(tmp_path / "other")
    moved.write("etc/machine-id", "ffffffffffffffffffffffffffffffff")
    assert Installation(paths, root=moved.root).key("a") != installation.key("a")
    other = Paths(tmp_path / "home-2")
    other.prepare()
    second = Installation(other, root=root)
    second.make()
    assert second.key("a") != installation.key("a")


def test_killed_while_it_was_made(paths: Paths, root: Path) -> None:
    """What was half written is no key and in nobody's way."""
    installation = Installation(paths, root=root)
    (paths.license / ".installation.key.partial").write_bytes(b"half")
    installation.make()
    assert len(installation.key("a")) == 32
    assert [path.name for path in paths.license.iterdir()] == ["installation.key"]


@pytest.mark.parametrize("content", [b"", b"short", bytes(KEY_BYTES + 1), bytes(100_000)])
def test_a_damaged_key_is_set_aside(paths: Paths, root: Path, content: bytes) -> None:
    """It is refused, kept, and a new one is made: the service must be able to write again."""
    installation = Installation(paths, root=root)
    installation.path.write_bytes(content)
    installation.path.chmod(0o600)
    with pytest.raises(IoError, match="is damaged"):
        installation.key("a")
    installation.make()
    assert len(installation.key("a")) == 32
    assert (paths.license / "installation.key.damaged").read_bytes() == content


def test_what_is_no_file(paths: Paths, root: Path) -> None:
    """A link, a FIFO, a folder in its place: nobody follows or waits, and it is set aside."""
    installation = Installation(paths, root=root)
    target = paths.home / "elsewhere"
    target.write_bytes(bytes(KEY_BYTES))
    for kind in ("link", "fifo"):
        if kind == "link":
            installation.path.symlink_to(target)
        else:
            os.mkfifo(installation.path)
        with pytest.raises(IoError):
            installation.key("a")
        installation.make()
        assert len(installation.key("a")) == 32
        installation.path.unlink()
    assert target.read_bytes() == bytes(KEY_BYTES)


def test_a_key_that_others_may_read(paths: Paths, root: Path) -> None:
    """It is not used, not replaced, and the sentence says what to do."""
    installation = Installation(paths, root=root)
    installation.make()
    installation.path.chmod(0o640)
    with pytest.raises(IoError, match="chmod 600"):
        installation.key("a")
    installation.make()
    installation.path.chmod(0o600)
    assert len(installation.key("a")) == 32


def test_there_is_none(paths: Paths) -> None:
    with pytest.raises(IoError, match="cannot be read"):
        Installation(paths).key("a")
