"""Rounds and their clocks: `clk`, `rnd`, `brk`, `ij`; pss-parser.

A round starts when its clock first runs, and ends once: by `stopEnd`, by a stop at 0:00, or because what comes next
(a break, its declared winner, another round, a result) says so.
"""

from typing import Final

from services.pss_parser import identity
from services.pss_parser.state import RingState
from shared.messages.match import RoundEnded, RoundStarted, Stage
from shared.messages.pss import BreakTicked, ClockAction, ClockTicked, InjuryAction, InjuryTicked, RoundSet

_LAST_TICKS_MS: Final = 2000


def clock_ticked(state: RingState, reading: ClockTicked) -> None:
    """`clk`: a tick or an action."""
    memory, bout = state.memory, state.bout
    if memory.is_pending:
        identity.settle(state)
        bout = state.bout
    action, said = reading.action, reading.clock_ms
    before = bout.clock_ms
    if said is not None:
        bout.clock_ms = said
    if action is None:
        _ticked(state, before)
    elif action is ClockAction.START:
        memory.is_closed = False
        state.end_injury()
        _run(state, bout.clock_ms)
    elif action is ClockAction.CORRECTED:
        _corrected(state, before)
    elif action is ClockAction.STOP_END:
        _stopped_for_good(state)
    else:
        _stopped(state)
    memory.clock_heard = True


def _ticked(state: RingState, before: int | None) -> None:
    memory, bout = state.memory, state.bout
    now = bout.clock_ms
    if now is None or now == before:
        return
    if bout.clock_running:
        if _is_open(state):
            memory.heard_ms = now
    elif before is None or now > before:
        memory.clock_stands = state.is_loading
    elif not memory.is_closed:
        # It runs though its start was not heard. Where it had been standing is where it started.
        _run(state, before if memory.clock_stands else None)


def _run(state: RingState, from_ms: int | None) -> None:
    memory, bout = state.memory, state.bout
    bout.clock_running = True
    bout.break_ms = None
    memory.clock_stands = False
    state.enter(Stage.RUNNING)
    if bout.round is None:
        return
    if not _is_open(state) or _is_played_again(state, from_ms):
        memory.open_round, memory.open_match, memory.open_from_ms = bout.round, bout.match_id, from_ms
        state.events.append(RoundStarted(round=bout.round))
    memory.heard_ms = bout.clock_ms


def _is_open(state: RingState) -> bool:
    memory, bout = state.memory, state.bout
    return memory.open_round is not None and memory.open_round == bout.round and memory.open_match == bout.match_id


def _is_played_again(state: RingState, from_ms: int | None) -> bool:
    """Whether the clock of the open round runs again from the round's start after some of it was fought."""
    start, heard = state.memory.open_from_ms, state.memory.heard_ms
    if from_ms is None or start is None or heard is None:
        return False
    return heard < start <= from_ms


def _stopped(state: RingState) -> None:
    memory, bout = state.memory, state.bout
    was_running, bout.clock_running = bout.clock_running, False
    memory.clock_stands = True
    if _is_open(state) and bout.clock_ms is not None:
        memory.heard_ms = bout.clock_ms
        if bout.clock_ms == 0:
            end_round(state)
            return
    if was_running or memory.stage is None:
        state.enter(Stage.PAUSED)


def _corrected(state: RingState, before: int | None) -> None:
    memory, bout = state.memory, state.bout
    if not _is_open(state) or bout.clock_ms is None:
        return
    if memory.open_from_ms is not None and before is not None:
        # The correction is not time that was fought.
        memory.open_from_ms += bout.clock_ms - before
    memory.heard_ms = bout.clock_ms


def _stopped_for_good(state: RingState) -> None:
    memory, bout = state.memory, state.bout
    if _is_open(state):
        if bout.clock_running and memory.heard_ms is not None and memory.heard_ms <= _LAST_TICKS_MS:
            # The last ticks were lost. Otherwise its 0:00 says nothing: a point gap has it too.
            memory.heard_ms = bout.clock_ms
        end_round(state)
    elif memory.clock_heard and not memory.is_closed:
        # Its start was not heard, its end is. (Where no clock was heard since `rnd`, it is the last round's end, late.)
        memory.is_closed = state.is_boundary = True
        state.enter(Stage.ROUND_ENDED)
        if bout.round is not None:
            state.events.append(RoundEnded(round=bout.round, fought_ms=None))
    bout.clock_running = False
    memory.clock_stands = True


def end_round(state: RingState) -> None:
    """The open round is over; nothing to do if none is open."""
    memory = state.memory
    if not _is_open(state):
        return
    number, start, heard = memory.open_round, memory.open_from_ms, memory.heard_ms
    memory.open_round = memory.open_from_ms = memory.heard_ms = memory.open_match = None
    memory.is_closed = True
    state.bout.clock_running = False
    state.enter(Stage.ROUND_ENDED)
    state.is_boundary = True
    if number is not None:
        fought_ms = None if start is None or heard is None else abs(start - heard)
        state.events.append(RoundEnded(round=number, fought_ms=fought_ms))


def round_set(state: RingState, reading: RoundSet) -> None:
    """`rnd`: another round. In a load it only says where the match stands; else scores restart without being sent."""
    memory, bout = state.memory, state.bout
    number = reading.round
    if number is None:
        return
    if state.is_loading:
        bout.round = number
        return
    if number != bout.round:
        end_round(state)
        bout.round = number
        bout.score = bout.score and (0, 0)
        bout.gam_jeoms = bout.gam_jeoms and (0, 0)
        bout.superiority = bout.superiority and 0
        bout.clock_running = False
    elif memory.stage not in (Stage.BREAK, Stage.ROUND_ENDED):
        return
    memory.is_closed = memory.clock_stands = memory.clock_heard = False
    bout.break_ms = None
    state.end_injury()
    state.enter(Stage.READY)


def break_ticked(state: RingState, reading: BreakTicked) -> None:
    """`brk`: the break goes on, or is over."""
    end_round(state)
    if reading.action is ClockAction.STOP_END:
        state.bout.break_ms = None
        state.enter(Stage.READY)
        return
    if reading.clock_ms is not None:
        state.bout.break_ms = reading.clock_ms
    state.enter(Stage.BREAK)


def injury_ticked(state: RingState, reading: InjuryTicked) -> None:
    """`ij`: injury time is shown, goes on, is set back (which shows nothing by itself) or is hidden."""
    bout = state.bout
    if reading.action is InjuryAction.HIDE:
        state.end_injury()
    elif reading.clock_ms is not None and (reading.action is not InjuryAction.RESET or bout.injury_ms is not None):
        bout.injury_ms, bout.injury_athlete = reading.clock_ms, reading.athlete
    state.show_stage()
