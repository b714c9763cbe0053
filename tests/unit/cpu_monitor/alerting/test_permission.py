"""Without a licence for it alerts are raised and shown, and nobody is told; a match that is on changes nothing."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from services.cpu_monitor.alerting import alerting as module
from services.cpu_monitor.alerting.alerting import Alerting
from services.cpu_monitor.alerting.delivery.notice import ChannelSettings, Notice
from services.cpu_monitor.alerting.delivery.permission import KEPT, KNOWN_WITHIN_S, Permission
from services.cpu_monitor.alerting.delivery.post import Post
from services.cpu_monitor.alerting.testing import Testing
from services.cpu_monitor.picture import FORGOTTEN_AFTER_S, Picture, RingPicture, Undelivered
from shared.clock import monotonic_s
from shared.errors import LicenseError, ValidationError
from shared.licensing.features import ALERT_DELIVERY, OBS_AUTOMATION
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState, Channel, TellTestAlert
from shared.messages.match import Stage
from shared.paths import Paths
from tests.support.verdicts import EXPIRED, RENEW, Verdicts
from tests.support.wait import eventually

REFUSAL = LicenseError("license.refused.alert_delivery", "Alerts by mail and webhook: not allowed.")
ON = ChannelSettings(webhook_url="http://127.0.0.1:9/", gather_s=0)
OFF = replace(ON, refusal=REFUSAL)
ALERT = AlertChanged(
    alert_id="a1", rule="disk.low", subject="/", severity=AlertSeverity.WARNING, state=AlertState.RAISED, message="m",
    raised_at_us=1,
)  # fmt: skip


class Venue:
    """A ring, a verdict on the licence, and the permission that follows from them."""

    def __init__(self, home: Path) -> None:
        self.picture = Picture([], began_at_s=0.0)
        self.ring = self.picture.rings["ring-1"] = RingPicture()
        self.verdicts = Verdicts(Paths(home))
        self.kept: list[bytes | None] = []
        """What was written of it, the newest last."""
        self.permission = self._permission()

    def stage(self, stage: Stage, *, silent_s: float = 0.0) -> None:
        """The ring's match goes on to a stage; its last datagram was a while ago."""
        self.ring.stage, self.ring.packet_at_s = stage, monotonic_s() - silent_s

    def restart(self, *, ago_s: float = 0.0) -> None:
        """Cpu-monitor began anew some seconds ago, and has heard of no ring yet."""
        self.picture = Picture([], began_at_s=monotonic_s() - ago_s)
        self.ring = RingPicture()
        self.verdicts.restart()
        self.permission = self._permission()

    def know(self) -> None:
        """The rings' matches were asked for."""
        self.picture.rings["ring-1"] = self.ring
        self.picture.are_matches_known = True

    def is_told(self) -> bool:
        """Whether alerts go out; as cpu-monitor looks each second."""
        self.permission.look()
        return self.permission.refusal() is None

    def _permission(self) -> Permission:
        was_allowed = bool(self.kept) and self.kept[-1] is not None
        return Permission(self.verdicts.gates, self.picture, was_allowed=was_allowed, keep=self.kept.append)


@pytest.fixture
def venue(tmp_path: Path) -> Venue:
    venue = Venue(tmp_path)
    venue.verdicts.allow(ALERT_DELIVERY.name)
    assert venue.is_told()
    return venue


def test_a_match_goes_on_to_its_end(venue: Venue) -> None:
    """The licence ends in its middle: alerts go out until it is decided, and not in the next one."""
    venue.stage(Stage.RUNNING)
    assert venue.is_told()
    venue.verdicts.refuse()
    for stage in (Stage.RUNNING, Stage.BREAK, Stage.REVIEW, Stage.ROUND_ENDED):
        venue.stage(stage)
        assert venue.is_told()
    venue.stage(Stage.DECIDED)
    assert not venue.is_told()
    venue.stage(Stage.LOADED)
    assert not venue.is_told()


def test_what_ended_between_matches_is_refused_in_the_next(venue: Venue) -> None:
    """With state and remedy in its sentence; a new licence is in force at once."""
    venue.verdicts.refuse()
    assert not venue.is_told()
    venue.stage(Stage.RUNNING)
    refusal = venue.permission.refusal()
    assert refusal is not None
    assert (refusal.code, str(refusal)) == (
        "license.refused.alert_delivery",
        f"Alerts by mail and webhook: not allowed by the licence (expired). {EXPIRED} {RENEW}",
    )
    venue.verdicts.allow(ALERT_DELIVERY.name)
    assert venue.is_told()


def test_a_match_that_nobody_ended_does_not_last_for_ever(venue: Venue) -> None:
    """The scoring system was switched off in its middle."""
    venue.stage(Stage.RUNNING)
    assert venue.is_told()
    venue.verdicts.refuse()
    venue.stage(Stage.RUNNING, silent_s=FORGOTTEN_AFTER_S - 1)
    assert venue.is_told()
    venue.stage(Stage.RUNNING, silent_s=FORGOTTEN_AFTER_S + 1)
    assert not venue.is_told()


def test_a_restart_in_the_middle_of_a_match(venue: Venue) -> None:
    """The licence ended in that match, and cpu-monitor begins anew: alerts go out before anybody has said whether a
    match is on, and until this one is over; not in the next one. It is written when it changes.
    """
    venue.stage(Stage.RUNNING)
    venue.verdicts.refuse()
    assert venue.is_told()
    for _ in range(2):
        venue.restart()
        assert venue.is_told()
        venue.stage(Stage.RUNNING)
        venue.know()
        assert venue.is_told()
    assert len(venue.kept) == 1
    venue.stage(Stage.DECIDED)
    assert not venue.is_told()
    venue.restart()
    venue.stage(Stage.RUNNING)
    assert not venue.is_told()
    assert len(venue.kept) == 2


def test_a_restart_of_the_whole_suite(venue: Venue) -> None:
    """The parser knows the match again, and its next datagram has not come yet."""
    venue.stage(Stage.RUNNING)
    venue.verdicts.refuse()
    venue.restart()
    venue.ring.stage = Stage.RUNNING
    venue.know()
    assert venue.is_told()
    venue.stage(Stage.RUNNING)
    assert venue.is_told()


@pytest.mark.parametrize("ago_s", [0.0, KNOWN_WITHIN_S])
def test_a_restart_without_a_match(venue: Venue, ago_s: float) -> None:
    """It ends when the rings have said that no match is on, or said nothing for too long."""
    venue.verdicts.refuse()
    venue.restart(ago_s=ago_s)
    if not ago_s:
        assert venue.is_told()
        venue.know()
    assert not venue.is_told()


def test_a_restart_gives_nothing_that_was_not_allowed(venue: Venue) -> None:
    """Nor does a match that is on make it so."""
    venue.verdicts.refuse()
    assert not venue.is_told()
    venue.restart()
    assert not venue.is_told()


@pytest.mark.parametrize("kept", [{}, {KEPT: b"1"}], ids=["new", "was_allowed"])
def test_it_is_kept_in_the_outbox(tmp_path: Path, kept: dict[str, bytes]) -> None:
    """Once; a home that is so new that nobody has judged its licence yet is allowed everything."""
    outbox: Any = Mock()
    outbox.kept.side_effect = lambda prefix: {key: value for key, value in kept.items() if key.startswith(prefix)}
    runtime: Any = SimpleNamespace(settings=None, paths=Paths(tmp_path), post=None, log=Mock())
    alerting = Alerting(runtime, Picture([], began_at_s=0.0), outbox)
    alerting.permission.look()
    alerting.permission.look()
    assert [call.kwargs["kept"] for call in outbox.add.call_args_list] == ([] if kept else [{KEPT: b"1"}])


def test_a_licence_for_other_things_is_none_for_this(venue: Venue) -> None:
    venue.verdicts.allow(OBS_AUTOMATION.name)
    assert "does not include it" in str(venue.permission.refusal())


class Desk:
    """A post whose tries are counted."""

    def __init__(self) -> None:
        self.settings = ON
        self.told: list[Any] = []
        self.sent: list[str] = []
        self.post = Post(
            lambda: self.settings,
            post=lambda call: call(),
            tell=lambda told, _: self.told.extend(told),
            log=Mock(),
            send={Channel.WEBHOOK: self._send},
        )

    def _send(self, _: ChannelSettings, notices: list[Notice]) -> str:
        self.sent += [one.delivery_id for one in notices]
        return "200"

    def notices(self) -> list[Notice]:
        """What an alert gives to tell."""
        return self.post.notices(ALERT, (Channel.WEBHOOK,))


def test_what_waited_is_told_and_nothing_new_waits() -> None:
    """It was lined up while it was allowed, and is not given up when the licence ends."""
    desk = Desk()
    desk.post.take(desk.notices())
    desk.settings = OFF
    assert desk.notices() == []
    desk.post.turn()
    eventually(lambda: desk.told, within=5, what="what waited")
    assert desk.sent == ["a1-webhook-raised"]
    assert [one.error for one in desk.told] == [None]


def test_a_channel_that_may_not_be_used_does_not_fail() -> None:
    """Health speaks of the licence, and not of the tries before it ended; while one still waits, of these too."""
    desk = Desk()
    desk.post.take(desk.notices())
    desk.settings = replace(OFF, gather_s=60)
    desk.post.undelivered[Channel.WEBHOOK] = Undelivered("Nobody listens.", 3)
    desk.post.turn()
    assert Channel.WEBHOOK in desk.post.undelivered
    desk.post.withdraw(ALERT.alert_id)
    desk.post.turn()
    assert desk.post.undelivered == {}


def test_a_test_alert_says_why_nobody_is_told() -> None:
    """Where the channel is not set up at all, that comes first."""
    settings = OFF
    testing = Testing(Mock(), lambda: settings)
    with pytest.raises(LicenseError, match="not allowed"):
        testing.tell(TellTestAlert(channel=Channel.WEBHOOK, author="ana"))
    with pytest.raises(ValidationError, match="not set up"):
        testing.tell(TellTestAlert(channel=Channel.MAIL, author="ana"))


@pytest.mark.parametrize(
    ("settings", "not_told"),
    [(ON, None), (OFF, REFUSAL.message), (ChannelSettings(refusal=REFUSAL), None)],
    ids=["allowed", "refused", "nobody_wants_to_be_told"],
)
def test_the_list_says_why_nobody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: ChannelSettings, not_told: str | None
) -> None:
    """With what is wrong all the same."""
    monkeypatch.setattr(module, "settings_of", lambda *_: settings)
    runtime: Any = SimpleNamespace(settings=None, paths=Paths(tmp_path), post=None, log=Mock())
    outbox: Any = SimpleNamespace(kept=lambda _: {})
    alerting = Alerting(runtime, Picture([], began_at_s=0.0), outbox)
    alerting.engine = Mock(alerts=[ALERT])
    said = alerting.open()
    assert (said.alerts, said.not_told) == ((ALERT,), not_told)
