"""What `restrike udp capture` writes, `restrike replay` reads: byte by byte, with addresses, ports and times."""

import io
from pathlib import Path

import dpkt
import msgspec
import pytest

from services.cli.capture_files import Destination, JsonLines, Packets
from services.cli.captures import read_capture
from services.cli.journal_pages import entry_before, numbered, read_page
from services.cli.one_match import OneMatch
from shared.errors import ValidationError
from shared.journal import Journal, StoredBatch
from shared.messages.commands import EntriesPage
from shared.messages.facts import NetworkInterface, SessionClosed, SessionOpened
from shared.messages.match import MatchLoaded, Stage, StageChanged
from shared.messages.pss import ResultKind
from shared.messages.wire import Datagrams, Entry, ParsedEntry, ParsedMessage
from shared.paths import Paths

BODIES = [b"clk;01:59;", "at1;M. ČAČIĆ;".encode(), b"\xff\xfe\x00broken", b"", b"x" * 65_000, b'a"b\\c\n']
BEGUN_US = 1_771_234_567_123_457


def _entries() -> list[Entry]:
    return [
        Entry(BEGUN_US + number * 250_001, 77 + number * 250_001, "10.1.1.9", 40_000 + number, body)
        for number, body in enumerate(BODIES)
    ]


def test_json_lines_come_back_as_they_were(tmp_path: Path) -> None:
    """Text, bytes that are none, an empty datagram; and the pace."""
    path = tmp_path / "c.jsonl"
    with path.open("wb") as file:
        writer = JsonLines(file)
        for entry in _entries():
            writer.write(entry)
    found = read_capture(path).datagrams
    assert [one.body for one in found] == BODIES
    assert [round(one.at_s * 1e6) for one in found] == [number * 250_001 for number in range(len(BODIES))]


def test_packets_come_back_as_they_were(tmp_path: Path) -> None:
    """With right addresses, ports, times and checksums."""
    path = tmp_path / "c.pcap"
    with path.open("wb") as file:
        writer = Packets(file, Destination("10.1.1.5", 8888, []))
        for entry in _entries():
            writer.write(entry)
    assert [one.body for one in read_capture(path, port=8888).datagrams] == BODIES
    for number, (at_s, packet) in enumerate(dpkt.pcap.Reader(io.BytesIO(path.read_bytes()))):
        ip = dpkt.ip.IP(packet)
        assert round(at_s * 1e6) == BEGUN_US + number * 250_001
        assert (ip.src, ip.dst) == (bytes([10, 1, 1, 9]), bytes([10, 1, 1, 5]))
        assert (ip.data.sport, ip.data.dport) == (40_000 + number, 8888)
        assert dpkt.in_cksum(bytes(ip)[:20]) == 0
        assert ip.data.sum != 0


def test_pace_across_a_start_of_the_machine() -> None:
    """The monotonic clock begins anew; a clock that was set back makes no step back."""
    file = io.BytesIO()
    writer = JsonLines(file)
    for received, monotonic in ((10_000_000, 900), (12_000_000, 100), (11_000_000, 600)):
        writer.write(Entry(received, monotonic, "10.1.1.9", 1, b"x"))
    seconds = [line.split(b",")[0] for line in file.getvalue().splitlines()]
    assert seconds == [b'{"t":0.0', b'{"t":2.0', b'{"t":2.0005']


def test_where_a_datagram_went_to() -> None:
    """The session says; for every address, the one in the sender's network."""
    lan = NetworkInterface(name="eth1", address="10.2.0.1", netmask="255.255.0.0")
    opened = SessionOpened(
        address="0.0.0.0",  # noqa: S104 - what a session says
        port=9000,
        interface=None,
        max_packet_bytes=1,
        receive_buffer_bytes=1,
        receive_buffer_asked_bytes=1,
        auto_start=True,
        interfaces=[lan],
    )
    destination = Destination("127.0.0.1", 8888, [])
    assert destination.of("10.2.3.4") == "127.0.0.1"
    destination.follow(SessionClosed(reason="asked"))
    destination.follow(opened)
    assert (destination.of("10.2.3.4"), destination.port) == ("10.2.0.1", 9000)
    assert destination.of("192.168.1.1") == opened.address


# The journal


def _journal(paths: Paths) -> None:
    paths.prepare()
    journal = Journal(paths.journal)
    for first in range(11, 41, 3):
        entries = [Entry(number * 1000, number, "10.1.1.9", 1, b"%d" % number) for number in range(first, first + 3)]
        batch = Datagrams("ring-1", journal.id, "s", "", first, entries)
        body = msgspec.msgpack.encode(batch)
        journal.append([StoredBatch("ring-1", first + 2, first, "s", first * 1000, body)])
    journal.close()


def test_the_journal_is_read_while_nobody_runs(tmp_path: Path) -> None:
    """Page by page, from any entry; one that begins within a batch, too; a ring that is not there is told."""
    paths = Paths(tmp_path)
    with pytest.raises(ValidationError, match="ring-1"):
        read_page(paths, "ring-1", after=0, limit=10)
    _journal(paths)
    page = read_page(paths, "ring-1", after=12, limit=4)
    assert (page.first, page.end) == (11, 40)
    assert [number for number, _ in numbered(page, after=12)] == [13, 14, 15, 16]
    with pytest.raises(ValidationError, match="ring-9"):
        read_page(paths, "ring-9", after=0, limit=10)


@pytest.mark.parametrize(
    ("since_us", "expected"), [(0, 10), (11_000, 10), (11_001, 11), (25_500, 25), (40_000, 39), (99_000, 40)]
)
def test_the_entry_before_a_time(tmp_path: Path, since_us: int, expected: int) -> None:
    """Found without reading all."""
    _journal(Paths(tmp_path))
    asked: list[int] = []

    def pages(ring: str, after: int, limit: int) -> EntriesPage:
        asked.append(after)
        return read_page(Paths(tmp_path), ring, after=after, limit=limit)

    assert entry_before(pages, "ring-1", since_us) == expected
    assert len(asked) <= 7


# One match


def _parsed(number: int, *events: Stage | MatchLoaded, match_id: str | None = None) -> ParsedEntry:
    told = [StageChanged(before=None, after=event) if isinstance(event, Stage) else event for event in events]
    message = ParsedMessage("x", ResultKind.RECOGNIZED, "x;", None, match_id, None, None, None, told)  # type: ignore[arg-type] # its data is not looked at
    return ParsedEntry(Entry(number * 1_000_000, number, "10.1.1.9", 1, b"%d" % number), [message])


def _taken(one: OneMatch, *given: ParsedEntry) -> list[int]:
    return [int(entry.body) for parsed in given for entry in one.take(parsed)]


def _loaded(match_id: str) -> MatchLoaded:
    return MatchLoaded(match_id=match_id, load_entry=1, is_reload=False)


def test_a_match_begins_with_its_load() -> None:
    """What was sent before is another's; what is loaded again in between is the same; its end has some seconds."""
    one = OneMatch()
    before = _taken(one, _parsed(1, match_id="z"), _parsed(2, Stage.DECIDED, match_id="z"))
    load = _taken(one, _parsed(3, Stage.LOADING), _parsed(4), _parsed(5, _loaded("a"), Stage.LOADED, match_id="a"))
    again = _taken(
        one, _parsed(6, Stage.RUNNING, match_id="a"), _parsed(7, Stage.LOADING), _parsed(8, _loaded("a"), match_id="a")
    )
    end = _taken(one, _parsed(9, Stage.DECIDED, match_id="a"), _parsed(10, match_id="a"), _parsed(11, match_id="a"))
    assert (before, load, again, end) == ([], [3, 4, 5], [6, 7, 8], [9, 10, 11])
    assert one.match_id == "a"
    assert not one.is_over
    assert _taken(one, _parsed(13, match_id="a")) == []
    assert one.is_over


def test_a_match_ends_where_another_is_loaded() -> None:
    """The load of the other one is not its."""
    one = OneMatch()
    taken = _taken(
        one,
        _parsed(1, Stage.LOADING),
        _parsed(2, _loaded("a"), match_id="a"),
        _parsed(3, match_id="a"),
        _parsed(4, Stage.LOADING),
        _parsed(5),
        _parsed(6, _loaded("b"), match_id="b"),
    )
    assert taken == [1, 2, 3]
    assert one.is_over


def test_a_match_is_over_though_nothing_more_is_said() -> None:
    """By the clock; unless its decision was taken back."""
    one = OneMatch()
    _taken(
        one, _parsed(1, Stage.LOADING), _parsed(2, _loaded("a"), match_id="a"), _parsed(3, Stage.DECIDED, match_id="a")
    )
    one.pass_time(6_000_000)
    assert not one.is_over
    _taken(one, _parsed(4, Stage.RUNNING, match_id="a"))
    one.pass_time(60_000_000)
    assert not one.is_over
    _taken(one, _parsed(61, Stage.CLOSED, match_id="a"))
    one.pass_time(64_000_001)
    assert one.is_over
