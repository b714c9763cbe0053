"""The reducer: which reading changes what of a ring's match; pss-parser.

The pieces: which match (`identity`), rounds and clocks (`rounds`), scores and winners (`scores`), what interrupts
(`challenges`, `injuries`), the result (here). Readings without a handler (points, hit levels, officials, statistics,
the sender's notices) change no state here. What a scoring system that was asked says is another matter (`answers`).
"""

from collections.abc import Callable
from typing import Any, Final

from services.pss_parser import challenges, identity, injuries, rounds, scores
from services.pss_parser.state import RingState
from shared.messages.match import MatchDecided, Stage
from shared.messages.pss import (
    AthletesNamed,
    BreakTicked,
    ChallengeSignalled,
    ClockTicked,
    DecisionDeclared,
    GamJeomsShown,
    InjuryTicked,
    LoadBegan,
    LoadCompleted,
    MatchDescribed,
    ParaTimeoutTicked,
    Reading,
    RoundScoresShown,
    RoundSet,
    RoundWinnersDeclared,
    ScoreShown,
    SuperiorityShown,
    WinnerDeclared,
)


def winner_declared(state: RingState, reading: WinnerDeclared) -> None:
    """`win`: one half of the result."""
    if reading.winner is not None:
        identity.settle(state)
        is_new = state.bout.winner != reading.winner
        state.bout.winner = reading.winner
        _decide(state, is_new=is_new)


def decision_declared(state: RingState, reading: DecisionDeclared) -> None:
    """`wmh`: the other half. One that says nothing at all decides nothing."""
    said = (reading.winner_name, reading.rounds_chong, reading.rounds_hong, reading.decision)
    if reading.winner_name is None and reading.decision is None:
        return
    identity.settle(state)
    bout = state.bout
    is_new = said != (bout.winner_name, bout.rounds_chong, bout.rounds_hong, bout.decision)
    bout.winner_name, bout.rounds_chong, bout.rounds_hong, bout.decision = said
    _decide(state, is_new=is_new)


def _decide(state: RingState, *, is_new: bool) -> None:
    if not is_new:
        return
    rounds.end_round(state)
    identity.forget(state)
    bout = state.bout
    bout.clock_running = False
    bout.break_ms = None
    challenges.end(state, "match_ended")
    injuries.end_all(state, "match_ended")
    state.enter(Stage.DECIDED)
    state.is_boundary = True
    state.events.append(
        MatchDecided(
            winner=bout.winner,
            winner_name=bout.winner_name,
            rounds_chong=bout.rounds_chong,
            rounds_hong=bout.rounds_hong,
            decision=bout.decision,
        )
    )


HANDLERS: Final[dict[type[Reading], Callable[[RingState, Any], None]]] = {
    AthletesNamed: identity.athletes_named,
    BreakTicked: rounds.break_ticked,
    ChallengeSignalled: challenges.signalled,
    ClockTicked: rounds.clock_ticked,
    DecisionDeclared: decision_declared,
    GamJeomsShown: scores.gam_jeoms_shown,
    InjuryTicked: injuries.injury_ticked,
    LoadBegan: identity.load_announced,
    LoadCompleted: identity.load_completed,
    MatchDescribed: identity.match_described,
    ParaTimeoutTicked: injuries.timeout_ticked,
    RoundScoresShown: scores.round_scores_shown,
    RoundSet: rounds.round_set,
    RoundWinnersDeclared: scores.round_winners_declared,
    ScoreShown: scores.score_shown,
    SuperiorityShown: scores.superiority_shown,
    WinnerDeclared: winner_declared,
}
