"""What an installation remembers of its licences beside the licence itself: sealed, so that nobody rewrites it, and in
two places, so that damage to one is healed by the other; license.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from services.license.clock_trail import TOLERANCE_US, ClockTrail
from services.license.contact import Contact

MOST_OPEN: Final = 20
"""Requests that wait for an answer; a person asks once or twice. The oldest is forgotten."""
OPEN_US: Final = 60 * 86_400_000_000
"""So long an answer to a request is taken; one that is kept for longer would turn the time back."""
MOST_SPENT: Final = 500
"""Texts that were taken from this machine, and changes that said so; the oldest is forgotten."""
NEVER: Final = 2**62
"""A time that does not come."""


class Revocation(Struct, frozen=True, kw_only=True):
    """The vendor took a licence back; `at` is Unix seconds."""

    at: int
    why: str | None

    def put_right(self, now_us: int) -> "Revocation":
        """What a clock noted that was ahead is put right; the vendor's own time is within the tolerance."""
        return replace(self, at=min(self.at, (now_us + TOLERANCE_US) // 1_000_000))


class Record(Struct, frozen=True, kw_only=True):
    """`serial` grows with each change. `first_start_us` is when the trial began; NEVER: no clock was right yet. `open`
    are the nonces of requests that wait for an answer, with the time at which they were made; `spent` the ids of
    licence texts that must not be installed again. By licence, `newest` has when its newest text was issued, `revoked`
    how the vendor took it back (`issued_at` and `at`: Unix seconds), `contacts` whether he could be asked. `told` is
    what was told last: the state, and what made it news. `removals` are the ids of the changes that say of a licence
    that it was taken from here or taken back (removals.py); `removed` is when that was, of those that only the database
    knew of (Unix seconds): no text from before is taken.
    """

    first_start_us: int
    trail: ClockTrail
    serial: int = 0
    open: dict[str, int] = {}
    spent: tuple[str, ...] = ()
    newest: dict[str, int] = {}
    revoked: dict[str, Revocation] = {}
    contacts: dict[str, Contact] = {}
    removals: tuple[str, ...] = ()
    removed: dict[str, int] = {}
    told: tuple[str, str] | None = None

    @classmethod
    def first(cls, now_us: int, *, made_us: int) -> "Record":
        """That of an installation that starts for the first time. Nothing proves yet that its clock is right, but one
        that stands before the program was made (`made_us`) is certainly wrong.
        """
        trail = ClockTrail(latest_us=made_us, leapt_to_us=max(now_us, made_us))
        return cls(first_start_us=NEVER if trail.is_set_back(now_us) else now_us, trail=trail)

    def seen(self, now_us: int, *, ran_us: int) -> "Record":
        """The clock shows `now_us`, `ran_us` after it was seen last. What a clock noted that was ahead is put right."""
        trail = self.trail.seen(now_us, ran_us=ran_us)
        if trail.is_set_back(now_us):
            return replace(self, trail=trail)
        return replace(
            self,
            trail=trail,
            first_start_us=min(self.first_start_us, now_us),
            contacts={key: contact.put_right(now_us) for key, contact in self.contacts.items()},
            removed={key: min(at, now_us // 1_000_000) for key, at in self.removed.items()},
            revoked={key: value.put_right(now_us) for key, value in self.revoked.items()},
        )

    def contact(self, license_id: str | None) -> Contact:
        """Whether the vendor could be asked about a licence."""
        return self.contacts.get(license_id or "", Contact())

    def in_contact(self, license_id: str, contact: Contact) -> "Record":
        """That became of it."""
        return replace(self, contacts={**self.contacts, license_id: contact})

    def asking(self, nonce: str) -> "Record":
        """A request was made."""
        waiting = {**self.open, nonce: self.trail.latest_us}
        return replace(self, open=dict(list(waiting.items())[-MOST_OPEN:]))

    def is_asked(self, nonce: str) -> bool:
        """Whether a request waits for its answer, and not for too long."""
        at_us = self.open.get(nonce)
        return at_us is not None and self.trail.latest_us <= at_us + OPEN_US

    def answered(self, nonce: str) -> "Record":
        """A request was answered: its answer is of no use a second time."""
        return replace(self, open={key: at_us for key, at_us in self.open.items() if key != nonce})

    def installed(self, license_id: str, issued_at: int) -> "Record":
        """A licence was installed. That is no check: none is installed over and over instead of being checked."""
        before = self.newest.get(license_id, 0)
        found = replace(self, newest={**self.newest, license_id: max(issued_at, before)})
        return found.in_contact(license_id, self.contact(license_id).renewed()) if issued_at > before else found

    def taken_away(self, token_id: str, license_id: str) -> "Record":
        """A licence is no longer on this machine."""
        contacts = {key: contact for key, contact in self.contacts.items() if key != license_id}
        return replace(self, spent=(*self.spent, token_id)[-MOST_SPENT:], contacts=contacts)

    def holds(self, license_id: str, *, now_us: int) -> "Record":
        """The vendor said that the licence holds."""
        return self.in_contact(license_id, Contact(checked_at_us=now_us))

    def removing(self, *change_ids: str) -> "Record":
        """Changes said of licences that they were removed, and that is known."""
        return replace(self, removals=(*self.removals, *change_ids)[-MOST_SPENT:])

    def removed_at(self, license_id: str, at: int) -> "Record":
        """A licence was taken from this machine at that time, as the database says."""
        return replace(self, removed={**self.removed, license_id: at})

    def wanted_here(self, license_id: str) -> "Record":
        """The vendor answered this machine with a licence: that it was taken away before does not matter to it."""
        return replace(self, removed={key: at for key, at in self.removed.items() if key != license_id})

    def forgiven(self, license_id: str) -> "Record":
        """The vendor said just now that a licence is good here."""
        revoked = {key: value for key, value in self.revoked.items() if key != license_id}
        return replace(self.wanted_here(license_id), revoked=revoked)

    def revoking(self, license_id: str, revocation: Revocation) -> "Record":
        """The vendor took a licence back."""
        return replace(self, revoked={**self.revoked, license_id: revocation})

    def is_revoked(self, license_id: str, issued_at: int) -> Revocation | None:
        """How a licence was taken back, unless the text at hand was issued after that."""
        found = self.revoked.get(license_id)
        return found if found is not None and issued_at <= found.at else None
