"""supervisord is asked every five seconds, whatever happens; two questions without an answer mean that it is away."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.cpu_monitor.guarding import supervision
from services.cpu_monitor.guarding.supervision import Supervision
from services.cpu_monitor.picture import Picture, Supervisor
from shared.paths import Paths
from shared.runtime import Runtime
from shared.supervised import PID_FILE
from tests.support.wait import eventually

LISTED = [{"name": "broker", "pid": 5}]


class Desk:
    """Supervision without a loop, and a supervisord that says what `is_alive` says; `asked` is what it was asked."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch, *, is_child: bool = True) -> None:
        self.now_s = 1_000.0
        self.is_alive = self.lists = True
        self.asked: list[str] = []
        self.taken: list[Any] = []
        self.parent = os.getppid()
        self._posted: list[Callable[[], None]] = []
        paths = Paths(home)
        paths.prepare()
        if is_child:
            patch.setenv("SUPERVISOR_SERVER_URL", f"unix://{paths.supervisor_socket}")
        patch.setattr(supervision, "answers", lambda _: self._say("alive"))
        patch.setattr(supervision, "ask_supervisor", lambda *_: LISTED if self._say("list") and self.lists else None)
        patch.setattr(supervision, "monotonic_s", lambda: self.now_s)
        patch.setattr(os, "getppid", lambda: self.parent)
        self.picture = Picture(["broker"], began_at_s=0.0)
        runtime = cast(Runtime, SimpleNamespace(paths=paths, post=self._posted.append))
        self.supervision = Supervision(runtime, self.picture, lambda listed, _: self.taken.append(listed))

    def _say(self, question: str) -> bool:
        self.asked.append(question)
        return self.is_alive

    def look(self, *, is_news: bool = False) -> None:
        """A second passes; an answer comes at once."""
        self.now_s += 1
        before = len(self.asked)
        self.supervision.look(is_news=is_news, now_s=self.now_s)
        if self.supervision._is_asking:
            eventually(lambda: self._posted, within=2)
            self._posted.pop()()
            assert self.asked[before:] in (["alive"], ["list"], ["list", "alive"])

    @property
    def known(self) -> Supervisor:
        """What is known of it."""
        assert self.picture.supervisor is not None
        return self.picture.supervisor


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """One that supervisord started."""
    return Desk(tmp_path / "home", monkeypatch)


def test_it_is_asked_every_five_seconds(desk: Desk) -> None:
    """Whether it lives, which costs little; for the list only when something is new, and that is an answer, too."""
    for _ in range(10):
        desk.look()
    assert desk.asked == ["alive", "alive"]
    desk.look(is_news=True)
    assert (desk.asked[2:], desk.taken) == (["list"], [LISTED])
    assert desk.known.answered_at_s == desk.now_s
    for _ in range(4):
        desk.look()
    assert len(desk.asked) == 3


def test_one_that_is_frozen(desk: Desk) -> None:
    """The second question comes soon after the first one without an answer; it goes on, and is well."""
    desk.look()
    desk.is_alive = False
    silent = []
    for _ in range(6):
        desk.look()
        silent.append(desk.known.is_silent)
    assert silent == [False, False, False, False, False, True]
    assert desk.now_s - desk.known.answered_at_s == 6
    desk.is_alive = True
    for _ in range(5):
        desk.look()
    assert not desk.known.is_silent


def test_one_that_refuses_the_list(desk: Desk) -> None:
    """As it does while it ends, and when it is slow: it lives all the same."""
    desk.lists = False
    for _ in range(3):
        desk.look(is_news=True)
    assert (desk.asked, desk.taken) == (["list", "alive"] * 3, [])
    assert not desk.known.is_silent


def test_one_that_ended(desk: Desk) -> None:
    """This process has another parent then; nobody is asked any more."""
    desk.look()
    desk.parent = 1
    desk.look(is_news=True)
    assert not desk.known.is_there
    assert desk.asked == ["alive"]


def test_news_while_it_is_asked_are_not_lost(desk: Desk) -> None:
    """The list is asked for afterwards."""
    desk.supervision._is_asking = True
    desk.supervision.look(is_news=True, now_s=desk.now_s)
    desk.supervision._is_asking = False
    desk.look()
    assert desk.asked == ["list"]


def test_nobody_is_missed_where_none_started_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, or by a test: supervisord is asked for its list only, and nothing is said of it."""
    desk = Desk(tmp_path / "home", monkeypatch, is_child=False)
    desk.is_alive = False
    for number in range(8):
        desk.look(is_news=number == 0)
    assert desk.asked == ["list"]
    assert desk.picture.supervisor is None


def test_one_that_ended_before_the_first_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number is there, and the parent is another process already: it is away, and nobody is called silent."""
    home = tmp_path / "home"
    Paths(home).prepare()
    (Paths(home).run / PID_FILE).write_text("4194305\n")
    desk = Desk(home, monkeypatch)
    desk.look()
    assert (desk.known.pid, desk.known.is_there, desk.asked) == (4194305, False, [])
