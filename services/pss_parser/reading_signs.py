"""How a ring is read, and what shows that it should be read otherwise: its encoding, its dialect; pss-parser."""

from typing import Final

from services.pss_parser.dialects import sign_of
from services.pss_parser.fields import Fields
from services.pss_parser.state import RingState
from services.pss_parser.telling import information, warning
from shared.messages.pss import AnyReading, BannerReceived

_CUT: Final = "encoding:cut"


def look(state: RingState, reading: AnyReading) -> None:
    """A message with names in it, or one that shows the dialect; each thing is told once a session."""
    if reading.faults:
        _look_at_encoding(state, reading)
    forced = state.memory.interpretation.dialect
    if forced is None or "dialect" in state.memory.sight.past.once:
        return
    keyword = reading.banner.value if isinstance(reading, BannerReceived) else "to"
    sign = sign_of(reading, Fields(keyword, [], ""))
    if sign is not None and sign[0] is not forced:
        _once(state, "dialect")
        warning(
            state,
            "dialect_differs",
            f"The ring is read as dialect {forced.value}, and speaks like {sign[0].value} ({sign[1]}).",
            forced=forced.value,
            seen=sign[0].value,
            reason=sign[1],
            entry=state.entry,
        )


def _look_at_encoding(state: RingState, reading: AnyReading) -> None:
    fault = next((fault for fault in reading.faults if fault.startswith("encoding:") and fault != _CUT), None)
    if fault is None or "encoding" in state.memory.sight.past.once:
        return
    _once(state, "encoding")
    encoding = fault.removeprefix("encoding:")
    information(
        state,
        "text_not_utf8",
        f"Names are not sent in UTF-8; they are read as {encoding}.",
        encoding=encoding,
        entry=state.entry,
    )


def _once(state: RingState, what: str) -> None:
    sight = state.memory.sight
    state.memory.sight = sight.after(once=(*sight.past.once, what))
