"""Rounds and their clocks: `clk`, `rnd`, `brk`; pss-parser.

A round starts when its clock first runs, and ends once: by `stopEnd`, by a stop at 0:00, or because what comes next
(a break, its declared winner, another round, a result) says so. Where `rnd` was lost, a start after a break is the
next round's.
"""

from typing import Final

from services.pss_parser import challenges, identity, injuries
from services.pss_parser.state import SOON_US, RingState, Shown, is_golden
from shared.messages.match import (
    Corrected,
    CorrectionMade,
    Finding,
    RoundEnded,
    RoundStarted,
    Severity,
    Stage,
)
from shared.messages.pss import BreakTicked, ClockAction, ClockTicked, RoundSet

_LAST_TICKS_MS: Final = 2000
_LATE_TICKS_MS: Final = 3000


def clock_ticked(state: RingState, reading: ClockTicked) -> None:
    """`clk`: a tick or an action."""
    memory, bout = state.memory, state.bout
    if memory.is_pending:
        identity.settle(state)
        bout = state.bout
    action, said = reading.action, reading.clock_ms
    before = bout.clock_ms
    if action is None and bout.clock_running and said is not None and before is not None and said <= before:
        # Nearly all that is ever sent: the next tick.
        bout.clock_ms = said
        memory.clock_heard, memory.risen_ms = True, None
        if memory.open_round is not None and said < before and _is_open(state):
            memory.heard_ms = said
        return
    if _is_late(state, reading, before):
        return
    if said is not None:
        bout.clock_ms = said
    if action is None:
        _ticked(state, before)
        memory.clock_heard = True
        return
    if action is ClockAction.START:
        _started(state)
    elif action is ClockAction.CORRECTED:
        _corrected(state, before)
    elif action is ClockAction.STOP_END:
        _stopped_for_good(state)
    else:
        _stopped(state)
    memory.clock_heard = True
    memory.clock_set_us = state.now_us
    memory.is_stopped_for_good = action is ClockAction.STOP_END


def _is_late(state: RingState, reading: ClockTicked, before: int | None) -> bool:
    """Whether something that was said after this overtook it: a tick of a clock that ran on, that was stopped, or that
    ran before its start was heard. A running clock whose ticks rise one after another counts up: none of them is late.
    """
    said, action, memory = reading.clock_ms, reading.action, state.memory
    if said is None or before is None or action not in (None, ClockAction.START):
        return False
    if state.bout.clock_running:
        is_behind = 0 < said - before <= _LATE_TICKS_MS
        if not is_behind or action is not None:
            return is_behind and state.now_us - memory.clock_set_us <= SOON_US
        is_counting_up = memory.risen_ms is not None and said > memory.risen_ms
        memory.risen_ms = said
        return not is_counting_up
    if action is not None or not memory.clock_stands or state.now_us - memory.clock_set_us > SOON_US:
        return False
    return memory.is_stopped_for_good or 0 < said - before <= _LATE_TICKS_MS


def _started(state: RingState) -> None:
    memory, bout = state.memory, state.bout
    if memory.break_heard and bout.round is not None:
        _next_round(state, bout.round + 1)
    memory.is_closed = False
    _run(state, bout.clock_ms)


def _next_round(state: RingState, number: int) -> None:
    """A break is over and the clock starts, but no `rnd` was heard."""
    clock_ms = state.bout.clock_ms
    state.events.append(
        Finding(
            rule="round_not_announced",
            severity=Severity.WARNING,
            explanation=f"The clock started after a break, and no `rnd` was heard: round {number} is assumed.",
            evidence={"round": number, "clock_ms": clock_ms, "entry": state.entry},
        )
    )
    _begin_round(state, number)
    state.bout.clock_ms = clock_ms


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
        if _is_first_second(state, now):
            memory.clock_set_us = state.now_us
            _run(state, bout.round_ms)
    elif not memory.is_closed:
        # It runs though its start was not heard. Where it had been standing is where it started.
        memory.clock_set_us = state.now_us
        _run(state, before if memory.clock_stands else None)


def _is_first_second(state: RingState, now_ms: int) -> bool:
    """Whether the first that is heard of a round's clock is that it ran since a moment ago: its start was lost."""
    memory, whole_ms = state.memory, state.bout.round_ms
    if memory.clock_heard or memory.is_closed or state.is_loading or whole_ms is None:
        return False
    return 0 < whole_ms - now_ms <= _LAST_TICKS_MS


def _run(state: RingState, from_ms: int | None) -> None:
    memory, bout = state.memory, state.bout
    bout.clock_running = True
    bout.break_ms = None
    memory.clock_stands = memory.break_heard = False
    if memory.is_round_due:
        _guess_round(state)
    challenges.end(state, "match_went_on")
    injuries.end_all(state, "match_went_on")
    state.enter(Stage.RUNNING)
    if bout.round is None:
        return
    if not _is_open(state) or _is_played_again(state, from_ms):
        memory.open_round, memory.open_match, memory.open_from_ms = bout.round, bout.match_id, from_ms
        golden = is_golden(bout, memory.interpretation)
        state.events.append(RoundStarted(round=bout.round, is_golden=golden))
    memory.heard_ms = bout.clock_ms


def _guess_round(state: RingState) -> None:
    """A load without `rnd`: the round that it was before, else the one after those that are won or have scores."""
    memory, bout = state.memory, state.bout
    memory.is_round_due = False
    if bout.round is not None or bout.match_id is None:
        return
    if bout.match_id == memory.unloaded_match and memory.unloaded_round is not None:
        bout.round = memory.unloaded_round
        return
    won = max((number for number, winner in enumerate(bout.round_winners, 1) if winner), default=0)
    scored = max((number for side in bout.round_scores for number, score in enumerate(side, 1) if score), default=0)
    bout.round = max(won + 1, scored)


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
    if bout.clock_ms is not None and bout.clock_ms != before:
        state.events.append(CorrectionMade(what=Corrected.CLOCK, round=bout.round, before=before, after=bout.clock_ms))
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
    is_due, memory.is_round_due = memory.is_round_due, False
    if state.is_loading or (is_due and state.now_us - memory.load_at_us <= SOON_US):
        bout.round = number
        return
    if number != bout.round:
        if bout.round is not None and number < bout.round:
            state.events.append(CorrectionMade(what=Corrected.ROUND, round=number, before=bout.round, after=number))
        _begin_round(state, number)
    elif memory.stage not in _BETWEEN:
        return
    memory.is_closed = memory.clock_stands = memory.clock_heard = memory.break_heard = False
    memory.round_set_us = state.now_us
    bout.break_ms = None
    injuries.end_all(state, "match_went_on")
    state.enter(Stage.READY)


def _begin_round(state: RingState, number: int) -> None:
    """Scores and gam-jeoms restart without being sent."""
    memory, bout = state.memory, state.bout
    end_round(state)
    memory.round_before = bout.score, bout.gam_jeoms
    bout.round = number
    bout.score = bout.score and (0, 0)
    bout.gam_jeoms = bout.gam_jeoms and (0, 0)
    bout.superiority = bout.superiority and 0
    bout.clock_running = False
    memory.scores = memory.gam_jeoms = (Shown(), Shown())


def break_ticked(state: RingState, reading: BreakTicked) -> None:
    """`brk`: the break goes on, or is over."""
    memory = state.memory
    now_us = state.now_us
    is_before_round = reading.action is None and now_us - memory.round_set_us <= SOON_US
    is_before_start = state.bout.clock_running and now_us - memory.clock_set_us <= SOON_US
    if is_before_round or is_before_start:
        return  # overtaken: that break is over
    end_round(state)
    if reading.action is ClockAction.STOP_END:
        state.bout.break_ms = None
        state.enter(Stage.READY)
        return
    if reading.clock_ms is not None:
        state.bout.break_ms = reading.clock_ms
        memory.break_heard = memory.is_closed
    state.bout.break_stands = reading.action is ClockAction.STOP
    state.enter(Stage.BREAK)


_BETWEEN: Final = (Stage.BREAK, Stage.ROUND_ENDED, Stage.ROUND_DECIDED)
