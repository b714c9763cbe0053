"""Reads recorded traffic: JSON lines as the recorder writes them, and packet captures; used by `restrike replay`."""

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from shared.errors import IoError, ValidationError

MAX_DATAGRAM_BYTES: Final = 65_507
"""What fits into one UDP datagram over IPv4."""
PACKET_MAGICS: Final = frozenset(
    bytes.fromhex(magic) for magic in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a")
)
"""First bytes of pcap (micro- and nanoseconds, both byte orders) and pcapng files."""


class Datagram(Struct, frozen=True, gc=False):
    """One recorded datagram, `at_s` seconds after the first."""

    at_s: float
    body: bytes


class Capture(Struct, frozen=True, kw_only=True):
    """A recording. `notes` say what of the file was left out, and why."""

    file: Path
    datagrams: list[Datagram]
    notes: list[str] = []


class _Line(Struct, frozen=True):
    t: float
    data: str | None = None
    hex: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def read_capture(path: Path, *, port: int | None = None) -> Capture:
    """All datagrams of a file, in the file's order; of a packet capture those sent to `port`, or to the only port.

    Raises:
        IoError: the file cannot be read or is damaged; the sentence names the line or packet.
        ValidationError: it holds no datagram, several ports without `port`, or `port` means nothing in it.
    """
    try:
        with path.open("rb") as file:
            is_packets = file.read(4) in PACKET_MAGICS
    except OSError as error:
        raise IoError("capture.unreadable", f"{path} cannot be read: {error.strerror}.") from error
    if is_packets:
        from services.cli.packet_captures import read_packets  # noqa: PLC0415  # loads dpkt, only here

        bodies, notes = read_packets(path, port=port)
    elif port is not None:
        raise ValidationError("capture.no_ports", f"{path} is not a packet capture: --port means nothing there.")
    else:
        bodies, notes = _read_lines(path), []
    if not bodies:
        raise ValidationError("capture.empty", f"{path} holds no datagram.")
    first_s = bodies[0][0]
    return Capture(file=path, datagrams=[Datagram(at_s - first_s, body) for at_s, body in bodies], notes=notes)


def _read_lines(path: Path) -> list[tuple[float, bytes]]:
    found = []
    for number, text in enumerate(path.read_bytes().split(b"\n"), start=1):
        if text.strip():
            found.append(_read_line(text, where=f"{path}: line {number}"))
    return found


def _read_line(text: bytes, *, where: str) -> tuple[float, bytes]:
    try:
        line = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IoError("capture.damaged", f'{where} is not like {{"t": seconds, "data": text}}: {error}.') from error
    if (line.data is None) == (line.hex is None):
        raise IoError("capture.damaged", f'{where} must have either "data" (text) or "hex" (bytes).')
    try:
        body = bytes.fromhex(line.hex) if line.data is None and line.hex is not None else (line.data or "").encode()
    except ValueError as error:
        raise IoError("capture.damaged", f"{where}: {error}.") from error
    if len(body) > MAX_DATAGRAM_BYTES:
        raise IoError(
            "capture.damaged", f"{where}: {len(body)} bytes do not fit into a datagram ({MAX_DATAGRAM_BYTES})."
        )
    return line.t, body
