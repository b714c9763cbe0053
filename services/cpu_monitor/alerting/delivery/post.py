"""Tells people of alerts: a queue for each channel, a thread for each try; cpu-monitor.

What waits is kept in the outbox, in the transaction of the alert, so that neither a crash nor a restart loses it. A try
whose success was not noted before a crash is told again, with the same ids.
"""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec
import structlog

from services.cpu_monitor.alerting.delivery.mail import send_mail
from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.queue import LATE_S, Queue
from services.cpu_monitor.alerting.delivery.webhook import call_webhook
from services.cpu_monitor.alerting.remains import remains_of
from services.cpu_monitor.picture import Undelivered
from shared.alerts.faults import severity_at_least
from shared.clock import monotonic_s, unix_ns
from shared.errors import RestrikeError
from shared.messages.alerts import AlertChanged, AlertDelivered, AlertSeverity, AlertState, Channel

KEPT: Final = "delivery:"
Send = Callable[[ChannelSettings, list[Notice]], str]
Heard = Callable[[str | None, str | None], None]
"""Gets what the other side answered, or why it could not be told."""
SEND: Final[dict[Channel, Send]] = {Channel.MAIL: send_mail, Channel.WEBHOOK: call_webhook}
ACKNOWLEDGED: Final = "Somebody took note of it before it was told."
FAILED: Final = "It failed inside cpu-monitor: see restrike logs tail cpu-monitor."
SWITCHED_OFF: Final = "The channel was switched off before it was told."

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Notice).decode


class Post:
    """`settings` says how the channels are set now, `post` brings a thread's word back into the loop, `tell` takes
    what was delivered or given up, with what to forget of what is kept.
    """

    def __init__(
        self,
        settings: Callable[[], ChannelSettings],
        *,
        post: Callable[[Callable[[], None]], None],
        tell: Callable[[list[AlertDelivered], Mapping[str, bytes | None]], None],
        log: structlog.stdlib.BoundLogger,
        send: Mapping[Channel, Send] = SEND,
    ) -> None:
        self._settings = settings
        self._post = post
        self._tell = tell
        self._log = log
        self._send = send
        self._queues = {channel: Queue() for channel in Channel}
        self.undelivered: dict[Channel, Undelivered] = {}
        """The channels by which nothing goes out; for health."""

    def take_kept(self, kept: Mapping[str, bytes]) -> None:
        """Line up what waited when cpu-monitor ended."""
        now_us, now_s = unix_ns() // 1000, monotonic_s()
        notices, unreadable = remains_of(kept, _decode, self._log)
        if unreadable:
            self._tell([], unreadable)
        for notice in notices:
            age_s = max(0.0, (now_us - notice.queued_at_us) / 1e6)
            self._give_up(self._queues[notice.channel].add(notice, now_s=now_s, age_s=age_s))

    def notices(self, alert: AlertChanged, channels: tuple[Channel, ...]) -> list[Notice]:
        """What must be told of a change, to whom: to be kept with it, and then taken."""
        if alert.state is AlertState.ACKNOWLEDGED:
            return []
        settings, now_us = self._settings(), unix_ns() // 1000
        return [
            Notice(
                delivery_id=f"{alert.alert_id}-{channel}-{alert.state}",
                channel=channel,
                about=alert.state,
                alert=alert,
                queued_at_us=now_us,
            )
            for channel in channels
            if settings.is_on(channel)
            and severity_at_least(alert.severity, settings.severities.get(channel, AlertSeverity.INFORMATION))
        ]

    def take(self, notices: list[Notice]) -> None:
        """Line up what was kept."""
        for notice in notices:
            self._give_up(self._queues[notice.channel].add(notice, now_s=monotonic_s()))

    def withdraw(self, alert_id: str) -> None:
        """An alert was taken note of: that it was raised is not told any more."""
        for queue in self._queues.values():
            self._give_up(queue.withdraw(ACKNOWLEDGED, alert_id=alert_id))

    def turn(self) -> None:
        """Give up what is too old, and begin the tries that are due."""
        now_s = monotonic_s()
        for channel in list(self.undelivered):
            settings = self._settings()
            if not settings.is_set_up(channel) or not (settings.is_on(channel) or len(self._queues[channel])):
                del self.undelivered[channel]
        for channel, queue in self._queues.items():
            if not len(queue):
                continue
            settings = self._settings()
            if queue.late(now_s=now_s):
                self._ended(channel, queue.turn, None, f"It took longer than {LATE_S:.0f} s.")
            if not settings.is_set_up(channel):
                self._give_up(queue.withdraw(SWITCHED_OFF))
            self._give_up(queue.expire(settings.give_up_s, now_s=now_s))
            notices = queue.next(gather_s=settings.gather_s, now_s=now_s)
            if notices:
                self._begin(channel, settings, notices, partial(self._ended, channel, queue.turn))

    def try_out(self, notice: Notice, heard: Heard) -> None:
        """Tell `notice` at once, beside the queue; `heard` gets what came of it."""

        def tried(answer: str | None, error: str | None) -> None:
            if error is None:
                self._note(notice.channel, None)
            heard(answer, error)

        self._begin(notice.channel, self._settings(), [notice], tried)

    def _begin(
        self,
        channel: Channel,
        settings: ChannelSettings,
        notices: list[Notice],
        heard: Heard,
    ) -> None:
        def run() -> None:
            answer: str | None = None
            error: str | None = FAILED
            try:
                answer, error = self._send[channel](settings, notices), None
            except RestrikeError as refused:
                error = refused.message
            finally:
                self._post(partial(heard, answer, error))

        threading.Thread(target=run, name=f"alert-{channel}", daemon=True).start()

    def _note(self, channel: Channel, error: str | None) -> None:
        before = self.undelivered.pop(channel, None)
        if error is not None:
            self.undelivered[channel] = Undelivered(error, 1 if before is None else before.tries + 1)

    def _ended(self, channel: Channel, turn: int, _answer: str | None, error: str | None) -> None:
        queue = self._queues[channel]
        done = queue.done(turn, error, now_us=unix_ns() // 1000, now_s=monotonic_s())
        self._note(channel, error)
        if error is not None:
            self._log.warning("alert_not_delivered", channel=channel.value, waiting=len(queue), error=error)
        self._give_up([one for one in done if one.error is not None])
        self._tell_all([one for one in done if one.error is None])

    def _give_up(self, given_up: list[AlertDelivered]) -> None:
        for one in given_up:
            self._log.error("alert_given_up", channel=one.channel.value, alert=one.alert_id, error=one.error)
        self._tell_all(given_up)

    def _tell_all(self, told: list[AlertDelivered]) -> None:
        if told:
            self._tell(told, {f"{KEPT}{one.delivery_id}": None for one in told})


def kept_of(notices: list[Notice]) -> dict[str, Any]:
    """What to keep of notices, in the transaction of their alert."""
    return {f"{KEPT}{notice.delivery_id}": _encode(notice) for notice in notices}
