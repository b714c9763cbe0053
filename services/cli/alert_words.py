"""The essential words of events about alerts, for a line that a person reads."""

from collections.abc import Callable
from typing import Any, Final

from shared.messages import alerts


def _alert(alert: alerts.AlertChanged) -> str:
    by = f" by {alert.acknowledged_by}" if alert.state is alerts.AlertState.ACKNOWLEDGED else ""
    return f"{alert.severity} {alert.rule} {alert.subject} {alert.state}{by}: {alert.message}"


def _delivered(delivered: alerts.AlertDelivered) -> str:
    said = f"not by {delivered.channel}: {delivered.error}" if delivered.error else f"by {delivered.channel}"
    return f"{delivered.alert_id} {delivered.about} {said} ({delivered.attempts} tries)"


ALERT_WORDS: Final[dict[type, Callable[[Any], str]]] = {
    alerts.AlertChanged: _alert,
    alerts.AlertDelivered: _delivered,
    alerts.AlertRulesChanged: lambda data: f"{', '.join(data.names)} by {data.author}",
}
