"""What cpu-monitor kept in its outbox for its next start: what cannot be read of it, as after a rollback, is forgotten
and told. Nothing that is read may keep cpu-monitor from starting.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from services.cpu_monitor.alerting.alerting import KEPT as ALERTS
from services.cpu_monitor.alerting.delivery.notice import Notice
from services.cpu_monitor.alerting.delivery.post import KEPT as NOTICES
from services.cpu_monitor.alerting.remains import remains_of
from services.cpu_monitor.alerting.rule_book import KEPT as RULES
from services.cpu_monitor.alerting.seen import KEPT as SEEN
from services.cpu_monitor.alerting.seen import decode_seen
from services.cpu_monitor.guarding.standing import KEPT_SERVICES, KEPT_STORM, decode_services, decode_storm
from services.cpu_monitor.health.since import KEPT as SINCE
from services.cpu_monitor.health.since import decode_since
from services.cpu_monitor.picture import Picture
from shared.alerts.in_force import Row
from shared.messages.alerts import AlertChanged
from shared.outbox import Outbox

FORMS: Final[dict[str, tuple[str, Callable[[bytes], Any]]]] = {
    ALERTS: ("open alerts", msgspec.msgpack.Decoder(AlertChanged).decode),
    RULES: ("alert rules", msgspec.msgpack.Decoder(list[Row]).decode),
    NOTICES: ("messages of alerts", msgspec.msgpack.Decoder(Notice).decode),
    SEEN: ("times of alerts", decode_seen),
    SINCE: ("times of health", decode_since),
    KEPT_SERVICES: ("processes of services", decode_services),
    KEPT_STORM: ("services that do not stay up", decode_storm),
}
"""What is kept under keys that begin so, for people, and how it is read."""


def forget_unreadable(outbox: Outbox, picture: Picture, log: structlog.stdlib.BoundLogger) -> None:
    """Leave only what can be read; before anybody reads it."""
    for prefix, (what, decode) in FORMS.items():
        _, unreadable = remains_of(outbox.kept(prefix), decode, log)
        if unreadable:
            outbox.add([], kept=unreadable)
            picture.forgotten[what] = len(unreadable)
