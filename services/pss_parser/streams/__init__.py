"""The streams of the protocol, one file each, assembled into the tables that framing and decoding look into."""

from collections.abc import Iterable
from typing import Final

from services.pss_parser.fields import Fields, Stream
from services.pss_parser.streams import (
    at1,
    avt,
    banner,
    brk,
    ch,
    clk,
    hl,
    hwt,
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
    to,
    udp,
    wg,
    win,
    wmh,
    wrd,
)
from shared.messages.pss import AnyReading, UnknownReceived
from shared.messages.rules import Dialect

_A: Final = Dialect.A


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
    for module in (
        *(pre, rdy, at1, ref, mch, clk, rnd, brk, pt, hl, sc, s, wg, ij, ch, wrd, sup, rst, rsr, avt, win, wmh, to),
        *(hwt, banner, udp),
    )
)
"""Every stream as dialect B has it. Where older senders write the same keyword in another way, see `OLD_STREAMS`."""
OLD_STREAMS: Final = assemble((pt.OLD_STREAM, mch.OLD_STREAM))
KEYWORDS: Final = STREAMS.keys() | banner.WITH_COLON


def read(fields: Fields, dialect: Dialect = Dialect.B) -> AnyReading:
    """What a message says in `dialect`; a stream that is not known gives `UnknownReceived`. Never raises."""
    try:
        stream = STREAMS[fields.keyword]
    except KeyError:
        return UnknownReceived(stream=fields.keyword, faults=fields.faults)
    if dialect is _A:
        stream = OLD_STREAMS.get(fields.keyword, stream)
    if len(fields.values) > stream.most and not stream.labels:
        fields.refuse(fields.values[stream.most :], f"field_{stream.most + 1}")
    return stream.decode(fields)
