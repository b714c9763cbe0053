"""The licence: whether it allows what it ought to, and for how long; cpu-monitor.

It is never worse than degraded: no licence harms a match.
"""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, degraded, ok, unknown
from shared.licensing.statements import Plan
from shared.messages.license import LicenseState, LicenseStatus
from shared.messages.service import LICENSE

NAME: Final = "licence"
SOON_DAYS: Final = 14
"""So many days before its end a licence is told of: time for an invoice, and not so long that nobody looks any more."""
SOON_MONTH_DAYS: Final = 7
SOON_TRIAL_DAYS: Final = 3
_SEE: Final = "See: restrike license status"


def judge_licence(view: View) -> Iterator[Verdict]:
    """One item."""
    status = view.picture.license
    if status is None or not view.is_alive(LICENSE):
        remedy = "Nothing ends by that for a day. See: restrike ps"
        yield unknown(NAME, f"{LICENSE} does not say how it stands.", remedy)
        return
    warnings = [one for one in status.warnings if not _is_of_its_end(one, status)]
    is_bad = status.state not in (LicenseState.TRIAL, LicenseState.VALID) or _ends_soon(status)
    said = [status.sentence, *warnings] if is_bad else warnings
    yield degraded(NAME, " ".join(said), status.remedy or _SEE) if said else ok(NAME)


def _ends_soon(status: LicenseStatus) -> bool:
    if status.days_left is None:
        return False
    if status.state is LicenseState.TRIAL:
        return status.days_left <= SOON_TRIAL_DAYS
    return status.days_left <= (SOON_MONTH_DAYS if status.plan == Plan.MONTH else SOON_DAYS)


def _is_of_its_end(warning: str, status: LicenseStatus) -> bool:
    """Whether a warning only says when the licence ends: that is told by the limits above."""
    days = status.days_left
    return warning.endswith(f" ends in {days} day{'' if days == 1 else 's'}.")
