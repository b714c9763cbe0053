"""The licence: whether it allows what it ought to, and for how long; cpu-monitor.

It is never worse than degraded: no licence harms a match.
"""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, degraded, ok, unknown
from shared.messages.license import LicenseState
from shared.messages.service import LICENSE

NAME: Final = "licence"
_SEE: Final = "See: restrike license status"


def judge_licence(view: View) -> Iterator[Verdict]:
    """One item."""
    status = view.picture.license
    if status is None or not view.is_alive(LICENSE):
        remedy = "Nothing ends by that for a day. See: restrike ps"
        yield unknown(NAME, f"{LICENSE} does not say how it stands.", remedy)
        return
    is_good = status.state in (LicenseState.TRIAL, LicenseState.VALID)
    said = status.warnings if is_good else (status.sentence, *status.warnings)
    yield degraded(NAME, " ".join(said), status.remedy or _SEE) if said else ok(NAME)
