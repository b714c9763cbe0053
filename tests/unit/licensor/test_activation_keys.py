"""Activation keys are read as people type them, and nothing else is."""

import pytest

from services.licensor.activation_keys import LETTERS, characters, digest, new_key, shown


def test_a_new_key_is_readable_and_its_own() -> None:
    """RSTK and four groups of five, of letters that cannot be mistaken; no two are the same."""
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        prefix, *groups = key.split("-")
        assert prefix == "RSTK"
        assert [len(group) for group in groups] == [5, 5, 5, 5]
        assert set("".join(groups)) <= set(LETTERS)
        assert characters(key) == "".join(groups)


@pytest.mark.parametrize(
    "typed",
    [
        "RSTK-10ABC-DEFGH-JKMNP-QRST0",
        "rstk-10abc-defgh-jkmnp-qrst0",
        "10ABCDEFGHJKMNPQRST0",
        " RSTK 1OABC DEFGH JKMNP QRSTO ",
        "rstkloabcdefghjkmnpqrsto",
        "RSTK-I0ABC-DEFGH-JKMNP-QRST0",
    ],
)
def test_the_same_key_however_it_is_typed(typed: str) -> None:
    """Case, dashes, spaces, and I, L, O for 1 and 0 make no difference."""
    assert characters(typed) == "10ABCDEFGHJKMNPQRST0"


@pytest.mark.parametrize(
    "typed", ["", "RSTK", "RSTK-10ABC-DEFGH-JKMNP-QRST", "U" * 20, "10ABCDEFGHJKMNPQRST0X", "é" * 20, "0" * 10_000]
)
def test_what_is_no_key(typed: str) -> None:
    """Too short, too long, other letters."""
    assert characters(typed) is None


def test_a_prefix_is_not_taken_from_a_key_that_begins_so() -> None:
    """A key whose own characters begin with RSTK is whole without the prefix, too."""
    own = "RSTK0123456789ABCDEF"
    assert characters(own) == own
    assert characters(f"RSTK-{own}") == own


def test_the_books_hold_no_key() -> None:
    """A digest, and five characters by which people know it."""
    assert digest("A" * 20) != digest("B" * 20)
    assert len(digest("A" * 20)) == 32
    assert shown("10ABCDEFGHJKMNPQRST0") == "QRST0"
