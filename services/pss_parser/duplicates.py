"""Datagrams that arrive twice; pss-parser.

No sender repeats a text within 30 ms: two equal points are at least a burst of four messages apart, and the captures
have no equal texts within 170 ms.
"""

from typing import Final

from services.pss_parser.state import RingState
from services.pss_parser.telling import information

TWICE_US: Final = 30_000
MOST_RECENT: Final = 8
LONGEST: Final = 512
"""Bytes; the longest message is a fourth of it, and the state stays small whatever arrives."""


def arrived(state: RingState) -> None:
    """Remember the datagram; a finding if the same one arrived a moment ago."""
    memory, now_us, body = state.memory, state.now_us, state.body
    recent = memory.recent
    if not body or len(body) > LONGEST:
        return
    if not recent or now_us - recent[-1][0] > TWICE_US:
        # The normal case: every datagram pays for this.
        memory.recent = ((now_us, body),)
        return
    memory.recent = (*recent[1 - MOST_RECENT :], (now_us, body))
    for at_us, text in recent:
        if text == body and abs(now_us - at_us) <= TWICE_US:
            _told(state, body, apart_us=now_us - at_us)
            return


def _told(state: RingState, body: bytes, *, apart_us: int) -> None:
    state.memory.sight = state.memory.sight.after(repeated_entry=state.entry)
    information(
        state,
        "duplicate_datagram",
        f"The same datagram arrived twice within {max(1, round(apart_us / 1000))} ms; the second says nothing new.",
        text=body.decode(errors="replace")[:80],
        apart_us=apart_us,
        entry=state.entry,
    )
