"""What stands in the vendor's books. Times are Unix seconds. `restrike-licensor`."""

from enum import StrEnum

from msgspec import Struct

from shared.licensing.statements import DAY_S, Checks, Plan


def key_end_of(key: str) -> str:
    """The last characters of an activation key: all of it that is ever written down, and by which people know it."""
    return key[-5:]


class Condition(StrEnum):
    """How a licence stands in the books."""

    COMING = "begins later"
    GOOD = "good"
    GRACE = "grace"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Entry(Struct, frozen=True, kw_only=True):
    """A licence. `key_end` are the last characters of its activation key; `revision` counts what was changed in what it
    says, so that older texts of it are known.
    """

    license_id: str
    customer: str
    plan: Plan
    features: tuple[str, ...]
    seats: int
    grace_days: int
    checks: Checks | None
    begins_at: int
    expires_at: int | None
    counted_from: int
    counted_months: int
    key_end: str
    made_at: int
    revision: int = 1
    revoked_at: int | None = None
    revoked_why: str | None = None

    @property
    def ends_at(self) -> int | None:
        """When its days of grace are over; None: never."""
        return None if self.expires_at is None else self.expires_at + self.grace_days * DAY_S

    def condition(self, now: int) -> Condition:
        """How it stands."""
        if self.revoked_at is not None:
            return Condition.REVOKED
        if now < self.begins_at:
            return Condition.COMING
        if self.expires_at is None or now < self.expires_at:
            return Condition.GOOD
        return Condition.GRACE if now < (self.ends_at or 0) else Condition.EXPIRED


class Seat(Struct, frozen=True, kw_only=True):
    """A machine that has a licence, or had it until `released_at`. `number` counts within the licence."""

    license_id: str
    number: int
    machine: str
    taken_at: int
    seen_at: int | None = None
    host: str = ""
    program: str = ""
    released_at: int | None = None
    released_by: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.host or self.machine[:24]

    @property
    def words(self) -> str:
        """What the audit says of it."""
        return f"seat {self.number}, {self.name}" if self.number else self.name


class Token(Struct, frozen=True, kw_only=True):
    """A signed text that was handed out. `seat` None: for several machines at once, or for none."""

    token_id: str
    license_id: str
    seat: int | None
    key_id: str
    issued_at: int
    revision: int


class Trace(Struct, frozen=True, kw_only=True):
    """A line of the audit: who did what, and what became of it. `times`: so often, where a flood was summed up."""

    at: int
    who: str
    act: str
    outcome: str
    license_id: str | None = None
    machine: str | None = None
    key_end: str | None = None
    detail: str | None = None
    times: int = 1
