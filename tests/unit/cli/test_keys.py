"""CURVE keys as files: secret ones for their owner's eyes, nothing overwritten."""

from pathlib import Path

import pytest
import zmq

from services.cli.keys import make_keys
from shared.errors import ConfigError, ValidationError


def test_a_pair_for_the_suite_and_one_for_each_client(tmp_path: Path) -> None:
    """The public keys belong to the secret ones; the suite's stay the same for the second client."""
    folder = tmp_path / "keys"
    first, second = make_keys(folder, client="tablet"), make_keys(folder, client="scoreboard")
    assert (first.is_new_server, second.is_new_server) == (True, False)
    assert first.server_public_key == second.server_public_key == _public(first.server_secret_file)
    assert first.client_public_key == _public(first.client_secret_file)
    assert len({first.server_public_key, first.client_public_key, second.client_public_key}) == 3
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.glob("*.secret"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    made = make_keys(tmp_path, client="tablet")
    before = made.client_secret_file.read_bytes()
    with pytest.raises(ValidationError, match="tablet has keys"):
        make_keys(tmp_path, client="tablet")
    assert made.client_secret_file.read_bytes() == before


@pytest.mark.parametrize("name", ["server", "", "../x", "Tablet", "a b"])
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValidationError, match="is named in"):
        make_keys(tmp_path, client=name)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_of_the_suite(tmp_path: Path) -> None:
    (tmp_path / "server.secret").write_text("not a key")
    with pytest.raises(ConfigError, match="holds no secret key"):
        make_keys(tmp_path, client="tablet")


def _public(secret_file: Path) -> str:
    return zmq.curve_public(secret_file.read_bytes().strip()).decode()
