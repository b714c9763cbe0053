"""The licence: how it stands, what it allows, and what operators do with it."""

from enum import StrEnum

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import LICENSE


class LicenseState(StrEnum):
    """How the licence stands.

    `trial`, `valid` and `grace` allow features. `invalid` has a reason, `clock_tampered` means that the machine's clock
    stands before a time that it has shown already.
    """

    UNLICENSED = "unlicensed"
    TRIAL = "trial"
    VALID = "valid"
    GRACE = "grace"
    EXPIRED = "expired"
    INVALID = "invalid"
    REVOKED = "revoked"
    CLOCK_TAMPERED = "clock_tampered"


class LicenseReason(StrEnum):
    """Why a licence is invalid."""

    DAMAGED = "damaged"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown_key"
    OTHER_PRODUCT = "other_product"
    OTHER_MACHINE = "other_machine"
    TOO_NEW = "too_new"
    NOT_YET = "not_yet"
    REPLAYED = "replayed"
    NOT_ACTIVATED = "not_activated"
    NOT_CHECKED = "not_checked"
    UNREADABLE = "unreadable"


class LicenseStatus(Struct, frozen=True, kw_only=True):
    """`license.status/license/`: how the licence stands, on each change and every 60 s. Times are Unix microseconds.

    `sentence` says how it stands, `remedy` what to do about it. `allowed` and `refused` name features
    (`restrike license features`). `days_left` counts days (a part of one counts) until it
    expires, in grace and trial until features end; None when they do not end by time.
    `warnings` are sentences about what is not wrong yet. `check_due_at_us` is when the vendor's server is asked next,
    `checked_at_us` when it last answered; None: never. `not_checked` says why it could not be asked, since
    `unreached_since_us`; None: it could, or was not asked yet.
    """

    state: LicenseState
    judged_at_us: int
    sentence: str
    remedy: str | None = None
    reason: LicenseReason | None = None
    license_id: str | None = None
    customer: str | None = None
    plan: str | None = None
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    issued_at_us: int | None = None
    expires_at_us: int | None = None
    ends_at_us: int | None = None
    days_left: int | None = None
    seats: int = 0
    checked_at_us: int | None = None
    check_due_at_us: int | None = None
    not_checked: str | None = None
    unreached_since_us: int | None = None
    warnings: tuple[str, ...] = ()


class LicenseAct(StrEnum):
    """What changed a licence: time or a check (`judged`), or an operator."""

    JUDGED = "judged"
    ACTIVATED = "activated"
    INSTALLED = "installed"
    DEACTIVATED = "deactivated"
    CHECKED = "checked"


class LicenseChanged(Struct, frozen=True, kw_only=True, tag="license_changed", tag_field="type"):
    """`license.changed/license/`: the licence stands otherwise than before, or an operator did something with it.
    `change_id` is made anew for each, so that it is stored once. `license_id` is also that of a licence that was taken
    from the machine.
    """

    change_id: str
    at_us: int
    act: LicenseAct
    state: LicenseState
    state_before: LicenseState | None
    sentence: str
    reason: LicenseReason | None = None
    license_id: str | None = None
    plan: str | None = None
    expires_at_us: int | None = None
    author: str | None = None


class GetLicense(Command[LicenseStatus], frozen=True, kw_only=True):
    """How the licence stands."""

    name = "get_license"
    service = LICENSE
    reply = LicenseStatus


class ActivateLicense(Command[LicenseStatus], frozen=True, kw_only=True):
    """Exchange an activation key for a licence of this machine, at the vendor's server."""

    name = "activate_license"
    service = LICENSE
    reply = LicenseStatus
    deadline_s = 30.0
    key: str
    author: str


class CheckLicense(Command[LicenseStatus], frozen=True, kw_only=True):
    """Ask the vendor's server now whether the licence still holds, and whether there is a newer one."""

    name = "check_license"
    service = LICENSE
    reply = LicenseStatus
    deadline_s = 30.0
    author: str


class LicenseReleased(Struct, frozen=True, kw_only=True):
    """The licence is no longer on this machine. `release` is a file's text for the vendor, None when the vendor's
    server was told already.
    """

    status: LicenseStatus
    release: str | None


class DeactivateLicense(Command[LicenseReleased], frozen=True, kw_only=True):
    """Take the licence from this machine, for another one to have it; `is_offline`: without the vendor's server."""

    name = "deactivate_license"
    service = LICENSE
    reply = LicenseReleased
    deadline_s = 30.0
    author: str
    is_offline: bool = False


class LicenseRequest(Struct, frozen=True, kw_only=True):
    """The text of a file for the vendor, who answers with another one."""

    request: str


class RequestLicense(Command[LicenseRequest], frozen=True, kw_only=True):
    """Make the file with which a licence is asked for where there is no network."""

    name = "request_license"
    service = LICENSE
    reply = LicenseRequest
    key: str
    author: str


class InstallLicense(Command[LicenseStatus], frozen=True, kw_only=True):
    """Install a licence, or the vendor's answer to a request: the text of its file."""

    name = "install_license"
    service = LICENSE
    reply = LicenseStatus
    text: str
    author: str


class FingerprintPart(Struct, frozen=True, kw_only=True):
    """One trait of the machine: `digest` is what stands in the fingerprint, None where the machine does not tell it."""

    name: str
    what: str
    value: str | None
    digest: str | None


class MachineFingerprint(Struct, frozen=True, kw_only=True):
    """What a licence is bound to, and what it is made of."""

    fingerprint: str
    parts: tuple[FingerprintPart, ...]


class GetFingerprint(Command[MachineFingerprint], frozen=True, kw_only=True):
    """By what a licence knows this machine."""

    name = "get_fingerprint"
    service = LICENSE
    reply = MachineFingerprint
