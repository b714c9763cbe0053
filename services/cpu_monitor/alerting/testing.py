"""A test alert: says exactly what the mail server or the webhook answered; cpu-monitor."""

import uuid
from collections.abc import Callable
from typing import Final

from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.post import Post
from shared.clock import unix_ns
from shared.errors import NetworkError, ValidationError
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState, Channel, ChannelTested, TellTestAlert
from shared.rpc import Later

HOW: Final = {
    Channel.MAIL: "Mail is not set up: restrike settings set alerts.mail_to …, and alerts.smtp_host.",
    Channel.WEBHOOK: "The webhook is not set up: restrike settings set alerts.webhook_url",
}


class Testing:
    """One test at a time for each channel: each has a thread that may wait long."""

    __test__ = False

    def __init__(self, post: Post, settings: Callable[[], ChannelSettings]) -> None:
        self._post = post
        self._settings = settings
        self._running: set[Channel] = set()

    def tell(self, command: TellTestAlert) -> Later:
        """Answered when the other side answered.

        Raises:
            ValidationError: the channel is not set up, or is being tested.
            LicenseError: the licence does not allow it.
        """
        channel, settings = command.channel, self._settings()
        if not settings.is_set_up(channel):
            raise ValidationError("alert.channel_off", HOW[channel])
        if settings.refusal is not None:
            raise settings.refusal
        if channel in self._running:
            raise ValidationError("alert.testing", "It is being tested just now; wait for the answer.")
        self._running.add(channel)
        later = Later()

        def heard(answer: str | None, error: str | None) -> None:
            self._running.discard(channel)
            if later.is_answered:
                return
            if answer is None:
                later.refuse(NetworkError("alert.not_delivered", error or "It failed."))
            else:
                later.answer(ChannelTested(channel=channel, address=_address(channel, settings), answer=answer))

        self._post.try_out(_notice(channel, command.author), heard)
        return later


def _address(channel: Channel, settings: ChannelSettings) -> str:
    """Where it went; a webhook's address is a secret but for its host."""
    if channel is Channel.MAIL:
        return ", ".join(settings.mail_to)
    return settings.webhook_url.split("://", 1)[-1].split("/", 1)[0].rsplit("@", 1)[-1]


def _notice(channel: Channel, author: str) -> Notice:
    number, now_us = f"test-{uuid.uuid4().hex[:12]}", unix_ns() // 1000
    alert = AlertChanged(
        alert_id=number,
        rule="test",
        subject=channel.value,
        severity=AlertSeverity.INFORMATION,
        state=AlertState.RAISED,
        message=f"This is a test by {author[:100]}: alerts would come like this.",
        raised_at_us=now_us,
    )
    return Notice(
        delivery_id=number, channel=channel, about=AlertState.RAISED, alert=alert, queued_at_us=now_us, is_test=True
    )
