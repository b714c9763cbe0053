"""The inspectors of the ring: do the messages fit together, whatever the match is; pss-parser.

Each looks at a message after it changed the state. `docs/findings.md` lists what they tell. The pieces: the clock
(`clock_steps`, `countdowns`), loads (`loads`), groups of messages (`bursts`), rounds and results (`rounds_seen`),
datagrams that arrive twice (`duplicates`), how the ring is read (`reading_signs`),
video reviews (`reviews`).
"""

from collections.abc import Callable
from typing import Any, Final

from services.pss_parser import (
    bursts,
    clock_steps,
    countdowns,
    duplicates,
    loads,
    reading_signs,
    reviews,
    rounds_seen,
)
from services.pss_parser.sight import DETOUR_US, LOAD_US
from services.pss_parser.state import RingState
from services.pss_parser.telling import is_repeated
from shared.messages.pss import (
    AthletesNamed,
    BannerReceived,
    BreakTicked,
    ChallengeSignalled,
    ClockTicked,
    DecisionDeclared,
    GamJeomsShown,
    HardwareTested,
    HitMeasured,
    InjuryTicked,
    LoadBegan,
    LoadCompleted,
    MatchDescribed,
    OfficialsNamed,
    ParaTimeoutTicked,
    PointScored,
    Reading,
    RoundScoresShown,
    RoundSet,
    RoundWinnersDeclared,
    ScoreShown,
    SenderChanged,
    StatisticsFinished,
    StatisticsReported,
    SuperiorityShown,
    WinnerDeclared,
)

Watcher = Callable[[RingState, Any], None]


def pass_time(state: RingState) -> None:
    """Called with each datagram, before its messages: what waited long enough is told."""
    if state.now_us >= state.memory.sight.due_us:
        _tell_due(state)
    duplicates.arrived(state)


def _tell_due(state: RingState) -> None:
    load, now_us = state.memory.sight.past.load, state.now_us
    if load is not None and now_us >= load.last_at_us + (DETOUR_US if "rdy" in load.streams else LOAD_US):
        loads.judge(state)
    bursts.pass_time(state)
    clock_steps.pass_time(state)


def _of_load(stream: str) -> Watcher:
    def note(state: RingState, _reading: Any) -> None:
        if not is_repeated(state):
            loads.takes(state, stream)
        rounds_seen.match_loaded(state)

    return note


def _all(*watchers: Watcher) -> Watcher:
    def look(state: RingState, reading: Any) -> None:
        for watch in watchers:
            watch(state, reading)

    return look


def _of_match(state: RingState, _reading: Any) -> None:
    """What only belongs to a match under way. A point after the result is the judge's to tell."""
    if state.memory.sight.past.load is None:
        rounds_seen.joined(state)
        rounds_seen.after_result(state)


WATCHERS: Final[dict[type[Reading], Watcher]] = {
    AthletesNamed: _all(_of_load("at1"), reading_signs.look),
    BannerReceived: reading_signs.look,
    BreakTicked: countdowns.break_ticked,
    ChallengeSignalled: reviews.challenge_signalled,
    ClockTicked: clock_steps.clock_ticked,
    DecisionDeclared: _all(rounds_seen.decision_declared, reading_signs.look),
    GamJeomsShown: _all(_of_match, bursts.gam_jeoms_shown),
    HardwareTested: rounds_seen.hardware_tested,
    HitMeasured: bursts.hit_measured,
    InjuryTicked: countdowns.injury_ticked,
    LoadBegan: _of_load("pre"),
    LoadCompleted: _of_load("rdy"),
    MatchDescribed: _all(_of_load("mch"), reading_signs.look),
    OfficialsNamed: _all(_of_load("ref"), reading_signs.look),
    ParaTimeoutTicked: _all(countdowns.injury_ticked, reading_signs.look),
    PointScored: bursts.point_scored,
    RoundScoresShown: bursts.round_scores_shown,
    RoundSet: rounds_seen.round_set,
    RoundWinnersDeclared: bursts.winners_declared,
    ScoreShown: _all(_of_match, bursts.score_shown),
    SenderChanged: reading_signs.look,
    StatisticsFinished: bursts.statistics_finished,
    StatisticsReported: bursts.statistics_reported,
    SuperiorityShown: bursts.superiority_shown,
    WinnerDeclared: rounds_seen.winner_declared,
}
"""Who looks at which reading."""
