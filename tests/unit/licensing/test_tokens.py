"""Signed texts: what the vendor signed opens, and nothing else does."""

import base64
import json
from typing import Any, Final

import msgspec
import pytest

from shared.errors import ConfigError
from shared.licensing.key_ring import KeyRing, PrivateKey, PublicKey
from shared.licensing.signing import MOST_CHARACTERS, TokenError, opened, opened_any, signed
from shared.licensing.statements import (
    Activation,
    Checked,
    Checks,
    License,
    Plan,
    Released,
    Standing,
    Statement,
)
from shared.messages.license import LicenseReason
from tests.support.licensing.vendor import ISSUED_AT, Vendor

DAMAGED, FORGED, UNKNOWN_KEY, TOO_NEW = (
    LicenseReason.DAMAGED,
    LicenseReason.FORGED,
    LicenseReason.UNKNOWN_KEY,
    LicenseReason.TOO_NEW,
)
VENDOR: Final = Vendor.new()
LICENSE: Final = VENDOR.license(seats=2, machines=("os-1.board-2", "os-3.board-4"), checks=Checks())
TEXT: Final = VENDOR.text(LICENSE)
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519's group."""


def refused(text: str, ring: KeyRing = VENDOR.ring) -> LicenseReason:
    with pytest.raises(TokenError) as error:
        opened_any(text, ring)
    assert error.value.code == f"license.{error.value.reason}"
    assert str(error.value).isprintable()
    return error.value.reason


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_hand(statement: object, *, key: PrivateKey = VENDOR.private, key_id: str | None = None) -> str:
    """Whatever JSON, signed by a real key."""
    body = f"restrike1.{key_id or key.key_id}.{b64(json.dumps(statement).encode())}"
    return f"{body}.{b64(key.sign(body.encode()))}"


def fields(statement: Statement = LICENSE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(statement))
    return found


@pytest.mark.parametrize(
    "statement",
    [
        LICENSE,
        VENDOR.license(plan=Plan.PERPETUAL, expires_at=None, customer="Ünïon 태권도"),
        Activation(nonce="n", at=ISSUED_AT, license="text"),
        Checked(nonce="n", at=ISSUED_AT, license_id="L", machine="m", standing=Standing.REVOKED, why="not paid"),
        Released(nonce="n", at=ISSUED_AT, license_id="L"),
    ],
    ids=lambda statement: type(statement).__name__,
)
def test_what_was_signed_opens(statement: Statement) -> None:
    assert opened_any(VENDOR.text(statement), VENDOR.ring) == statement


def test_the_same_content_by_hand_opens() -> None:
    """So that what the other tests forge by hand fails for the reason that they name."""
    assert opened_any(by_hand(fields()), VENDOR.ring) == LICENSE


@pytest.mark.parametrize("name", License.__struct_fields__)
def test_no_field_can_be_altered(name: str) -> None:
    """The signature of the true one does not fit."""
    changed = fields()
    value = changed[name]
    changed[name] = f"{value}x" if isinstance(value, str) else 4_000_000_000 if isinstance(value, int) else None
    assert changed[name] != value
    start, _, signature = TEXT.split(".")[1:]
    assert refused(f"restrike1.{start}.{b64(json.dumps(changed).encode())}.{signature}") is FORGED


def test_a_key_id_cannot_be_swapped() -> None:
    """Both keys are known, and the text says the other one; in front of the same or of its own signature."""
    other = Vendor.new("test-2")
    ring = KeyRing(keys=(*VENDOR.ring.keys, *other.ring.keys))
    assert opened_any(TEXT, ring) == LICENSE
    assert refused(TEXT.replace(".test-1.", ".test-2."), ring) is FORGED
    assert refused(by_hand(fields(), key=other.private, key_id="test-1"), ring) is FORGED


def test_a_key_that_is_not_known() -> None:
    """A forger's own key; it is named, as a newer version may know it."""
    forger = Vendor.new("test-9")
    text = forger.text(LICENSE)
    assert refused(text) is UNKNOWN_KEY
    with pytest.raises(TokenError, match=r"\(test-9\)"):
        opened_any(text, VENDOR.ring)
    assert refused(Vendor.new("test-1").text(LICENSE)) is FORGED
    assert refused(TEXT, KeyRing()) is UNKNOWN_KEY


def test_a_key_that_was_withdrawn() -> None:
    """What it signed before still holds."""
    key = msgspec.structs.replace(VENDOR.ring.keys[0], retired_at=ISSUED_AT + 10)
    ring = KeyRing(keys=(key,))
    assert opened_any(VENDOR.text(VENDOR.license(issued_at=ISSUED_AT + 9)), ring)
    assert refused(VENDOR.text(VENDOR.license(issued_at=ISSUED_AT + 10)), ring) is UNKNOWN_KEY
    assert refused(VENDOR.text(Released(nonce="n", at=ISSUED_AT + 11, license_id="L")), ring) is UNKNOWN_KEY


def test_truncated_at_each_length() -> None:
    for length in range(len(TEXT)):
        assert refused(TEXT[:length]) in (DAMAGED, FORGED, UNKNOWN_KEY)


def test_one_character_more_anywhere() -> None:
    for at in range(len(TEXT) + 1):
        assert refused(f"{TEXT[:at]}A{TEXT[at:]}") in (DAMAGED, FORGED, UNKNOWN_KEY)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"product": "restrike-vta", "more": 1}, TOO_NEW),
        ({"version": 2}, TOO_NEW),
        ({"plan": "24"}, TOO_NEW),
        ({"kind": "loan"}, TOO_NEW),
        ({"issued_at": "yesterday"}, TOO_NEW),
        ({"checks": {"every_hours": 24, "by": "phone"}}, TOO_NEW),
    ],
    ids=["an unknown field", "a newer version", "an unknown plan", "an unknown kind", "a wrong type", "deeper"],
)
def test_signed_but_newer_than_this_program(changed: dict[str, Any], reason: LicenseReason) -> None:
    """What is not understood is not guessed at."""
    assert refused(by_hand({**fields(), **changed})) is reason


@pytest.mark.parametrize("statement", [[], None, 1, "text", {}, {"kind": "license"}, [[[[]]]]])
def test_signed_nonsense(statement: object) -> None:
    assert refused(by_hand(statement)) is TOO_NEW


def test_another_kind_is_no_licence() -> None:
    released = VENDOR.text(Released(nonce="n", at=ISSUED_AT, license_id="L"))
    with pytest.raises(TokenError, match="signed, but as 'released', not 'license'"):
        opened(released, VENDOR.ring, License)
    with pytest.raises(TokenError, match="signed, but as 'license', not 'activation'"):
        opened(TEXT, VENDOR.ring, Activation)


def test_one_text_only() -> None:
    """The same bytes in another notation of base64 are another text; so is the same signature plus the group's order,
    which some libraries take.
    """
    head, key_id, body, signature = TEXT.split(".")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same = signature[:-1] + last[last.index(signature[-1]) + 1]  # 64 bytes leave four bits over
    raw = base64.urlsafe_b64decode(f"{signature}==")
    assert base64.urlsafe_b64decode(f"{same}==") == raw
    assert refused(f"{head}.{key_id}.{body}.{same}") is DAMAGED
    for padded in (
        f"{signature}==",
        f"{signature}=",
        signature.replace("-", "+").replace("_", "/") + "+",
        " " + signature,
    ):
        assert refused(f"{head}.{key_id}.{body}.{padded}") is DAMAGED
    s = (int.from_bytes(raw[32:], "little") + ORDER).to_bytes(33, "little")
    assert refused(f"{head}.{key_id}.{body}.{b64(raw[:32] + s[:32])}") is FORGED
    for length in (0, 1, 32, 63, 65, 128):
        assert refused(f"{head}.{key_id}.{body}.{b64(bytes(length))}") in (DAMAGED, FORGED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "...",
        "restrike1...",
        "restrike2" + TEXT.removeprefix("restrike1"),
        TEXT.upper(),
        f" {TEXT}",
        f"{TEXT}\n",
        f"{TEXT}.",
        TEXT.replace("restrike1", "restrıke1"),  # noqa: RUF001  # looks alike
        TEXT.replace(".test-1.", ".te\x1b[31mst-1."),
        TEXT + "A" * MOST_CHARACTERS,
        "." * 1_000_000,
    ],
    ids=range(13),
)
def test_no_licence_text(text: str) -> None:
    assert refused(text) in (DAMAGED, FORGED)


def test_a_licence_of_many_machines_fits() -> None:
    machines = tuple(f"os-{n:012x}.board-{n:012x}.disk-{n:012x}" for n in range(100))
    text = VENDOR.text(VENDOR.license(seats=100, machines=machines))
    assert len(text) < MOST_CHARACTERS
    assert opened(text, VENDOR.ring, License).machines == machines


def test_a_key_signs_for_its_ring_only() -> None:
    """`signed` names the key by which it can be verified."""
    key = PrivateKey.new("k.1", made_at=ISSUED_AT)
    assert refused(signed(LICENSE, key), KeyRing(keys=(key.public(),))) is DAMAGED  # a dot is no part of a key's id


def test_this_repository_ships_no_key() -> None:
    """Only who builds a release has the private half of one. A licence that nobody can sign opens nowhere."""
    assert KeyRing.shipped().keys == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"keys":[{}]}',
        b'{"keys":[{"key_id":"k","public":"AAAA","made_at":1}]}',
        b'{"keys":[{"key_id":"k","public":"***","made_at":1}]}',
    ],
)
def test_damaged_public_keys(tmp_path: Any, content: bytes) -> None:
    """Are told, with what to do, before anything is verified."""
    path = tmp_path / "public_keys.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="install the suite anew"):
        KeyRing.shipped(path)


def test_public_keys_are_read(tmp_path: Any) -> None:
    path = tmp_path / "public_keys.json"
    path.write_bytes(msgspec.json.encode(VENDOR.ring))
    assert opened_any(TEXT, KeyRing.shipped(path)) == LICENSE
    assert isinstance(KeyRing.shipped(path).get("test-1"), PublicKey)
