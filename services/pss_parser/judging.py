"""The judge of a ring's match: counts what its messages say, and has rounds and result assessed; pss-parser.

`WATCHERS` are called after the state changed, `pass_time` with each datagram before its messages. Which round a
message belongs to is judged here, too: where `rnd` was lost, the clock that starts after a declared round says it.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from services.pss_parser import counting, moving
from services.pss_parser.assessing import HALF_US, assess, close_match, close_rounds, expire, with_due
from services.pss_parser.state import RingState
from services.pss_parser.tallies import Declared, Tallies
from services.pss_parser.telling import tell_all
from shared.messages.match import MatchLoaded, RoundEnded, RoundStarted
from shared.messages.pss import (
    AthletesNamed,
    ClockTicked,
    DecisionDeclared,
    GamJeomsShown,
    HitMeasured,
    LoadCompleted,
    MatchDescribed,
    PointScored,
    Reading,
    RoundScoresShown,
    RoundSet,
    RoundWinnersDeclared,
    ScoreShown,
    StatisticsReported,
    SuperiorityShown,
    WinnerDeclared,
)

_LIMIT_MS: Final = 5000
"""How long a round goes on after the gap or the gam-jeom limit until it is told: reviews and corrections need time."""
_replace = msgspec.structs.replace


def pass_time(state: RingState) -> None:
    """Called with each datagram, before its messages: what waited long enough is told."""
    tallies = state.memory.tallies
    if not tallies.due_us or state.now_us < tallies.due_us:
        return
    tallies = expire(state, tallies, state.now_us)
    if tallies.decided_at_us and state.now_us - tallies.decided_at_us >= HALF_US:
        tallies = close_match(state, tallies)
    _keep(state, assess(state, tallies))


def reassess(state: RingState) -> None:
    """Judge the ring's match anew: a person edited it, or the sender answered who won its rounds."""
    tallies = moving.with_winners(moving.at_match(state), state.bout.round_winners)
    _keep(state, assess(state, tallies))


def _keep(state: RingState, tallies: Tallies) -> None:
    state.memory.tallies = with_due(tallies)


def _clock(state: RingState, reading: ClockTicked) -> None:
    if state.events:
        match_loaded(state, reading)
        tallies = state.memory.tallies
        for event in state.events:
            if isinstance(event, RoundStarted) and tallies.match_id == state.bout.match_id:
                tallies = moving.round_started(state, tallies)
            elif isinstance(event, RoundEnded) and tallies.match_id == state.bout.match_id:
                tallies = moving.round_ended(tallies, event)
        _keep(state, tallies)
    if state.memory.tallies.is_over and state.bout.clock_running and reading.clock_ms is not None:
        _goes_on(state, reading.clock_ms)


def _goes_on(state: RingState, clock_ms: int) -> None:
    tallies = state.memory.tallies
    tally = tallies.running
    if tally is None or tally.over_from_ms is None or tally.over_from_ms - clock_ms <= _LIMIT_MS:
        return
    rule = tally.over_by or ""
    key = f"{rule}:{tally.number}"
    if key not in tallies.told:
        tell_all(state, [counting.goes_on(tally, rule, clock_ms=clock_ms)])
        tallies = _replace(tallies, told=(*tallies.told, key))
    _keep(state, _replace(tallies, is_over=False))


def _score(state: RingState, reading: ScoreShown) -> None:
    if state.is_loading:
        state.memory.tallies = _replace(state.memory.tallies, loaded=(reading.chong, reading.hong))
    elif (tally := moving.running(state)) is not None:
        tallies = state.memory.tallies.with_round(counting.score(tally, reading, _now(state)))
        _keep(state, moving.limited(state, tallies))


def _round_scores(state: RingState, reading: RoundScoresShown) -> None:
    tallies = state.memory.tallies
    if tallies.match_id is None or tallies.match_id != state.bout.match_id:
        return
    if not state.is_loading:
        moving.running(state)
        tallies = state.memory.tallies
    changed, is_report = tallies, False
    for tally in tallies.tallied:
        is_current = tally.number == tallies.current and not state.is_loading
        told = counting.listed(tally, reading, _now(state), is_current=is_current)
        if told is not tally:
            changed = changed.with_round(told)
            is_report |= tally.is_over
    if is_report:
        changed = assess(state, changed)
    if changed is tallies:
        return
    _keep(state, moving.limited(state, changed))


def _gam_jeoms(state: RingState, reading: GamJeomsShown) -> None:
    if not state.is_loading and (tally := moving.running(state)) is not None:
        tally, found = counting.gam_jeoms(tally, reading, _now(state))
        tell_all(state, found)
        _keep(state, moving.limited(state, state.memory.tallies.with_round(tally)))


def _point(state: RingState, reading: PointScored) -> None:
    tally, is_after = moving.running(state), state.bout.is_decided
    is_before = tally is not None and not tally.is_begun and state.bout.clock_ms is not None
    if is_before or is_after:
        tell_all(state, [counting.outside(reading, is_after=is_after)])
        return
    if tally is None:
        # Of a match that is not known, nothing is known of its rounds either.
        return
    tally, found = counting.point(tally, reading, _now(state))
    tell_all(state, found)
    _keep(state, state.memory.tallies.with_round(tally))


def _hit(state: RingState, reading: HitMeasured) -> None:
    tally = moving.running(state)
    if tally is not None and tally.is_begun and not tally.is_over:
        _keep(state, state.memory.tallies.with_round(counting.hit(tally, reading.athlete)))


def _superiority(state: RingState, reading: SuperiorityShown) -> None:
    if not state.is_loading and reading.athlete is not None and (tally := moving.running(state)) is not None:
        _keep(state, state.memory.tallies.with_round(_replace(tally, superiority=reading.athlete)))


def _round(state: RingState, reading: RoundSet) -> None:
    if state.is_loading or reading.round is None or state.bout.match_id is None:
        return
    tallies = moving.ended(state, moving.at_match(state))
    tallies = moving.at_round(state, tallies, reading.round)
    _keep(state, close_rounds(state, tallies, before=reading.round))


def _winners(state: RingState, reading: RoundWinnersDeclared) -> None:
    if state.is_loading or moving.running(state) is None:
        return
    tallies = moving.ended(state, state.memory.tallies)
    _keep(state, assess(state, moving.declared(state, tallies, reading.winners)))


def _statistics(state: RingState, reading: StatisticsReported) -> None:
    if moving.running(state) is None or reading.round is None:
        return
    tallies = state.memory.tallies
    tally = tallies.of(reading.round)
    if tally is not None:
        chong, hong = tally.sides
        sides = _replace(chong, reported=reading.chong), _replace(hong, reported=reading.hong)
        _keep(state, assess(state, tallies.with_round(_replace(tally, sides=sides))))


def _winner(state: RingState, reading: WinnerDeclared) -> None:
    if reading.winner is not None:
        match_loaded(state, reading)
        said = state.memory.tallies.declared
        _decided(state, _replace(said, winner=reading.winner, has_winner=True))


def _decision(state: RingState, reading: DecisionDeclared) -> None:
    if reading.winner_name is None and reading.decision is None:
        return
    match_loaded(state, reading)
    chong, hong = reading.rounds_chong, reading.rounds_hong
    said = _replace(
        state.memory.tallies.declared,
        name=reading.winner_name,
        rounds=None if chong is None or hong is None else (chong, hong),
        decision=reading.decision,
        has_decision=True,
    )
    _decided(state, said)


def _decided(state: RingState, said: Declared) -> None:
    bout = state.bout
    names = tuple(
        tuple(name for name in (known.long_name, known.short_name) if name) for known in (bout.chong, bout.hong)
    )
    tallies = moving.ended(state, moving.at_match(state))
    said = _replace(said, names=names)
    if said == tallies.declared:
        return
    tallies = _replace(tallies, declared=said, decided_at_us=tallies.decided_at_us or state.now_us)
    is_whole = said.has_winner and said.has_decision and not tallies.is_closed
    _keep(state, close_match(state, tallies) if is_whole else assess(state, tallies))


def match_loaded(state: RingState, reading: Reading | None = None) -> None:
    """A load may be settled by any message: another match is the ring's then, and the one before it is over."""
    if any(isinstance(event, MatchLoaded) for event in state.events):
        for known in state.memory.known:
            if known.match_id == state.memory.unloaded_match != state.bout.match_id:
                _gone(state, known.tallies)
        # It may have been edited while it was away.
        _keep(state, assess(state, moving.at_match(state)))
    if isinstance(reading, LoadCompleted):
        _keep(state, moving.aligned(state, moving.at_match(state)))


def match_named(state: RingState) -> None:
    """The sender answered which match this is; its round may run already."""
    match_loaded(state)
    tallies = state.memory.tallies
    if state.bout.clock_running and tallies.match_id is not None:
        _keep(state, moving.round_started(state, tallies))


def _gone(state: RingState, tallies: Tallies) -> None:
    """A match left the ring without a result; it may come back."""
    if tallies.match_id is None or tallies.is_gone:
        return
    tallies = expire(state, _replace(tallies, is_gone=True), state.now_us)
    moving.put_back(state, close_match(state, tallies))


def _now(state: RingState) -> counting.Moment:
    return counting.Moment(state.entry, state.now_us, state.memory.interpretation.rule_set)


WATCHERS: Final[dict[type[Reading], Callable[[RingState, Any], None]]] = {
    AthletesNamed: match_loaded,
    ClockTicked: _clock,
    DecisionDeclared: _decision,
    GamJeomsShown: _gam_jeoms,
    HitMeasured: _hit,
    LoadCompleted: match_loaded,
    MatchDescribed: match_loaded,
    PointScored: _point,
    RoundScoresShown: _round_scores,
    RoundSet: _round,
    RoundWinnersDeclared: _winners,
    ScoreShown: _score,
    StatisticsReported: _statistics,
    SuperiorityShown: _superiority,
    WinnerDeclared: _winner,
}
