"""Whether the clocks of break, injury and para timeout go on as time does; pss-parser."""

from typing import Any, Final

from services.pss_parser import bursts, rounds_seen
from services.pss_parser.clock_steps import APART_MS, TICK_MS, ticks_missing
from services.pss_parser.sight import DETOUR_US, Step
from services.pss_parser.state import RingState
from services.pss_parser.telling import information, is_repeated, late, warning
from shared.messages.pss import BreakTicked, ClockAction, InjuryAction, InjuryTicked, ParaTimeoutTicked

_STANDS: Final = 0
_RUNS: Final = 1
_UNSURE: Final = 2  # it ticked, and its start may still come


def break_ticked(state: RingState, reading: BreakTicked) -> None:
    """`brk`."""
    memory, now_us = state.memory, state.now_us
    past, last, said = memory.sight.past, memory.break_clock, reading.clock_ms
    if said is None or is_repeated(state):
        return
    rounds_seen.joined(state)
    if now_us - past.round_at_us < DETOUR_US:
        late(state, "brk", "rnd")
        return
    bursts.break_began(state)
    is_end = reading.action is ClockAction.STOP_END
    is_set = reading.action in (ClockAction.CORRECTED, ClockAction.START)
    if last.pace and not is_set and past.is_closed:
        _stepped(state, "break", last, said, is_end=is_end)
    runs = reading.action in (None, ClockAction.START)
    memory.break_clock = Step(said, now_us, _RUNS if runs else _STANDS)
    if not memory.sight.past.is_closed:
        memory.sight = memory.sight.after(is_closed=True)


def injury_ticked(state: RingState, reading: InjuryTicked | ParaTimeoutTicked) -> None:
    """`ij` and `to`."""
    last, said = state.memory.injury_clock, reading.clock_ms
    if said is None or is_repeated(state):
        return
    action, is_detour = reading.action, state.now_us - last.at_us < DETOUR_US
    if action is None and not last.pace and is_detour:
        late(state, "ij", "ij hide")
        return
    if action is InjuryAction.SHOW and last.pace == _UNSURE and is_detour:
        late(state, "ij show", "ij")
        said = last.shown_ms
    elif last.pace == _UNSURE:
        _shown_unheard(state, last)
    if action in (None, InjuryAction.HIDE) and last.pace:
        _stepped(state, "injury", last, said, is_end=action is InjuryAction.HIDE)
    runs = _UNSURE if action is None and not last.pace else _RUNS
    pace = _STANDS if action is InjuryAction.HIDE else runs
    state.memory.injury_clock = Step(said, state.now_us, pace)


def _shown_unheard(state: RingState, last: Step) -> None:
    information(
        state,
        "start_unseen",
        f"An injury time ran at {last.shown_ms // TICK_MS} s though its start was not heard.",
        clock="injury",
        clock_ms=last.shown_ms,
        entry=state.entry,
    )


def _stepped(state: RingState, clock: str, last: Step, said: int, *, is_end: bool) -> None:
    step_ms = last.shown_ms - said
    passed_ms = (state.now_us - last.at_us) // 1000
    count = step_ms // TICK_MS - (0 if is_end else 1)
    evidence: dict[str, Any] = {"clock": clock, "last_ms": last.shown_ms, "clock_ms": said, "entry": state.entry}
    if step_ms < 0:
        warning(state, "clock_rose", f"The {clock} clock rose without a correction.", **evidence)
    elif passed_ms < step_ms - APART_MS and not is_end:
        warning(state, "clock_jumped", f"The {clock} clock jumped without a correction.", **evidence)
    elif count > 0 and passed_ms >= step_ms - APART_MS:
        ticks_missing(state, clock, count, last_ms=last.shown_ms, said_ms=said)
