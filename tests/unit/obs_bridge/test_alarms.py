"""Alarms: raised after their time, cleared after a moment of peace, each told once."""

from typing import Any

from msgspec.structs import replace

from services.obs_bridge.alarms import Alarms, Duty
from services.obs_bridge.denials import Denial
from shared.automation.match_view import MatchView
from shared.messages.obs import AlarmKind, LinkState, ObsLoad, ObsStatus, Outputs, Role

DENIED = Denial(MatchView(ring="ring-2", match_id="m9"), "OBS automation: not allowed by the licence.")
DUTY = Duty(records=True, replays=True, ring="ring-1", match_id="m1", least_free_bytes=100)
WELL = ObsStatus(
    connection="main",
    state=LinkState.CONNECTED,
    reason=None,
    since_us=0,
    host="127.0.0.1",
    port=4455,
    roles=tuple(Role),
    rings=(),
    outputs=Outputs(is_recording=True, is_replay_on=True),
    load=ObsLoad(disk_free_bytes=1000),
)


class Watched:
    """Alarms with a clock; `at` gives a status at a time, and keeps what was told as (time, kind, is_raised)."""

    def __init__(self) -> None:
        self.alarms = Alarms("main", dropped_percent=1.0)
        self.told: list[tuple[float, AlarmKind, bool]] = []

    def at(self, now_s: float, status: ObsStatus, duty: Duty = DUTY) -> None:
        for alarm in self.alarms.look(status, duty, now_s=now_s, now_us=int(now_s * 1e6)):
            assert alarm.connection == "main"
            assert alarm.message.endswith(".")
            self.told.append((now_s, alarm.kind, alarm.is_raised))


def with_outputs(**fields: Any) -> ObsStatus:
    """A status that is well but for its outputs."""
    return replace(WELL, outputs=replace(WELL.outputs or Outputs(), **fields))


def with_frames(seconds: int, *, lost: int = 0, **fields: Any) -> ObsStatus:
    """After so many seconds of 30 fps, with `lost` frames skipped by the encoder."""
    load = ObsLoad(disk_free_bytes=1000, output_frames=30 * seconds, output_frames_skipped=lost)
    return replace(with_outputs(**fields), load=load)


def test_nothing_is_told_while_all_is_well() -> None:
    """Nor when nothing ought to be."""
    watched = Watched()
    for second in range(20):
        watched.at(second, WELL)
        watched.at(second + 0.5, with_outputs(is_recording=False, is_replay_on=False), Duty())
    assert watched.told == []


def test_a_recording_that_should_run_is_an_alarm_after_its_time_to_start() -> None:
    """Once raised, once cleared; within the 5 s in which an operator must know."""
    watched = Watched()
    for second in range(6):
        watched.at(second, with_outputs(is_recording=False))
    assert watched.told == [(3, AlarmKind.NOT_RECORDING, True)]
    assert list(watched.alarms.raised) == [AlarmKind.NOT_RECORDING]
    for second in range(6, 10):
        watched.at(second, WELL)
    assert watched.told[1:] == [(7, AlarmKind.NOT_RECORDING, False)]
    assert not watched.alarms.raised


def test_a_flutter_raises_nothing_and_clears_nothing() -> None:
    """A status that is wrong for one second is none, and one that is right for an instant does not end it."""
    watched = Watched()
    for second in range(0, 12, 2):
        watched.at(second, with_outputs(is_replay_on=False))
        watched.at(second + 1, WELL)
    assert watched.told == []
    for second in range(20, 30):
        watched.at(second, with_outputs(is_replay_on=False))
    watched.at(30, WELL)
    watched.at(30.5, with_outputs(is_replay_on=False))
    watched.at(31.2, WELL)
    assert watched.told == [(23, AlarmKind.REPLAY_OFF, True)]


def test_a_paused_recording_does_not_record() -> None:
    """It misses the match."""
    watched = Watched()
    for second in range(5):
        watched.at(second, with_outputs(is_record_paused=True))
    assert [kind for _, kind, _ in watched.told] == [AlarmKind.NOT_RECORDING]


def test_no_connection_is_an_alarm_only_while_a_match_needs_it() -> None:
    """And what cannot be judged meanwhile stays as it was."""
    away = replace(WELL, state=LinkState.DISCONNECTED, outputs=None, load=None, reason="Nothing listens.")
    watched = Watched()
    for second in range(5):
        watched.at(second, away, Duty(records=True))
        watched.at(second + 0.1, replace(away, is_active=False))
    assert watched.told == []
    for second in range(10, 15):
        watched.at(second, with_outputs(is_recording=False))
    for second in range(15, 20):
        watched.at(second, away)
    assert watched.told == [(13, AlarmKind.NOT_RECORDING, True), (16, AlarmKind.NOT_CONNECTED, True)]
    for second in range(20, 24):
        watched.at(second, WELL)
    assert set(watched.told[2:]) == {(21, AlarmKind.NOT_CONNECTED, False), (21, AlarmKind.NOT_RECORDING, False)}


def test_a_full_disk_is_told_at_once_and_cleared_when_there_is_room() -> None:
    """A little above the limit is not room."""
    watched = Watched()
    for now_s, free in enumerate((101, 100, 105, 105, 105, 111, 111, 111)):
        watched.at(now_s, replace(WELL, load=ObsLoad(disk_free_bytes=free)))
    assert watched.told == [(1, AlarmKind.DISK_LOW, True), (6, AlarmKind.DISK_LOW, False)]


def test_lost_frames_are_judged_over_ten_seconds() -> None:
    """One in a hundred raises it; it ends when the window holds fewer than half of that."""
    watched = Watched()
    for second in range(40):
        watched.at(second, with_frames(second, lost=0 if second < 10 else 6))
    assert watched.told == [(10, AlarmKind.FRAMES_DROPPED, True), (21, AlarmKind.FRAMES_DROPPED, False)]


def test_frames_do_not_count_without_an_output_or_across_a_restart_of_obs() -> None:
    """Nor does a single one."""
    watched = Watched()
    idle = {"is_recording": False, "is_replay_on": False}
    for second in range(15):
        watched.at(second, with_frames(second, lost=10 * second, **idle), Duty())
    watched = Watched()
    for second in range(10):
        watched.at(second, with_frames(second + 100, lost=1 if second > 5 else 0))
    for second in range(10, 20):
        watched.at(second, with_frames(second - 10, lost=0))
    assert watched.told == []


def test_what_the_licence_denies() -> None:
    """At once, whether or not OBS is there, with the match that it is about; once for all matches, until it is allowed;
    and nothing is said to be missing that is not wanted.
    """
    alarms = Alarms("main", dropped_percent=1.0)
    away, duty = replace(WELL, state=LinkState.DISCONNECTED, outputs=None), Duty(denial=DENIED)
    (alarm,) = alarms.look(away, duty, now_s=0, now_us=0)
    assert (alarm.kind, alarm.is_raised, alarm.message) == (AlarmKind.NOT_LICENSED, True, DENIED.sentence)
    assert (alarm.ring, alarm.match_id) == ("ring-2", "m9")
    assert alarms.look(WELL, duty, now_s=1, now_us=1) == []
    assert alarms.look(WELL, Duty(), now_s=2, now_us=2) == []
    (over,) = alarms.look(WELL, Duty(), now_s=3, now_us=3)
    assert (over.kind, over.is_raised) == (AlarmKind.NOT_LICENSED, False)
