"""The protocols that scoring systems speak, as data, and by what a ring's dialect is known; pss-parser.

`A` and `B` read most streams alike: a protocol is its table of streams. What only one of them sends is a sign of it;
what only the older one sends is `deprecated` in a ring that speaks the newer.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from services.pss_parser.fields import Fields, Stream
from services.pss_parser.streams import OLD_STREAMS, STREAMS
from services.pss_parser.streams.mch import is_old_weight
from shared.messages.pss import (
    AnyReading,
    AthletesNamed,
    BannerReceived,
    MatchDescribed,
    OfficialsNamed,
    ParaTimeoutTicked,
    Reading,
    ResultKind,
    SenderChanged,
    UnknownReceived,
)
from shared.messages.rules import Dialect

Sign = tuple[Dialect, str]
"""A dialect, and what in a message shows it."""
_B: Final = Dialect.B


class Protocol(Struct, frozen=True, kw_only=True):
    """One dialect: what it is called, its version, and its streams by keyword."""

    dialect: Dialect
    name: str
    version: str
    streams: Mapping[str, Stream]


def _sent_in(dialect: Dialect, streams: Mapping[str, Stream]) -> dict[str, Stream]:
    return {keyword: stream for keyword, stream in streams.items() if stream.only in (None, dialect)}


PROTOCOLS: Final = {
    Dialect.A: Protocol(
        dialect=Dialect.A,
        name="TK-Strike Gen2 3.2.4",
        version="3.2.4",
        streams=_sent_in(Dialect.A, STREAMS | OLD_STREAMS),
    ),
    Dialect.B: Protocol(
        dialect=Dialect.B,
        name="WT UDP 2.3 / Gen3",
        version="2.3",
        streams=_sent_in(Dialect.B, STREAMS),
    ),
}


def kind_of(data: AnyReading, fields: Fields, dialect: Dialect) -> ResultKind:
    """How well `data` was read from `fields`, in a ring that speaks `dialect`."""
    if type(data) is UnknownReceived:
        return ResultKind.UNKNOWN
    if data.faults:
        return ResultKind.PARTIAL
    if fields.is_old and dialect is _B:
        return ResultKind.DEPRECATED
    return ResultKind.RECOGNIZED


def sign_of(data: AnyReading, fields: Fields) -> Sign | None:
    """The dialect that `data`, read from `fields`, shows; None for what both send, and for what is not sound."""
    look = SIGNS.get(type(data))
    return None if look is None or data.faults else look(data, fields)


def _of_names(data: AthletesNamed, _: Fields) -> Sign | None:
    names = [(name.short_name, name.long_name) for name in (data.chong, data.hong)]
    if any(None in pair for pair in names):
        return None
    if all(short == long for short, long in names):
        return Dialect.A, "at1: the scoreboard names stand in place of the full names"
    return Dialect.B, "at1: scoreboard names and full names differ"


def _of_match(data: MatchDescribed, _: Fields) -> Sign | None:
    if is_old_weight(data.weight_class):
        return Dialect.A, "mch: the weight category reads MEN or WOMEN"
    if data.body_threshold is not None:
        return Dialect.B, "mch: it tells the hit thresholds"
    if data.weight_class is not None and data.weight_class.startswith(("M ", "W ")):
        return Dialect.B, "mch: the weight category reads M or W"
    return None


def _of_officials(_: OfficialsNamed, fields: Fields) -> Sign | None:
    return (Dialect.A, "ref: fields without a value are left out") if fields.is_old else None


def _of_keyword(_: AnyReading, fields: Fields) -> Sign:
    return Dialect.A, f"{fields.keyword}: only older senders have it"


def _of_notice(_: SenderChanged, __: Fields) -> Sign:
    return Dialect.B, "Udp Port: only newer senders tell of their connection so"


SIGNS: Final[dict[type[Reading], Callable[[Any, Fields], Sign | None]]] = {
    AthletesNamed: _of_names,
    MatchDescribed: _of_match,
    OfficialsNamed: _of_officials,
    ParaTimeoutTicked: _of_keyword,
    BannerReceived: _of_keyword,
    SenderChanged: _of_notice,
}
"""What may show the dialect: all of them messages that come once a match or more rarely."""
