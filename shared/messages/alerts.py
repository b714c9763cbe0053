"""Alerts: rules on metrics and events, what they raised, and who was told."""

from enum import StrEnum

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import MONITOR, WRITER


class AlertSeverity(StrEnum):
    """`critical`: a match may be harmed now. `warning`: it may become so. `information`: good to know."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"


class Comparison(StrEnum):
    """Which side of the threshold is wrong."""

    ABOVE = "above"
    BELOW = "below"


class Channel(StrEnum):
    """How people are told who do not look."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class AlertState(StrEnum):
    """An alert's life. One that is acknowledged is still wrong, but somebody knows."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


class AlertRule(Struct, frozen=True, kw_only=True):
    """What is watched: a value, or events.

    `metric` names one of the values that cpu-monitor knows (`restrike alerts metrics`); it is wrong while it is `above`
    or `below` `threshold`, raises after `for_s` seconds of that, and clears once it was right by `hysteresis` for
    `clear_s` seconds. `topic` names rare events instead: one of which each field of `when` (`data.x` for a field in a
    field) is one of its texts raises at once; one that fits `cleared_when` clears, and `clear_s` seconds without
    another one that raises do (0: they never do).

    `only` keeps it to subjects of these names (a ring, a mount, a connection); empty: each subject has its own alert.
    `message` and `remedy` may hold `{subject}`, `{value}`, `{reason}` and `{remedy}` (what health says), and the fields
    of an event, as `{detail}`.
    """

    name: str
    title: str
    severity: AlertSeverity
    message: str
    remedy: str
    metric: str | None = None
    comparison: Comparison = Comparison.ABOVE
    threshold: float = 0.0
    hysteresis: float = 0.0
    for_s: float = 0.0
    clear_s: float = 0.0
    topic: str | None = None
    when: dict[str, tuple[str, ...]] = {}
    cleared_when: dict[str, tuple[str, ...]] = {}
    only: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = (Channel.MAIL, Channel.WEBHOOK)
    is_enabled: bool = True


class AlertChanged(Struct, frozen=True, kw_only=True, tag="alert_changed", tag_field="type"):
    """`alert.changed/cpu-monitor/`: an alert was raised, acknowledged or cleared. Times are Unix microseconds."""

    alert_id: str
    rule: str
    subject: str
    severity: AlertSeverity
    state: AlertState
    message: str
    raised_at_us: int
    remedy: str | None = None
    value: float | None = None
    acknowledged_at_us: int | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    cleared_at_us: int | None = None


class AlertDelivered(Struct, frozen=True, kw_only=True, tag="alert_delivered", tag_field="type"):
    """`alert.delivered/cpu-monitor/`: somebody was told, or could not be (`error`), after `attempts`."""

    delivery_id: str
    alert_id: str
    channel: Channel
    about: AlertState
    attempts: int
    delivered_at_us: int | None = None
    error: str | None = None


class Alerts(Struct, frozen=True, kw_only=True):
    """The alerts that are not cleared, the newest first. `not_told` is why nobody is told by mail or webhook although
    that is set up.
    """

    alerts: tuple[AlertChanged, ...]
    not_told: str | None = None


class GetAlerts(Command[Alerts], frozen=True, kw_only=True):
    """What is wrong now."""

    name = "get_alerts"
    service = MONITOR
    reply = Alerts


class AcknowledgeAlert(Command[AlertChanged], frozen=True, kw_only=True):
    """Somebody took note of an alert: it is not told again. `alert_id` may be the beginning of one."""

    name = "acknowledge_alert"
    service = MONITOR
    reply = AlertChanged
    alert_id: str
    author: str
    note: str | None = None


class ChannelTested(Struct, frozen=True, kw_only=True):
    """What the other side answered to a test, in its own words."""

    channel: Channel
    address: str
    answer: str


class TellTestAlert(Command[ChannelTested], frozen=True, kw_only=True):
    """Tell a test alert by one channel. Refused with what the other side said, or why nobody could be asked."""

    name = "tell_test_alert"
    service = MONITOR
    reply = ChannelTested
    deadline_s = 30.0
    channel: Channel
    author: str


class AlertRulesChanged(Struct, frozen=True, kw_only=True):
    """`alert.rules_changed/db-writer/`: rules were changed; read them again."""

    names: tuple[str, ...]
    author: str


class SaveAlertRules(Command[AlertRulesChanged], frozen=True, kw_only=True):
    """Store rules, all or none; one of the name of a default rule stands for that."""

    name = "save_alert_rules"
    service = WRITER
    reply = AlertRulesChanged
    rules: tuple[AlertRule, ...]
    author: str
    reason: str | None = None


class RemoveAlertRules(Command[AlertRulesChanged], frozen=True, kw_only=True):
    """Forget stored rules, all or none; of a default rule's name, the default is in force again."""

    name = "remove_alert_rules"
    service = WRITER
    reply = AlertRulesChanged
    rules: tuple[str, ...]
    author: str
    reason: str | None = None
