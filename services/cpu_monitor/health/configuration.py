"""What is set: whether restrike.json is in force, metrics are served where it says, alerts reach people; cpu-monitor.

A fourth item, only after a start that found something of the start before that it could not read.
"""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, closed, degraded, ok
from shared.messages.alerts import Channel

NAME: Final = "restrike.json"
METRICS: Final = "metrics"
ALERTS: Final = "alerts"
START: Final = "start"
IN_VAIN: Final = 2
"""One try that fails is an accident."""
FORGOTTEN_FOR_S: Final = 3_600.0
"""Nobody can mend it: it is told for as long as somebody may look."""
_SHOWN: Final = 2


def judge_configuration(view: View) -> Iterator[Verdict]:
    """Three items or four."""
    yield _file(view)
    metrics = view.picture.metrics_error
    remedy = "Set another metrics.endpoint in restrike.json, or end the program that uses it: ss -ltnp"
    yield ok(METRICS) if metrics is None else degraded(METRICS, closed(metrics), remedy)
    yield _alerts(view)
    if view.picture.forgotten and view.now_s - view.picture.began_at_s < FORGOTTEN_FOR_S:
        what = ", ".join(f"{count} {what}" for what, count in view.picture.forgotten.items())
        reason = f"Of what cpu-monitor kept for its start it could not read {what}, and goes on without."
        yield degraded(START, reason, "After an upgrade or a rollback that is no harm; see: restrike alerts")


def _file(view: View) -> Verdict:
    faults = view.picture.configuration_faults
    if not faults:
        return ok(NAME)
    more = f" And {len(faults) - _SHOWN} more." if len(faults) > _SHOWN else ""
    words = " ".join(closed(fault) for fault in faults[:_SHOWN])
    reason = f"restrike.json was changed and is refused; what was before stays in force. {words}{more}"
    return degraded(NAME, reason, "Mend the file: restrike config check")


def _alerts(view: View) -> Verdict:
    failing = {one: said for one, said in view.picture.undelivered.items() if said.tries >= IN_VAIN}
    if not failing:
        return ok(ALERTS)
    words = " ".join(f"Alerts do not go out by {_WAYS[one]}: {closed(said.error)}" for one, said in failing.items())
    return degraded(ALERTS, words, "It is tried again by itself. Mend it, and try: restrike alerts test")


_WAYS: Final = {Channel.MAIL: "e-mail", Channel.WEBHOOK: "webhook"}
