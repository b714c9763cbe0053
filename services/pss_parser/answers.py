"""What a scoring system says when it is asked: where the match stands; pss-parser.

An answer is the last packet of its kind, which may be older than what was heard: it fills what is not known, tells no
change, and decides nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from services.pss_parser import identity, judging, scores
from services.pss_parser.state import RingState, Shown
from shared.messages.match import Stage
from shared.messages.pss import (
    AthletesNamed,
    BreakTicked,
    ClockTicked,
    GamJeomsShown,
    MatchDescribed,
    Reading,
    RoundScoresShown,
    RoundSet,
    RoundWinnersDeclared,
    ScoreShown,
)

_NOTHING_SHOWN: Final = (Shown(), Shown())


def athletes_named(state: RingState, reading: AthletesNamed) -> None:
    """`at1`: who fights, if no match is loaded. Others than those of the loaded match: its load was not heard."""
    known = state.memory.athletes
    if known is not None and (known.chong, known.hong) == (reading.chong, reading.hong):
        return
    if known is not None and not state.memory.is_pending:
        identity.athletes_named(state, reading)
        return
    identity.take_athletes(state, reading)
    _identify_when_complete(state)


def match_described(state: RingState, reading: MatchDescribed) -> None:
    """`mch`: the other half."""
    known = state.memory.described
    if known is not None and identity.key(known) == identity.key(reading):
        return
    if known is not None and not state.memory.is_pending:
        identity.match_described(state, reading)
        return
    identity.take_description(state, reading)
    _identify_when_complete(state)


def clock_ticked(state: RingState, reading: ClockTicked) -> None:
    """`clk`: the clock, if none was heard; whether it runs is not known by it."""
    if state.bout.clock_ms is None:
        state.bout.clock_ms = reading.clock_ms


def break_ticked(state: RingState, reading: BreakTicked) -> None:
    """`brk`: the break's clock, if it lasts; without a round's clock it is all that is known of the time."""
    if state.memory.stage is Stage.BREAK and reading.clock_ms is not None:
        state.bout.break_ms = reading.clock_ms


def round_set(state: RingState, reading: RoundSet) -> None:
    """`rnd`: the round, if it is not known, or its beginning was not heard: then its score is not known either."""
    memory, bout, number = state.memory, state.bout, reading.round
    if number is None or (bout.round is not None and number <= bout.round):
        return
    if bout.round is not None:
        bout.score = bout.gam_jeoms = None
        memory.round_before = (None, None)
        memory.open_round = memory.open_match = memory.open_from_ms = memory.heard_ms = None
        memory.is_closed = memory.break_heard = False
    bout.round = number
    memory.is_round_due = False


def score_shown(state: RingState, reading: ScoreShown) -> None:
    """`sc`: the score, unless it is the one that the round before ended with: none was sent since."""
    bout, memory = state.bout, state.memory
    said = scores.merged(bout.score, (reading.chong, reading.hong))
    if bout.score != (0, 0) or said != memory.round_before[0]:
        bout.score, memory.scores = said, _NOTHING_SHOWN


def gam_jeoms_shown(state: RingState, reading: GamJeomsShown) -> None:
    """`wg`: the gam-jeoms, likewise."""
    bout, memory = state.bout, state.memory
    said = scores.merged(bout.gam_jeoms, (reading.chong, reading.hong))
    if bout.gam_jeoms != (0, 0) or said != memory.round_before[1]:
        bout.gam_jeoms, memory.gam_jeoms = said, _NOTHING_SHOWN


def round_scores_shown(state: RingState, reading: RoundScoresShown) -> None:
    """`s`: the rounds' scores."""
    chong, hong = state.bout.round_scores
    state.bout.round_scores = scores.overlaid(chong, reading.chong), scores.overlaid(hong, reading.hong)


def round_winners_declared(state: RingState, reading: RoundWinnersDeclared) -> None:
    """`wrd`: winners of rounds that are not known."""
    before = state.bout.round_winners
    said = tuple(None if at < len(before) and before[at] else winner for at, winner in enumerate(reading.winners))
    after = scores.overlaid(before, said)
    if after != before:
        state.bout.round_winners = after
        judging.reassess(state)


def _identify_when_complete(state: RingState) -> None:
    """Both halves are known: that is the match, and it stands as it was heard so far."""
    memory, bout = state.memory, state.bout
    if memory.athletes is None or memory.described is None:
        return
    if memory.is_pending:
        identity.settle(state)
        judging.match_named(state)
        return
    if bout.match_id is not None:
        identity.settle_when_complete(state)
        judging.match_named(state)
        return
    memory.load_entry, memory.load_session = state.entry, state.session
    if memory.stage in (None, Stage.LOADING):
        memory.stage = Stage.READY
    identity.identify(state)
    if memory.open_round is not None and memory.open_match is None:
        memory.open_match = bout.match_id
    judging.match_named(state)


HANDLERS: Final[dict[type[Reading], Callable[[RingState, Any], None]]] = {
    AthletesNamed: athletes_named,
    BreakTicked: break_ticked,
    ClockTicked: clock_ticked,
    GamJeomsShown: gam_jeoms_shown,
    MatchDescribed: match_described,
    RoundScoresShown: round_scores_shown,
    RoundSet: round_set,
    RoundWinnersDeclared: round_winners_declared,
    ScoreShown: score_shown,
}
