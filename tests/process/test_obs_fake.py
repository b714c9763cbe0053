"""The fake OBS: a small OBS by itself, and everything wrong that a test can make of it."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import WebSocketException

from shared.clock import monotonic_s
from tests.support.obs.fake import FakeObs
from tests.support.obs.probe import Probe, RefusedError
from tests.support.obs.steps import (
    NOT_READY,
    RUNNING,
    UNKNOWN_REQUEST,
    AfterNext,
    Answer,
    AsUsual,
    Close,
    Drop,
    Late,
    Raw,
    Silence,
    Step,
    Told,
    Twice,
    WrongId,
    refuse,
)
from tests.support.wait import ENOUGH_S, eventually, lenient


@pytest.fixture
def fake() -> Iterator[FakeObs]:
    """A fake OBS that listens."""
    with FakeObs() as one:
        yield one


@pytest.fixture
def probe(fake: FakeObs) -> Iterator[Probe]:
    """A client of it."""
    with Probe(fake.port, fake.password) as one:
        yield one


def test_it_records_like_an_obs(tmp_path: Path) -> None:
    """Events in OBS's order, the path that STOPPED gives, refusals for what does not fit its state."""
    with FakeObs(records=tmp_path) as fake, Probe(fake.port, fake.password) as probe:
        probe.ask(
            "SetProfileParameter", parameterCategory="Output", parameterName="FilenameFormatting", parameterValue="m 1"
        )
        probe.ask("StartRecord")
        assert probe.recording("STARTED").data["outputPath"] == str(tmp_path / "m 1.mkv")
        assert probe.ask("GetRecordStatus")["outputActive"]
        with pytest.raises(RefusedError) as refused:
            probe.ask("StartRecord")
        assert refused.value.code == RUNNING
        path = Path(probe.ask("StopRecord")["outputPath"])
        assert probe.recording("STOPPED").data["outputPath"] == str(path)
        states = [event.data["outputState"].rpartition("_")[2] for event in probe.events("RecordStateChanged")]
        assert states == ["STARTING", "STARTED", "STOPPING", "STOPPED"]
        assert path.exists()


def test_it_saves_replays_changes_scenes_and_knows_what_it_does_not_know(fake: FakeObs, probe: Probe) -> None:
    """Replay buffer, scenes and sources answer and tell; newer requests are there only when they shall be."""
    probe.ask("StartReplayBuffer")
    probe.ask("SaveReplayBuffer")
    saved = probe.wait_for("ReplayBufferSaved").data["savedReplayPath"]
    assert probe.ask("GetLastReplayBufferReplay")["savedReplayPath"] == saved
    probe.ask("SetCurrentProgramScene", sceneName="Fight")
    assert probe.wait_for("CurrentProgramSceneChanged").data == {"sceneName": "Fight"}
    with pytest.raises(RefusedError) as refused:
        probe.ask("SetRecordDirectory", recordDirectory="/elsewhere")
    assert refused.value.code == UNKNOWN_REQUEST
    fake.studio.newer = True
    probe.ask("SetRecordDirectory", recordDirectory="/elsewhere")
    assert probe.ask("GetRecordDirectory")["recordDirectory"] == "/elsewhere"
    assert "SplitRecordFile" in probe.ask("GetVersion")["availableRequests"]


def test_a_wrong_password_is_not_let_in(fake: FakeObs) -> None:
    """As OBS does: the connection is closed with 4009."""
    with pytest.raises(WebSocketException, match="4009"):
        Probe(fake.port, "wrong")
    assert fake.clients == 0


def test_requests_are_listed_as_they_came(fake: FakeObs, probe: Probe) -> None:
    """Name, data, time and client of each request."""
    before = monotonic_s()
    probe.ask("SetInputMute", inputName="Sound", inputMuted=True)
    (received,) = fake.asked("SetInputMute")
    assert received.data == {"inputName": "Sound", "inputMuted": True}
    assert before < received.at_s < monotonic_s()
    assert received.client == 1


def test_refusals_come_as_often_as_scripted(fake: FakeObs, probe: Probe) -> None:
    """`on` is for the next requests, one step each; `always` until it is taken back."""
    fake.on("GetStats", refuse(NOT_READY), refuse(RUNNING, "busy"))
    fake.always("GetVersion", refuse(UNKNOWN_REQUEST))
    for code in (NOT_READY, RUNNING):
        with pytest.raises(RefusedError) as refused:
            probe.ask("GetStats")
        assert refused.value.code == code
    assert probe.ask("GetStats")["cpuUsage"]
    for _ in range(2):
        with pytest.raises(RefusedError):
            probe.ask("GetVersion")
    fake.always("GetVersion", AsUsual())
    assert probe.ask("GetVersion")["rpcVersion"] == 1


def test_an_answer_without_effect_and_events_around_it(fake: FakeObs, probe: Probe) -> None:
    """Answer() is all that happens: StartRecord says yes and records nothing; events come where they are wanted."""
    fake.on("StartRecord", Answer())
    probe.ask("StartRecord")
    assert not probe.ask("GetRecordStatus")["outputActive"]
    fake.on("GetStats", Answer(data={"cpuUsage": 1}, before=(Told("Before", {}),), after=(Told("After", {"n": 1}),)))
    assert probe.ask("GetStats") == {"cpuUsage": 1}
    assert probe.wait_for("After").data == {"n": 1}
    assert [event.kind for event in probe.events()] == ["Before", "After"]


def test_silence_is_without_an_answer_and_with_the_effect_when_wanted(fake: FakeObs, probe: Probe) -> None:
    """Nothing, or only the answer is lost: both are silence to the client."""
    fake.on("StartRecord", Silence(), Silence(AsUsual()))
    for _ in range(2):
        assert not probe.ask("GetRecordStatus")["outputActive"]
        with pytest.raises(AssertionError, match="did not answer"):
            probe.ask("StartRecord", within=0.1)
    probe.recording("STARTED")
    assert probe.ask("GetRecordStatus")["outputActive"]


def test_a_late_answer_holds_up_nobody(fake: FakeObs, probe: Probe) -> None:
    """Others are answered while one waits."""
    fake.on("GetVersion", Late(0.5))
    asked = monotonic_s()
    late = threading.Thread(target=lambda: probe.ask("GetVersion"))
    late.start()
    eventually(lambda: fake.asked("GetVersion"), within=5)
    probe.ask("GetStats")
    assert monotonic_s() - asked < lenient(0.5)
    late.join(ENOUGH_S)
    assert monotonic_s() - asked >= 0.5


def test_answers_out_of_order_wrong_and_twice(fake: FakeObs) -> None:
    """The order and the ids on the wire are as scripted."""
    with Probe(fake.port, fake.password, ready=False) as probe:
        fake.on("GetVersion", AfterNext())
        with pytest.raises(AssertionError, match="did not answer"):
            probe.ask("GetVersion", within=0.1)
        probe.ask("GetStats")
        fake.on("GetStats", Twice(), WrongId())
        probe.ask("GetStats")
        with pytest.raises(AssertionError, match="did not answer"):
            probe.ask("GetStats", within=0.1)
        answered = [json.loads(frame)["d"]["requestId"] for frame in probe.frames]
    assert answered == ["probe-2", "probe-1", "probe-3", "probe-3", "nobody-asked"]


@pytest.mark.parametrize("step", [Close(4011), Drop()])
def test_the_connection_ends_in_the_middle_of_a_request(fake: FakeObs, probe: Probe, step: Step) -> None:
    """With a close frame and without; the next connection is served."""
    fake.on("StopRecord", step)
    with pytest.raises(AssertionError, match="closed the connection"):
        probe.ask("StopRecord")
    with Probe(fake.port, fake.password) as again:
        assert again.ask("GetVersion")["rpcVersion"] == 1


@pytest.mark.parametrize("frame", ["not JSON", b"\xff\x00", '{"op": 7}', "x" * 20_000_000])
def test_garbage_arrives_as_it_is(fake: FakeObs, frame: str | bytes) -> None:
    """Instead of an answer, and unasked: text, bytes, half a message, a huge frame."""
    fake.on("GetVersion", Raw(frame))
    with Probe(fake.port, fake.password, ready=False) as probe:
        with pytest.raises(AssertionError, match="did not answer"):
            probe.ask("GetVersion", within=0.1)
        fake.send_raw(frame)
        eventually(lambda: len(probe.frames), equals=2, within=5)
        assert probe.frames == [frame, frame]


@pytest.mark.parametrize("handshake", ["deaf", "mute", "unidentified"])
def test_a_handshake_that_never_ends(fake: FakeObs, handshake: Any) -> None:
    """TCP is accepted at once, and then the client waits in vain."""
    fake.handshake = handshake
    with socket.create_connection(("127.0.0.1", fake.port), timeout=1):
        pass
    with pytest.raises(TimeoutError):
        Probe(fake.port, fake.password, patience_s=0.2)
    assert fake.clients == 0


def test_it_dies_and_comes_back_at_its_port(fake: FakeObs) -> None:
    """Connections break, nobody listens, what was planned does not happen; a second start serves again."""
    with Probe(fake.port, fake.password) as probe:
        fake.on("GetVersion", Late(0.05))
        with pytest.raises(AssertionError, match="did not answer"):
            probe.ask("GetVersion", within=0.01)
        fake.die()
        eventually(lambda: probe.closed, within=5, what="the connection ended")
    with pytest.raises(OSError, match="refused"):
        Probe(fake.port, fake.password)
    fake.start()
    with Probe(fake.port, fake.password) as probe:
        assert probe.ask("GetVersion")["rpcVersion"] == 1


def test_many_clients_at_once(fake: FakeObs) -> None:
    """Each is served for itself; an event reaches all that subscribed; no thread is left when they went."""
    before = threading.active_count()
    probes = [Probe(fake.port, fake.password, subscriptions=0 if number == 0 else 2047) for number in range(20)]
    assert fake.clients == 20
    fake.send_event("ExitStarted")
    for probe in probes[1:]:
        probe.wait_for("ExitStarted")
    assert not probes[0].events()
    for probe in probes:
        probe.close()
    eventually(lambda: fake.clients == 0 and threading.active_count() <= before, within=5, what="all clients gone")
