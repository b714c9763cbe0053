"""Facts of other producers on their way into the database: what is continuous, what is fetched, skipped and refused."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar, get_args
from unittest.mock import Mock

import msgspec
import pytest

from services.db_writer.outboxes.appliers import APPLIERS, Applier
from services.db_writer.outboxes.intake import FactIntake
from services.db_writer.outboxes.reception import Reception
from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.outboxes.store import FactStore, Mark
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError, NetworkError, RestrikeError
from shared.messages.automation import RuleFired
from shared.messages.outbox import AnyStored, Facts, FactsPage, ReplayFacts, StoredFact
from shared.messages.service import Position
from shared.outbox import Outbox
from shared.rpc import RefusedError
from tests.support.facts import fired
from tests.support.telling_writer import numbers, tell
from tests.unit.db_writer.ring import NOW_US

PRODUCER = "obs-bridge"
T = TypeVar("T")


class House:
    """A producer's outbox, the database, and the way between them: what is published arrives only if `take`n."""

    def __init__(self, folder: Path, connection: "sqlite3.Connection") -> None:
        self.folder = folder
        self.connection = connection
        self.published: list[Facts] = []
        self.asked: list[int] = []
        self.outbox = self.run()
        self.is_silent = False
        self.restart()

    def run(self) -> Outbox:
        """The producer's next run."""
        self.outbox = Outbox(
            self.folder / "obs-bridge.db",
            producer=PRODUCER,
            publish=lambda event: self.published.append(_read(event, Facts)),
            log=Mock(),
        )
        return self.outbox

    def restart(self) -> None:
        """Begin with what the database says."""
        self.store = FactStore(self.connection, appliers={RuleFired: tell})
        self.intake = FactIntake(self.store, self.ask, now_us=lambda: NOW_US)

    def ask(self, producer: str, command: ReplayFacts) -> FactsPage:
        self.asked.append(command.after)
        if self.is_silent:
            raise NetworkError("service.no_answer", "It did not answer.")
        assert producer == PRODUCER
        return _read(self.outbox.page(command), FactsPage)

    def tell(self, *told: int, rule: str = "rule") -> None:
        self.outbox.add([fired(number, rule=rule) for number in told])

    def deliver(self, *batches: Facts) -> None:
        """What is live arrives, and all is stored."""
        for batch in batches:
            self.intake.take(batch)
        self.store_all()

    def store_all(self) -> None:
        while True:
            while self.intake.commit() is not None:
                pass
            if not self.intake.behind:
                return
            self.intake.catch_up(PRODUCER)

    @property
    def stored(self) -> list[int]:
        return numbers(self.connection)


def _read(event: object, kind: type[T]) -> T:
    """As it arrives."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=kind)


@pytest.fixture
def house(tmp_path: Path, connection: "sqlite3.Connection") -> Iterator[House]:
    made = House(tmp_path, connection)
    yield made
    made.outbox.close()


def test_only_what_can_come_has_an_applier() -> None:
    """The registry names types of the contract's one list."""
    assert set(APPLIERS) <= set(get_args(AnyStored))


def test_live_facts_are_stored_without_a_question(house: House) -> None:
    """Of the first run from its first fact on, and of the next run behind it."""
    house.tell(1)
    house.tell(2, 3)
    house.deliver(*house.published, house.outbox.standing())
    first = house.outbox.outbox_id
    house.outbox.close()
    house.run()
    house.deliver(house.outbox.standing())
    house.tell(4)
    house.deliver(house.published[-1], house.outbox.standing())
    assert (house.stored, house.asked) == ([1, 2, 3, 4], [])
    assert house.store.marks() == {PRODUCER: Mark(house.outbox.outbox_id, 4)}
    assert house.connection.execute("SELECT entry FROM outbox_marks WHERE outbox_id = ?", (first,)).fetchone() == (3,)


def test_a_gap_is_fetched(house: House) -> None:
    """Seen from a later batch, or from the empty one that says where the outbox stands."""
    for number in range(1, 5):
        house.tell(number)
    house.deliver(house.published[0], house.published[2])
    assert house.stored == [1, 2, 3, 4]
    house.deliver(house.published[3])
    house.tell(5)
    house.deliver(house.outbox.standing())
    assert (house.stored, house.asked) == ([1, 2, 3, 4, 5], [1, 4])


def test_a_batch_that_is_stored_in_part(house: House) -> None:
    """Its rest is stored."""
    house.tell(1, 2, 3)
    (batch,) = house.published
    part = Facts(PRODUCER, batch.outbox_id, "", 1, batch.facts[:2])
    house.deliver(part)
    house.deliver(batch)
    house.store.apply(batch, now_us=NOW_US)
    assert house.stored == [1, 2, 3]


def test_nothing_comes_twice_after_a_new_start(house: House) -> None:
    """What is live is known from the marks."""
    house.tell(1)
    house.tell(2)
    house.deliver(*house.published)
    house.restart()
    house.deliver(*house.published, house.outbox.standing())
    assert (house.stored, house.asked) == ([1, 2], [])


def test_facts_of_several_runs_are_fetched(house: House) -> None:
    """Page by page through all of them, each run with its own mark."""
    for number in range(1, 4):
        house.tell(number)
        house.outbox.close()
        house.run()
    house.deliver(house.outbox.standing())
    assert house.stored == [1, 2, 3]
    assert house.connection.execute("SELECT count(*) FROM outbox_marks").fetchone() == (3,)
    house.deliver(house.outbox.standing())
    assert house.asked == [0]


def test_numbers_that_are_given_twice(house: House) -> None:
    """An older copy of the outbox was put back: what is numbered again is stored at once, and nothing twice."""
    house.tell(1)
    house.outbox.close()
    older = (house.folder / "obs-bridge.db").read_bytes()
    house.run()
    house.tell(2)
    house.tell(3)
    house.deliver(*house.published)
    house.outbox.close()
    (house.folder / "obs-bridge.db").write_bytes(older)
    house.run()
    house.tell(4)
    assert house.published[-1].first == 2
    house.deliver(house.published[-1])
    assert house.stored == [1, 2, 3, 4]


def test_what_the_outbox_holds_no_more_is_let_go(house: House) -> None:
    """Another outbox in its place, and an empty one: neither is asked for ever."""
    house.tell(1)
    house.tell(2)
    house.deliver(*house.published)
    house.outbox.close()
    (house.folder / "obs-bridge.db").rename(house.folder / "gone.db")
    house.run()
    house.deliver(house.outbox.standing())
    house.tell(3)
    house.deliver(house.published[-1])
    asked = len(house.asked)
    house.deliver(house.outbox.standing())
    assert (house.stored, len(house.asked)) == ([1, 2, 3], asked)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_producer_that_does_not_answer(house: House, is_known: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    """It is behind no more, so that nobody waits for it; when it is heard again it is asked again."""
    if is_known:
        house.tell(1)
        house.deliver(*house.published)
    house.tell(2)
    house.is_silent = True
    house.intake.take(house.outbox.standing())
    with pytest.raises(NetworkError):
        house.intake.catch_up(PRODUCER)
    assert not house.intake.behind
    house.is_silent = False
    house.deliver(house.outbox.standing())
    assert house.stored == ([1, 2] if is_known else [2])


def test_a_transaction_that_fails_leaves_nothing(house: House) -> None:
    """Neither rows nor a mark; it is stored when that can be done, once."""
    house.tell(1)
    house.tell(2, 3)
    real = tell

    def fail(connection: "sqlite3.Connection", fact: RuleFired, stamp: Stamp) -> None:
        real(connection, fact, stamp)
        if fact.firing_id == "3":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    appliers: dict[type, Applier] = {RuleFired: fail}
    store = FactStore(house.connection, appliers=appliers)
    house.intake = FactIntake(store, house.ask, now_us=lambda: NOW_US)
    with pytest.raises(DatabaseError):
        house.deliver(*house.published)
    assert house.stored == [1]
    assert store.marks()[PRODUCER].entry == 1
    assert house.intake.behind == {PRODUCER}
    appliers[RuleFired] = real
    house.store_all()
    assert house.stored == [1, 2, 3]


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        ("INSERT INTO nowhere VALUES (1)", "no such table"),
        ("INSERT INTO told VALUES (NULL, '')", "NOT NULL"),
        ("INSERT INTO told VALUES (?, '')", "bindings"),
        (KeyError("a mistake"), "a mistake"),
        (None, "Nothing here stores a RuleFired"),
    ],
)
def test_what_is_refused_is_kept_and_keeps_nobody(house: House, fail: str | Exception | None, error: str) -> None:
    """The database's refusal, a mistake of ours and a fact that nobody stores: the others are stored, the fact is kept
    as it came, with the reason, and its rows are not.
    """
    tell(house.connection, fired(1000), Stamp(producer=PRODUCER, at_us=0, at="", now=""))

    def refuse(connection: "sqlite3.Connection", fact: RuleFired, stamp: Stamp) -> None:
        tell(connection, fact, stamp)
        if fact.firing_id == "2":
            if isinstance(fail, Exception):
                raise fail
            connection.execute(fail or "")

    house.intake = FactIntake(
        FactStore(house.connection, appliers={RuleFired: refuse} if fail else {}), house.ask, now_us=lambda: NOW_US
    )
    house.tell(1, 2, 3)
    house.deliver(*house.published)
    kept = house.connection.execute("SELECT producer, outbox_id, entry, body, error FROM refused_facts").fetchall()
    entries = [2] if fail else [1, 2, 3]
    assert [row[:3] for row in kept] == [(PRODUCER, house.outbox.outbox_id, entry) for entry in entries]
    assert all(error in row[4] for row in kept)
    assert [_read(msgspec.Raw(row[3]), StoredFact) for row in kept] == [
        house.published[0].facts[entry - 1] for entry in entries
    ]
    assert house.stored == ([1000, 1, 3] if fail else [1000])
    house.restart()
    house.deliver(*house.published, house.outbox.standing())
    assert house.connection.execute("SELECT count(*) FROM refused_facts").fetchone() == (len(entries),)


def test_an_older_database_gets_the_rest(house: House, path: Path) -> None:
    """Its marks are older, too: every fact that the outbox holds beyond them is stored, of each run."""
    house.tell(1)
    house.tell(2)
    house.deliver(*house.published)
    with closing(sqlite3.connect(path.with_name("older.db"), isolation_level=None)) as older:
        house.connection.backup(older)
        house.outbox.close()
        house.run()
        house.tell(3)
        house.deliver(house.outbox.standing())
        house.tell(4)
        house.deliver(*house.published)
        assert house.stored == [1, 2, 3, 4]
        house.connection = older
        house.restart()
        assert house.stored == [1, 2]
        house.deliver(house.outbox.standing())
        assert house.stored == [1, 2, 3, 4]


def reception(house: House) -> tuple[Reception, Mock, Mock]:
    """How the writer sees it."""
    stored, log = Mock(), Mock()
    return Reception(house.intake, stored=stored, log=log), stored, log


def test_a_turn_stores_and_says_how_far(house: House) -> None:
    """Facts that are behind, too; who relies on what the database held is told."""
    made, stored, log = reception(house)
    assert (made.turn(), made.done_with()) == (False, {})
    house.tell(1)
    house.tell(2, rule="bad")
    made.take(house.published[-1])
    assert made.is_behind
    assert made.turn()
    assert not made.is_behind
    run = house.outbox.outbox_id
    assert made.done_with() == {"outbox:obs-bridge": Position(run, run, 2)}
    assert (made.refused, made.transactions, stored.call_count, log.error.call_count) == (1, 2, 2, 1)
    again, _, _ = reception(house)
    assert again.done_with() == made.done_with()


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (NetworkError("service.not_running", "It is not there."), 0),
        (NetworkError("service.no_answer", "It is silent."), 1),
        (RefusedError("internal", "It failed."), 1),
    ],
)
def test_a_silent_producer_is_asked_now_and_then(house: House, error: RestrikeError, lines: int) -> None:
    """Whatever it says meanwhile; that it does not run is normal, and not told."""
    house.tell(1)
    house.ask = Mock(side_effect=error)  # type: ignore[method-assign]  # it answers nothing
    house.restart()
    made, _, log = reception(house)
    for _ in range(3):
        made.take(house.outbox.standing())
        assert not made.turn()
    assert (house.ask.call_count, log.info.call_count) == (1, lines)
