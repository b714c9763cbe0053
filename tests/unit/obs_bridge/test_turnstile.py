"""One act at a time, none while the recorder is at it, and never shut for good."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.obs_bridge.acts import perform
from services.obs_bridge.acts.record_settings import OWN_FORMAT
from services.obs_bridge.acts.registry import ALONE
from services.obs_bridge.execution import Outcome, Reply
from services.obs_bridge.procedure import Data
from services.obs_bridge.turnstile import HOLD_S, WAIT_S, Turnstile
from shared.automation.happenings import Happened
from shared.messages.automation import Happening
from shared.messages.obs_actions import AnyAction, SetFileName, StartReplayBuffer
from shared.messages.recordings import RecordingState
from shared.timers import Timer
from tests.support.stage.mat import match
from tests.support.stage.stage import Stage

Then = Callable[[Outcome[Any]], None]


class Hall:
    """A turnstile, the acts in it, and a clock that the test moves."""

    def __init__(self) -> None:
        self.is_taken = False
        self.begun: list[str] = []
        self.over: list[tuple[str, int]] = []
        self._ends: dict[str, Then] = {}
        self._now_s = 0.0
        self._timers: list[Timer] = []
        self.turnstile = Turnstile(is_taken=lambda: self.is_taken, after=self._after)

    def let(self, name: str) -> None:
        def begin(done: Then) -> None:
            self.begun.append(name)
            self._ends[name] = done

        self.turnstile.let(begin, lambda outcome: self.over.append((name, outcome.value())))

    def end(self, name: str, result: int = 1) -> None:
        """The act is over; then the turn ends."""
        self._ends.pop(name)(Outcome(result=result))
        self.turnstile.turn()

    def wait(self, seconds: float) -> None:
        self._now_s += seconds
        for timer in [one for one in self._timers if one.due <= self._now_s]:
            self._timers.remove(timer)
            timer.callback()
        self.turnstile.turn()

    def _after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        self._timers.append(Timer(callback, due=self._now_s + seconds))
        return self._timers[-1]


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_one_after_the_other(hall: Hall) -> None:
    """Each begins when the one before is over, in order; the first at once."""
    for name in "abc":
        hall.let(name)
    assert (hall.begun, hall.turnstile.is_shut) == (["a"], True)
    hall.end("a", 7)
    assert (hall.begun, hall.over) == (["a", "b"], [("a", 7)])
    hall.end("b")
    hall.end("c")
    assert (hall.begun, hall.turnstile.is_shut) == (["a", "b", "c"], False)


def test_the_recorder_goes_first(hall: Hall) -> None:
    """While it sets a name and starts, nobody gets in; afterwards who waited does."""
    hall.is_taken = True
    hall.let("a")
    hall.wait(1)
    assert (hall.begun, hall.turnstile.is_shut) == ([], False)
    hall.is_taken = False
    hall.turnstile.turn()
    assert hall.begun == ["a"]


def test_an_act_that_hangs_holds_nobody(hall: Hall) -> None:
    """OBS opened a window: the next one gets in after a while, and the end of the first opens nothing for a third."""
    for name in "abc":
        hall.let(name)
    hall.wait(HOLD_S)
    assert hall.begun == ["a", "b"]
    hall.end("a")
    assert (hall.begun, hall.turnstile.is_shut) == (["a", "b"], True)
    assert hall.over == [("a", 1)]
    hall.end("b")
    assert hall.begun == ["a", "b", "c"]


def test_a_recorder_that_hangs_holds_nobody(hall: Hall) -> None:
    """An operator's stop comes through, and once."""
    hall.is_taken = True
    hall.let("a")
    hall.wait(WAIT_S)
    assert hall.begun == ["a"]
    hall.is_taken = False
    hall.end("a")
    hall.wait(WAIT_S)
    assert hall.begun == ["a"]


def test_an_act_that_cannot_begin_leaves_it_open(hall: Hall) -> None:
    """A fault of the suite: the next one is not kept waiting."""

    def begin(_: Then) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hall.turnstile.let(begin, lambda _: None)
    assert not hall.turnstile.is_shut
    hall.let("a")
    assert hall.begun == ["a"]


class Hallway(Stage):
    """A stage whose acts go through a turnstile; `acts` are done as soon as something of that kind happens."""

    def begin(self) -> None:
        super().begin()
        self.acts: dict[Happening, AnyAction] = {}
        self.done: list[Outcome[Any]] = []
        self.names: dict[str, str] = {}
        self.turnstile = Turnstile(
            is_taken=lambda: self.recorder.is_busy or self.buffer.is_naming, after=self.time.after
        )

    def act(self, action: AnyAction) -> None:
        """What a studio does with an action."""
        begin = partial(self.obs.run, perform(action, self.obs.facts), what="the act")
        if type(action) in ALONE:
            self.turnstile.let(begin, self.done.append)
        else:
            begin(self.done.append)

    def hear(self, happened: Happened) -> None:
        super().hear(happened)
        if happened.what in self.acts:
            action = self.acts[happened.what]
            self.ledger.then(lambda: self.act(action))

    def turn(self) -> None:
        if self.is_up:
            self.recorder.turn(may_act=not self.turnstile.is_shut and not self.buffer.is_naming)
            self.turnstile.turn()
            self.ledger.commit()

    def reply(self, request: str, data: Data) -> Reply | None:
        if request in ("StartRecord", "StartReplayBuffer"):
            self.names[request] = self.studio.profile["Output", "FilenameFormatting"]
        return super().reply(request, data)


@pytest.mark.parametrize("what", [Happening.MATCH_LOADED, Happening.MATCH_READY, Happening.CLOCK])
def test_a_rule_that_starts_the_buffer_leaves_a_recording_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: Happening
) -> None:
    """At the same event at which the match's recording begins, or near it: the recording has the match's name, the
    buffer's clips have not, and neither waits long.
    """
    stage = Hallway(tmp_path, monkeypatch, post_roll_ms=3_000, root=None)
    stage.studio.profile["Output", "FilenameFormatting"] = OWN_FORMAT
    stage.connect()
    stage.acts[what] = StartReplayBuffer()
    stage.play(match(101))
    stage.until(lambda: len(stage.names) == 2, within=5)
    assert stage.names["StartReplayBuffer"] == OWN_FORMAT
    assert " 101 " in stage.names["StartRecord"]
    stage.until(lambda: stage.done and RecordingState.RECORDING in stage.states(), within=1)
    assert stage.done[0].error is None
    assert stage.studio.profile["Output", "FilenameFormatting"] == OWN_FORMAT


def test_an_operator_who_names_files_at_the_start_of_a_match(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The match's recording is not called so, and what was asked for holds afterwards."""
    stage = Hallway(tmp_path, monkeypatch, post_roll_ms=3_000, root=None)
    stage.connect()
    stage.acts[Happening.MATCH_READY] = SetFileName(format="Ring 1 %CCYY-%hh-%mm-%ss")
    stage.play(match(101))
    stage.until(lambda: stage.done, within=5)
    assert " 101 " in stage.names["StartRecord"]
    assert stage.studio.profile["Output", "FilenameFormatting"] == "Ring 1 %CCYY-%hh-%mm-%ss"
