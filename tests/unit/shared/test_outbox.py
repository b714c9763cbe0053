"""The outbox: numbers, pages, what is kept beside the facts, trimming, and a file that cannot be written or read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, Mock

import msgspec
import pytest

from shared import outbox as module
from shared.db.sqlite import connect_writer, sqlite3
from shared.messages.automation import RuleFired
from shared.messages.outbox import EncodedFactsPage, Facts, FactsPage, ReplayFacts
from shared.messages.service import Life, Position, ServiceHealth
from shared.outbox import Outbox, OutboxFile, mark_key
from shared.paths import Paths
from shared.runtime import Runtime
from tests.support.facts import fired

PRODUCER = "obs-bridge"


class Told:
    """What an outbox published."""

    def __init__(self) -> None:
        self.batches: list[Facts] = []

    def publish(self, event: object) -> None:
        self.batches.append(msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=Facts))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "obs-bridge.db"


@pytest.fixture
def outbox(path: Path, told: Told) -> Iterator[Outbox]:
    opened = open_at(path, told)
    yield opened
    opened.close()


def open_at(path: Path, told: Told, **options: Any) -> Outbox:
    return Outbox(path, producer=PRODUCER, publish=told.publish, log=Mock(), **options)


def again(outbox: Outbox, path: Path, told: Told) -> Outbox:
    """The next run."""
    outbox.close()
    return open_at(path, told)


def numbers(batches: list[Facts]) -> dict[int, int]:
    """The facts by number."""
    found: dict[int, int] = {}
    for batch in batches:
        for number, fact in enumerate(batch.facts, batch.first):
            assert isinstance(fact.body, RuleFired)
            found[number] = int(fact.body.firing_id)
    return found


def page(outbox: Outbox, *, after: int = 0, limit: int = 500) -> FactsPage:
    answer = outbox.page(ReplayFacts(after=after, limit=limit))
    assert isinstance(answer, EncodedFactsPage)
    return msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=FactsPage)


def refuse(monkeypatch: pytest.MonkeyPatch, code: int = sqlite3.SQLITE_FULL) -> None:
    """Let every write fail from now on."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = code

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(OutboxFile, "write", fail)
    monkeypatch.setattr(module, "RETRY_S", 0.0)


def fail_once(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Let the file turn out to be damaged at the next call of `method`."""
    real = getattr(OutboxFile, method)
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    failures = [error]

    def fail(*arguments: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(*arguments, **options)

    monkeypatch.setattr(OutboxFile, method, fail)


def test_facts_are_numbered_for_ever(outbox: Outbox, path: Path, told: Told) -> None:
    """Published as committed; the next run goes on behind them, under another id, and says whose was before."""
    assert outbox.add([fired(1), fired(2)]) == 2
    assert outbox.add([fired(3)]) == 3
    first = outbox.outbox_id
    second = again(outbox, path, told)
    assert (second.standing().previous_id, second.standing().first, second.standing().facts) == (first, 4, [])
    second.add([fired(4)])
    assert second.standing().previous_id == second.outbox_id != first
    assert numbers(told.batches) == {1: 1, 2: 2, 3: 3, 4: 4}
    assert [(b.outbox_id == first, b.previous_id) for b in told.batches] == [(True, ""), (True, first), (False, first)]
    found = page(second)
    assert (found.batches, found.end, found.id_at_end) == (told.batches, 4, second.outbox_id)
    assert [page(second, after=after).id_at_after for after in (0, 1, 3, 4, 5)] == [
        None,
        first,
        first,
        second.outbox_id,
        None,
    ]
    assert [batch.first for batch in page(second, after=1, limit=1).batches] == [1]
    second.close()


def test_state_is_kept_with_the_facts(outbox: Outbox, path: Path, told: Told) -> None:
    """Set, changed and forgotten with facts or without; the next run has it."""
    outbox.add([fired(1)], kept={"intent/a": b"1", "intent/b": b"2", "at": b"3"})
    outbox.add([], kept={"intent/a": None, "intent/b": b"4"})
    assert outbox.kept("intent/") == {"intent/b": b"4"}
    assert [len(batch.facts) for batch in told.batches] == [1]
    second = again(outbox, path, told)
    assert second.kept() == {"intent/b": b"4", "at": b"3"}
    second.close()


def test_a_full_disk_stops_nothing(outbox: Outbox, path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts are published and answered for from memory; they and what is kept are written when that can be done."""
    outbox.add([fired(1)], kept={"a": b"1", "b": b"1"})
    with monkeypatch.context() as full:
        refuse(full)
        outbox.add([fired(2)], kept={"a": b"2"})
        outbox.add([fired(3), fired(4)], kept={"b": None})
        outbox.retry()
        assert outbox.error is not None
        assert outbox.waiting() == 3
        assert numbers(told.batches) == {1: 1, 2: 2, 3: 3, 4: 4}
        assert outbox.kept() == {"a": b"2"}
        assert numbers(page(outbox).batches + page(outbox, after=1).batches) == {1: 1, 2: 2, 3: 3, 4: 4}
        assert page(outbox, after=2).id_at_after == outbox.outbox_id
    outbox._retry_at = 0.0
    outbox.retry()
    assert outbox.waiting() == 0
    assert not outbox.error
    second = again(outbox, path, told)
    assert (second.last, second.kept()) == (4, {"a": b"2"})
    assert numbers(page(second).batches) == {1: 1, 2: 2, 3: 3, 4: 4}
    second.close()


def test_what_can_be_spared_takes_no_memory(outbox: Outbox, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out while nothing can be written, without a gap in the numbers; before and after it is stored."""
    outbox.add([fired(1)], can_be_spared=True)
    with monkeypatch.context() as full:
        refuse(full)
        outbox.add([fired(2)])
        assert outbox.add([fired(3)], can_be_spared=True) == 2
        assert outbox.waiting() == 1
    outbox.retry()
    outbox.add([fired(4)], can_be_spared=True)
    assert numbers(told.batches) == numbers(page(outbox).batches) == {1: 1, 2: 2, 3: 4}


def test_memory_has_an_end(path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest facts fall out, which is told; what is left keeps its numbers."""
    outbox = open_at(path, told, memory_bytes=1)
    with monkeypatch.context() as full:
        refuse(full)
        for number in (1, 2, 3):
            outbox.add([fired(number)])
        assert (outbox.waiting(), outbox.last) == (1, 3)
    outbox._retry_at = 0.0
    outbox.retry()
    assert numbers(page(outbox).batches) == {3: 3}
    lost = [call.kwargs["facts"] for call in outbox._log.error.call_args_list if call.args == ("facts_lost",)]  # type: ignore[attr-defined]  # a Mock
    assert sum(lost) == 2
    outbox.close()


def test_damage_while_it_runs(outbox: Outbox, path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file turns out to be damaged: it is set aside; the new one has what is kept and every fact from then on."""
    outbox.add([fired(1)], kept={"a": b"1"})
    fail_once(monkeypatch, "write")
    outbox.add([fired(2)], kept={"b": b"2"})
    assert outbox.error is None
    assert numbers(told.batches) == {1: 1, 2: 2}
    assert numbers(page(outbox).batches) == {2: 2}
    assert len([file for file in path.parent.iterdir() if ".damaged-" in file.name and "-wal" not in file.name]) >= 1
    second = again(outbox, path, told)
    assert (second.last, second.kept()) == (2, {"a": b"1", "b": b"2"})
    second.close()


def test_a_damaged_place_that_is_asked_for(
    outbox: Outbox, path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page cannot be read: the asker is told that there is nothing more, facts go on, and what is kept is safe."""
    outbox.add([fired(1)], kept={"a": b"1"})
    fail_once(monkeypatch, "page")
    found = page(outbox)
    assert (found.batches, found.end) == ([], 1)
    outbox = again(outbox, path, told)
    assert outbox.kept() == {"a": b"1"}
    outbox.add([fired(2)])
    assert list(numbers(page(outbox).batches).values()) == [2]
    outbox.close()


def test_trimming_that_fails_is_nobodys_trouble(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: facts go on. A damaged file: a new one is begun."""
    outbox.add([fired(1)], kept={"a": b"1"})
    outbox._done = Position(outbox.outbox_id, outbox.outbox_id, 1)
    with monkeypatch.context() as full:
        full.setattr(OutboxFile, "trim", Mock(side_effect=sqlite3.OperationalError("database or disk is full")))
        outbox.trim()
        assert numbers(page(outbox).batches) == {1: 1}
    for method in ("trim", "session_of"):
        outbox.add([fired(1)])
        outbox._done = Position(outbox.outbox_id, outbox.outbox_id, outbox.last)
        fail_once(monkeypatch, method)
        outbox.trim()
        assert page(outbox).batches == []
        assert outbox.error is None


def test_what_others_add_at_the_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who registers an end later than the outbox adds facts there; what the disk refuses then is counted, too."""
    ends: list[Callable[[], object]] = []
    paths = Paths(tmp_path)
    paths.prepare()
    runtime = Mock(spec=Runtime, service=PRODUCER, paths=paths, log=Mock(), on_stop=ends.append)
    outbox = Outbox.of(runtime, MagicMock())
    ends.append(lambda: outbox.add([fired(1), fired(2)]))
    refuse(monkeypatch)
    for end in ends:  # as the loop calls them
        end()
    told = {call.args[0]: call.kwargs for call in runtime.log.error.call_args_list}
    assert told["facts_not_kept"]["facts"] == 2
    outbox.close()


def test_old_facts_go_when_they_are_stored(outbox: Outbox, path: Path) -> None:
    """Not before db-writer has them by this very run's number, and not before their time; the newest one stays."""
    for number in (1, 2, 3, 4):
        outbox.add([fired(number)])

    def hear(entry: int, run: str) -> None:
        health = ServiceHealth(
            service="db-writer", boot_id="b", pid=1, life=Life.RUNNING, on_bus=True, uptime_s=1, loop_lag_ms=0,
            received=0, sent=0, lost=0, undecodable=0, dropped=0, faults=0, queue_depth=0,
            done_with={mark_key(PRODUCER): Position(run, run, entry)},
        )  # fmt: skip
        outbox.hear(health)
        outbox.trim()

    hear(3, outbox.outbox_id)
    assert len(numbers(page(outbox).batches)) == 4
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE batches SET received_at_us = 1 WHERE last < 4")
    hear(3, "another")
    assert len(numbers(page(outbox).batches)) == 4
    hear(2, outbox.outbox_id)
    assert set(numbers(page(outbox).batches)) == {3, 4}
    assert page(outbox, after=2).id_at_after == outbox.outbox_id
    hear(4, outbox.outbox_id)
    assert set(numbers(page(outbox).batches)) == {4}


def test_where_nothing_can_be_written(tmp_path: Path, told: Told) -> None:
    """There is no folder for the file at the start: it goes on, and the file is made when it can be."""
    path = tmp_path / "data" / "obs-bridge.db"
    outbox = open_at(path, told)
    outbox.add([fired(1)], kept={"a": b"1"})
    assert (outbox.waiting(), numbers(page(outbox).batches)) == (1, {1: 1})
    path.parent.mkdir()
    outbox._retry_at = 0.0
    outbox.retry()
    second = again(outbox, path, told)
    assert (second.last, second.kept()) == (1, {"a": b"1"})
    second.close()
    connect_writer(path).close()


def test_it_is_tried_again_only_while_it_cannot_be_written(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """No timer while all is well; one at a time while it is not."""
    waiting: list[Callable[[], None]] = []
    outbox.after = lambda _seconds, callback: waiting.append(callback)
    outbox.add([fired(1)])
    assert waiting == []
    with monkeypatch.context() as full:
        refuse(full)
        outbox.add([fired(2)])
        outbox.add([fired(3)])
        assert len(waiting) == 1
        outbox._retry_at = 0.0
        waiting.pop()()
        assert (len(waiting), outbox.waiting()) == (1, 2)
    outbox._retry_at = 0.0
    waiting.pop()()
    assert (waiting, outbox.waiting(), outbox.error) == ([], 0, None)
