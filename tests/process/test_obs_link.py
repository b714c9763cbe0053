"""A link to a real OBS Studio: killed, frozen, late, with another password, port taken: it says so and comes back."""

import gc
import json
import os
import statistics
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from services.obs_bridge.limits import Limits
from services.obs_bridge.link import Link
from services.obs_bridge.procedure import Ask, Confirmed, Data, Procedure, Proof
from shared.messages.obs import LinkState
from tests.support.obs.linked import Linked, link_threads, linked, one
from tests.support.obs.real import RealObs, needs_obs
from tests.support.obs.stranger import Stranger
from tests.support.wait import eventually, lenient

CONNECTED, DISCONNECTED, FAILED = LinkState.CONNECTED, LinkState.DISCONNECTED, LinkState.FAILED
SOON_S = 5.0
"""A fault is told, and mended after its cause is gone, within this."""
EAGER = Limits(first_retry_s=0.01, most_retry_s=0.02)
pytestmark = needs_obs


def _connected(link: Link, times: int) -> bool:
    return link.counts.connects >= times


@pytest.fixture
def ours(obs: RealObs) -> Iterator[Linked]:
    with linked(obs.port, obs.password) as ours:
        yield ours


def recording(request: str, state: str) -> Procedure[Proof]:
    """Start or stop recording, proven by OBS's event."""
    wanted = f"OBS_WEBSOCKET_OUTPUT_{state}"
    proof: Proof = yield Confirmed(
        ask=Ask(request), event="RecordStateChanged", matches=lambda data: data["outputState"] == wanted, within_s=5
    )
    return proof


def note(name: str, **figures: float) -> None:
    """Print what was measured; shown by `pytest -rP`."""
    print(name, json.dumps({key: round(value, 3) for key, value in figures.items()}))


def test_it_connects_asks_and_hears(obs: RealObs, ours: Linked) -> None:
    """A recording is started and stopped, each proven by its event, and the path is the file that OBS wrote."""
    start = time.monotonic()
    ours.connect()
    connected_s = time.monotonic() - start
    assert ours.link.version["obsWebSocketVersion"][0] == "5"
    started = ours.do(recording("StartRecord", "STARTED")).value()
    stopped = ours.do(recording("StopRecord", "STOPPED")).value()
    assert started.event["outputPath"] == stopped.event["outputPath"]
    assert [Path(stopped.event["outputPath"])] == obs.files()
    ours.loop.until(lambda: len(ours.stats) >= 2, within=5)
    pings = [round_trip_ms for _, round_trip_ms in ours.stats]
    note("real", connected_s=connected_s, ping_least_ms=min(pings), ping_median_ms=statistics.median(pings))


def test_a_request_is_on_the_wire_at_once(ours: Linked) -> None:
    """From the loop's call to the socket: a thread's wake-up, far below a frame of video."""
    ours.connect()
    handed, answered = [], []
    for _ in range(200):
        before_ns = time.monotonic_ns()
        outcome = ours.do(one(Ask("GetRecordStatus")))
        assert outcome.sent_ns is not None
        handed.append((outcome.sent_ns - before_ns) / 1e6)
        answered.append((time.monotonic_ns() - before_ns) / 1e6)
    handed.sort()
    answered.sort()
    note("wire", p50_ms=handed[100], p99_ms=handed[197], answered_p50_ms=answered[100], answered_p99_ms=answered[197])
    assert handed[100] < lenient(0.005) * 1000


def test_obs_killed_while_it_records(obs: RealObs, ours: Linked) -> None:
    """By kill -9: told at once, what was under way ends with its error; a new OBS is connected within 5 s."""
    ours.connect()
    ours.do(recording("StartRecord", "STARTED")).value()
    running = ours.start(recording("StopRecord", "NEVER"))
    obs.kill()
    told_s = ours.becomes(DISCONNECTED, within=SOON_S)
    error = ours.outcome(running).error
    assert error is not None
    assert error.code == "obs.gone"
    ours.loop.until(lambda: "Nothing listens" in (ours.link.reason or ""), within=SOON_S)
    obs.start()
    back_s = ours.becomes(CONNECTED, within=SOON_S)
    assert ours.ask("GetRecordStatus")["outputActive"] is False
    note("killed", told_s=told_s, back_s=back_s)


def test_obs_frozen(obs: RealObs, ours: Linked) -> None:
    """SIGSTOP: the ping tells it within 5 s though all sockets stay open, the loop never waits; back after SIGCONT."""
    ours.connect()
    obs.freeze()
    worst_s, turned = 0.0, time.monotonic()
    frozen = time.monotonic()
    while ours.link.state is not DISCONNECTED:
        assert time.monotonic() - frozen < lenient(SOON_S)
        ours.loop.turn(0.001)
        worst_s = max(worst_s, time.monotonic() - turned)
        turned = time.monotonic()
    told_s = time.monotonic() - frozen
    assert "hangs" in (ours.link.reason or "")
    ours.loop.pass_s(3)
    obs.thaw()
    back_s = ours.becomes(CONNECTED, within=SOON_S)
    note("frozen", told_s=told_s, back_s=back_s, longest_turn_s=worst_s)
    assert worst_s < lenient(0.25)


def test_obs_frozen_in_mid_request(obs: RealObs, ours: Linked) -> None:
    """A request to a frozen OBS ends with `no answer`, and nothing of the link is left when it is closed then."""
    ours.connect()
    ours.loop.until(lambda: ours.stats, within=5)
    obs.freeze()
    assert ours.fails("StartRecord") == "obs.no_answer"
    ours.becomes(DISCONNECTED)
    start = time.monotonic()
    ours.link.close()
    assert time.monotonic() - start < lenient(0.1)
    eventually(lambda: not link_threads(), within=3, what="threads ended")


def test_obs_killed_in_mid_request(obs: RealObs, ours: Linked) -> None:
    """The answer never comes as the connection breaks: told within 5 s that it is not known whether OBS did it."""
    ours.connect()
    ours.loop.until(lambda: ours.stats, within=5)
    obs.freeze()
    running = ours.start(one(Ask("StartRecord")))
    ours.loop.pass_s(0.1)
    obs.kill()
    error = ours.outcome(running, within=SOON_S).error
    assert error is not None
    assert error.code == "obs.gone"
    assert "not known" in error.message


def test_obs_opens_another_scene_collection(ours: Linked) -> None:
    """OBS is busy with it and may not be ready for others: no connection is lost, and all is answered in the end."""
    ours.connect()
    for number in range(3):
        made = ours.start(one(Ask("CreateSceneCollection", {"sceneCollectionName": f"ring {number}"}, slow=True)))
        while not made.outcomes:
            assert "scenes" in ours.ask("GetSceneList")  # empty for a moment
            ours.loop.pass_s(0.05)  # asked a thousand times a second meanwhile, OBS 29 itself may crash (seen once)
        assert ours.outcome(made).error is None
    ours.loop.pass_s(1.5)
    assert ours.link.counts.connects == 1
    assert ours.link.is_connected
    assert ours.link.counts.refused == 0, "requests that OBS was not ready for"


def test_obs_started_late(obs: RealObs) -> None:
    """Nothing runs: one quiet state; connected within 5 s of the moment at which OBS answers."""
    obs.kill()
    with linked(obs.port, obs.password) as ours:
        ours.link.open()
        ours.becomes(DISCONNECTED)
        ours.loop.pass_s(4)
        assert len(ours.lines) == 2
        obs.start()
        note("late", back_s=ours.becomes(CONNECTED, within=SOON_S))


def test_a_wrong_password(obs: RealObs) -> None:
    """Failed, with the reason; with the right one it connects at once."""
    with linked(obs.port, "not it") as ours:
        ours.link.open()
        told_s = ours.becomes(FAILED, within=SOON_S)
        assert "refuses the password" in (ours.link.reason or "")
        ours.loop.pass_s(4)
        assert ours.link.state is FAILED
        assert len(ours.states) == 3
    with linked(obs.port, obs.password) as ours:
        ours.connect(within=SOON_S)
    note("password", told_s=told_s)


def test_the_port_is_taken(obs: RealObs) -> None:
    """Another program answers there: said within 5 s; when OBS has its port it is connected."""
    obs.kill()
    with Stranger(b"220 mail ready\r\n", port=obs.port), linked(obs.port, obs.password) as ours:
        ours.link.open()
        ours.becomes(FAILED, within=SOON_S)
        assert "not obs-websocket" in (ours.link.reason or "")
    with linked(obs.port, obs.password) as ours:
        ours.link.open()
        obs.start()
        ours.becomes(CONNECTED, within=SOON_S)


def test_a_hundred_disconnects_leak_nothing(obs: RealObs) -> None:
    """Connections that break, again and again: the same threads and sockets afterwards, and no memory to speak of."""
    process = psutil.Process()

    def lost(ours: Linked, times: int) -> None:
        for number in range(times):
            wanted = ours.link.counts.connects + 1
            ours.start(one(Ask("GetVersion", slow=number % 2 == 0)))
            assert ours.link._quick is not None
            ours.link._quick.cord.cut()
            ours.loop.until(partial(_connected, ours.link, wanted), within=SOON_S)

    with linked(obs.port, obs.password, limits=EAGER) as ours:
        ours.connect()
        lost(ours, 20)
        eventually(lambda: len(link_threads()) == 2, within=5, what="only the threads of one connection")
        gc.collect()
        descriptors, memory, threads = process.num_fds(), process.memory_info().rss, threading.active_count()
        lost(ours, 100)
        assert ours.link.is_connected
        eventually(lambda: len(link_threads()) == 2, within=5, what="only the threads of one connection")
        eventually(lambda: process.num_fds() <= descriptors, within=5, what="no more descriptors")
        gc.collect()
        grown_kib = (process.memory_info().rss - memory) / 1024
        assert threading.active_count() <= threads
        assert ours.loop.timers <= 2
    note("100 disconnects", grown_kib=grown_kib, descriptors=descriptors, threads=threads)
    assert grown_kib < 4096


def test_obs_restarted_again_and_again(obs: RealObs, ours: Linked) -> None:
    """Five OBS in a row at one port: connected to each without a hand."""
    ours.connect()
    slowest_s = 0.0
    for _ in range(5):
        obs.kill()
        ours.becomes(DISCONNECTED, within=SOON_S)
        obs.start()
        slowest_s = max(slowest_s, ours.becomes(CONNECTED, within=SOON_S))
    note("restarts", slowest_s=slowest_s)


def test_a_screenshot_does_not_hold_up_quick_requests(ours: Linked) -> None:
    """Slow requests go their own way: quick ones are answered meanwhile."""
    ours.connect()
    slow = ours.start(pictures())
    slowest_ms = 0.0
    while not slow.outcomes:
        start = time.monotonic()
        ours.ask("GetRecordStatus")
        slowest_ms = max(slowest_ms, (time.monotonic() - start) * 1000)
    assert ours.outcome(slow).value() > 1000
    note("beside screenshots", slowest_ms=slowest_ms)


def pictures() -> Procedure[int]:
    """Ten screenshots; the length of the last."""
    scenes: Data = yield Ask("GetSceneList")
    name = scenes["currentProgramSceneName"]
    asked = {"sourceName": name, "imageFormat": "png", "imageWidth": 1920, "imageHeight": 1080}
    length = 0
    for _ in range(10):
        answer: Data = yield Ask("GetSourceScreenshot", asked, slow=True)
        length = len(answer["imageData"])
    return length


def test_the_password_is_in_no_file_of_this_process(
    obs: RealObs, ours: Linked, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in what it prints nor in its command line or environment."""
    ours.connect()
    seen = "".join([*capfd.readouterr(), *psutil.Process(os.getpid()).cmdline(), repr(os.environ), repr(ours.lines)])
    assert obs.password not in seen
