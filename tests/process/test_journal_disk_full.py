"""The disk is full: datagrams are published in order all the same, kept in memory, and journaled first afterwards."""

import errno
import os
import resource
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from shared.bus import Subscriber
from shared.messages.commands import GetHealth
from shared.messages.facts import EntriesLost, SessionClosed
from shared.messages.topics import UDP_JOURNAL
from shared.messages.udp import JournalTrouble
from shared.messages.wire import Datagrams
from shared.paths import Paths
from shared.service_lock import take_lock
from tests.support.service import House, Service, bodies, facts, numbered
from tests.support.wait import eventually

FULL_AT_BYTES = 16 * 1024
"""Less than the journal has when it was made, more than the log: every write to the journal fails."""
MEMORY_BYTES = 64 * 1024


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home", journal={"memory_bytes": MEMORY_BYTES}) as made:
        yield made


def _fill_disk(ingest: Service, *, at: int = FULL_AT_BYTES) -> None:
    psutil.Process(ingest.pid).rlimit(psutil.RLIMIT_FSIZE, (at, resource.RLIM_INFINITY))


def _free_disk(ingest: Service) -> None:
    _fill_disk(ingest, at=resource.RLIM_INFINITY)


class _Wire:
    """What is published of ring-1, in order."""

    def __init__(self, house: House) -> None:
        self._subscriber: Subscriber = house.subscriber(
            b"wire.datagrams/", endpoint=house.paths.wire_socket("udp-ingest")
        )
        self.batches: list[Datagrams] = []
        eventually(lambda: list(self._subscriber.drain()), within=5, what="the wire's standing batch")

    def read(self) -> list[bytes]:
        self.batches += [delivery.envelope.event for delivery in self._subscriber.drain()]
        return [body for batch in self.batches for body in bodies(numbered(batch))]


def _fill_memory(house: House, *datagrams: bytes) -> None:
    with house.sender() as sender:
        for number, body in enumerate(datagrams, 1):
            sender.send(body)
            if number % 10 == 0:  # so that there are several batches
                _hears(house, body)
    _hears(house, datagrams[-1])


def _hears(house: House, last: bytes) -> None:
    eventually(lambda: bodies(house.entries())[-1:], equals=[last], within=5)


def _contiguous(batches: list[Datagrams]) -> bool:
    return all(one.last + 1 == next_one.first for one, next_one in pairwise(batches))


def test_nothing_is_lost_while_it_fits_into_memory(house: House) -> None:
    """Published in order; served by ReplayEntries from memory; when space is back, journaled in order."""
    house.start("broker")
    ingest = house.start("udp-ingest")
    wire = _Wire(house)
    trouble = house.subscriber(UDP_JOURNAL.prefix)
    before = [b"before %d" % number for number in range(10)]
    during = [b"during %d" % number for number in range(60)]
    _fill_memory(house, *before)
    _fill_disk(ingest)
    _fill_memory(house, *during)
    assert eventually(wire.read, equals=before + during, within=5)
    assert _contiguous(wire.batches)
    status = house.status()
    assert status.unjournaled_bytes > 0
    assert bodies(house.stored_entries()) == before
    assert bodies(house.entries()) == before + during
    (last, *_) = house.pages(after=max(house.entries()))
    assert last.session_at_after == status.session
    _free_disk(ingest)
    with house.sender() as sender:
        sender.send(b"after")
    eventually(lambda: house.status().unjournaled_bytes, equals=0, within=5)
    expected = [*before, *during, b"after"]
    eventually(lambda: bodies(house.stored_entries()), equals=expected, within=5)
    assert _contiguous(house.stored())
    assert house.stored_entries() == house.entries()
    told: list[JournalTrouble] = []

    def has_error() -> list[bool]:
        told.extend(delivery.envelope.event for delivery in trouble.drain())
        return [bool(event.error) for event in told]

    # They come one by one: the second may still be on its way when the first is here.
    eventually(has_error, equals=[True, False], within=5)
    assert told[0].limit_bytes == MEMORY_BYTES


def test_beyond_the_limit_the_oldest_are_lost_and_told(house: House) -> None:
    """What falls out of memory is counted; the journal names it and goes on without a gap in the numbers."""
    ingest = house.start("udp-ingest")
    wire = _Wire(house)
    _fill_disk(ingest)
    sent = [b"%04d" % number + b"." * 1000 for number in range(120)]
    _fill_memory(house, *sent)
    assert eventually(wire.read, equals=sent, within=5)
    status = house.status()
    assert status.lost > 0
    assert 0 < status.unjournaled_bytes <= MEMORY_BYTES
    before = [batch for page in house.pages() for batch in page.batches]
    assert _contiguous(before)
    _free_disk(ingest)
    eventually(lambda: house.status().unjournaled_bytes, equals=0, within=5)
    assert house.status().lost == status.lost
    stored = house.stored()
    assert _contiguous(stored)
    (lost,) = facts(house.stored_entries(), EntriesLost)
    assert lost.to_entry - lost.from_entry + 1 == status.lost
    (tomb,) = [batch for batch in stored if batch.through]
    assert (tomb.first, tomb.through) == (lost.from_entry, lost.to_entry)
    kept = bodies(house.stored_entries())
    assert kept == sent[-len(kept) :]
    assert len(sent) - len(kept) == status.lost
    assert lost.from_us < lost.to_us <= stored[-1].entries[-1].received_at_us


def test_space_is_back_when_it_ends(house: House) -> None:
    """SIGTERM right after space is back: what waited in memory is journaled before the process is gone."""
    ingest = house.start("udp-ingest")
    _fill_disk(ingest)
    sent = [b"%d" % number for number in range(30)]
    _fill_memory(house, *sent)
    _free_disk(ingest)
    assert ingest.stop() == 0
    assert bodies(house.stored_entries()) == sent
    assert len(facts(house.stored_entries(), SessionClosed)) == 1


def test_the_disk_is_still_full_when_it_ends(house: House) -> None:
    """SIGTERM with a full disk: it ends in order and in time, and says what was never journaled."""
    ingest = house.start("udp-ingest")
    _fill_disk(ingest)
    _fill_memory(house, *[b"%d" % number for number in range(30)])
    assert ingest.stop() == 0
    (told,) = ingest.logged("entries_not_journaled")
    assert told["entries"] == 31
    assert bodies(house.stored_entries()) == []


def _start_on_a_full_disk(house: House) -> Service:
    return house.start("udp-ingest", preexec=_no_room)


def _no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))  # less than one page of a WAL


def _is_journaled(house: House) -> None:
    eventually(lambda: house.status().unjournaled_bytes, equals=0, within=5)


def test_it_starts_on_a_full_disk(house: House) -> None:
    """Its journal cannot be opened as usual, there is no room for the -shm: rings are heard, numbers go on."""
    house.start("udp-ingest").stop()
    before = house.stored()[-1]
    house.paths.journal.with_name("journal.db-shm").unlink(missing_ok=True)
    ingest = _start_on_a_full_disk(house)
    _fill_memory(house, b"heard")
    status = house.status()
    assert status.journal_id == before.journal_id
    assert status.unjournaled_bytes > 0
    _free_disk(ingest)
    _is_journaled(house)
    assert ingest.stop() == 0
    assert bodies(house.stored_entries()) == [b"heard"]
    assert _contiguous(house.stored())
    assert {batch.journal_id for batch in house.stored()} == {before.journal_id}


def test_the_first_start_is_on_a_full_disk(house: House) -> None:
    """No journal can be made: rings are heard, and all of it is journaled when it can be made."""
    ingest = _start_on_a_full_disk(house)
    wire = _Wire(house)
    _fill_memory(house, b"heard")
    eventually(wire.read, equals=[b"heard"], within=5)
    status = house.status()
    assert status.unjournaled_bytes > 0
    _free_disk(ingest)
    _is_journaled(house)
    assert house.status().journal_id == status.journal_id
    assert ingest.stop() == 0
    assert bodies(house.stored_entries()) == [b"heard"]
    assert {batch.journal_id for batch in house.stored()} == {status.journal_id}


def test_no_sign_of_life_while_nothing_is_journaled(house: House) -> None:
    """The lock's time stands still from the start on a full disk, and moves on when there is space."""
    house.start("udp-ingest").stop()
    lock = house.paths.lock("udp-ingest")
    os.utime(lock, (1, 1))
    ingest = _start_on_a_full_disk(house)
    eventually(lambda: ingest.call(GetHealth()).uptime_s > 2.5, within=6)
    assert lock.stat().st_mtime == 1
    _free_disk(ingest)
    eventually(lambda: lock.stat().st_mtime > 1, within=5)


def test_a_lock_needs_no_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process id cannot be written into the lock: it is held all the same."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    paths = Paths(tmp_path / "home")
    paths.prepare()
    monkeypatch.setattr(os, "write", full)
    fd = take_lock(paths, "udp-ingest")
    assert fd is not None
    os.close(fd)
