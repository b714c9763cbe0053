"""What an operator is told when a link cannot be made, and that the password is in none of it."""

import logging

import pytest

from services.obs_bridge.procedure import Ask
from shared.messages.obs import LinkState
from tests.support.obs.fake import FakeObs
from tests.support.obs.linked import SHORT, Linked, link_threads, linked, one
from tests.support.obs.steps import Drop, refuse
from tests.support.obs.stranger import Stranger
from tests.support.suite import free_port
from tests.support.wait import eventually

pytestmark = pytest.mark.slow

CONNECTED, DISCONNECTED, FAILED = LinkState.CONNECTED, LinkState.DISCONNECTED, LinkState.FAILED


def test_a_wrong_password_fails_until_it_is_right(fake: FakeObs) -> None:
    """State failed, said once, tried again all the same; when it is corrected in OBS it connects."""
    with linked(fake.port, "wrong", limits=SHORT) as ours:
        ours.link.open()
        ours.becomes(FAILED)
        ours.loop.until(lambda: ours.link.counts.attempts > 4, within=5)
        assert [state.value for state, _ in ours.states] == ["connecting", "authenticating", "failed"]
        assert "password" in (ours.link.reason or "")
        fake.password = "wrong"  # noqa: S105  # of a server that lives for one test
        ours.becomes(CONNECTED)


def test_a_missing_password_is_said(fake: FakeObs) -> None:
    """OBS asks for one and none is stored."""
    with linked(fake.port, "", limits=SHORT) as ours:
        ours.link.open()
        ours.becomes(FAILED)
        assert "asks for a password" in (ours.link.reason or "")


def test_the_password_is_nowhere(fake: FakeObs, capfd: pytest.CaptureFixture[str]) -> None:
    """Not in logs at any level, reasons, errors, or the text of any object that lives."""
    logging.getLogger().setLevel(logging.DEBUG)
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(f"{record.name} {record.getMessage()}")  # type: ignore[method-assign]  # it only listens
    logging.getLogger().addHandler(handler)
    try:
        for password in (fake.password, "a wrong secret"):
            with linked(fake.port, password, limits=SHORT) as ours:
                ours.link.open()
                ours.loop.until(lambda: ours.link.state in (CONNECTED, FAILED), within=5)
                fake.on("GetSceneList", refuse(600), Drop())
                for _ in range(2):
                    ours.do(one(Ask("GetSceneList")))
                told = [repr(ours.lines), repr(ours.states), repr(records), repr(vars(ours.link)), *capfd.readouterr()]
                assert not [text for text in told if password in text]
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.WARNING)
    assert not [record for record in records if record.startswith("obsws")]


def test_nobody_listens() -> None:
    """One line and one state for as long as it lasts; connected soon after OBS starts."""
    port = free_port()
    with linked(port, "x", limits=SHORT) as ours:
        ours.link.open()
        ours.loop.until(lambda: ours.link.counts.attempts > 8, within=5)
        assert [state.value for state, _ in ours.states] == ["connecting", "disconnected"]
        assert "Nothing listens" in (ours.link.reason or "")
        assert [line["state"] for line in ours.lines] == ["connecting", "disconnected"]
        with FakeObs(port=port, password="x"):  # noqa: S106  # likewise
            assert ours.becomes(CONNECTED) < 1


@pytest.mark.parametrize("handshake", ["deaf", "mute", "unidentified"])
def test_an_obs_that_stops_in_the_middle_of_its_greeting(fake: FakeObs, ours: Linked, handshake: str) -> None:
    """Each wait ends, with a reason; it connects when OBS goes on."""
    fake.handshake = handshake  # type: ignore[assignment]  # each of its literals
    ours.link.open()
    ours.becomes(DISCONNECTED, within=3)
    assert "does not answer" in (ours.link.reason or "")
    fake.handshake = "normal"
    ours.becomes(CONNECTED)


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"\x00\xff\n" * 9]
)
def test_another_program_has_the_port(greeting: bytes) -> None:
    """It is said that this is not OBS; a person has to act, so the state is failed."""
    with Stranger(greeting) as stranger, linked(stranger.port, "x", limits=SHORT) as ours:
        ours.link.open()
        ours.becomes(FAILED)
        assert "not obs-websocket" in (ours.link.reason or "")


def test_somebody_hangs_up_at_once() -> None:
    """As a port that is forwarded to nowhere does: not called OBS, and tried again."""
    with Stranger(b"") as stranger, linked(stranger.port, "x", limits=SHORT) as ours:
        ours.link.open()
        ours.becomes(DISCONNECTED)
        assert "ends the connection at once" in (ours.link.reason or "")


def test_obs_that_speaks_another_version(fake: FakeObs, ours: Linked) -> None:
    """Close codes are read for what they mean: 4010 needs a person, 4011 is the act of one and is tried again."""
    ours.connect()
    fake.close_all(4010)
    ours.becomes(FAILED)
    assert "another version" in (ours.link.reason or "")
    ours.becomes(CONNECTED)
    fake.close_all(4011)
    ours.becomes(DISCONNECTED)
    assert "its operator ended this session" in (ours.link.reason or "")


def test_a_stranger_that_drips_does_not_hold_the_link_up() -> None:
    """A byte now and then, never a line: the attempt as a whole has an end."""
    with Stranger(b"HTTP/1.1 200 OK", drips=True) as stranger, linked(stranger.port, "x", limits=SHORT) as ours:
        ours.link.open()
        ours.becomes(DISCONNECTED, within=3)
        ours.link.close()
        eventually(lambda: not link_threads(), within=3, what="threads ended")


def test_an_unknown_host() -> None:
    """The name is what is wrong."""
    with linked(1, "x", host="no-such-host.invalid", limits=SHORT) as ours:
        ours.link.open()
        ours.becomes(DISCONNECTED, within=30)
        assert "no computer named no-such-host.invalid" in (ours.link.reason or "")


def test_the_environments_proxy_is_not_asked(fake: FakeObs, ours: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is set for web traffic has nothing to do with OBS."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    ours.connect()
    assert fake.clients == 2
