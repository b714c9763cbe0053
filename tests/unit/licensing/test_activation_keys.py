"""Activation keys: as they are typed, and nothing of them in a refusal."""

import pytest

from shared.errors import ValidationError
from shared.licensing.activation_key import LETTERS, digest_of, new_key, parsed_key

KEY = "RSTK-01ABC-DEFGH-JKMNP-QRST9"


def test_new_keys_are_keys() -> None:
    """And none is like another."""
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(parsed_key(key) == key for key in keys)
    assert {letter for key in keys for letter in key[5:].replace("-", "")} == set(LETTERS)


@pytest.mark.parametrize(
    "typed",
    [KEY, KEY.lower(), KEY.replace("-", ""), f" {KEY.replace('-', ' ')}\n", "rstk-oiabc-defgh-jkmnp-qrst9",
     "01ABC-DEFGH-JKMNP-QRST9", "RSTK-0LABCDEFGHJKMNPQRST9"],
)  # fmt: skip
def test_the_same_key(typed: str) -> None:
    assert parsed_key(typed) == KEY
    assert digest_of(parsed_key(typed)) == digest_of(KEY)


@pytest.mark.parametrize(
    "typed", ["", "RSTK", KEY[:-1], f"{KEY}A", KEY.replace("A", "U"), KEY.replace("A", "É"), "A" * 10_000, "\x00"]
)
def test_no_key(typed: str) -> None:
    """What was typed is not repeated, as it may be most of a key."""
    with pytest.raises(ValidationError) as refused:
        parsed_key(typed)
    assert "DEFGH" not in f"{refused.value} {refused.value.value}"
