"""Ten thousand texts that were made of true ones by chance: all refused, and none by anything but a TokenError."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Final

import pytest

from shared.licensing.signing import TokenError, opened_any
from shared.licensing.statements import Activation, Checks
from tests.support.licensing.vendor import ISSUED_AT, Vendor

MANY: Final = 10_000
STRANGE: Final = "é😀\x00\u202e٣\ud800\n\r\t\x1b\u2024\uff41"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ "


def flip(text: str, chance: random.Random) -> str:
    """A bit."""
    at = chance.randrange(len(text))
    return f"{text[:at]}{chr(ord(text[at]) ^ 1 << chance.randrange(8))}{text[at + 1 :]}"


def insert(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return f"{text[:at]}{''.join(chance.choices(LETTERS, k=chance.randint(1, 5)))}{text[at:]}"


def delete(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at + chance.randint(1, 9) :]


def swap(text: str, chance: random.Random) -> str:
    """Two characters, or two parts."""
    if chance.random() < 0.3:
        parts = text.split(".")
        one, other = chance.sample(range(len(parts)), 2)
        parts[one], parts[other] = parts[other], parts[one]
        return ".".join(parts)
    one, other = sorted(chance.sample(range(len(text)), 2))
    return text[:one] + text[other] + text[one + 1 : other] + text[one] + text[other + 1 :]


def case(text: str, chance: random.Random) -> str:
    at, end = sorted(chance.sample(range(len(text) + 1), 2))
    return text[:at] + text[at:end].swapcase() + text[end:]


def strange(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(STRANGE) + text[at:]


def huge(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at : at + 9] * chance.randint(10, 5_000) + text[at + 9 :]


def splice(text: str, chance: random.Random) -> str:
    """The beginning of one, the end of another."""
    at = chance.randrange(1, len(text))
    return text[:at] + OTHERS[chance.randrange(len(OTHERS))][at:]


MUTATIONS: Final[tuple[Callable[[str, random.Random], str], ...]] = (
    flip, insert, delete, swap, case, strange, huge, splice,
)  # fmt: skip
VENDOR: Final = Vendor.new()
TEXTS: Final = (
    VENDOR.text(VENDOR.license()),
    VENDOR.text(VENDOR.license(seats=1, machines=("os-1.board-2.disk-3",), checks=Checks())),
    VENDOR.text(Activation(nonce="n", at=ISSUED_AT, license=VENDOR.text(VENDOR.license()))),
)
OTHERS: Final = (*TEXTS, VENDOR.text(VENDOR.license(customer="Somebody else")), Vendor.new().text(VENDOR.license()))


@pytest.mark.slow
def test_mutated_texts_are_refused() -> None:
    """One to four mutations each; only what ended as a true text again may open, and is left out."""
    chance = random.Random(20_260_101)
    outcomes: Counter[str] = Counter()
    for _ in range(MANY):
        text = chance.choice(TEXTS)
        kinds = chance.choices(MUTATIONS, k=chance.choice((1, 1, 1, 2, 4)))
        for mutate in kinds:
            text = mutate(text, chance) or "."
        if text in OTHERS[:-1]:
            outcomes["true again"] += 1
            continue
        with pytest.raises(TokenError) as refused:
            opened_any(text, VENDOR.ring)
        outcomes[refused.value.reason] += 1
    assert outcomes.total() == MANY
    assert outcomes.pop("true again", 0) < MANY / 20
    assert set(outcomes) == {"damaged", "forged", "unknown_key"}, outcomes
