"""Texts encrypted at rest: what the key file may be, and that a rotation leaves everything readable at any moment."""

import os
from pathlib import Path

import pytest

from shared.paths import Paths
from shared.settings.secrets import SecretError, Secrets


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(Paths(tmp_path))


def test_a_text_comes_back_and_does_not_show(secrets: Secrets) -> None:
    """The key file is made at first need, for its owner alone; equal texts look different."""
    assert not secrets.path.exists()
    one, other = secrets.encrypt("höflich"), secrets.encrypt("höflich")
    assert one != other
    assert "höflich" not in one
    assert [secrets.decrypt(stored) for stored in (one, other)] == ["höflich"] * 2
    assert secrets.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in secrets.path.parent.iterdir()] == ["secret.key"]


def test_a_rotation_may_end_anywhere(secrets: Secrets) -> None:
    """Between its steps both old and new texts are readable; after it the old key is gone."""
    old = secrets.encrypt("x")
    before = secrets.path.read_bytes()
    secrets.begin_rotation()
    assert secrets.decrypt(old) == "x"
    secrets.begin_rotation()  # the one before ended without a word
    new = secrets.encrypt("x")
    assert [secrets.decrypt(old), secrets.decrypt(new)] == ["x", "x"]
    secrets.end_rotation()
    assert secrets.decrypt(new) == "x"
    assert len(secrets.path.read_bytes().split()) == 1
    assert before not in secrets.path.read_bytes()
    with pytest.raises(SecretError, match="put that file back, or set the value again") as lost:
        secrets.decrypt(old)
    assert lost.value.code == "secret.key_lost"


def test_a_rotation_without_a_key_makes_one(secrets: Secrets) -> None:
    """Nothing was encrypted yet."""
    secrets.begin_rotation()
    secrets.end_rotation()
    assert secrets.decrypt(secrets.encrypt("x")) == "x"


def test_who_comes_second_takes_the_first_key(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that make the file at the same time end with one key."""
    stored = secrets.encrypt("x")
    other = Secrets(Paths(secrets.path.parent))
    read = other._keys
    first: list[list[bytes]] = [[]]
    monkeypatch.setattr(other, "_keys", lambda: first.pop() if first else read())
    assert secrets.decrypt(other.encrypt("y")) == "y"
    assert secrets.decrypt(stored) == "x"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_key_that_others_may_read_is_refused(secrets: Secrets, mode: int) -> None:
    """The sentence says how to mend it, and that the key is no secret any more."""
    stored = secrets.encrypt("x")
    secrets.path.chmod(mode)
    for act in (lambda: secrets.encrypt("x"), lambda: secrets.decrypt(stored), secrets.begin_rotation):
        with pytest.raises(SecretError, match=r"chmod 600 .*rotate-key") as refused:
            act()
        assert refused.value.code == "secret.key_open"


@pytest.mark.parametrize("body", [b"", b"\n", b"no key", b"x" * 20_000, bytes(range(256))])
def test_a_file_that_is_no_key_is_left_alone(secrets: Secrets, body: bytes) -> None:
    """It may be the right one, damaged, or another program's: nothing is written over it."""
    secrets.path.write_bytes(body)
    secrets.path.chmod(0o600)
    for act in (lambda: secrets.encrypt("x"), secrets.begin_rotation, secrets.end_rotation):
        with pytest.raises(SecretError, match="is no key file: put the right one back"):
            act()
    assert secrets.path.read_bytes() == body


def test_what_is_no_file_is_refused(secrets: Secrets, tmp_path: Path) -> None:
    """A folder, a link, a pipe: neither followed nor waited for."""
    (tmp_path / "elsewhere").write_bytes(b"x")

    def link() -> None:
        secrets.path.symlink_to(tmp_path / "elsewhere")

    for make in (link, lambda: os.mkfifo(secrets.path), secrets.path.mkdir):
        make()
        with pytest.raises(SecretError):
            secrets.encrypt("x")
        if not secrets.path.is_dir():
            secrets.path.unlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"x"


def test_a_folder_that_takes_nothing_is_told(tmp_path: Path) -> None:
    """Nothing half is left behind."""
    secrets = Secrets(Paths(tmp_path / "missing"))
    with pytest.raises(SecretError, match="cannot be written") as refused:
        secrets.encrypt("x")
    assert refused.value.code == "secret.key_not_written"


def test_a_damaged_text_is_told(secrets: Secrets) -> None:
    """It is never read as something else."""
    stored = secrets.encrypt("x")
    for damaged in (stored[:-5], stored.rpartition(":")[0] + ":", "plain", "", stored[:-8] + "AAAAAAA="):
        with pytest.raises(SecretError, match=r"set (it|the value) again") as refused:
            secrets.decrypt(damaged)
        assert refused.value.code == "secret.damaged"


def test_a_key_file_that_vanished_is_not_made_empty(secrets: Secrets) -> None:
    """Somebody moved it away while the key was rotated."""
    secrets.begin_rotation()
    secrets.path.unlink()
    with pytest.raises(SecretError, match="is gone"):
        secrets.end_rotation()
    assert not secrets.path.exists()
