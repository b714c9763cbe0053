"""udp-ingest takes every datagram as it was sent: in order, with its bytes, its source and its times."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import unix_ns
from shared.messages.facts import DatagramCut, DatagramsDropped
from shared.messages.udp import RingStatus
from shared.messages.wire import Origin
from tests.support.captures import capture
from tests.support.service import House, bodies, facts
from tests.support.wait import eventually

LARGEST = 65_507


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home") as made:
        made.start("udp-ingest")
        yield made


def _heard(house: House, packets: int) -> RingStatus:
    eventually(lambda: house.status().packets, equals=packets, within=10, what="datagrams heard")
    return house.status()


def test_a_capture_is_journaled_as_it_was_sent(house: House) -> None:
    """Every datagram of a match: once, in order, bytes as sent, with the sender's address and times that fit."""
    datagrams = capture("bo3-1-2-ptf-scores-gamjeom")[:600]
    before_us = unix_ns() // 1000
    with house.sender() as sender:
        sender.send_all(datagrams)
    _heard(house, len(datagrams))
    entries = house.entries()
    heard = [entry for entry in entries.values() if entry.fact is None]
    assert bodies(entries) == [body for _, body in datagrams]
    assert list(entries) == list(range(1, len(entries) + 1))
    assert {(entry.address, entry.port, entry.origin) for entry in heard} == {(*sender.source, Origin.LIVE)}
    times = [entry.received_at_us for entry in heard]
    assert before_us <= times[0] <= times[-1] <= unix_ns() // 1000
    assert [entry.monotonic_us for entry in heard] == sorted(entry.monotonic_us for entry in heard)


def test_the_client_table(house: House) -> None:
    """Each source address and port: first and last seen, packets, bytes."""
    with house.sender() as one, house.sender(source="127.0.0.9") as other:
        for body in (b"a", b"bb", b"ccc"):
            one.send(body)
        other.send(b"dddd")
        status = _heard(house, 4)
        first = {sender.address: sender for sender in status.senders}
        assert [(s.port, s.packets, s.bytes, s.origin) for s in (first["127.0.0.1"], first["127.0.0.9"])] == [
            (one.source[1], 3, 6, "live"),
            (other.source[1], 1, 4, "live"),
        ]
        one.send(b"e")
        again = {sender.address: sender for sender in _heard(house, 5).senders}
    assert again["127.0.0.1"].first_seen_us == first["127.0.0.1"].first_seen_us
    assert again["127.0.0.1"].last_seen_us > first["127.0.0.1"].last_seen_us
    assert again["127.0.0.9"] == first["127.0.0.9"]


def test_the_emptiest_and_the_longest(house: House) -> None:
    """An empty datagram and one of 65,507 bytes, the most that UDP carries, are journaled whole."""
    longest = bytes(range(256)) * 256
    with house.sender() as sender:
        for body in (b"", longest[:LARGEST], b"\x00\xff\n;"):
            sender.send(body)
    status = _heard(house, 3)
    assert bodies(house.entries()) == [b"", longest[:LARGEST], b"\x00\xff\n;"]
    assert status.cut == 0
    assert status.bytes == LARGEST + 4


def test_the_receive_buffer_is_asked_for_and_reported(tmp_path: Path) -> None:
    """RingStatus says what the kernel was asked for and what it gave."""
    limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
    with House(
        tmp_path / "home", rings=[{"receive_buffer_bytes": 64 * 1024}, {"receive_buffer_bytes": 2**30}]
    ) as house:
        house.start("udp-ingest")
        modest, greedy = house.status("ring-1"), house.status("ring-2")
    assert (modest.receive_buffer_asked_bytes, modest.receive_buffer_bytes) == (64 * 1024, min(64 * 1024, limit))
    assert greedy.receive_buffer_asked_bytes == 2**30
    assert limit <= greedy.receive_buffer_bytes < 2**30


def test_what_is_too_long_is_cut_and_told(tmp_path: Path) -> None:
    """A datagram beyond max_packet_bytes: its start is journaled, right after a fact that says so; it is counted."""
    with House(tmp_path / "home", rings=[{"max_packet_bytes": 64}]) as house:
        house.start("udp-ingest")
        with house.sender() as sender:
            for body in (b"x" * 64, b"y" * 65, b"z" * LARGEST, b"short"):
                sender.send(body)
        status = _heard(house, 4)
        entries = house.entries()
    assert status.cut == 2
    assert bodies(entries) == [b"x" * 64, b"y" * 64, b"z" * 64, b"short"]
    cut = DatagramCut(limit_bytes=64, address=sender.source[0], port=sender.source[1])
    assert [entry.fact or entry.body[:1] for entry in list(entries.values())[2:]] == [b"x", cut, b"y", cut, b"z", b"s"]


def test_what_the_kernel_drops_is_known_exactly(tmp_path: Path) -> None:
    """Frozen while a flood overflows the receive buffer: journaled and dropped datagrams add up to those sent."""
    sent = 2000
    with House(tmp_path / "home", rings=[{"receive_buffer_bytes": 16 * 1024}]) as house:
        ingest = house.start("udp-ingest")
        with ingest.frozen(), house.sender() as sender:
            before_us = unix_ns() // 1000
            for number in range(sent):
                sender.send(b"%d" % number)
            after_us = unix_ns() // 1000
        eventually(lambda: house.status().kernel_drops, within=5, what="drops noticed")
        status = house.status()
        entries = house.entries()
    dropped = facts(entries, DatagramsDropped)
    journaled = [int(body) for body in bodies(entries)]
    assert 0 < len(journaled) < sent
    assert status.kernel_drops == sum(fact.count for fact in dropped) == sent - len(journaled)
    assert journaled == list(range(len(journaled)))
    assert all(fact.from_us < before_us < after_us < fact.to_us and fact.shared_by == ["ring-1"] for fact in dropped)
