"""A message is hidden again whatever happens to the connection or to us, and only if it is still there."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from services.obs_bridge import faults
from services.obs_bridge.acts import perform
from services.obs_bridge.execution import Execution, Outcome, Reply
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.leftovers import KEY, Leftovers
from services.obs_bridge.procedure import Ask, Procedure
from shared.messages.obs_actions import AnyAction, ShowMessage, ShowSource
from shared.outbox import Outbox
from shared.timers import Timer
from tests.support.obs.studio import RefusalError, Studio
from tests.unit.obs_bridge.acts.facts import OLD

MESSAGE = ShowMessage(source="Names", text="Video review", scene="Break", for_ms=5_000)
LOST = faults.closed_by_obs(None)


class Sent:
    """A request that reached OBS at once."""

    went_out = True
    is_called_off = False


class House:
    """One OBS, what keeps its leftovers, and a clock that the test moves."""

    name = "main"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_connected = True
        self.is_kept = False
        self.now_us = 1_700_000_000_000_000
        self.timers: list[tuple[int, Callable[[], None]]] = []
        self.running: list[Execution[Any]] = []
        self.posted: list[Callable[[], None]] = []
        self.log = Mock()
        self.log.bind.return_value = self.log
        self.studio = Studio(tell=lambda *_: None, later=lambda *_: None, records=None)
        self.begin()

    def begin(self) -> None:
        self.outbox = Outbox(self.path, producer="obs-bridge", publish=lambda _: None, log=Mock())
        self.ledger = Ledger(self.outbox, Mock())
        kept = self.outbox.kept(KEY).get(KEY + self.name)
        self.leftovers = Leftovers(
            self, self.ledger, kept=kept, after=self._after, now_us=lambda: self.now_us, log=self.log
        )

    def restart(self) -> None:
        """As after kill -9; it connects a second later."""
        self.lose()
        self.timers.clear()
        self.outbox.close()
        self.begin()
        self.back(after_s=1)

    def act(self, action: AnyAction, *, by_hand: bool = False) -> None:
        """What a studio does with an action."""

        def over(outcome: Outcome[Any]) -> None:
            self.is_kept = self.leftovers.acted(action, outcome, by_hand=by_hand)

        self.run(perform(action, OLD), over, what="")
        self.wait(0)

    def lose(self) -> None:
        self.is_connected = False
        for one in tuple(self.running):
            one.lose(LOST)

    def back(self, *, after_s: float = 0) -> None:
        self.wait(after_s)
        self.is_connected = True
        self.leftovers.link_up()
        self.wait(0)

    def wait(self, seconds: float) -> None:
        self.now_us += round(seconds * 1e6)
        while due := [one for one in self.timers if one[0] <= self.now_us]:
            self.timers.remove(due[0])
            due[0][1]()
            self._turn()
        self._turn()

    def _turn(self) -> None:
        while self.posted:
            self.posted.pop(0)()
        self.ledger.commit()

    @property
    def is_shown(self) -> bool:
        return "Names" not in self.studio.hidden

    @property
    def kept(self) -> int:
        return len(self.outbox.kept(KEY))

    def run(self, procedure: Procedure[Any], then: Callable[[Outcome[Any]], None], *, what: str) -> object:
        def over(outcome: Outcome[Any]) -> None:
            self.running.remove(execution)
            then(outcome)

        execution: Execution[Any] = Execution(
            procedure, over, what=what, requests=self._send, after=self._after, post=self.posted.append
        )
        self.running.append(execution)
        if self.is_connected:
            execution.start()
        else:
            self.posted.append(lambda: execution.lose(LOST))
        return execution

    def _send(self, ask: Ask, told: Callable[[Reply], None]) -> Sent:
        try:
            reply = Reply(data=self.studio.answer(ask.request, ask.data or {}), sent_ns=1, answered_ns=2)
        except RefusalError as refusal:
            reply = Reply(error=faults.refused(ask.request, refusal.code, ""), sent_ns=1, answered_ns=2)
        self.posted.append(lambda: told(reply))
        return Sent()

    def _after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback, due=seconds)
        self.timers.append((self.now_us + round(seconds * 1e6), lambda: None if timer.is_over else callback()))
        return timer


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "obs-bridge.db")
    house.studio.hidden.add("Names")
    yield house
    house.outbox.close()


def test_in_time(house: House) -> None:
    """Not before, and nothing is left to do then."""
    house.act(MESSAGE)
    assert (house.is_shown, house.is_kept, house.kept) == (True, True, 1)
    house.wait(4.9)
    assert house.is_shown
    house.wait(0.1)
    assert (house.is_shown, house.kept) == (False, 0)


@pytest.mark.parametrize(("lost_s", "left_s"), [(1, 4), (60, 0)])
def test_over_a_lost_connection(house: House, lost_s: float, left_s: float) -> None:
    """It is back in time, or later: hidden at its time, or at once."""
    house.act(MESSAGE)
    house.lose()
    house.back(after_s=lost_s)
    if left_s:
        assert house.is_shown
        house.wait(left_s)
    assert (house.is_shown, house.kept) == (False, 0)


def test_over_a_restart(house: House) -> None:
    """We are killed while it shows; so it is with a wall clock that was set back by an hour meanwhile."""
    house.act(MESSAGE)
    house.restart()
    assert house.is_shown
    house.now_us -= 3_600_000_000
    house.leftovers.link_up()
    house.wait(5)
    assert (house.is_shown, house.kept) == (False, 0)


def test_a_connection_that_is_lost_while_it_is_hidden(house: House) -> None:
    """Nobody knows whether OBS did it: done again."""
    house.act(MESSAGE)
    house.now_us += 5_000_000
    for _, callback in house.timers[-1:]:
        callback()
    house.lose()
    house.wait(0)
    assert house.kept == 1
    house.back()
    assert (house.is_shown, house.kept) == (False, 0)


def test_a_message_of_which_nobody_knows_whether_it_shows(house: House) -> None:
    """The connection was lost while it was shown: it may be there, so it is hidden."""
    house.studio.hidden.clear()
    house.studio.inputs["Names"]["text"] = MESSAGE.text
    error = faults.lost_while("the action", LOST)
    house.leftovers.acted(MESSAGE, Outcome(error=error), by_hand=True)
    house.lose()
    house.back(after_s=10)
    assert not house.is_shown


def test_another_text_has_its_own_time(house: House) -> None:
    """The next message is not cut short, the same text neither; what an operator wrote stays."""
    house.act(MESSAGE)
    house.wait(3)
    house.act(MESSAGE)
    house.wait(3)
    assert house.is_shown
    house.studio.inputs["Names"]["text"] = "Medals"
    house.wait(2)
    assert (house.is_shown, house.kept) == (True, 0)


def test_what_a_rule_could_not_hide(house: House) -> None:
    """A lower third whose time was over while OBS was away is hidden when it is back; not when it was shown since, nor
    an hour later; and not what a person was told of.
    """
    hide, show = (ShowSource(source="Names", scene="Break", visible=visible) for visible in (False, True))
    for by_hand, is_shown_again, away_s, is_shown in (
        (False, False, 10, False),
        (False, True, 10, True),
        (False, False, 3600, True),
        (True, False, 10, True),
    ):
        house.studio.hidden.clear()
        house.lose()
        house.act(hide, by_hand=by_hand)
        if is_shown_again:
            house.leftovers.acted(show, Outcome(), by_hand=False)
        house.back(after_s=away_s)
        assert (house.is_shown, house.kept) == (is_shown, 0), (by_hand, is_shown_again, away_s)


def test_a_source_that_is_gone(house: House) -> None:
    """It cannot be hidden: told once, and not tried for ever."""
    house.act(MESSAGE)
    del house.studio.inputs["Names"]
    house.wait(5)
    assert house.kept == 0
    house.log.warning.assert_called_once()


def test_a_connection_that_is_removed(tmp_path: Path) -> None:
    """Nothing of it is kept."""
    house = House(tmp_path / "obs-bridge.db")
    with closing(house.outbox):
        house.act(MESSAGE)
        house.leftovers.drop()
        house.wait(5)
        assert (house.is_shown, house.kept) == (True, 0)
