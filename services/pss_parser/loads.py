"""Whether a load is complete and in order: twelve messages from `pre` to `rdy`, about 13 ms apart; pss-parser."""

from typing import Any, Final

from services.pss_parser.sight import DETOUR_US, UNKNOWN_MS, Heard, Step
from services.pss_parser.state import RingState
from services.pss_parser.telling import information, late, tell
from shared.messages.match import Severity

ORDER: Final = ("pre", "ref", "at1", "mch", "wg", "wrd", "s", "sc", "clk", "rnd", "sup", "rdy")
_OPENING: Final = frozenset(("pre", "ref", "at1", "mch"))
_IDENTITY: Final = frozenset(("at1", "mch"))


def takes(state: RingState, stream: str) -> bool:
    """Whether a message of `stream` belongs to a load; noted if it does."""
    load = state.memory.sight.past.load
    if stream == "pre" and load is not None and not _is_overtaken(state, load):
        judge(state)
        load = None
    if load is None:
        if stream not in _OPENING:
            return False
        _open(state, stream)
        return True
    if stream in load.streams:
        return True
    before = load.streams[-1]
    is_late = ORDER.index(stream) < max(map(ORDER.index, load.streams))
    state.memory.sight = state.memory.sight.after(load=load.also(stream, now_us=state.now_us))
    if is_late:
        late(state, stream, before)
    return True


def judge(state: RingState) -> None:
    """The load is over: tell what did not arrive."""
    memory = state.memory
    load = memory.sight.past.load
    if load is None:
        return
    memory.sight = memory.sight.after(load=None)
    missing = [stream for stream in ORDER if stream not in load.streams]
    if not missing:
        return
    severity = Severity.INFORMATION if _IDENTITY.isdisjoint(missing) else Severity.WARNING
    evidence: dict[str, Any] = {"missing": missing, "heard": list(load.streams), "entry": load.entry}
    explanation = f"A match was loaded, and of the load's messages {', '.join(missing)} did not arrive."
    tell(state, "load_incomplete", severity, explanation, evidence)


def _open(state: RingState, stream: str) -> None:
    memory, now_us = state.memory, state.now_us
    if memory.round_clock.pace:
        information(
            state,
            "stop_unseen",
            "A match was loaded while the clock ran: its stop was not heard.",
            clock="round",
            last_ms=memory.round_clock.shown_ms,
            entry=state.entry,
        )
    memory.sight = memory.sight.after(
        load=Heard(now_us, state.entry, (stream,), now_us),
        has_load=True,
        bursts=(),
        report=None,
        closing=None,
        reviews=(None, None, None),
        started=None,
        risen=None,
        round=None,
        has_run=False,
        is_closed=False,
        result=None,
        is_after_told=False,
    )
    memory.round_clock, memory.break_clock, memory.injury_clock = Step(UNKNOWN_MS, now_us), Step(), Step()


def _is_overtaken(state: RingState, load: Heard) -> bool:
    return "pre" not in load.streams and state.now_us - load.at_us < DETOUR_US
