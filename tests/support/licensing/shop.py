"""A vendor's shop with real books and a key, in the test's own process, at any time."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from services.licensor.books import Books
from services.licensor.chest import Chest
from services.licensor.desk import Desk
from services.licensor.home import Home
from services.licensor.office import Office, Order
from services.licensor.passphrases import Passphrase
from services.licensor.records import Entry
from services.licensor.refusals import RefusedError
from shared.durable import write_durably
from shared.licensing.activation_key import parsed_key
from shared.licensing.key_ring import KeyRing, PrivateKey
from shared.licensing.signing import opened
from shared.licensing.statements import (
    DAY_S,
    Activation,
    ActivationRequest,
    Checked,
    CheckRequest,
    Checks,
    License,
    Plan,
    Released,
    ReleaseRequest,
)

NOW: Final = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""
ADDRESS: Final = "203.0.113.7"


def machine(number: int) -> str:
    """The fingerprint of a machine that shares no trait with another one."""
    return ".".join(f"{trait}-{number:012x}" for trait in ("os", "board", "disk"))


class Shop:
    """A vendor with one key, `k1`. Times are days after `NOW`."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.home.make()
        books, key = _fresh()
        self.home.books_file.write_bytes(books)
        write_durably(self.home.keys / "k1.pem", key)
        self.chest = Chest(self.home.keys, Passphrase())
        self._kept = Books.open(self.home.books_file)  # so that SQLite need not clear up after each act

    def close(self) -> None:
        """Close the books."""
        self._kept.close()

    @contextmanager
    def books(self) -> Iterator[Books]:
        """The books, on a connection of their own."""
        with closing(Books.open(self.home.books_file)) as books:
            yield books

    def issue(self, *, day: float = 0, **order: Any) -> tuple[Entry, str]:
        """A licence and its activation key: of a year, for one machine, with checks."""
        given: dict[str, Any] = {
            "customer": "Union",
            "plan": Plan.YEAR,
            "checks": Checks(),
            "begins_at": at(day),
        } | order
        with self.books() as books:
            return Office(books, who="anna", now=at(day)).issue(Order(**given))

    def activate(self, key: str, machine_: str, *, day: float = 0, host: str = "") -> License:
        """What a machine gets for an activation key."""
        text = self.activated(key, machine_, day=day, host=host)
        return opened(text, self.ring(), License)

    def activated(self, key: str, machine_: str, *, day: float = 0, host: str = "") -> str:
        """The same as signed text."""
        request = ActivationRequest(key=key, machine=machine_, nonce="n", host=host)
        with self.desk(day) as desk:
            return opened(desk.activate(request), self.ring(), Activation).license

    def check(self, text: str, machine_: str, *, day: float = 0) -> Checked:
        """What a machine hears that checks its licence."""
        with self.desk(day) as desk:
            answer = desk.check(CheckRequest(license=text, machine=machine_, nonce="n"))
        return opened(answer, self.ring(), Checked)

    def release(self, text: str, machine_: str, *, day: float = 0) -> Released:
        """What a machine hears that gives its licence back."""
        with self.desk(day) as desk:
            answer = desk.release(ReleaseRequest(license=text, machine=machine_, nonce="n"))
        return opened(answer, self.ring(), Released)

    @contextmanager
    def desk(self, day: float = 0) -> Iterator[Desk]:
        """The desk at a time."""
        with self.books() as books:
            yield Desk(books, self.chest.signing(books), who=ADDRESS, now=at(day))

    @contextmanager
    def office(self, day: float = 0) -> Iterator[Office]:
        """The office at a time."""
        with self.books() as books:
            yield Office(books, who="anna", now=at(day))

    def chest_key(self) -> PrivateKey:
        """The private key that signs now."""
        with self.books() as books:
            return self.chest.signing(books)

    def ring(self) -> KeyRing:
        """What a release of today would ship with."""
        with self.books() as books:
            return KeyRing(keys=books.public_keys())

    def audit(self) -> list[tuple[str, str, str]]:
        """Who did what, and what became of it."""
        with self.books() as books:
            return [(trace.who, trace.act, trace.outcome) for trace in books.traces(last=1000)]


@cache
def _fresh() -> tuple[bytes, bytes]:
    """Books without licences, and the key in them: made once, as that takes long."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.make()
        with home.books() as books:
            key = Chest(home.keys, Passphrase()).create(books, "k1", now=NOW, is_encrypted=False)
        return home.books_file.read_bytes(), (home.keys / f"{key.key_id}.pem").read_bytes()


def at(day: float) -> int:
    """The time so many days after `NOW`."""
    return NOW + round(day * DAY_S)


def plain(key: str) -> str:
    """The characters of an activation key, without prefix and dashes."""
    return "".join(parsed_key(key).split("-")[1:])


def refused(act: Callable[[], object]) -> tuple[int, str, str]:
    """Status, code and sentence of a refusal."""
    with pytest.raises(RefusedError) as found:
        act()
    return found.value.status, found.value.code, found.value.message
