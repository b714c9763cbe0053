"""How the licence stands: THE table of states; license. No clock, no I/O: all that it depends on is in a `Case`.

The first line that fits decides:

| what is found | state |
|---|---|
| the stored licence does not open, or its signature does not hold | invalid |
| none, and the clock is set back | clock_tampered |
| none, within 14 days of the first start | trial |
| none | unlicensed |
| of another product, not activated, of another machine | invalid |
| taken back by the vendor | revoked |
| it ends some day, or is to be checked, and the clock is set back | clock_tampered |
| issued in the future | invalid |
| its days of grace are over | expired |
| to be checked, and could not be for too long | invalid |
| its end is over | grace |
| a licence to try | trial |
| else | valid |
"""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from services.license.clock_trail import TOLERANCE_US
from services.license.contact import Contact
from services.license.record import Record
from shared.licensing.features import FEATURES
from shared.licensing.fingerprint import is_same_machine
from shared.licensing.signing import TokenError
from shared.licensing.statements import DAY_S, PRODUCT, License, Plan
from shared.messages.license import LicenseReason, LicenseState, LicenseStatus

DAY_US: Final = DAY_S * 1_000_000
HOUR_US: Final = 3_600_000_000
TRIAL_DAYS: Final = 14
SOON_DAYS: Final = 14
"""So many days before its end a licence warns: time for an invoice, and not so long that nobody looks any more."""
SOON_TRIAL_DAYS: Final = 3
SOON_OF: Final = {Plan.MONTH: 7, Plan.TRIAL: SOON_TRIAL_DAYS}
"""Of those that are shorter."""

HOW: Final = "Activate one: restrike license activate. Without a network: restrike license request."
RENEW: Final = (
    "Renew it with the vendor, then: restrike license check. Without a network: restrike license install FILE."
)
ASK: Final = "Ask the vendor. When it holds again: restrike license check."
AGAIN: Final = "Install it again: restrike license install FILE, or restrike license activate."
REACH: Final = (
    "See that this machine reaches it (restrike settings get license.server_url), then: restrike license check."
    " Without a network: restrike license request."
)
AFTER_FAULT: Final = {
    LicenseReason.UNREADABLE: "Mend that: it is noticed within a minute.",
    LicenseReason.UNKNOWN_KEY: "Ask for a newer text: restrike license check. Without a network upgrade the suite, or"
    " ask the vendor.",
    LicenseReason.TOO_NEW: "Upgrade the suite.",
    LicenseReason.REPLAYED: "Activate one: restrike license activate, or ask the vendor for a new file.",
}
"""What to do about a stored licence that does not open; of all others: AGAIN."""
SET_CLOCK: Final = "Set the clock right (timedatectl): it is noticed within a minute."
TOLD_BY_CHECK: Final = (
    "If it is right, and was wrong before, the vendor says what time it is: restrike license check, or without a"
    " network restrike license request."
)
TOLD_BY_ACTIVATION: Final = (
    "If it is right, and was wrong before, the vendor says what time it is when a licence is activated: restrike"
    " license activate, or without a network restrike license request."
)


class Case(Struct, frozen=True, kw_only=True):
    """What a licence is judged by: the licence itself, or why it does not open (`fault`); what is remembered; this
    machine's fingerprint.
    """

    now_us: int
    record: Record
    machine: str
    license: License | None = None
    fault: TokenError | None = None


def judge(case: Case) -> LicenseStatus:
    """How the licence stands."""
    if case.fault is not None:
        sentence = f"The licence on this machine cannot be used. {case.fault.message}"
        return _invalid(case, case.fault.reason, sentence, AFTER_FAULT.get(case.fault.reason, AGAIN))
    found = _unlicensed(case) if case.license is None else _licensed(case, case.license)
    return replace(found, refused=tuple(name for name in FEATURES if name not in found.allowed))


def _unlicensed(case: Case) -> LicenseStatus:
    ends_us = case.record.first_start_us + TRIAL_DAYS * DAY_US
    if case.record.trail.is_set_back(case.now_us):
        return _tampered(case)
    if case.now_us >= ends_us:
        sentence = f"There is no licence; the trial ended on {_date(ends_us)}.{_doubt(case)}"
        return _status(case, LicenseState.UNLICENSED, sentence, remedy=HOW)
    days = _days_left(case.now_us, ends_us)
    return _status(
        case,
        LicenseState.TRIAL,
        f"Trial: everything is allowed until {_date(ends_us)} ({_count(days)}).",
        remedy=HOW,
        allowed=tuple(FEATURES),
        ends_at_us=ends_us,
        days_left=days,
        warnings=_soon(days, SOON_TRIAL_DAYS, "The trial"),
    )


def _licensed(case: Case, found: License) -> LicenseStatus:
    return _misplaced(case, found) or _out_of_time(case, found) or _good(case, found)


def _misplaced(case: Case, found: License) -> LicenseStatus | None:
    """What is wrong with it whatever time it is."""
    if found.product != PRODUCT:
        return _invalid(case, LicenseReason.OTHER_PRODUCT, f"The licence is for {found.product}.", AGAIN)
    if found.seats and not found.machines:
        return _invalid(case, LicenseReason.NOT_ACTIVATED, "The licence is not activated for this machine.", HOW)
    if found.machines and not any(is_same_machine(machine, case.machine) for machine in found.machines):
        sentence = "The licence is for another machine (restrike license fingerprint)."
        remedy = "Deactivate it there (restrike license deactivate), then activate it here: restrike license activate."
        return _invalid(case, LicenseReason.OTHER_MACHINE, sentence, remedy)
    revocation = case.record.is_revoked(found.license_id, found.issued_at)
    if revocation is not None:
        why = f": {revocation.why}" if revocation.why else ""
        sentence = f"The vendor took the licence back on {_date(revocation.at * 1_000_000)}{why}."
        return _status(case, LicenseState.REVOKED, sentence, remedy=ASK)
    return None


def _out_of_time(case: Case, found: License) -> LicenseStatus | None:
    """What is wrong with it at this time."""
    is_dated = found.expires_at is not None or found.checks is not None
    if is_dated and case.record.trail.is_set_back(case.now_us):
        return _tampered(case)
    if found.issued_at * 1_000_000 > case.now_us + TOLERANCE_US:
        sentence = f"The licence begins on {_date(found.issued_at * 1_000_000)}; the clock says {_date(case.now_us)}."
        remedy = "Wait until then. If the clock is wrong, set it right (timedatectl)."
        return _invalid(case, LicenseReason.NOT_YET, sentence, remedy)
    if found.ends_at is not None and case.now_us >= found.ends_at * 1_000_000:
        expired = _date((found.expires_at or 0) * 1_000_000)
        sentence = f"The licence expired on {expired}, and its days of grace are over.{_doubt(case)}"
        return _status(case, LicenseState.EXPIRED, sentence, remedy=RENEW)
    overdue_days = _overdue_days(case, found)
    if found.checks is not None and overdue_days >= found.checks.limit_after_days:
        sentence = (
            f"The vendor's server could not be asked for {_count(overdue_days)} of running whether the licence holds"
            f" ({case.record.contact(found.license_id).why})."
        )
        return _invalid(case, LicenseReason.NOT_CHECKED, sentence, REACH)
    return None


def _good(case: Case, found: License) -> LicenseStatus:
    """It holds; perhaps not for long."""
    allowed = tuple(name for name in FEATURES if name in found.features)
    warnings = _warnings(case, found)
    what = f"{found.customer}, {_PLANS[found.plan]}"
    if found.expires_at is None or found.ends_at is None:
        sentence, remedy = f"Valid for ever: {what}.", REACH if warnings else None
        return _status(case, LicenseState.VALID, sentence, remedy=remedy, allowed=allowed, warnings=warnings)
    expires_us, ends_us = found.expires_at * 1_000_000, found.ends_at * 1_000_000
    if case.now_us >= expires_us:
        days = _days_left(case.now_us, ends_us)
        sentence = f"The licence expired on {_date(expires_us)}; it goes on until {_date(ends_us)} ({_count(days)})."
        return _status(
            case,
            LicenseState.GRACE,
            sentence,
            remedy=RENEW,
            allowed=allowed,
            ends_at_us=ends_us,
            days_left=days,
            warnings=warnings,
        )
    days, is_trial = _days_left(case.now_us, expires_us), found.plan is Plan.TRIAL
    soon = _soon(days, SOON_OF.get(found.plan, SOON_DAYS), "The licence")
    return _status(
        case,
        LicenseState.TRIAL if is_trial else LicenseState.VALID,
        f"{'Trial' if is_trial else 'Valid'} until {_date(expires_us)} ({_count(days)}): {what}.",
        remedy=RENEW if soon else REACH if warnings else None,
        allowed=allowed,
        ends_at_us=ends_us,
        days_left=days,
        warnings=(*soon, *warnings),
    )


def _warnings(case: Case, found: License) -> tuple[str, ...]:
    warnings = []
    overdue_days = _overdue_days(case, found)
    if found.checks is not None and overdue_days >= found.checks.warn_after_days:
        why = case.record.contact(found.license_id).why
        left = found.checks.limit_after_days - overdue_days
        warnings.append(
            f"The vendor's server could not be asked for {_count(overdue_days)} of running ({why}); features end after"
            f" {left} more {'day' if left == 1 else 'days'}."
        )
    if case.record.trail.is_set_back(case.now_us):
        warnings.append("The clock stands before a time that it has shown already: set it right (timedatectl).")
    return tuple(warnings)


def _overdue_days(case: Case, found: License) -> int:
    """For how many whole days the suite ran while the vendor was asked and not reached."""
    return 0 if found.checks is None else case.record.contact(found.license_id).waited_us // DAY_US


def check_due_us(record: Record, found: License | None) -> int | None:
    """When the vendor is to be asked next; None: never."""
    if found is None or found.checks is None:
        return None
    checked_at_us = record.contact(found.license_id).checked_at_us or 0
    return max(checked_at_us, found.issued_at * 1_000_000) + found.checks.every_hours * HOUR_US


def what_is_lost(before: License | None, after: License) -> str | None:
    """What a licence that holds had, and the one that takes its place has not; None: nothing."""
    if before is None:
        return None
    gone = [FEATURES[name].title for name in FEATURES if name in before.features and name not in after.features]
    parts = [f"allowed {', '.join(gone)}"] if gone else []
    if after.ends_at is not None and (before.ends_at is None or before.ends_at > after.ends_at):
        parts.insert(0, f"went on until {_date(before.ends_at * 1_000_000)}" if before.ends_at else "never ended")
    if not parts:
        return None
    return (
        f"It took the place of the licence {before.license_id}, which {' and '.join(parts)}. If that was not meant,"
        " install the other one again."
    )


def _doubt(case: Case) -> str:
    """What to say of a clock that leapt ahead, and may be wrong."""
    return f" The clock says {_date(case.now_us)}: is that right?" if case.record.trail.leapt_to_us is not None else ""


def _tampered(case: Case) -> LicenseStatus:
    latest = _date(case.record.trail.floor_us() + TOLERANCE_US)
    sentence = f"The clock says {_date(case.now_us)}, which cannot be: it is {latest} or later."
    remedy = f"{SET_CLOCK} {TOLD_BY_ACTIVATION if case.license is None else TOLD_BY_CHECK}"
    return _status(case, LicenseState.CLOCK_TAMPERED, sentence, remedy=remedy)


def _invalid(case: Case, reason: LicenseReason, sentence: str, remedy: str) -> LicenseStatus:
    return _status(case, LicenseState.INVALID, sentence, remedy=remedy, reason=reason)


def _status(case: Case, state: LicenseState, sentence: str, **more: object) -> LicenseStatus:
    found = case.license
    status = LicenseStatus(state=state, judged_at_us=case.now_us, sentence=sentence, refused=tuple(FEATURES))
    if found is not None:
        contact = Contact() if found.checks is None else case.record.contact(found.license_id)
        status = replace(
            status,
            checked_at_us=contact.checked_at_us,
            check_due_at_us=check_due_us(case.record, found),
            not_checked=contact.why,
            unreached_since_us=contact.unreached_since_us,
            license_id=found.license_id,
            customer=found.customer,
            plan=found.plan.value,
            issued_at_us=found.issued_at * 1_000_000,
            expires_at_us=None if found.expires_at is None else found.expires_at * 1_000_000,
            seats=found.seats,
        )
    return replace(status, **more)


def _soon(days: int, within: int, what: str) -> tuple[str, ...]:
    return (f"{what} ends in {_count(days)}.",) if days <= within else ()


def _days_left(now_us: int, ends_us: int) -> int:
    """A part of a day counts as a day."""
    return -((now_us - ends_us) // DAY_US)


def _count(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _date(at_us: int) -> str:
    """The day, in UTC; years that no calendar has are shown as numbers."""
    try:
        return f"{datetime.fromtimestamp(at_us / 1_000_000, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return f"{at_us // 1_000_000} s"


_PLANS: Final = {
    Plan.MONTH: "1 month",
    Plan.YEAR: "12 months",
    Plan.THREE_YEARS: "36 months",
    Plan.FIVE_YEARS: "60 months",
    Plan.PERPETUAL: "for ever",
    Plan.TRIAL: "to try",
}
