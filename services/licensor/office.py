"""What a vendor does with licences: issue, renew, change, revoke. `restrike-licensor`.

Each act is one transaction with its line in the audit. What a licence says changes with its `revision`: machines get
the newer text at their next check.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from services.licensor import plans, seating, texts
from services.licensor.books import Books
from services.licensor.records import Condition, Entry, Seat, Trace, key_end_of
from shared.errors import ValidationError
from shared.licensing.activation_key import LETTERS, digest_of, new_key
from shared.licensing.features import FEATURES
from shared.licensing.key_ring import PrivateKey
from shared.licensing.statements import Checks, Plan

MOST_SEATS = 1000
MOST_TEXT_MACHINES = 100
"""Of one text: so many fit into its greatest length."""
MOST_GRACE_DAYS = 366
MOST_NAME_CHARACTERS = 200
MOST_WHY_CHARACTERS = 120
"""The installation shows 200 characters of the sentence that it is in."""


class Order(Struct, frozen=True, kw_only=True):
    """A licence that is to be issued. `machines` get it at once, by a text that needs no activation."""

    customer: str
    plan: Plan
    features: tuple[str, ...] = tuple(FEATURES)
    seats: int = 1
    machines: tuple[str, ...] = ()
    grace_days: int = 14
    checks: Checks | None = None
    begins_at: int
    days: int | None = None


class Change(Struct, frozen=True, kw_only=True):
    """What is to be otherwise in a licence."""

    customer: str | UnsetType = UNSET
    features: tuple[str, ...] | UnsetType = UNSET
    seats: int | UnsetType = UNSET
    grace_days: int | UnsetType = UNSET
    checks: Checks | UnsetType | None = UNSET


class Office:
    """Acts for `who`, at the time `now`."""

    def __init__(self, books: Books, *, who: str, now: int) -> None:
        self._books = books
        self._who = who
        self._now = now

    def issue(self, order: Order) -> tuple[Entry, str]:
        """A new licence, and its activation key, which is nowhere else.

        Raises:
            ValidationError: it is not acceptable.
        """
        term = plans.first_term(order.plan, begins_at=order.begins_at, days=order.days)
        key = new_key()
        entry = Entry(
            license_id=f"L-{''.join(secrets.choice(LETTERS) for _ in range(8))}",
            customer=order.customer,
            plan=order.plan,
            features=order.features,
            seats=order.seats,
            grace_days=order.grace_days,
            checks=order.checks,
            begins_at=order.begins_at,
            key_end=key_end_of(key),
            made_at=self._now,
            **msgspec.structs.asdict(term),
        )
        _require_sound(entry, machines=order.machines)
        if entry.condition(self._now) is Condition.EXPIRED:
            raise ValidationError("license.over", "This licence would be over already: give a later beginning.")
        with self._acting("issue", entry.license_id, detail=f"plan {order.plan} for {order.customer}"):
            self._books.add(entry, digest_of(key))
            for machine in order.machines:
                seat = Seat(license_id=entry.license_id, number=0, machine=machine, taken_at=self._now)
                seating.take(self._books, entry, seat)
        return entry, key

    def text(self, license_id: str, key: PrivateKey) -> str:
        """The signed text that needs no activation: for all machines of a licence, or bound to none.

        Raises:
            ValidationError: it has seats, but no machines yet; or it is revoked, or over.
        """
        with self._acting("sign", license_id):
            entry = self._books.find(license_id)
            _require_signable(entry, self._now)
            machines = tuple(seat.machine for seat in seating.active(self._books.seats(entry.license_id)))
            if entry.seats and not 1 <= len(machines) <= MOST_TEXT_MACHINES:
                sentence = (
                    f"{len(machines)} machines have it, and a text is for up to {MOST_TEXT_MACHINES}: let them ask by"
                    " themselves."
                    if machines
                    else "No machine has this licence: activate it there, or answer its request (restrike-licensor"
                    " answer)."
                )
                raise ValidationError("license.no_machines", sentence, value=license_id)
            return texts.license_text(
                self._books, key, entry, machines=machines if entry.seats else (), seat=None, now=self._now
            )

    def renew(self, license_id: str, plan: Plan, *, days: int | None = None) -> Entry:
        """A plan more: from its end on, or from now on where it is over for good.

        Raises:
            ValidationError: there is no such licence, or it has no end.
        """
        with self._acting("renew", license_id, detail=f"plan {plan}"):
            entry = self._books.find(license_id)
            term = plans.Term(
                expires_at=entry.expires_at, counted_from=entry.counted_from, counted_months=entry.counted_months
            )
            if entry.ends_at is not None and entry.ends_at <= self._now:
                term = plans.Term(expires_at=self._now, counted_from=self._now, counted_months=0)
            term = plans.extended(term, plan, days=days)
            return self._changed(entry, plan=plan, **msgspec.structs.asdict(term))

    def change(self, license_id: str, change: Change) -> Entry:
        """Change what a licence says.

        Raises:
            ValidationError: there is no such licence, or it would not be acceptable.
        """
        fields = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
        if not fields:
            raise ValidationError("license.no_change", "Say what is to be changed: --seats, --features, …")
        with self._acting("change", license_id, detail=", ".join(fields)):
            entry = msgspec.structs.replace(self._books.find(license_id), **fields)
            taken = len(seating.active(self._books.seats(entry.license_id)))
            if entry.seats and taken > entry.seats:
                sentence = f"{taken} machines have this licence: free some first (restrike-licensor release)."
                raise ValidationError("license.seats_taken", sentence, value=entry.seats)
            _require_sound(entry)
            return self._changed(entry)

    def revoke(self, license_id: str, *, why: str) -> Entry:
        """It no longer holds: its machines hear so at their next check.

        Raises:
            ValidationError: there is no such licence, or it is revoked, or `why` says nothing.
        """
        if not why.strip() or len(why) > MOST_WHY_CHARACTERS or not why.isprintable():
            sentence = f"Say why in 1 to {MOST_WHY_CHARACTERS} characters: the customer reads it."
            raise ValidationError("license.why", sentence, value=why)
        with self._acting("revoke", license_id, detail=why):
            entry = self._books.find(license_id)
            if entry.revoked_at is not None:
                raise ValidationError("license.revoked", "This licence is revoked already.", value=license_id)
            return self._put(entry, revoked_at=self._now, revoked_why=why)

    def restore(self, license_id: str) -> Entry:
        """It holds again.

        Raises:
            ValidationError: there is no such licence, or it is not revoked.
        """
        with self._acting("restore", license_id):
            entry = self._books.find(license_id)
            if entry.revoked_at is None:
                raise ValidationError("license.not_revoked", "This licence is not revoked.", value=license_id)
            return self._put(entry, revoked_at=None, revoked_why=None)

    def rekey(self, license_id: str) -> tuple[Entry, str]:
        """A new activation key; the one before opens nothing any more. Machines keep what they have.

        Raises:
            ValidationError: there is no such licence.
        """
        key = new_key()
        with self._acting("rekey", license_id, detail=key_end_of(key)):
            entry = msgspec.structs.replace(self._books.find(license_id), key_end=key_end_of(key))
            self._books.put(entry, digest_of(key))
        return entry, key

    def release(self, license_id: str, machine: str) -> Seat:
        """Free the seat of a machine, which hears so at its next check.

        Raises:
            ValidationError: there is no such licence or machine.
        """
        with self._acting("release", license_id, detail=machine):
            entry = self._books.find(license_id)
            seat = seating.named(self._books.seats(entry.license_id), machine)
            seating.release(self._books, seat, who=self._who, now=self._now)
        return seat

    @contextmanager
    def _acting(self, act: str, license_id: str, *, detail: str | None = None) -> Iterator[None]:
        with self._books.writing():
            yield
            named = license_id.strip().upper()
            self._books.note(
                Trace(at=self._now, who=self._who, act=act, outcome="done", license_id=named, detail=detail)
            )

    def _changed(self, entry: Entry, **changes: Any) -> Entry:
        return self._put(entry, revision=entry.revision + 1, **changes)

    def _put(self, entry: Entry, **changes: Any) -> Entry:
        entry = msgspec.structs.replace(entry, **changes)
        self._books.put(entry)
        return entry


def _require_signable(entry: Entry, now: int) -> None:
    """Raises ValidationError: a text of it would undo what the books say."""
    match entry.condition(now):
        case Condition.REVOKED:
            sentence = "This licence is revoked: restore it first (restrike-licensor restore)."
            raise ValidationError("license.revoked", sentence, value=entry.license_id)
        case Condition.EXPIRED:
            sentence = "This licence is over: renew it first (restrike-licensor renew)."
            raise ValidationError("license.expired", sentence, value=entry.license_id)
        case _:
            pass


def _require_sound(entry: Entry, *, machines: tuple[str, ...] = ()) -> None:
    """Raises ValidationError: a licence cannot be so."""
    if not entry.customer.strip() or len(entry.customer) > MOST_NAME_CHARACTERS or not entry.customer.isprintable():
        sentence = f"Name the customer, in 1 to {MOST_NAME_CHARACTERS} characters."
        raise ValidationError("license.customer", sentence, value=entry.customer)
    if strange := [name for name in entry.features if name not in FEATURES]:
        sentence = f"There are the features {', '.join(FEATURES)}."
        raise ValidationError("license.features", sentence, value=", ".join(strange))
    if not 0 <= entry.seats <= MOST_SEATS:
        sentence = f"A licence has 1 to {MOST_SEATS} seats; 0: it is bound to no machine."
        raise ValidationError("license.seats", sentence, value=entry.seats)
    if not 0 <= entry.grace_days <= MOST_GRACE_DAYS:
        sentence = f"There are 0 to {MOST_GRACE_DAYS} days of grace."
        raise ValidationError("license.grace", sentence, value=entry.grace_days)
    if entry.checks and not 0 < entry.checks.warn_after_days <= entry.checks.limit_after_days:
        raise ValidationError("license.checks", "The warning comes before the limit, after one day at least.")
    if machines and not len(machines) <= min(entry.seats, MOST_TEXT_MACHINES):
        sentence = f"There are more machines than seats, or more than {MOST_TEXT_MACHINES}."
        raise ValidationError("license.machines", sentence, value=len(machines))
    for machine in machines:
        seating.fingerprint_of(machine)
