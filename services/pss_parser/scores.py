"""Scores, gam-jeoms, round scores, round winners and superiority: `sc`, `wg`, `s`, `wrd`, `sup`; pss-parser."""

from services.pss_parser import rounds
from services.pss_parser.state import Pair, RingState
from shared.messages.match import GamJeomsChanged, RoundWon, ScoreChanged
from shared.messages.pss import (
    GamJeomsShown,
    RoundScoresShown,
    RoundWinnersDeclared,
    ScoreShown,
    SuperiorityShown,
)


def score_shown(state: RingState, reading: ScoreShown) -> None:
    """`sc`: the score of the running round."""
    before = state.bout.score
    after = _merged(before, reading.chong, reading.hong)
    if after == before:
        return
    state.bout.score = after
    # What a load says, or the first thing heard, is where the match stands: nothing changed that could be told.
    if before is None or after is None or state.is_loading:
        return
    for athlete, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old != new:
            state.events.append(ScoreChanged(athlete=athlete, before=old, after=new))


def gam_jeoms_shown(state: RingState, reading: GamJeomsShown) -> None:
    """`wg`: the gam-jeoms of the running round."""
    before = state.bout.gam_jeoms
    after = _merged(before, reading.chong, reading.hong)
    if after == before:
        return
    state.bout.gam_jeoms = after
    if before is None or after is None or state.is_loading:
        return
    for athlete, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old != new:
            state.events.append(GamJeomsChanged(athlete=athlete, before=old, after=new))


def round_scores_shown(state: RingState, reading: RoundScoresShown) -> None:
    """`s`: the scores of all rounds; what was not sent keeps its value."""
    chong, hong = state.bout.round_scores
    state.bout.round_scores = _overlaid(chong, reading.chong), _overlaid(hong, reading.hong)


def round_winners_declared(state: RingState, reading: RoundWinnersDeclared) -> None:
    """`wrd`: who won each round. A winner of the open round says that it is over."""
    before = state.bout.round_winners
    after = _overlaid(before, reading.winners)
    if after == before:
        return
    running = state.memory.open_round
    if running is not None and running <= len(after) and after[running - 1]:
        rounds.end_round(state)
    state.bout.round_winners = after
    padded = before + (0,) * (len(after) - len(before))
    for number, (old, new) in enumerate(zip(padded, after, strict=True), 1):
        if old != new:
            state.events.append(RoundWon(round=number, winner=new))


def superiority_shown(state: RingState, reading: SuperiorityShown) -> None:
    """`sup`: who is ahead by superiority."""
    if reading.athlete is not None:
        state.bout.superiority = reading.athlete


def _merged(before: Pair | None, chong: int | None, hong: int | None) -> Pair | None:
    if chong is not None and hong is not None:
        return chong, hong
    if chong is None and hong is None:
        return before
    old_chong, old_hong = before or (0, 0)
    return old_chong if chong is None else chong, old_hong if hong is None else hong


def _overlaid(old: tuple[int, ...], new: tuple[int | None, ...]) -> tuple[int, ...]:
    """`old` with the values of `new` that are there, by position; 0 where neither has one."""
    if len(new) >= len(old) and None not in new:
        return new  # type: ignore[return-value]  # just checked: no None in it
    padded = old + (0,) * (len(new) - len(old))
    said = new + (None,) * (len(padded) - len(new))
    return tuple(before if after is None else after for before, after in zip(padded, said, strict=True))
