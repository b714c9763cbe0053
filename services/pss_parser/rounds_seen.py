"""Whether rounds, matches and results follow one another as they must; pss-parser."""

from typing import Final

from services.pss_parser import loads, reviews
from services.pss_parser.sight import REPORT_US, UNKNOWN_MS, Declared, Step
from services.pss_parser.state import RingState
from services.pss_parser.telling import information, is_repeated, late, warning
from shared.messages.match import Finding, MatchLoaded
from shared.messages.pss import DecisionDeclared, HardwareTested, RoundSet, WinnerDeclared
from shared.messages.rules import Dialect

_SAME_TEST_US: Final = 60_000_000
_FIRST: Final[dict[Dialect | None, str]] = {Dialect.A: "wmh", Dialect.B: "win"}


def round_set(state: RingState, reading: RoundSet) -> None:
    """`rnd`."""
    number = reading.round
    if number is None or is_repeated(state):
        return
    if loads.takes(state, "rnd"):
        state.memory.sight = state.memory.sight.after(round=number)
        return
    joined(state)
    before = state.memory.sight.past.round
    if before is not None and number not in (before, before + 1):
        warning(
            state,
            "round_skipped",
            f"Round {number} was called after round {before}.",
            round=number,
            before=before,
            entry=state.entry,
        )
    memory = state.memory
    memory.sight = memory.sight.after(
        round=number,
        round_at_us=state.now_us,
        has_run=False,
        is_closed=False,
        started=None,
        risen=None,
    )
    memory.break_clock, memory.round_clock = Step(), Step(UNKNOWN_MS, state.now_us)


def round_not_announced(state: RingState, clock_ms: int) -> None:
    """The clock runs from a round's full time, after a round's end and without `rnd`."""
    before = state.memory.sight.past.round
    if not any(isinstance(event, Finding) and event.rule.startswith("round_not_") for event in state.events):
        warning(
            state,
            "round_not_announced",
            "The clock of another round runs, and no message said which round it is.",
            round_before=before,
            clock_ms=clock_ms,
            entry=state.entry,
        )
    number = None if before is None else before + 1
    state.memory.sight = state.memory.sight.after(round=number, has_run=False, is_closed=False)


def round_starts(state: RingState) -> None:
    """`clk;…;start`: break and injury are over."""
    if joined(state):
        return
    after_result(state)
    reviews.round_goes_on(state)
    memory = state.memory
    injury = memory.injury_clock
    memory.sight = memory.sight.after(is_closed=False)
    memory.break_clock = memory.injury_clock = Step()
    if injury.pace:
        information(
            state,
            "stop_unseen",
            "The round goes on, and the end of an injury time was not heard.",
            clock="injury",
            last_ms=injury.shown_ms,
            entry=state.entry,
        )


def clock_runs(state: RingState) -> None:
    """The loaded match has begun."""
    past, match_id = state.memory.sight.past, state.bout.match_id
    if not past.has_run or past.begun != match_id:
        is_over = past.result is not None
        begun = past.begun if is_over else match_id
        state.memory.sight = state.memory.sight.after(has_run=True, begun=begun, begun_entry=state.entry)


def joined(state: RingState) -> bool:
    """Whether the match runs already when the ring is first heard; told once a session."""
    memory = state.memory
    past = memory.sight.past
    if past.has_load or memory.athletes is not None or memory.described is not None:
        return False
    if "joined" in past.once:
        return False
    memory.sight = memory.sight.after(once=(*past.once, "joined"))
    information(
        state,
        "joined_mid_match",
        "A match was under way when the ring was first heard; which one, and how it stood, was not heard.",
        entry=state.entry,
    )
    return True


def match_loaded(state: RingState) -> None:
    """A load was settled: whether it ended a match that has no result."""
    for event in state.events:
        if isinstance(event, MatchLoaded) and not event.by_hand:
            _judge_load(state, event)


def _judge_load(state: RingState, event: MatchLoaded) -> None:
    past = state.memory.sight.past
    if event.load_entry == past.loaded_entry:
        return
    begun = past.begun
    is_same = begun == event.match_id
    state.memory.sight = state.memory.sight.after(loaded_entry=event.load_entry, begun=begun if is_same else None)
    if begun is None:
        return
    if is_same:
        information(
            state,
            "reloaded_mid_match",
            "The match was loaded again after it had begun; it goes on as the load says.",
            match_id=begun,
            entry=event.load_entry,
        )
    elif any(known.match_id == begun for known in state.memory.known):
        warning(
            state,
            "match_without_end",
            "Another match was loaded, and the one before it had begun and has no result.",
            match_id=begun,
            began_entry=past.begun_entry,
            next_match_id=event.match_id,
            entry=event.load_entry,
        )


def winner_declared(state: RingState, reading: WinnerDeclared) -> None:
    """`win`."""
    if reading.winner is None or is_repeated(state):
        return
    before = state.memory.sight.past.result
    is_other = before is not None and before.winner not in (None, reading.winner)
    _declared(state, "win", winner=reading.winner, decision=before.decision if before else None, is_other=is_other)


def decision_declared(state: RingState, reading: DecisionDeclared) -> None:
    """`wmh`."""
    if is_repeated(state) or (reading.winner_name is None and reading.decision is None):
        return
    said = (reading.winner_name, reading.rounds_chong, reading.rounds_hong, reading.decision)
    before = state.memory.sight.past.result
    is_other = before is not None and before.decision not in (None, said)
    _declared(state, "wmh", winner=before.winner if before else None, decision=said, is_other=is_other)


def _declared(
    state: RingState,
    stream: str,
    *,
    winner: int | None,
    decision: tuple[str | None, int | None, int | None, str | None] | None,
    is_other: bool,
) -> None:
    now_us = state.now_us
    before = state.memory.sight.past.result
    differs_at_us = before.differs_at_us if before else 0
    is_told = is_other and now_us - differs_at_us > REPORT_US
    declared = Declared(
        before.at_us if before else now_us,
        before.entry if before else state.entry,
        winner,
        decision,
        now_us if is_told else differs_at_us,
        before is None,
    )
    state.memory.sight = state.memory.sight.after(result=declared, begun=None)
    if before is not None and before.is_half and _comes_first(state) == stream:
        late(state, stream, "wmh" if stream == "win" else "win")
    if is_told and before is not None:
        warning(
            state,
            "result_after_result",
            "Another result was declared for a match that was decided.",
            winner_before=before.winner,
            decision_before=before.decision and before.decision[3],
            winner=winner,
            decision=decision and decision[3],
            entry_before=before.entry,
            entry=state.entry,
        )


def _comes_first(state: RingState) -> str | None:
    """Which half of a result this ring's system sends first, if it is known."""
    memory = state.memory
    return _FIRST.get(memory.interpretation.dialect or memory.dialect)


def after_result(state: RingState) -> None:
    """A score, a gam-jeom or a started clock: told once if the match is decided."""
    past = state.memory.sight.past
    result = past.result
    if result is None or past.is_after_told or past.load is not None:
        return
    state.memory.sight = state.memory.sight.after(is_after_told=True)
    information(
        state,
        "message_after_result",
        "The match was decided, and scores, gam-jeoms or a started clock still arrive for it.",
        entry_of_result=result.entry,
        entry=state.entry,
        after_us=state.now_us - result.at_us,
    )


def hardware_tested(state: RingState, _reading: HardwareTested) -> None:
    """`hwt`: the sensors are tested before a match, not while it runs."""
    past, now_us = state.memory.sight.past, state.now_us
    if not state.memory.round_clock.pace or is_repeated(state):
        return
    state.memory.sight = state.memory.sight.after(tested_at_us=now_us)
    if now_us - past.tested_at_us > _SAME_TEST_US:
        warning(
            state,
            "hardware_test_in_match",
            "The sensors were tested while the clock ran.",
            clock_ms=state.bout.clock_ms,
            entry=state.entry,
        )
