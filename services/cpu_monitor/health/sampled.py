"""What is to be said where the newest sample is old or was never taken; cpu-monitor."""

from typing import Final

from services.cpu_monitor.health.view import Verdict, View, unknown
from shared.messages.health import Subject

LATE_S: Final = 10.0
"""A sample is late when it is older than three intervals and this."""


def unmeasured(view: View, subject: Subject, names: list[str]) -> list[Verdict] | None:
    """An unknown item for each of `names`, and for those that were judged before; None: the sample is fresh."""
    sample = view.picture.sample
    if sample is not None and view.is_fresh(view.picture.trails.sampled_at_s, LATE_S + 3 * sample.interval_ms / 1000):
        return None
    if view.is_new:
        reason, remedy = "cpu-monitor began a moment ago, and has not measured yet.", "Wait some seconds."
    else:
        reason, remedy = "The machine is not measured.", "Switch it on: restrike monitor on"
    before = [name for found, name in view.before if found is subject and name != "all"]
    return [unknown(name, reason, remedy) for name in dict.fromkeys(before or names)]
