"""Reading recordings: JSON lines and packet captures, sound and damaged."""

import json
from pathlib import Path

import dpkt
import pytest

from services.cli.captures import read_capture
from shared.errors import IoError, ValidationError
from tests.support.captures import CAPTURES, NAMES, capture

BODIES = [b"pre;FightLoaded;", "at1;M. ČAČIĆ;".encode(), b"\xff\x00not text", b""]


def _udp(body: bytes, *, port: int = 8888) -> bytes:
    udp = dpkt.udp.UDP(sport=40000, dport=port, data=body, ulen=8 + len(body))
    packet = dpkt.ip.IP(src=b"\x0a\x00\x00\x01", dst=b"\x0a\x00\x00\x02", p=dpkt.ip.IP_PROTO_UDP, data=udp)
    packet.len = len(packet)
    return bytes(packet)


def _ethernet(packet: bytes) -> bytes:
    # Ethernet fills short frames up with zeros, which are not part of the datagram.
    return (bytes(12) + b"\x08\x00" + packet).ljust(60, b"\0")


def _vlan(packet: bytes) -> bytes:
    return bytes(12) + b"\x81\x00\x00\x07\x08\x00" + packet


def _cooked(packet: bytes) -> bytes:
    return bytes(14) + b"\x08\x00" + packet


def _cooked_2(packet: bytes) -> bytes:
    return b"\x08\x00" + bytes(18) + packet


def _write(path: Path, frames: list[bytes], *, link: int = 1) -> Path:
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file, linktype=link)
        for number, frame in enumerate(frames):
            writer.writepkt(frame, ts=1_700_000_000 + number * 0.25)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_json_lines(name: str) -> None:
    """Each bundled recording: all datagrams, as they were sent, at their times."""
    read = read_capture(CAPTURES / f"{name}.jsonl")
    assert [(d.at_s, d.body) for d in read.datagrams] == capture(name)
    assert read.notes == []


def test_bytes_that_are_no_text_are_written_as_hex(tmp_path: Path) -> None:
    path = tmp_path / "bytes.jsonl"
    path.write_text("".join(json.dumps({"t": 5 + n, "hex": body.hex()}) + "\n\n" for n, body in enumerate(BODIES)))
    read = read_capture(path)
    assert [d.body for d in read.datagrams] == BODIES
    assert [d.at_s for d in read.datagrams] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"t": 1', "line 2 is not like"),
        ('{"data": "x"}', "missing required field `t`"),
        ('{"t": "soon", "data": "x"}', "line 2"),
        ('{"t": 1}', 'either "data"'),
        ('{"t": 1, "data": "x", "hex": "00"}', 'either "data"'),
        ('{"t": 1, "hex": "0g"}', "line 2: non-hexadecimal"),
        ('{"t": 1, "hex": "' + "00" * 65_508 + '"}', "65508 bytes do not fit"),
        ("clk;01:00;", "line 2 is not like"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "damaged.jsonl"
    path.write_text('{"t": 0, "data": "a"}\n' + line + "\n")
    with pytest.raises(IoError, match="line 2") as caught:
        read_capture(path)
    assert says in str(caught.value)


def test_files_without_datagrams(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValidationError, match="holds no datagram"):
        read_capture(tmp_path / "empty.jsonl")
    with pytest.raises(IoError, match="cannot be read: No such file"):
        read_capture(tmp_path / "none.jsonl")
    with pytest.raises(IoError, match="cannot be read: Is a directory"):
        read_capture(tmp_path)


@pytest.mark.parametrize(
    ("link", "wrap"), [(1, _ethernet), (1, _vlan), (113, _cooked), (276, _cooked_2), (101, bytes), (228, bytes)]
)
def test_packets_of_every_kind_of_network(tmp_path: Path, link: int, wrap: type[bytes]) -> None:
    """Payloads as sent, without the padding of short frames; other packets are passed over."""
    arp = bytes(12) + b"\x08\x06" + bytes(46)
    path = _write(tmp_path / "ring.pcap", [*(wrap(_udp(body)) for body in BODIES), arp, b""], link=link)
    read = read_capture(path)
    assert [d.body for d in read.datagrams] == BODIES
    assert [round(d.at_s, 3) for d in read.datagrams] == [0, 0.25, 0.5, 0.75]


def test_pcapng(tmp_path: Path) -> None:
    path = tmp_path / "ring.pcapng"
    with path.open("wb") as file:
        writer = dpkt.pcapng.Writer(file)
        for number, body in enumerate(BODIES):
            writer.writepkt(_ethernet(_udp(body)), ts=1_700_000_000 + number)
    assert [d.body for d in read_capture(path).datagrams] == BODIES


def test_several_ports_must_be_told_apart(tmp_path: Path) -> None:
    """Two streams mixed into one ring would be nobody's match."""
    frames = [_ethernet(_udp(b"clk;1:00;", port=8888)), _ethernet(_udp(b"dns", port=53))]
    path = _write(tmp_path / "venue.pcap", frames)
    with pytest.raises(ValidationError, match=r"several ports: 8888 \(1\), 53 \(1\)"):
        read_capture(path)
    assert [d.body for d in read_capture(path, port=53).datagrams] == [b"dns"]
    with pytest.raises(ValidationError, match="no datagram to port 9999"):
        read_capture(path, port=9999)


def test_ports_mean_nothing_in_json_lines() -> None:
    with pytest.raises(ValidationError, match="not a packet capture"):
        read_capture(CAPTURES / f"{NAMES[0]}.jsonl", port=8888)


def test_cut_packets_and_fragments_are_left_out_and_told(tmp_path: Path) -> None:
    """A datagram of which a part is missing must not be sent as if it were whole."""
    whole, fragment = _udp(b"clk;1:00;"), dpkt.ip.IP(_udp(b"clk;0:59;"))
    fragment.mf = 1
    path = _write(tmp_path / "cut.pcap", [_ethernet(whole), _ethernet(bytes(fragment)), _ethernet(whole)[:40]])
    read = read_capture(path)
    assert [d.body for d in read.datagrams] == [b"clk;1:00;"]
    assert len(read.notes) == 1
    assert "2 UDP packets" in read.notes[0]


def test_a_capture_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    """The recorder was killed in the middle of a record's header."""
    path = _write(tmp_path / "broken.pcap", [_ethernet(_udp(body)) for body in BODIES])
    path.write_bytes(path.read_bytes() + b"\x01\x02\x03")
    read = read_capture(path)
    assert [d.body for d in read.datagrams] == BODIES
    assert "breaks off after packet 4" in read.notes[0]


def test_what_only_begins_like_a_packet_capture(tmp_path: Path) -> None:
    path = tmp_path / "bad.pcap"
    path.write_bytes(bytes.fromhex("a1b2c3d4") + b"xx")
    with pytest.raises(IoError, match="not a readable packet capture"):
        read_capture(path)
    with pytest.raises(IoError, match="link type 147 is not supported"):
        read_capture(_write(tmp_path / "strange.pcap", [], link=147))
