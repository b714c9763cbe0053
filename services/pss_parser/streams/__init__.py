"""The streams of the protocol, one file each, assembled into the tables that framing and decoding look into."""

from collections.abc import Iterable
from typing import Final

from services.pss_parser.fields import Fields, Stream
from services.pss_parser.streams import (
    at1,
    brk,
    clk,
    hl,
    ij,
    mch,
    pre,
    pt,
    rdy,
    ref,
    rnd,
    rsr,
    rst,
    s,
    sc,
    sup,
    udp,
    wg,
    win,
    wmh,
    wrd,
)
from shared.messages.pss import AnyReading, UnknownReceived


def assemble(streams: Iterable[Stream]) -> dict[str, Stream]:
    """The streams by keyword.

    Raises:
        ValueError: two streams claim one keyword.
    """
    table: dict[str, Stream] = {}
    for stream in streams:
        for keyword in stream.keywords:
            if keyword in table:
                raise ValueError(f"two streams claim the keyword {keyword!r}")
            table[keyword] = stream
    return table


STREAMS: Final = assemble(
    module.STREAM
    for module in (at1, brk, clk, hl, ij, mch, pre, pt, rdy, ref, rnd, rsr, rst, s, sc, sup, udp, wg, win, wmh, wrd)
)
# Known to start a message, though not read yet: without them a `ch1` after a `clk` would look like its action.
_NOT_READ: Final = frozenset(
    "avt ch0 ch1 ch2 to1 to2 hwt hel hel: bye bye: inlb inlb: insl insl: inth inth:".split()  # noqa: SIM905 - one line
)
KEYWORDS: Final = _NOT_READ | STREAMS.keys()


def read(fields: Fields) -> AnyReading:
    """What a message says; a stream that is not known gives `UnknownReceived`. Never raises."""
    stream = STREAMS.get(fields.keyword)
    if stream is None:
        return UnknownReceived(stream=fields.keyword, faults=fields.faults)
    if len(fields.values) > stream.most and not stream.labels:
        fields.refuse(fields.values[stream.most :], f"field_{stream.most + 1}")
    return stream.decode(fields)
