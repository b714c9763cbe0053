"""Which machine has which seat of a licence. `restrike-licensor`. All of it within one `books.writing()`."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from services.licensor.books import Books
from services.licensor.records import Entry, Seat, Token
from services.licensor.refusals import RefusedError
from shared.errors import ValidationError
from shared.licensing.fingerprint import is_same_machine

FINGERPRINT: Final = re.compile(r"(?!board-\w*$)[a-z]{2,12}-[0-9a-f]{12}(?:\.[a-z]{2,12}-[0-9a-f]{12}){0,7}")
"""Traits with digests; whatever traits a later version may have. A board alone is no machine, but a model."""
NAMED: Final = 3
"""So many of the machines that have a licence are named to one that finds no seat."""
NAME_CHARACTERS: Final = 14
"""Of each of them: the installation shows 200 characters of the sentence."""
MOST_UNBOUND: Final = 100
"""Of a licence that is bound to no machine the books have so many machines, for the vendor to see. As anybody who has
the text may ask for any machine, there is no end to them otherwise.
"""


def active(seats: Iterable[Seat]) -> list[Seat]:
    """Those that have the licence now."""
    return [seat for seat in seats if seat.released_at is None]


def seat_of(seats: Iterable[Seat], machine: str) -> Seat | None:
    """The seat that a machine has now: the very one, else one that only some part was changed of."""
    found = active(seats)
    same = next((seat for seat in found if seat.machine == machine), None)
    return same or next((seat for seat in found if is_same_machine(seat.machine, machine)), None)


def take(books: Books, entry: Entry, found: Seat) -> Seat:
    """Give a machine its own seat again, or a free one. `found` says what is known of it now. Number 0: it needs none,
    and the books do not have it.

    Raises:
        RefusedError: no seat is free.
    """
    seats = books.seats(entry.license_id)
    mine = seat_of(seats, found.machine)
    taken = active(seats)
    if mine is None and entry.seats and len(taken) >= entry.seats:
        raise RefusedError("license.no_seat", _full(taken), status=409)
    if mine is None and not entry.seats and len(seats) >= MOST_UNBOUND:
        return msgspec.structs.replace(found, number=0)
    number = mine.number if mine else max((seat.number for seat in seats), default=0) + 1
    taken_at = mine.taken_at if mine else found.taken_at
    seat = msgspec.structs.replace(found, number=number, taken_at=taken_at)
    books.put_seat(seat)
    return seat


def seat_to_free(seats: Iterable[Seat], token: Token | None, machine: str) -> Seat | None:
    """The seat that whoever holds a text gives back: the one that the text is of, and none that was taken since, as the
    request may be an old one. The machine says which only where the text is of no one seat, or not known.
    """
    found = active(seats)
    if token is None:
        return seat_of(found, machine)
    if token.seat is None:
        return seat_of((seat for seat in found if seat.taken_at <= token.issued_at), machine)
    return next((seat for seat in found if seat.number == token.seat), None)


def release(books: Books, seat: Seat, *, who: str, now: int) -> None:
    """Free a seat."""
    books.put_seat(msgspec.structs.replace(seat, released_at=now, released_by=who))


def named(seats: Iterable[Seat], text: str) -> Seat:
    """The seat that somebody means: by its number, its host's name, or its fingerprint.

    Raises:
        ValidationError: none, or more than one.
    """
    by: tuple[Callable[[Seat], str], ...] = (lambda s: str(s.number), lambda s: s.host, lambda s: s.machine)
    found = active(seats)
    for value in by:
        meant = [seat for seat in found if value(seat) == text]
        if len(meant) == 1:
            return meant[0]
    sentence = "No machine of this licence is called so; give its number as restrike-licensor show says."
    raise ValidationError("machine.unknown", sentence, value=text)


def fingerprint_of(text: str) -> str:
    """A machine's fingerprint as somebody gave it.

    Raises:
        ValidationError: it is none.
    """
    if FINGERPRINT.fullmatch(text) is None:
        sentence = "This is no fingerprint; the customer gets it with: restrike license fingerprint"
        raise ValidationError("machine.malformed", sentence, value=text)
    return text


def day(at: int) -> str:
    """The day (UTC) of a time."""
    return f"{datetime.fromtimestamp(at, tz=UTC):%Y-%m-%d}"


def _full(taken: list[Seat]) -> str:
    names = ", ".join(f"{seat.name[:NAME_CHARACTERS]} since {day(seat.taken_at)}" for seat in taken[:NAMED])
    more = f" and {len(taken) - NAMED} more" if len(taken) > NAMED else ""
    seats = "The one seat of this licence is taken" if len(taken) == 1 else f"All {len(taken)} seats are taken"
    return f"{seats}: {names}{more}. Deactivate one (restrike license deactivate) or ask the vendor."
