"""Who is ended, and who is not: slow, silent, starting, restarted, several at once."""

import os
import signal
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared import sentry as module
from shared.asker import Asker
from shared.errors import NetworkError
from shared.messages.incidents import ServiceKilled
from shared.messages.service import Life, ServiceHealth
from shared.runtime import Runtime
from shared.sentry import APART_LOOKS, Sentry
from shared.settings.monitor_keys import KILL_AFTER_S, START_WITHIN_S

LIMIT_S = 3
START_S = 30


class Place:
    """A sentry over services that are played; `pids` says who is there, `lived` whose loop ever turned."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *services: str) -> None:
        self.pids: dict[str, int | None] = {name: 10 + n for n, name in enumerate(services)}
        self.lived = self.may_end = True
        self.limits = {KILL_AFTER_S.name: LIMIT_S, START_WITHIN_S.name: START_S}
        self.ended: list[tuple[int, int]] = []
        self.told: list[ServiceKilled] = []
        self.asked: dict[str, tuple[Callable[[ServiceHealth], None], Callable[[Exception], None]]] = {}
        self._looks = 0
        monkeypatch.setattr(module, "holder", lambda _lock, service: self.pids[service])
        monkeypatch.setattr(module, "has_lived", lambda _lock, _pid: self.lived)
        monkeypatch.setattr(os, "kill", self._kill)
        runtime = SimpleNamespace(
            service="cpu-monitor",
            every=lambda _seconds, _callback: None,
            paths=SimpleNamespace(lock=Path),
            settings=SimpleNamespace(get=lambda key: self.limits[key.name]),
            log=SimpleNamespace(error=lambda *_, **__: None),
            bus=SimpleNamespace(publish=lambda *_: None),
        )
        asker = SimpleNamespace(ask=self._ask)
        self.sentry = Sentry(
            cast(Runtime, runtime),
            cast(Asker, asker),
            services,
            may_end=lambda: self.may_end,
            killed=self.told.append,
        )

    def _ask(self, _command: object, answered: Any, failed: Any, *, service: str, deadline_s: float) -> None:
        assert service not in self.asked, "a second question before the first was answered"
        assert deadline_s > LIMIT_S
        self.asked[service] = answered, failed

    def _kill(self, pid: int, number: int) -> None:
        assert number == signal.SIGKILL
        self.ended.append((self._looks, pid))

    def look(self, times: int = 1) -> None:
        """That many seconds pass."""
        for _ in range(times):
            self._looks += 1
            self.sentry.look()

    def answer(self, service: str) -> None:
        """The service answers what it was asked."""
        self.asked.pop(service)[0](health(service, self.pids[service] or 0))


def health(service: str, pid: int) -> ServiceHealth:
    """A sign of life of process `pid`."""
    return ServiceHealth(
        service=service,
        boot_id="b",
        pid=pid,
        life=Life.RUNNING,
        on_bus=True,
        uptime_s=9,
        loop_lag_ms=0,
        received=0,
        sent=0,
        lost=0,
        undecodable=0,
        dropped=0,
        faults=0,
        queue_depth=0,
    )


def test_one_that_is_silent_is_ended_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its limit, counted in looks; told once, however long it takes to be gone."""
    place = Place(monkeypatch, "db-writer")
    place.look()
    place.answer("db-writer")
    place.look(LIMIT_S)
    assert place.ended == []
    place.look(20)
    assert place.ended == [(LIMIT_S + 2, 10)]
    assert [(event.service, event.pid, event.silent_s) for event in place.told] == [("db-writer", 10, LIMIT_S + 1)]


def test_one_that_answers_late_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that takes 3 s a turn, for an hour: one question at a time, and each late answer counts."""
    place = Place(monkeypatch, "db-writer")
    for _ in range(1200):
        place.look(LIMIT_S)
        place.answer("db-writer")
    assert place.ended == []


def test_one_that_is_heard_on_the_bus_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its questions wait behind others; another process's sign of life is not its own."""
    place = Place(monkeypatch, "db-writer")
    for _ in range(60):
        place.look()
        place.sentry.hear(health("db-writer", 10))
    assert place.ended == []
    for _ in range(60):
        place.look()
        place.sentry.hear(health("db-writer", 11))
    assert [pid for _, pid in place.ended] == [10]


def test_one_that_starts_is_given_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration takes minutes: the other limit holds until the loop turned once."""
    place = Place(monkeypatch, "db-writer")
    place.lived = False
    place.look(START_S)
    assert place.ended == []
    place.look(3)
    assert len(place.ended) == 1


def test_a_new_process_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the question that the old one never answered keeps nobody from asking the new one."""
    place = Place(monkeypatch, "db-writer")
    place.look(LIMIT_S)
    place.pids["db-writer"] = 20
    place.asked.clear()
    place.look(LIMIT_S)
    assert place.ended == []
    assert "db-writer" in place.asked


def test_one_that_is_not_there_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody holds the lock: asked for ever, ended never."""
    place = Place(monkeypatch, "db-writer")
    place.pids["db-writer"] = None
    for _ in range(50):
        place.look()
        place.asked.pop("db-writer")[1](NetworkError("service.no_answer", "…"))
    assert place.ended == []


def test_a_machine_that_stalls_loses_them_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some looks lie between two ends: the others may come back by themselves."""
    place = Place(monkeypatch, "udp-ingest", "pss-parser", "db-writer")
    place.look(30)
    looks = [at for at, _ in place.ended]
    assert len(looks) == 3
    assert all(after - before >= APART_LOOKS for before, after in pairwise(looks))


def test_nobody_is_ended_where_it_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """`monitor.kill_after_s` 0."""
    place = Place(monkeypatch, "db-writer")
    place.limits[KILL_AFTER_S.name] = 0
    monkeypatch.setattr("tests.unit.shared.test_sentry.LIMIT_S", 0)
    place.look(500)
    assert place.ended == []


def test_nobody_is_ended_who_would_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody starts it again: one that is only slow may come back by itself. Once somebody does, the frozen one is."""
    place = Place(monkeypatch, "a")
    place.look()
    place.answer("a")
    place.may_end = False
    place.look(10)
    assert place.ended == []
    place.may_end = True
    place.look()
    assert [pid for _, pid in place.ended] == [10]
