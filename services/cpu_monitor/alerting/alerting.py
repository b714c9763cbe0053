"""Joins values, rules and delivery: tells what is raised and cleared; cpu-monitor.

Rules are judged each second, and at once when health or the machine was judged or measured anew.
"""

from functools import partial
from typing import Any, Final

import msgspec

from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice, settings_of
from services.cpu_monitor.alerting.delivery.permission import KEPT as PERMISSION
from services.cpu_monitor.alerting.delivery.permission import LOOK_EVERY_S as PERMISSION_EVERY_S
from services.cpu_monitor.alerting.delivery.permission import Permission
from services.cpu_monitor.alerting.delivery.post import KEPT as NOTICES
from services.cpu_monitor.alerting.delivery.post import Post, kept_of
from services.cpu_monitor.alerting.engine import MOST_WATCHES, Engine
from services.cpu_monitor.alerting.readings import words_of
from services.cpu_monitor.alerting.remains import remains_of
from services.cpu_monitor.alerting.rule_book import KEPT as RULES
from services.cpu_monitor.alerting.rule_book import LOOK_EVERY_S, RuleBook
from services.cpu_monitor.alerting.seen import KEPT as SEEN
from services.cpu_monitor.alerting.seen import Seen
from services.cpu_monitor.alerting.testing import Testing
from services.cpu_monitor.alerting.values import Gauge
from services.cpu_monitor.alerting.watch import Moment
from services.cpu_monitor.picture import Picture
from shared.alerts.topics import RARE
from shared.clock import monotonic_s, unix_ns
from shared.errors import ValidationError
from shared.licensing.gate import Gates
from shared.messages.alerts import (
    AcknowledgeAlert,
    AlertChanged,
    AlertDelivered,
    AlertRule,
    Alerts,
    AlertState,
    Channel,
    GetAlerts,
    TellTestAlert,
)
from shared.messages.health import HealthItem
from shared.messages.incidents import ServiceIncident
from shared.messages.system import SystemSample
from shared.messages.topics import ALERT_CHANGED, ALERT_DELIVERED, ALERT_RULES_CHANGED, SYSTEM_INCIDENT
from shared.outbox import Outbox
from shared.runtime import Runtime

KEPT: Final = "alert:"
JUDGE_EVERY_S: Final = 1.0
DELIVER_EVERY_S: Final = 0.25
MOST_CHARACTERS: Final = 200
"""Of an author and a note, as in the audit."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AlertChanged).decode


def alert(runtime: Runtime, picture: Picture, outbox: Outbox) -> None:
    """Register everything about alerts."""
    alerting = Alerting(runtime, picture, outbox)
    for topic in RARE.values():
        if topic is not SYSTEM_INCIDENT:  # our own: it is in the picture, whether the broker runs or not
            runtime.on(topic)(partial(alerting.hear, topic.name))
    runtime.on(ALERT_RULES_CHANGED)(lambda _: alerting.book.look())
    runtime.on_command(GetAlerts, lambda _: alerting.open())
    runtime.on_command(AcknowledgeAlert, alerting.acknowledge)
    runtime.on_command(TellTestAlert, Testing(alerting.post, alerting.channels).tell)
    runtime.on_start(alerting.begin)
    runtime.every(LOOK_EVERY_S, alerting.book.look)
    runtime.every(JUDGE_EVERY_S, alerting.wait)
    runtime.every(PERMISSION_EVERY_S, alerting.permission.look)
    runtime.every(DELIVER_EVERY_S, alerting.post.turn)
    runtime.after_turn(alerting.look)


class Alerting:
    """What is open is kept in the outbox under `alert:<id>`, and shown in the picture."""

    def __init__(self, runtime: Runtime, picture: Picture, outbox: Outbox) -> None:
        self._runtime = runtime
        self._picture = picture
        self._outbox = outbox
        self._gauge = Gauge()
        self._channels: dict[str, tuple[Channel, ...]] = {}
        self._sample: SystemSample | None = None
        self._items: tuple[HealthItem, ...] = ()
        self._judged_at_s = 0.0
        self._is_due = False
        # Those that are there already were told by the cpu-monitor before this one.
        self._incident: ServiceIncident | None = picture.incidents[-1] if picture.incidents else None
        opened, self._unreadable = remains_of(outbox.kept(KEPT), _decode, runtime.log)
        self._seen = Seen(outbox.kept(SEEN))
        self.engine = Engine(opened, seen=self._seen.times)
        self.permission = Permission(
            Gates(runtime.paths),
            picture,
            was_allowed=PERMISSION in outbox.kept(PERMISSION),
            keep=lambda body: self._keep(PERMISSION, body),
        )
        self.post = Post(self.channels, post=runtime.post, tell=self._delivered, log=runtime.log)
        picture.undelivered = self.post.undelivered
        self.book = RuleBook(
            runtime.paths.database,
            outbox.kept(RULES).get(RULES),
            keep=lambda body: self._keep(RULES, body),
            changed=self._take_rules,
            log=runtime.log,
        )
        self._show()

    def begin(self) -> None:
        """Go by the rules, and tell on what nobody was told yet."""
        if self._unreadable:
            self._outbox.add([], kept=self._unreadable)
        self.book.begin()
        self.permission.look()
        self.post.take_kept(self._outbox.kept(NOTICES))
        for one in self.engine.alerts:
            if one.state is AlertState.ACKNOWLEDGED:
                self.post.withdraw(one.alert_id)

    def channels(self) -> ChannelSettings:
        """How alerts leave the machine now."""
        return settings_of(self._runtime.settings, self.permission.refusal())

    def open(self) -> Alerts:
        """What is wrong now, and why nobody is told who wants to be."""
        settings = self.channels()
        is_wanted = any(map(settings.is_set_up, Channel))
        not_told = settings.refusal.message if settings.refusal is not None and is_wanted else None
        return Alerts(alerts=tuple(self.engine.alerts), not_told=not_told)

    def look(self) -> None:
        """Judge now, if it is time to, health was judged or the machine measured anew."""
        picture = self._picture
        incident = picture.incidents[-1] if picture.incidents else None
        if incident is not self._incident:
            self._take_incidents()
        items = picture.health.items if picture.health is not None else ()
        if self._is_due or self._sample is not picture.sample or self._items != items:
            self._judge()

    def wait(self) -> None:
        """Judge at the end of this turn, if that was not just done: some rules wait for time alone."""
        now_s = monotonic_s()
        self._is_due = now_s - self._judged_at_s >= JUDGE_EVERY_S / 2 and not self._picture.is_unread(now_s=now_s)

    def _judge(self) -> None:
        """Hold all values against the rules."""
        self._is_due = False
        self._sample = self._picture.sample
        self._items = self._picture.health.items if self._picture.health is not None else ()
        now = _now()
        self._judged_at_s = now.s
        values = self._gauge.read(self._picture, now_s=now.s, now_us=now.us)
        refused = self.engine.refused
        self._tell(self.engine.measure(values, words_of(self._picture), now))
        if self.engine.refused and not refused:
            self._runtime.log.error("alerts_not_watched", most=MOST_WATCHES, help="Rules fit too much: see rules list.")

    def hear(self, topic: str, event: Any) -> None:
        """An event that rules may wait for."""
        self._gauge.hear(topic)
        self._tell(self.engine.hear(topic, event, _now()))
        seen = self._seen.to_keep(self.engine.seen)
        if seen:
            self._outbox.add([], kept=seen)

    def acknowledge(self, command: AcknowledgeAlert) -> AlertChanged:
        """Somebody took note of an alert.

        Raises:
            ValidationError: there is none of that id, or the author or the note is not acceptable.
        """
        for name, text in (("author", command.author), ("note", command.note)):
            if text is not None and not (text.strip() and len(text) <= MOST_CHARACTERS and text.isprintable()):
                sentence = f"The {name} must be one line of up to {MOST_CHARACTERS} characters, and not empty."
                raise ValidationError(f"alert.{name}", sentence, value=text[:MOST_CHARACTERS])
        taken = self.engine.acknowledge(command.alert_id, author=command.author, note=command.note, now=_now())
        self._tell([taken])
        self.post.withdraw(taken.alert_id)
        return taken

    def _take_rules(self, rules: list[AlertRule]) -> None:
        self._channels |= {rule.name: rule.channels for rule in rules}
        self._tell(self.engine.take_rules(rules, _now()))

    def _take_incidents(self) -> None:
        new: list[ServiceIncident] = []
        for incident in reversed(self._picture.incidents):
            if incident is self._incident:
                break
            new.append(incident)
        self._incident = self._picture.incidents[-1]
        for incident in reversed(new):
            self.hear(SYSTEM_INCIDENT.name, incident)

    def _tell(self, changed: list[AlertChanged]) -> None:
        """Publish and log what changed; then commit it, with what is open and what must be delivered. A disk that hangs
        keeps nobody on the bus from hearing of it; mail and webhook wait for it.
        """
        if not changed:
            return
        self._publish(changed)
        kept: dict[str, bytes | None] = {}
        notices: list[Notice] = []
        for one in changed:
            kept[f"{KEPT}{one.alert_id}"] = None if one.state is AlertState.CLEARED else _encode(one)
            notices += self.post.notices(one, self._channels.get(one.rule, tuple(Channel)))
        self._outbox.add(changed, kept=kept | kept_of(notices))
        self._show()
        self.post.take(notices)

    def _publish(self, changed: list[AlertChanged]) -> None:
        for one in changed:
            self._runtime.bus.publish(ALERT_CHANGED, self._runtime.service, one)
            log = self._runtime.log.info if one.state is not AlertState.RAISED else self._runtime.log.warning
            log(
                f"alert_{one.state}",
                alert=one.alert_id,
                rule=one.rule,
                subject=one.subject,
                severity=one.severity.value,
                message=one.message,
                author=one.acknowledged_by,
            )

    def _delivered(self, told: list[AlertDelivered], kept: Any) -> None:
        self._outbox.add(told, kept=kept)
        for one in told:
            self._runtime.bus.publish(ALERT_DELIVERED, self._runtime.service, one)
            if one.error is None:
                self._runtime.log.info(
                    "alert_delivered", alert=one.alert_id, channel=one.channel.value, about=one.about.value
                )

    def _keep(self, key: str, body: bytes | None) -> None:
        self._outbox.add([], kept={key: body})

    def _show(self) -> None:
        self._picture.alerts = {one.alert_id: one for one in self.engine.alerts}


def _now() -> Moment:
    return Moment(monotonic_s(), unix_ns() // 1000)
