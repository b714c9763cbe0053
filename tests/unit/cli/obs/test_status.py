"""How connections stand, whether they are ready, and waiting for one to be connected."""

import json
import threading

import msgspec
import pytest

from services.cli.obs import connecting
from services.cli.obs.recording import SETTINGS
from services.cli.obs.status_lines import AHEAD, ALARMS, described
from shared.clock import unix_ns
from shared.errors import ObsError
from shared.messages.obs import AlarmKind, LinkState, ObsLoad, Outputs, RecordingSettings
from shared.messages.obs_actions import Readiness
from shared.messages.obs_commands import AskObs
from tests.unit.cli.conftest import Run
from tests.unit.cli.obs.conftest import Bridge, status_of

BUSY = Outputs(
    is_recording=True,
    record_ms=3_723_456,
    record_bytes=5 * 1024 * 1024,
    is_streaming=True,
    stream_ms=61_000,
    stream_kbps=2_500,
    stream_congestion=0.25,
    stream_frames=1_000,
    stream_frames_dropped=7,
    is_replay_on=True,
)
LOAD = ObsLoad(cpu_percent=4.52, memory_mib=180.4, disk_free_bytes=3 * 1024**3, fps=29.97, frame_ms=3.14)


def test_everything_is_told(bridge: Bridge, run: Run) -> None:
    """Scene, outputs with their time codes, load, frames, disk and alarms with what to do; no line beyond 100."""
    bridge.statuses = [
        status_of(
            "main",
            program_scene="Match",
            preview_scene="Winner",
            profile="Venue",
            scene_collection="Finals",
            outputs=BUSY,
            load=LOAD,
            recording="recording",
            ring="ring-1",
            match_id="ring-1.aaaaaaaa.812",
            alarms=(AlarmKind.DISK_LOW,),
        )
    ]
    out = run("obs", "status").out
    for part in (
        "main: connected since ",
        "127.0.0.1:4455, OBS 29.0.2, answers in 1.2 ms\n",
        "Match, in the preview Winner (Finals, Venue)\n",
        "01:02:03, 5.0 MiB; the suite: recording (match ring-1.aaaaaaaa.812, ring-1)\n",
        "00:01:01, 2500 kbit/s, congestion 25 %, 7 of 1000 frames dropped\n",
        "replay     on; virtual camera off\n",
        "CPU 4.5 %, memory 180 MiB, disk 3.0 GiB free\n",
        f"! {ALARMS[AlarmKind.DISK_LOW]}\n",
    ):
        assert part in out
    assert max(map(len, out.splitlines())) <= 100
    (one,) = run("obs", "status", "main", "--json").document["connections"]
    assert (one["outputs"]["record_ms"], one["alarms"]) == (3_723_456, ["disk_low"])


def test_a_recording_by_hand(bridge: Bridge, run: Run) -> None:
    """It is told apart from a match's, and from one that the suite has nothing to do with."""
    bridge.statuses = [status_of("main", outputs=BUSY, load=LOAD, recording="recording", ring="none")]
    assert "; the suite: recording (by hand)\n" in run("obs", "status").out
    bridge.statuses = [status_of("main", outputs=Outputs(), load=LOAD, recording="failed")]
    assert "  recording  off; the suite: failed\n" in run("obs", "status").out
    bridge.statuses = [status_of("main", outputs=Outputs(), load=LOAD)]
    bridge.is_paused = True
    out = run("obs", "status").out
    assert "  recording  off; the suite: idle\n" in out
    assert out.endswith("! All automation is paused: restrike obs resume\n")


def test_one_line_where_there_is_no_obs(bridge: Bridge, run: Run) -> None:
    """With the reason; names and reasons cannot command the terminal."""
    bridge.statuses = [
        status_of("main", LinkState.DISCONNECTED, reason="Nothing listens\non \x1b127.0.0.1:4455."),
        status_of("two", LinkState.DISCONNECTED, is_active=False),
        status_of("new", LinkState.CONNECTING),
    ]
    first, second, third = run("obs", "status").out.splitlines()
    assert first.startswith("main: disconnected since ")
    assert first.endswith("127.0.0.1:4455: Nothing listens\\x0aon \\x1b127.0.0.1:4455.")
    assert second == "two: off. To have it: restrike obs connect two"
    assert third.startswith("new: connecting since ")
    bridge.statuses = []
    assert run("obs", "status").out == "There is no connection to OBS. Make one with: restrike obs add main\n"
    assert "There is none yet" in run("obs", "status", "main").err


def test_every_alarm_says_what_to_do() -> None:
    """Those of the contract, each in its own line."""
    assert set(ALARMS) == set(AlarmKind)
    lines = described(status_of("main", alarms=tuple(AlarmKind))).splitlines()
    assert len(lines) == 1 + len(AlarmKind)
    assert max(map(len, lines)) <= 100


DENIED = "OBS automation: not allowed by the licence (revoked). The vendor took it back. Ask the vendor."
"""What a gate says."""


def test_a_licence_that_is_gone_while_the_match_is_recorded() -> None:
    """The next match will not be: one line, with why. Not of an OBS that is off."""
    busy = status_of("main", outputs=BUSY, load=LOAD, recording="recording", unlicensed=DENIED)
    *_, last = described(busy).splitlines()
    assert last == f"  ! {AHEAD} {DENIED}"
    assert described(busy).count("!") == 1
    assert "!" not in described(status_of("main", LinkState.DISCONNECTED, is_active=False, unlicensed=DENIED))


def test_what_the_licence_denies_is_said_once() -> None:
    """Beside what else is wrong, each in its own words."""
    alarms = (AlarmKind.NOT_LICENSED,)
    denied = status_of("main", alarms=alarms, problem=DENIED, unlicensed=DENIED)
    assert described(denied).splitlines()[1:] == [f"  ! {ALARMS[AlarmKind.NOT_LICENSED]}", f"  ! {DENIED}"]
    both = status_of("main", alarms=alarms, problem="The disk is full.", unlicensed=DENIED)
    assert described(both).splitlines()[2:] == ["  ! The disk is full.", f"  ! {DENIED}"]


def test_every_setting_of_a_recording_can_be_changed() -> None:
    """The options of `restrike obs recording` are the contract's fields, in its order."""
    assert [one.field for one in SETTINGS] == list(RecordingSettings.__struct_fields__)


def test_watching(bridge: Bridge, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document a line until Ctrl-C, through a time without obs-bridge."""
    bridge.statuses = [status_of("main")]
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            bridge.end()
        if len(waited) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("services.cli.obs.status.wait_s", wait)
    done = run("obs", "status", "--watch", "--json")
    assert (done.code, waited) == (0, [1.0, 1.0, 1.0])
    first, second, third = map(json.loads, done.out.splitlines())
    assert first == second
    assert (first["connections"][0]["connection"], first["is_paused"]) == ("main", False)
    assert third["error"]["code"] == "service.not_running"


CHECKS = [
    {"check": "record folder", "ok": True, "message": "/rec, 12.0 GiB free"},
    {"check": "replay buffer", "ok": False, "message": "It is off: Settings, Output, Replay Buffer."},
]


def test_readiness(bridge: Bridge, run: Run) -> None:
    """Every check with what to do; 1 when one fails."""
    bridge.statuses, bridge.answer = [status_of("main")], CHECKS
    done = run("obs", "test", "main")
    assert done.code == 1
    assert done.out.splitlines() == [
        "main: not ready",
        "  ok connected      OBS 29.0.2 on 127.0.0.1:4455",
        "  ok record folder  /rec, 12.0 GiB free",
        "  !  replay buffer  It is off: Settings, Output, Replay Buffer.",
    ]
    assert bridge.asked == [AskObs(connection="main", question=Readiness())]
    document = run("obs", "test", "--json").document
    assert (document["ok"], [one["ok"] for one in document["connections"][0]["checks"]]) == (False, [True, True, False])
    bridge.answer = CHECKS[:1]
    done = run("obs", "test")
    assert (done.code, done.out.splitlines()[0]) == (0, "main: ready")


def test_one_that_hangs_does_not_hide_the_others(bridge: Bridge, run: Run) -> None:
    """What it does not answer is a check that failed; the next connection is looked at."""
    bridge.statuses = [status_of("main"), status_of("two")]
    bridge.refuse = ObsError("obs.no_answer", "OBS main did not answer within 2 s.")
    done = run("obs", "test", "--json")
    assert done.code == 1
    assert [one["connection"] for one in done.document["connections"]] == ["main", "two"]
    assert done.document["connections"][0]["checks"][1] == {
        "check": "answers",
        "ok": False,
        "message": "OBS main did not answer within 2 s.",
    }


def test_readiness_without_a_connection(bridge: Bridge, run: Run) -> None:
    """Says why; nothing is asked of an OBS that is not there."""
    bridge.statuses = [
        status_of("main", LinkState.FAILED, reason="The password is wrong."),
        status_of("two", LinkState.DISCONNECTED, is_active=False),
    ]
    done = run("obs", "test", "main")
    assert (done.code, "!  connected  failed: The password is wrong." in done.out) == (1, True)
    assert "it is off: restrike obs connect two" in run("obs", "test", "two").out
    assert "two" not in run("obs", "test").out
    assert bridge.asked == []
    assert "There are: main, two." in run("obs", "test", "three").err


def _later(bridge: Bridge, **fields: object) -> None:
    """Have the statuses changed once they were looked at twice."""
    looked = bridge.looks
    done = threading.Event()

    def change() -> None:
        while bridge.looks < looked + 2:
            done.wait(0.01)
        bridge.statuses = [msgspec.structs.replace(bridge.statuses[0], **fields)]

    threading.Thread(target=change, daemon=True).start()


def test_connect_waits_until_it_is_so(bridge: Bridge, run: Run) -> None:
    """It is switched on in the database, and answered once obs-bridge says connected."""
    run("obs", "add", "main")
    bridge.statuses = [status_of("main", LinkState.DISCONNECTED, is_active=False)]
    _later(bridge, state=LinkState.CONNECTED, is_active=True)
    done = run("obs", "connect", "main")
    assert (done.code, done.out) == (0, "main is connected: OBS 29.0.2 on 127.0.0.1:4455.\n"), done.err
    _later(bridge, state=LinkState.DISCONNECTED, is_active=False)
    done = run("obs", "disconnect", "main", "--json")
    assert (done.document["connection"]["is_active"], done.document["status"]["state"]) == (False, "disconnected")


def test_connect_says_why_not(bridge: Bridge, run: Run) -> None:
    """At once when a try failed after it was asked for; an older failure is waited over, and told in the end."""
    run("obs", "add", "main")
    bridge.statuses = [status_of("main", LinkState.FAILED, reason="The password is wrong.")]
    done = run("obs", "connect", "main", "--within", "0.2")
    assert (done.code, done.out) == (1, "")
    assert done.err == "main is not connected (failed): The password is wrong. It is tried again by itself.\n"
    assert bridge.looks >= 2
    bridge.looks = 0
    later_us = unix_ns() // 1000 + 60_000_000
    bridge.statuses = [status_of("main", LinkState.FAILED, reason="The password is wrong.", since_us=later_us)]
    assert run("obs", "connect", "main", "--json").document["error"]["code"] == "obs.not_connected"
    assert bridge.looks == 1
    bridge.statuses = [status_of("main")]
    assert "holds it still" in run("obs", "disconnect", "main", "--within", "0").err


def test_connecting_with_a_busy_bridge(bridge: Bridge, run: Run) -> None:
    """The suite runs, but knows nothing of it yet: nobody is told to start it."""
    run("obs", "add", "main")
    bridge.statuses = []
    done = run("obs", "connect", "main", "--within", "0")
    assert (done.code, done.out) == (
        0,
        "main is switched on; obs-bridge has not taken it up yet: restrike obs status\n",
    )


@pytest.mark.usefixtures("paths")
def test_connecting_without_a_suite(run: Run) -> None:
    """It is stored, and in force when the suite runs."""
    run("obs", "add", "main")
    assert "To have it again: restrike obs connect main" in run("obs", "disconnect", "main").out
    assert run("obs", "list").out.splitlines()[1].split()[-1] == "off"
    assert "it connects when the suite runs: restrike up" in run("obs", "connect", "main").out
    assert connecting.WITHIN_S >= 5
