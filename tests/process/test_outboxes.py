"""A producer's facts in the database: each once, whatever is killed, full, missing, damaged or put back."""

import contextlib
import os
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared.db.sqlite import connect_reader, connect_writer
from shared.messages.commands import GetDatabaseStatus, GetHealth
from shared.messages.outbox import ReplayFacts
from shared.messages.service import BRIDGE, WRITER
from shared.outbox import mark_key
from tests.support.producer import Hush, Tell, Waiting
from tests.support.service import House, Service
from tests.support.telling_writer import numbers
from tests.support.wait import eventually, pause

ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "2"))
FULL_AT_BYTES = 16 * 1024
"""Less than the outbox has when it was made: every write to it fails."""


class Post:
    """A home with db-writer and a producer."""

    def __init__(self, house: House) -> None:
        self.house = house

    def writer(self) -> Service:
        """Start db-writer."""
        return self.house.start(WRITER, "tests.support.telling_writer")

    def producer(self, *every_s: str) -> Service:
        """Start the producer; with a time, it tells something all the time."""
        return self.house.start(BRIDGE, "tests.support.producer", *every_s)

    def stored(self) -> list[int]:
        """What is in the database."""
        with contextlib.closing(connect_reader(self.house.paths.database)) as connection:
            return numbers(connection)

    def all_stored(self, last: int) -> None:
        """Wait until facts 1 to `last` are in the database, once each, in order."""
        eventually(self.stored, within=10, equals=list(range(1, last + 1)), what="facts in the database")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a query of the database gives."""
        with contextlib.closing(connect_reader(self.house.paths.database)) as connection:
            return [tuple(row) for row in connection.execute(sql).fetchall()]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with House(tmp_path / "home") as house:
        yield Post(house)


@pytest.mark.parametrize("killed", ["producer", "writer", "both"])
def test_kill_minus_nine_loses_and_doubles_nothing(post: Post, killed: str) -> None:
    """Killed at random moments while facts come all the time: each is stored once, in order. The producer counts by
    what it keeps beside them, so that a fact without its count, or the other way round, would show.
    """
    chance = random.Random(f"{killed} {ROUNDS}")
    writer, producer = post.writer(), post.producer("0.002")
    for _ in range(ROUNDS):
        pause(chance.uniform(0.05, 0.4))
        if killed != "writer":
            producer.kill()
        if killed != "producer":
            writer.kill()
            writer = post.writer()
        if killed != "writer":
            producer = post.producer("0.002")
    last = producer.call(Hush())
    post.all_stored(last)
    assert last > 10 * ROUNDS
    assert post.rows("SELECT count(*) FROM refused_facts") == [(0,)]
    assert post.rows("PRAGMA integrity_check") == [("ok",)]


def test_the_writer_itself_has_rows_for_them(post: Post) -> None:
    """db-writer as it ships stores a firing among the firings, and refuses nothing."""
    writer, producer = post.house.start(WRITER), post.producer()
    producer.call(Tell(count=3))
    rows = [(str(number),) for number in (1, 2, 3)]
    eventually(lambda: post.rows("SELECT firing_key FROM obs_rule_firings ORDER BY id"), within=5, equals=rows)
    assert writer.call(GetDatabaseStatus()).rows_refused == 0


def test_what_was_told_without_the_writer_is_fetched(post: Post) -> None:
    """More than a page of it, and live facts behind it."""
    producer = post.producer()
    assert producer.call(Tell(count=1200, at_once=100)) == 1200
    writer = post.writer()
    eventually(post.stored, within=10, what="the first facts")
    assert producer.call(Tell(count=3)) == 1203
    post.all_stored(1203)
    status = writer.call(GetDatabaseStatus())
    assert (status.rows_refused, status.error) == (0, None)
    done = writer.call(GetHealth()).done_with[mark_key(BRIDGE)]
    assert (done.entry, done.session) == (1203, producer.call(ReplayFacts(after=1202)).id_at_end)


def test_no_producer_is_nobodys_trouble(post: Post) -> None:
    """It ends while the writer is behind, and is not running at all: not a word is logged; what it left is stored when
    it is there again.
    """
    producer = post.producer()
    producer.call(Tell(count=5))
    producer.kill()
    writer = post.writer()
    pause(1.5)
    assert (writer.logged("producer_not_answering"), writer.call(GetHealth()).faults) == ([], 0)
    assert post.stored() == []
    post.producer()
    post.all_stored(5)


def test_a_frozen_producer_keeps_the_writer_from_nothing(post: Post) -> None:
    """It stands still when it is to be asked for what was missed: the writer answers all the same."""
    producer = post.producer("0.01")
    writer = post.writer()
    eventually(post.stored, within=10, what="facts in the database")
    writer.kill()
    writer = post.writer()
    with producer.frozen():
        pause(0.5)
        for _ in range(20):
            writer.call(GetHealth(), deadline_s=3)
    post.all_stored(producer.call(Hush()))


def test_a_fact_that_is_refused_is_kept_and_told(post: Post) -> None:
    """Those before and behind it are stored; the fact is there as it came, with the database's reason."""
    writer, producer = post.writer(), post.producer()
    producer.call(Tell(count=2))
    producer.call(Tell(count=1, rule="bad"))
    producer.call(Tell(count=2))
    eventually(post.stored, within=5, equals=[1, 2, 4, 5])
    ((producer_name, entry, error, body),) = post.rows("SELECT producer, entry, error, body FROM refused_facts")
    assert (producer_name, entry) == (BRIDGE, 3)
    assert "NOT NULL" in str(error)
    assert b"bad" in bytes(body)  # type: ignore[call-overload]  # a BLOB
    (told,) = writer.logged("fact_refused")
    assert (told["producer"], told["entry"]) == (BRIDGE, 3)
    assert writer.call(GetDatabaseStatus()).rows_refused == 1


def test_an_older_database_gets_what_came_after_it(post: Post) -> None:
    """Yesterday's database in the place of today's: its marks went back with it, and the outbox still holds the rest,
    of this run and of the one before.
    """
    writer, producer = post.writer(), post.producer()
    producer.call(Tell(count=10))
    post.all_stored(10)
    writer.stop()
    with contextlib.closing(connect_writer(post.house.paths.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = post.house.paths.database.read_bytes()
    writer = post.writer()
    producer.call(Tell(count=10))
    producer.stop()
    producer = post.producer()
    producer.call(Tell(count=10))
    post.all_stored(30)
    writer.stop()
    for file in post.house.paths.data.glob("restrike.db*"):
        file.unlink()
    post.house.paths.database.write_bytes(before)
    assert post.stored() == list(range(1, 11))
    post.writer()
    post.all_stored(30)


def test_an_older_outbox_swallows_nothing(post: Post) -> None:
    """Yesterday's outbox in the place of today's gives numbers that the database has seen: what is new is stored."""
    post.writer()
    producer = post.producer()
    producer.call(Tell(count=10))
    producer.stop()
    outbox = post.house.paths.outbox(BRIDGE)
    with contextlib.closing(connect_writer(outbox)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = outbox.read_bytes()
    producer = post.producer()
    producer.call(Tell(count=10))
    post.all_stored(20)
    producer.stop()
    for file in outbox.parent.glob(f"{outbox.name}*"):
        file.unlink()
    outbox.write_bytes(before)
    producer = post.producer()
    assert producer.call(Tell(count=3)) == 13
    eventually(post.stored, within=5, equals=[*range(1, 21), 11, 12, 13])


def test_a_damaged_outbox_is_set_aside(post: Post) -> None:
    """A new one is begun; what is told from then on is stored, and nothing is stored again."""
    post.writer()
    producer = post.producer()
    producer.call(Tell(count=5))
    post.all_stored(5)
    producer.stop()
    outbox = post.house.paths.outbox(BRIDGE)
    for file in outbox.parent.glob(f"{outbox.name}-*"):
        file.unlink()
    outbox.write_bytes(b"no database at all" * 1000)
    producer = post.producer()
    assert producer.call(Tell(count=2)) == 2
    eventually(post.stored, within=5, equals=[1, 2, 3, 4, 5, 1, 2])
    (told,) = producer.logged("outbox_damaged")
    assert Path(told["set_aside"]).read_bytes().startswith(b"no database")


def _disk(producer: Service, at: int) -> None:
    psutil.Process(producer.pid).rlimit(psutil.RLIMIT_FSIZE, (at, resource.RLIM_INFINITY))


def test_a_full_disk_stops_nobody(post: Post) -> None:
    """Facts are stored in order while they cannot be written, and the outbox gets them when space is back."""
    producer = post.producer()
    producer.call(Tell(count=5))
    writer = post.writer()
    post.all_stored(5)
    _disk(producer, FULL_AT_BYTES)
    producer.call(Tell(count=5))
    post.all_stored(10)
    assert producer.call(Waiting()) == 5
    assert len(producer.logged("outbox_not_writable")) == 1
    writer.kill()
    producer.call(Tell(count=5))
    post.writer()
    post.all_stored(15)
    _disk(producer, resource.RLIM_INFINITY)
    eventually(lambda: producer.call(Waiting()) == 0, within=5, what="facts written")
    assert len(producer.logged("outbox_writable_again")) == 1
    producer.kill()
    assert post.producer().call(Tell()) == 15


def test_what_no_disk_held_is_not_mistaken_for_what_comes_next(post: Post) -> None:
    """Killed while the disk is full: the next run gives the same numbers again, and its facts are stored, too."""
    post.writer()
    producer = post.producer()
    producer.call(Tell(count=5))
    post.all_stored(5)
    _disk(producer, FULL_AT_BYTES)
    producer.call(Tell(count=5))
    post.all_stored(10)
    producer.kill()
    producer = post.producer()
    assert producer.call(Tell(count=2)) == 7
    eventually(post.stored, within=5, equals=[*range(1, 11), 6, 7])


def test_a_database_that_cannot_be_written_gets_them_later(post: Post) -> None:
    """Its disk is full: that is told, facts wait in the outbox, and are stored as soon as that can be done."""
    writer, producer = post.writer(), post.producer()
    producer.call(Tell(count=5))
    post.all_stored(5)
    _disk(writer, FULL_AT_BYTES)
    producer.call(Tell(count=5))
    eventually(lambda: writer.call(GetDatabaseStatus()).error, within=5, what="an error")
    assert post.stored() == [1, 2, 3, 4, 5]
    _disk(writer, resource.RLIM_INFINITY)
    post.all_stored(10)
    assert writer.call(GetDatabaseStatus()).error is None
    assert writer.call(GetHealth()).faults == 0
