"""What a vendor signs: licences, and answers to what an installation asked. The license service, `restrike-licensor`.

Times are Unix seconds: a licence is about days. `version` is that of the statement's form: a program refuses what is
newer than itself, and what has fields that it does not know.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

PRODUCT: Final = "restrike-vta"
VERSION: Final = 1
"""Of the form of statements."""
DAY_S: Final = 86_400


class Plan(StrEnum):
    """For how long a licence is bought: months, for ever, or to try it."""

    MONTH = "1"
    YEAR = "12"
    THREE_YEARS = "36"
    FIVE_YEARS = "60"
    PERPETUAL = "perpetual"
    TRIAL = "trial"

    @property
    def months(self) -> int | None:
        """How many months it has; None: not a number of months."""
        return int(self.value) if self.value.isdigit() else None


class Checks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the vendor's server is asked every so many hours whether a licence still holds. While it cannot be reached
    there is a warning after some days and a limit after some more.
    """

    every_hours: int = 24
    warn_after_days: int = 5
    limit_after_days: int = 7


class License(Struct, frozen=True, kw_only=True, tag="license", tag_field="kind", forbid_unknown_fields=True):
    """A licence. `seats` is on how many machines it may be (0: it is bound to none), `machines` are the fingerprints of
    those that this text is for. One with seats and without machines has to be activated first. `checks` None: the text
    alone is enough.
    """

    license_id: str
    token_id: str
    customer: str
    plan: Plan
    features: tuple[str, ...]
    issued_at: int
    expires_at: int | None
    grace_days: int = 14
    seats: int = 1
    machines: tuple[str, ...] = ()
    checks: Checks | None = None
    product: str = PRODUCT
    version: int = VERSION

    @property
    def ends_at(self) -> int | None:
        """When its days of grace are over; None: never."""
        return None if self.expires_at is None else self.expires_at + self.grace_days * DAY_S


class Activation(Struct, frozen=True, kw_only=True, tag="activation", tag_field="kind", forbid_unknown_fields=True):
    """The answer to a request with an activation key: `license` is the signed licence. `nonce` is the request's."""

    nonce: str
    at: int
    license: str
    version: int = VERSION


class Standing(StrEnum):
    """How a vendor's books have a licence on a machine."""

    GOOD = "good"
    REVOKED = "revoked"
    RELEASED = "released"


class Checked(Struct, frozen=True, kw_only=True, tag="checked", tag_field="kind", forbid_unknown_fields=True):
    """The answer to "does it still hold on `machine`?". `license` is a newer signed licence, if there is one."""

    nonce: str
    at: int
    license_id: str
    machine: str
    standing: Standing
    why: str | None = None
    license: str | None = None
    version: int = VERSION


class Released(Struct, frozen=True, kw_only=True, tag="released", tag_field="kind", forbid_unknown_fields=True):
    """The answer to a deactivation: the seat is free."""

    nonce: str
    at: int
    license_id: str
    version: int = VERSION


Statement = License | Activation | Checked | Released


class ActivationRequest(Struct, frozen=True, kw_only=True, tag="activate", tag_field="ask"):
    """What an installation sends, or gives as a file, to get a licence; not signed, as nobody gains by changing it."""

    key: str
    machine: str
    nonce: str
    host: str = ""
    program: str = ""


class CheckRequest(Struct, frozen=True, kw_only=True, tag="check", tag_field="ask"):
    """Does `license` (its signed text) still hold on `machine`?"""

    license: str
    machine: str
    nonce: str
    program: str = ""


class ReleaseRequest(Struct, frozen=True, kw_only=True, tag="release", tag_field="ask"):
    """`license` (its signed text) is no longer on `machine`."""

    license: str
    machine: str
    nonce: str
    program: str = ""


AnyRequest = ActivationRequest | CheckRequest | ReleaseRequest
REQUEST_FORMAT: Final = "restrike-license-request 1"
"""Name and version of the form of a request's file."""


class RequestFile(Struct, frozen=True, kw_only=True):
    """A request as a file: what `restrike license request` writes, and a vendor answers."""

    format: str
    request: AnyRequest


class Answer(Struct, frozen=True, kw_only=True):
    """What the vendor's server answers with: a signed statement."""

    answer: str


class Refusal(Struct, frozen=True, kw_only=True):
    """What it answers with otherwise. It is not signed, so nothing but a message follows from it."""

    code: str
    message: str
