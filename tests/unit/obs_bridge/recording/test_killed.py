"""The recorder is killed after any step of a match and begun again with what it kept: nothing is recorded twice or
lost, and the rows tell the truth.
"""

from collections.abc import Callable

import pytest

from shared.messages.recordings import RecordingState
from tests.support.stage.mat import fight, load, match
from tests.support.stage.stage import Stage

pytestmark = pytest.mark.slow

Make = Callable[..., Stage]
IDLE, RECORDING = RecordingState.IDLE, RecordingState.RECORDING
KINDS = {"clock_started", "round_started", "clock_stopped", "match_decided"}


def steps_of(stage: Stage) -> int:
    """How many steps a match takes on this stage."""
    before = stage.time.steps
    stage.play(match(101, lasts_s=5))
    stage.pass_s(25)
    return stage.time.steps - before


@pytest.mark.parametrize("share", range(8))
def test_killed_at_every_step(make: Make, tmp_path_factory: pytest.TempPathFactory, share: int) -> None:
    """One start, one end, one row, one whole file, each event once at its place, wherever it was killed."""
    whole = make()
    steps = steps_of(whole)
    assert steps > 100
    expected = {event.kind: event.offset_ms for event in whole.events() if event.kind in KINDS}
    for step in range(share, steps, 8):
        stage = make_in(make, tmp_path_factory)
        _play_killed_at(stage, step)
        said = f"killed at step {step}: {stage.states()}"
        assert stage.requests("StartRecord") == 1, said
        assert stage.requests("StopRecord") == 1, said
        (row,), (video,) = stage.rows(), stage.videos()
        assert (row.state, row.by_hand, row.part) == (IDLE, False, 1), said
        assert (video.is_whole, video.problem) == (True, None), said
        placed = {event.kind: event.offset_ms for event in stage.events() if event.kind in KINDS}
        assert set(placed) == KINDS, said
        assert all(abs(placed[kind] - expected[kind]) < 700 for kind in KINDS), said
        assert len({(e.session, e.entry, e.index, e.kind) for e in stage.events()}) == len(stage.events()), said


def make_in(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Another stage, in a folder of its own."""
    stage = make()
    stage.kill()
    stage.folder = tmp_path_factory.mktemp("stage")
    stage.facts.clear()
    stage.asked.clear()
    stage.begin()
    stage.connect()
    stage.pass_s(0.1)
    return stage


def _play_killed_at(stage: Stage, step: int) -> None:
    """A match in which the service is killed after so many steps, and is back half a second later."""
    until = stage.time.steps + step
    is_killed = False

    def each() -> None:
        nonlocal is_killed
        if stage.time.steps >= until and not is_killed:
            is_killed = True
            stage.kill()
            stage.time.after(0.5, begin)
        stage.turn()

    def begin() -> None:
        stage.begin()
        stage.catch_up()
        stage.connect()

    stage.play(match(101, lasts_s=5))
    stage.time.pass_s(28, each)


def test_killed_for_long(stage: Stage) -> None:
    """The match is over and another one loaded when it is back: the old recording is ended, the new match recorded."""
    stage.play(match(101), [*load(102, 40.0), *fight(43.0, 60)])
    stage.pass_s(8)
    stage.kill()
    stage.pass_s(50)
    stage.begin()
    stage.catch_up()
    stage.connect()
    stage.pass_s(3)
    assert stage.states(0)[-1] is IDLE
    assert stage.states(1)[-1] is RECORDING
    assert stage.requests("StartRecord") == 2


def test_killed_and_obs_killed(stage: Stage) -> None:
    """Both are gone and the match is over meanwhile: nothing is recorded, and the first file is told as broken off."""
    stage.play(match(101))
    stage.pass_s(8)
    stage.kill()
    stage.studio.running.clear()
    stage.pass_s(60)
    stage.begin()
    stage.connect()
    stage.pass_s(5)
    assert stage.requests("StartRecord") == 1, "before it is known how the ring stands"
    stage.catch_up()
    stage.pass_s(10)
    assert stage.requests("StartRecord") == 1
    (video,) = stage.videos()
    assert not video.is_whole


def test_the_past_is_gone(stage: Stage) -> None:
    """The journal is another one: what stands on the mat now decides, not what was planned."""
    stage.play([*load(101), *fight(3, 8)])
    stage.pass_s(8)
    stage.kill()
    stage.pass_s(10)
    stage.begin()
    stage.connect()
    stage.pass_s(5)
    assert stage.states()[-1] is RECORDING, "until it is known"
    stage.recorder.tape.stands(type(stage.happened_so_far[-1].view)(ring="ring-1"))
    stage.pass_s(2)
    assert stage.states()[-1] is IDLE
