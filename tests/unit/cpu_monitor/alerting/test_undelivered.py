"""Which channels fail, for health: until one try succeeds, a test too, or the channel is switched off."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.post import Post
from shared.errors import NetworkError
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState, Channel
from tests.support.wait import eventually

ALERT = AlertChanged(
    alert_id="a1", rule="disk.low", subject="/", severity=AlertSeverity.WARNING, state=AlertState.RAISED, message="",
    raised_at_us=1,
)  # fmt: skip
NOTICE = Notice(delivery_id="a1-webhook-raised", channel=Channel.WEBHOOK, about=AlertState.RAISED, alert=ALERT,
                queued_at_us=1)  # fmt: skip
ON = ChannelSettings(webhook_url="http://127.0.0.1:9/", gather_s=0)


class Play:
    """A post whose tries end as they are told."""

    def __init__(self) -> None:
        self.settings, self.error = ON, "Nobody listens."
        self.posted: list[Callable[[], None]] = []
        self.post = Post(
            lambda: self.settings,
            post=self.posted.append,
            tell=lambda *_: None,
            log=Mock(),
            send={Channel.WEBHOOK: self},
        )

    def __call__(self, *_: Any) -> str:
        if self.error:
            raise NetworkError("webhook.refused", self.error)
        return "200"

    def end(self) -> None:
        """The try that was begun ends."""
        eventually(lambda: self.posted, within=5, what="a try's end")
        self.posted.pop()()


@pytest.fixture
def play() -> Play:
    play = Play()
    play.post.take([NOTICE])
    play.post.turn()
    play.end()
    return play


def test_tries_in_vain_are_counted(play: Play) -> None:
    """With the last reason; a success ends it."""
    found = play.post.undelivered[Channel.WEBHOOK]
    assert (found.error, found.tries) == ("Nobody listens.", 1)
    play.post._ended(Channel.WEBHOOK, 1, None, "Too late.")
    found = play.post.undelivered[Channel.WEBHOOK]
    assert (found.error, found.tries) == ("Too late.", 2)
    play.post._ended(Channel.WEBHOOK, 1, "200", None)
    assert play.post.undelivered == {}


def test_a_test_that_succeeds_ends_it(play: Play) -> None:
    """Whoever mended it sees so at once."""
    heard: list[object] = []
    play.post.try_out(NOTICE, lambda *said: heard.append(said))
    play.end()
    assert Channel.WEBHOOK in play.post.undelivered
    play.error = ""
    play.post.try_out(NOTICE, lambda *said: heard.append(said))
    play.end()
    assert play.post.undelivered == {}
    assert heard == [(None, "Nobody listens."), ("200", None)]


def test_a_channel_that_is_switched_off_fails_no_more(play: Play) -> None:
    """Nobody is told by it on purpose."""
    play.settings = ChannelSettings()
    play.post.turn()
    assert play.post.undelivered == {}
