"""Private keys in their chest, which one signs, and the public ones that are published."""

import json
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from services.licensor import key_list
from services.licensor.chest import Chest
from services.licensor.passphrases import Passphrase
from shared.errors import ConfigError, ValidationError
from shared.licensing.key_ring import KeyRing
from tests.support.licensing.shop import NOW, Shop, at
from tests.support.licensing.vendor import Vendor

WORDS = "tiger stone window river seven"


def passphrase(folder: Path, words: str = WORDS, *, mode: int = 0o600) -> Passphrase:
    path = folder / "passphrase"
    path.write_text(f"{words}\n")
    path.chmod(mode)
    return Passphrase(path)


def code_of(error: pytest.ExceptionInfo[ConfigError] | pytest.ExceptionInfo[ValidationError]) -> str:
    return error.value.code


def test_a_key_file_is_encrypted_and_its_owners_alone(shop: Shop, tmp_path: Path) -> None:
    """PKCS8 with a passphrase, mode 0600; it opens with the passphrase and with no other one."""
    with shop.books() as books:
        key_list.retire(books, "k1", at=at(1))
        made = Chest(shop.home.keys, passphrase(tmp_path)).create(books, "k2", now=at(1), is_encrypted=True)
        path = shop.home.keys / "k2.pem"
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        private = Chest(shop.home.keys, passphrase(tmp_path)).signing(books)
        assert private.public() == made
        assert made.verifies(private.sign(b"x"), b"x")
        with pytest.raises(ConfigError, match="passphrase is wrong"):
            Chest(shop.home.keys, passphrase(tmp_path, "another one that is long")).signing(books)
        with pytest.raises(ConfigError, match="Nobody is there"):
            Chest(shop.home.keys, Passphrase()).signing(books)


def test_passphrases_that_are_refused(shop: Shop, tmp_path: Path) -> None:
    """Too short, empty, no text, readable by everybody: no key is made."""
    for words, mode, code in (
        ("too short", 0o600, "passphrase.short"),
        ("", 0o600, "passphrase.empty"),
        (WORDS, 0o604, "passphrase.open"),
    ):
        with shop.books() as books, pytest.raises(ConfigError) as refused:
            Chest(shop.home.keys, passphrase(tmp_path, words, mode=mode)).create(
                books, "k2", now=NOW, is_encrypted=True
            )
        assert code_of(refused) == code
    (tmp_path / "passphrase").write_bytes(b"\xff" * 30)
    (tmp_path / "passphrase").chmod(0o600)
    with pytest.raises(ConfigError) as refused:
        Passphrase(tmp_path / "passphrase").get()
    assert code_of(refused) == "passphrase.unreadable"
    assert [path.name for path in shop.home.keys.iterdir()] == ["k1.pem"]
    assert [key.key_id for key in shop.ring().keys] == ["k1"]


def test_the_keys_of_a_home_have_one_passphrase(shop: Shop, tmp_path: Path) -> None:
    """A successor that needs another one would fail on the day when it takes over; one in a safe is not asked."""
    with shop.books() as books:
        Chest(shop.home.keys, passphrase(tmp_path)).create(books, "k2", now=NOW, is_encrypted=True)
        other = Chest(shop.home.keys, passphrase(tmp_path, "another one that is long"))
        with pytest.raises(ConfigError) as refused:
            other.create(books, "k3", now=NOW, is_encrypted=True)
        assert code_of(refused) == "keys.other_passphrase"
        assert not other.path("k3").exists()
        other.path("k2").unlink()
        assert other.create(books, "k3", now=NOW, is_encrypted=True).key_id == "k3"


@pytest.mark.parametrize("name", ["", "a b", "a.b", "../k", "k" * 41, "ключ", "k1", "K1"])
def test_names_of_keys(shop: Shop, name: str) -> None:
    """Letters, digits, - and _; a name is given once, and its file is a file of the chest."""
    with shop.books() as books, pytest.raises(ValidationError):
        shop.chest.create(books, name, now=NOW, is_encrypted=False)
    assert [path.name for path in shop.home.keys.iterdir()] == ["k1.pem"]


def test_the_oldest_key_signs_until_it_is_retired(shop: Shop) -> None:
    """A new key waits, so that releases with it can go out first; then the next one takes over."""
    with shop.books() as books:
        shop.chest.create(books, "k3", now=at(2), is_encrypted=False)
        shop.chest.create(books, "k2", now=at(3), is_encrypted=False)
        assert shop.chest.signing(books).key_id == "k1"
        key_list.retire(books, "k1", at=at(10))
        assert shop.chest.signing(books).key_id == "k3"
        key_list.retire(books, "k3", at=at(11))
        assert shop.chest.signing(books).key_id == "k2"
        key_list.retire(books, "k2", at=at(12))
        with pytest.raises(ConfigError, match="No key is there"):
            shop.chest.signing(books)


def test_a_key_is_retired_earlier_but_not_later(shop: Shop) -> None:
    """What somebody was told no longer holds does not hold again."""
    with shop.books() as books:
        key_list.retire(books, "k1", at=at(10))
        assert key_list.retire(books, "k1", at=at(5)).retired_at == at(5)
        for later in (at(5), at(6)):
            with pytest.raises(ValidationError):
                key_list.retire(books, "k1", at=later)
        with pytest.raises(ValidationError):
            key_list.retire(books, "k9", at=at(1))


def test_key_files_that_are_not_used(shop: Shop) -> None:
    """Missing, damaged, of another kind, of another key, readable by others: nothing is signed, and it says why."""
    path = shop.home.keys / "k1.pem"
    own = path.read_bytes()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    other_kind = generate_private_key(SECP256R1()).private_bytes(*form)
    with shop.books() as books:
        shop.chest.create(books, "k2", now=at(1), is_encrypted=False)
        other_key = (shop.home.keys / "k2.pem").read_bytes()
        for content, code in (
            (own[:50], "keys.locked"),
            (b"", "keys.locked"),
            (other_kind, "keys.other"),
            (other_key, "keys.other"),
        ):
            path.write_bytes(content)
            with pytest.raises(ConfigError) as refused:
                Chest(shop.home.keys, Passphrase()).signing(books)
            assert code_of(refused) == code
        path.write_bytes(own)
        path.chmod(0o640)
        with pytest.raises(ConfigError, match="chmod 600"):
            Chest(shop.home.keys, Passphrase()).signing(books)
        path.unlink()
        assert shop.chest.state("k1") == "missing"
        with pytest.raises(FileNotFoundError):
            Chest(shop.home.keys, Passphrase()).signing(books)


def test_what_is_published_can_be_read_by_the_suite(shop: Shop, tmp_path: Path) -> None:
    """All public keys, retired ones with their time, and nothing private; readable by everybody."""
    path = tmp_path / "public_keys.json"
    path.write_text('{"keys":[]}')
    with shop.books() as books:
        shop.chest.create(books, "k2", now=at(1), is_encrypted=False)
        key_list.retire(books, "k1", at=at(9))
        key_list.publish(books, path, replace=False)
    assert KeyRing.shipped(path) == shop.ring()
    assert [(key.key_id, key.retired_at) for key in KeyRing.shipped(path).keys] == [("k1", at(9)), ("k2", None)]
    assert {name for key in json.loads(path.read_text())["keys"] for name in key} == {
        *("key_id", "public", "made_at", "retired_at")
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_no_key_is_dropped_by_mistake(shop: Shop, tmp_path: Path) -> None:
    """Keys that the home does not have, or has otherwise by the same name, stay unless it is said; so does a damaged
    file.
    """
    path = tmp_path / "public_keys.json"
    path.write_bytes(before := msgspec.json.encode(Vendor.new("k1").ring))
    with shop.books() as books:
        with pytest.raises(ValidationError, match="k1"):
            key_list.publish(books, path, replace=False)
        path.write_text("{")
        with pytest.raises(ConfigError):
            key_list.publish(books, path, replace=False)
        path.write_bytes(before)
        key_list.publish(books, path, replace=True)
    assert KeyRing.shipped(path) == shop.ring()
