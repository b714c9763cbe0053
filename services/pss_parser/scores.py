"""Scores, gam-jeoms, round scores, round winners and superiority: `sc`, `wg`, `s`, `wrd`, `sup`; pss-parser.

The running round's score is shown by `sc` and, for its round, by `s`: where one is lost the other serves, and a value
below one that rose less than a second ago is an overtaken datagram until the other says the same.
"""

from collections.abc import Callable
from typing import Final

from services.pss_parser import rounds
from services.pss_parser.state import SOON_US, Pair, RingState, Shown
from shared.messages.match import Corrected, CorrectionMade, GamJeomsChanged, RoundWon, ScoreChanged, Stage
from shared.messages.pss import (
    GamJeomsShown,
    RoundScoresShown,
    RoundWinnersDeclared,
    ScoreShown,
    SuperiorityShown,
)

Said = tuple[int | None, int | None]
"""What a message says of chong and of hong; None: nothing."""
_NOTHING_SHOWN: Final = (Shown(), Shown())


def score_shown(state: RingState, reading: ScoreShown) -> None:
    """`sc`: the score of the running round."""
    _show_score(state, (reading.chong, reading.hong), "sc")


def gam_jeoms_shown(state: RingState, reading: GamJeomsShown) -> None:
    """`wg`: the gam-jeoms of the running round."""
    memory, bout, said = state.memory, state.bout, (reading.chong, reading.hong)
    if bout.gam_jeoms is None or state.is_loading:
        bout.gam_jeoms, memory.gam_jeoms = merged(bout.gam_jeoms, said), _NOTHING_SHOWN
        return
    before = bout.gam_jeoms
    bout.gam_jeoms, memory.gam_jeoms = _weighed(state, memory.gam_jeoms, before, said, "wg")
    if bout.gam_jeoms != before:
        _tell(state, GamJeomsChanged, Corrected.GAM_JEOMS, before, bout.gam_jeoms)


def round_scores_shown(state: RingState, reading: RoundScoresShown) -> None:
    """`s`: the scores of all rounds; what was not sent keeps its value."""
    bout = state.bout
    before = bout.round_scores
    bout.round_scores = overlaid(before[0], reading.chong), overlaid(before[1], reading.hong)
    if bout.round is None or state.is_loading:
        return
    at = bout.round - 1
    _show_score(state, (_value(reading.chong, at), _value(reading.hong, at)), "s")


def round_winners_declared(state: RingState, reading: RoundWinnersDeclared) -> None:
    """`wrd`: who won each round. A winner of the open round says that it is over."""
    before = state.bout.round_winners
    after = overlaid(before, reading.winners)
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
            if old:
                state.events.append(CorrectionMade(what=Corrected.ROUND_WINNER, round=number, before=old, after=new))
    _show_decided(state)


def superiority_shown(state: RingState, reading: SuperiorityShown) -> None:
    """`sup`: who is ahead by superiority."""
    if reading.athlete is not None:
        state.bout.superiority = reading.athlete


def _show_score(state: RingState, said: Said, stream: str) -> None:
    memory, bout = state.memory, state.bout
    if bout.score is None or state.is_loading:
        bout.score, memory.scores = merged(bout.score, said), _NOTHING_SHOWN
        return
    before = bout.score
    bout.score, memory.scores = _weighed(state, memory.scores, before, said, stream)
    if bout.round is not None and (bout.score != before or stream == "s"):
        chong, hong = bout.round_scores
        at = bout.round - 1
        bout.round_scores = _with(chong, at, bout.score[0]), _with(hong, at, bout.score[1])
    if bout.score != before:
        _tell(state, ScoreChanged, Corrected.SCORE, before, bout.score)


def _weighed(
    state: RingState, shown: tuple[Shown, Shown], before: Pair, said: Said, stream: str
) -> tuple[Pair, tuple[Shown, Shown]]:
    chong, chong_shown = _weigh(state, shown[0], before[0], said[0], stream)
    hong, hong_shown = _weigh(state, shown[1], before[1], said[1], stream)
    return (chong, hong), (chong_shown, hong_shown)


def _weigh(state: RingState, shown: Shown, before: int, value: int | None, stream: str) -> tuple[int, Shown]:
    """One athlete's number after `stream` said `value`."""
    if value is None:
        return before, shown
    if value == before:
        return before, shown if shown.doubted is None else Shown(shown.rose_at_us)
    if value > before:
        return value, Shown(state.now_us)
    is_confirmed = shown.doubted == value and shown.doubted_stream != stream
    if state.now_us - shown.rose_at_us <= SOON_US and not is_confirmed:
        return before, Shown(shown.rose_at_us, value, stream)
    return value, Shown()


def _tell(
    state: RingState,
    event: Callable[..., ScoreChanged | GamJeomsChanged],
    what: Corrected,
    before: Pair,
    after: Pair,
) -> None:
    number = state.bout.round
    for athlete, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old != new:
            state.events.append(event(athlete=athlete, before=old, after=new))
        if old > new:
            state.events.append(CorrectionMade(what=what, round=number, athlete=athlete, before=old, after=new))


def _with(values: tuple[int, ...], at: int, value: int) -> tuple[int, ...]:
    """`values` with that one in its place."""
    return overlaid(values, (None,) * at + (value,))


def _show_decided(state: RingState) -> None:
    """The round that ended has a winner, or has none any more."""
    number, winners, stage = state.bout.round, state.bout.round_winners, state.memory.stage
    if number is not None and stage in (Stage.ROUND_ENDED, Stage.ROUND_DECIDED):
        state.enter(Stage.ROUND_DECIDED if _value(winners, number - 1) else Stage.ROUND_ENDED)


def _value(values: tuple[int | None, ...], at: int) -> int | None:
    return values[at] if at < len(values) else None


def merged(before: Pair | None, said: Said) -> Pair | None:
    """`before` with what was said."""
    chong, hong = said
    if chong is None and hong is None:
        return before
    old_chong, old_hong = before or (0, 0)
    return old_chong if chong is None else chong, old_hong if hong is None else hong


def overlaid(old: tuple[int, ...], new: tuple[int | None, ...]) -> tuple[int, ...]:
    """`old` with the values of `new` that are there, by position; 0 where neither has one."""
    if len(new) >= len(old) and None not in new:
        return new  # type: ignore[return-value]  # just checked: no None in it
    padded = old + (0,) * (len(new) - len(old))
    said = new + (None,) * (len(padded) - len(new))
    return tuple(before if after is None else after for before, after in zip(padded, said, strict=True))
