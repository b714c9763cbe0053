"""What installations ask of a vendor: to activate, to check, to release. `restrike-licensor`, as a server and for files
of requests.

Each act is one transaction with its line in the audit; a refused one changes nothing, and has its line, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from services.licensor import key_list, seating, texts
from services.licensor.books import Books
from services.licensor.records import Condition, Entry, Seat, Token, Trace, key_end_of
from services.licensor.refusals import RefusedError
from shared.errors import RestrikeError, ValidationError
from shared.licensing.activation_key import digest_of, parsed_key
from shared.licensing.key_ring import PrivateKey
from shared.licensing.signing import TokenError, opened, signed
from shared.licensing.statements import (
    Activation,
    ActivationRequest,
    AnyRequest,
    Checked,
    CheckRequest,
    License,
    Released,
    ReleaseRequest,
    Standing,
    Statement,
)

MOST_NAME_CHARACTERS: Final = 64
MOST_NONCE_CHARACTERS: Final = 128
UNKNOWN_KEY: Final = "key.unknown"


class Desk:
    """Serves one who asks. `who` is kept: an address, or the vendor's own name."""

    def __init__(self, books: Books, key: PrivateKey, *, who: str, now: int) -> None:
        self._books = books
        self._key = key
        self._now = now
        self.trace = Trace(at=now, who=who, act="", outcome="")
        """What the last act leaves in the audit."""

    def answer(self, request: AnyRequest) -> str:
        """The signed text that answers.

        Raises:
            RefusedError: it is refused.
        """
        if isinstance(request, ActivationRequest):
            return self.activate(request)
        return self.check(request) if isinstance(request, CheckRequest) else self.release(request)

    def activate(self, request: ActivationRequest) -> str:
        """A licence for the machine of whoever has an activation key."""
        key = _key(request.key)
        with self._acting("activate", request.machine, request.nonce):
            self._trace(key_end=key_end_of(key) if key else None)
            entry = self._books.by_key(digest_of(key)) if key else None
            if entry is None:
                raise _unknown_key(is_key=key is not None)
            self._trace(license_id=entry.license_id)
            _require_usable(entry, self._now)
            seat = seating.take(self._books, entry, self._machine(entry, request, request.host))
            self._trace(detail=seat.words)
            text = self._text(entry, seat)
            return self._signed(Activation(nonce=request.nonce, at=self._now, license=text))

    def check(self, request: CheckRequest) -> str:
        """Whether a licence still holds on a machine, and a newer text of it where there is one."""
        with self._acting("check", request.machine, request.nonce):
            license_, entry, token = self._presented(request.license)
            nonce, standing, why, text = request.nonce, Standing.GOOD, None, None
            seat = self._seat(entry, token, request)
            if entry.revoked_at is not None:
                standing, why = Standing.REVOKED, entry.revoked_why
            elif seat is None:
                standing, why = Standing.RELEASED, self._released_why(entry, token)
            elif token is None or token.revision < entry.revision or self._is_retired(token.key_id):
                if seat.number:
                    self._books.put_seat(seat)  # with the machine as it is now, to which the newer text is bound
                text = self._text(entry, seat)
            self._trace(detail=" ".join((standing, *(["newer"] if text else []), license_.token_id)))
            checked = Checked(
                nonce=nonce,
                at=self._now,
                license_id=entry.license_id,
                machine=request.machine,
                standing=standing,
                why=why,
                license=text,
            )
            return self._signed(checked)

    def release(self, request: ReleaseRequest) -> str:
        """Free the seat of a machine. Whoever does it again gets the same answer."""
        with self._acting("release", request.machine, request.nonce):
            _, entry, token = self._presented(request.license)
            seat = seating.seat_to_free(self._books.seats(entry.license_id), token, request.machine)
            if seat is not None:
                seating.release(self._books, seat, who=self.trace.who, now=self._now)
            self._trace(detail=seat.words if seat else "it had none")
            return self._signed(Released(nonce=request.nonce, at=self._now, license_id=entry.license_id))

    @contextmanager
    def _acting(self, act: str, machine: str, nonce: str) -> Iterator[None]:
        self._trace(act=act, machine=machine[:MOST_NONCE_CHARACTERS])
        try:
            if not seating.FINGERPRINT.fullmatch(machine):
                sentence = "This machine tells nothing by which a licence could be bound to it (/etc/machine-id)."
                raise RefusedError("machine.untold", sentence, status=400)
            if not 1 <= len(nonce) <= MOST_NONCE_CHARACTERS:
                raise RefusedError("nonce.malformed", "The request has no proper nonce.", status=400)
            with self._books.writing():
                yield
                self._trace(outcome="done")
                self._books.note(self.trace)
        except RestrikeError as error:
            self._trace(outcome=error.code)
            with self._books.writing():
                self._books.note(self.trace)
            raise

    def _trace(self, **changes: object) -> None:
        self.trace = msgspec.structs.replace(self.trace, **changes)

    def _presented(self, text: str) -> tuple[License, Entry, Token | None]:
        """The licence of a signed text, as it says itself and as the books have it.

        Raises:
            RefusedError: it is not the vendor's, or the books do not know the licence.
        """
        try:
            license_ = opened(text, key_list.genuine(self._books), License)
        except TokenError as error:
            raise RefusedError(error.code, error.message, status=400) from error
        entry, token = self._books.get(license_.license_id), self._books.token(license_.token_id)
        self._trace(license_id=license_.license_id[:MOST_NAME_CHARACTERS])
        if token is not None and token.license_id != license_.license_id:
            token = None
        if token is None and self._is_retired(text.split(".")[1]):
            # Only the books can tell what a key that leaked did sign for the vendor.
            sentence = "It is signed with a key that was withdrawn, and the vendor's books do not know it."
            raise RefusedError("license.withdrawn_key", sentence, status=403)
        if entry is None:
            raise RefusedError("license.unknown", "The vendor's books do not know this licence.", status=404)
        return license_, entry, token

    def _seat(self, entry: Entry, token: Token | None, request: CheckRequest) -> Seat | None:
        """The seat of the machine that checks; None: it has none any more.

        A machine that the books forgot (they were restored from a backup) gets a free seat: it has a signed licence.
        """
        found = self._machine(entry, request)
        mine = seating.seat_of(self._books.seats(entry.license_id), request.machine)
        if mine is not None:
            mine = msgspec.structs.replace(mine, seen_at=self._now, program=found.program)
            self._books.put_seat(mine)
            return msgspec.structs.replace(mine, machine=request.machine)
        if entry.revoked_at is not None or (entry.seats and token is not None):
            return None
        try:
            return seating.take(self._books, entry, found)
        except RefusedError:
            return None

    def _released_why(self, entry: Entry, token: Token | None) -> str:
        seats = {seat.number: seat for seat in self._books.seats(entry.license_id)}
        seat = seats.get(token.seat) if token is not None and token.seat is not None else None
        if seat is not None and seat.released_at is not None:
            return f"Its seat was freed on {seating.day(seat.released_at)}."
        return "This machine has no seat of the licence."

    def _machine(self, entry: Entry, request: ActivationRequest | CheckRequest, host: str = "") -> Seat:
        return Seat(
            license_id=entry.license_id,
            number=0,
            machine=request.machine,
            host=_name(host),
            program=_name(request.program),
            taken_at=self._now,
            seen_at=self._now,
        )

    def _text(self, entry: Entry, seat: Seat) -> str:
        machines = (seat.machine,) if entry.seats else ()
        number = seat.number or None
        return texts.license_text(self._books, self._key, entry, machines=machines, seat=number, now=self._now)

    def _is_retired(self, key_id: str) -> bool:
        return any(key.key_id == key_id and key.retired_at is not None for key in self._books.public_keys())

    def _signed(self, statement: Statement) -> str:
        return signed(statement, self._key)


def _key(typed: str) -> str | None:
    try:
        return parsed_key(typed)
    except ValidationError:
        return None


def _unknown_key(*, is_key: bool) -> RefusedError:
    sentence = (
        "No licence has this activation key: look whether it was typed as the vendor sent it."
        if is_key
        else "This is no activation key: it looks like RSTK-XXXXX-XXXXX-XXXXX-XXXXX."
    )
    return RefusedError(UNKNOWN_KEY, sentence, status=404)


def _require_usable(entry: Entry, now: int) -> None:
    match entry.condition(now):
        case Condition.REVOKED:
            why = f": {entry.revoked_why.rstrip('.')}" if entry.revoked_why else ""
            raise RefusedError("license.revoked", f"The vendor revoked this licence{why}. Ask there.", status=403)
        case Condition.EXPIRED:
            since = seating.day(entry.expires_at or 0)
            sentence = f"This licence expired on {since}: ask the vendor to renew it."
            raise RefusedError("license.expired", sentence, status=403)
        case Condition.COMING:
            sentence = f"This licence begins on {seating.day(entry.begins_at)}: activate it then."
            raise RefusedError("license.not_yet", sentence, status=403)
        case _:
            pass


def _name(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:MOST_NAME_CHARACTERS]
