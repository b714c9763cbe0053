"""restrike.json while the suite runs: whether what it says is in force; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, closed, degraded, ok

NAME: Final = "restrike.json"
_SHOWN: Final = 2


def judge_configuration(view: View) -> Iterator[Verdict]:
    """One item."""
    faults = view.picture.configuration_faults
    if not faults:
        yield ok(NAME)
        return
    more = f" And {len(faults) - _SHOWN} more." if len(faults) > _SHOWN else ""
    words = " ".join(closed(fault) for fault in faults[:_SHOWN])
    reason = f"restrike.json was changed and is refused; what was before stays in force. {words}{more}"
    yield degraded(NAME, reason, "Mend the file: restrike config check")
