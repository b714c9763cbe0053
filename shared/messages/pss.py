"""What a scoring system said, one struct per PSS stream, and the moment it was said at.

Source: the PSS wire protocol, dialects A (TK-Strike Gen2) and B (WT UDP 2.3). Athlete 1 is chong (blue), 2 is hong
(red); times are milliseconds; a field that the sender left empty or that could not be read is None.
"""

from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct


class ResultKind(StrEnum):
    """How well a message could be read. `internal_error` is our own fault: its handling raised."""

    RECOGNIZED = "recognized"
    PARTIAL = "partial"
    UNKNOWN = "unknown"
    DEPRECATED = "deprecated"
    INTERNAL_ERROR = "internal_error"


class ClockAction(StrEnum):
    """What happened to a clock besides ticking; `stopEnd` closes the round or the break."""

    START = "start"
    STOP = "stop"
    CORRECTED = "corr"
    STOP_END = "stopEnd"


class InjuryAction(StrEnum):
    """What happened to the injury clock besides ticking."""

    SHOW = "show"
    HIDE = "hide"
    RESET = "reset"


class Technique(StrEnum):
    """How a point was scored; the values are the event codes of the sport."""

    PUNCH = "P"
    BODY = "K"
    HEAD = "H"
    TECHNICAL_BODY = "TB"
    TECHNICAL_HEAD = "TH"


class Banner(StrEnum):
    """What an older sender says when it connects or leaves."""

    HEL = "hel"
    BYE = "bye"
    INLB = "inlb"
    INSL = "insl"
    INTH = "inth"


class Reading(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """One message as it was read. `faults` names what could not be: `field:reason`."""

    faults: tuple[str, ...] = ()


class LoadBegan(Reading, tag="load_began", frozen=True, kw_only=True):
    """`pre`: a match is being loaded; a burst of about a dozen messages follows."""


class LoadCompleted(Reading, tag="load_completed", frozen=True, kw_only=True):
    """`rdy`: the load is finished, the match may start."""


class AthleteName(Struct, frozen=True, kw_only=True, gc=False):
    """An athlete as announced: scoreboard name, full name, IOC code."""

    short_name: str | None = None
    long_name: str | None = None
    noc: str | None = None


class AthletesNamed(Reading, tag="athletes_named", frozen=True, kw_only=True):
    """`at1`: who fights."""

    chong: AthleteName
    hong: AthleteName


class Official(Struct, frozen=True, kw_only=True, gc=False):
    """A referee, judge or technical assistant: `role` is ref, ju1, ju2, ju3 or ta."""

    role: str
    name: str | None = None
    country: str | None = None


class OfficialsNamed(Reading, tag="officials_named", frozen=True, kw_only=True):
    """`ref`: who officiates; often all empty."""

    officials: tuple[Official, ...] = ()


class MatchDescribed(Reading, tag="match_described", frozen=True, kw_only=True):
    """`mch`: the match being loaded. `match_number` is text ("101", "245.A"); colours are `#rrggbb`;
    thresholds are those of the body and head sensors.
    """

    match_number: str | None = None
    phase: str | None = None
    weight_class: str | None = None
    round: int | None = None
    chong_background: str | None = None
    chong_foreground: str | None = None
    hong_background: str | None = None
    hong_foreground: str | None = None
    pss_match_id: str | None = None
    division: str | None = None
    total_rounds: int | None = None
    round_ms: int | None = None
    countdown_type: str | None = None
    body_threshold: int | None = None
    head_threshold: int | None = None


class ClockTicked(Reading, tag="clock_ticked", frozen=True, kw_only=True):
    """`clk`: the round clock, once a second and at each action."""

    clock_ms: int | None = None
    action: ClockAction | None = None


class RoundSet(Reading, tag="round_set", frozen=True, kw_only=True):
    """`rnd`: the running round. Scores and gam-jeoms restart here without being sent."""

    round: int | None = None


class BreakTicked(Reading, tag="break_ticked", frozen=True, kw_only=True):
    """`brk`: the clock of the break between two rounds."""

    clock_ms: int | None = None
    action: ClockAction | None = None


class PointScored(Reading, tag="point_scored", frozen=True, kw_only=True):
    """`pt1`, `pt2`: a technique scored. A moment, never to be summed; the score itself comes in `sc`.

    `value` is the number as sent: in dialect B the kind of technique (6 is none of ours), in A the points that it gave,
    which are then `points` too.
    """

    athlete: int
    technique: Technique | None = None
    value: int | None = None
    points: int | None = None


class HitMeasured(Reading, tag="hit_measured", frozen=True, kw_only=True):
    """`hl1`, `hl2`: the level that a sensor measured, 1 to 100."""

    athlete: int
    level: int | None = None


class ScoreShown(Reading, tag="score_shown", frozen=True, kw_only=True):
    """`sc1`: the score of the running round. None: that side was not sent and keeps its value."""

    chong: int | None = None
    hong: int | None = None


class RoundScoresShown(Reading, tag="round_scores_shown", frozen=True, kw_only=True):
    """`s11`: the scores of all rounds, per athlete by round from round 1; None keeps its value."""

    chong: tuple[int | None, ...] = ()
    hong: tuple[int | None, ...] = ()


class GamJeomsShown(Reading, tag="gam_jeoms_shown", frozen=True, kw_only=True):
    """`wg1`: the gam-jeoms of the running round. None: that side was not sent and keeps its value."""

    chong: int | None = None
    hong: int | None = None


class InjuryTicked(Reading, tag="injury_ticked", frozen=True, kw_only=True):
    """`ij0`, `ij1`, `ij2`: injury (kye-shi) time; athlete 0 when the sender does not say whose."""

    athlete: int
    clock_ms: int | None = None
    action: InjuryAction | None = None


class ChallengeSignalled(Reading, tag="challenge_signalled", frozen=True, kw_only=True):
    """`ch0`, `ch1`, `ch2`: a video review; athlete 0 is the referee. `accepted` is None when it is asked for, then
    1 accepted, 0 rejected, -1 cancelled or closed; `won` is 1 when the challenge was right.
    """

    athlete: int
    accepted: int | None = None
    won: int | None = None


class ParaTimeoutTicked(Reading, tag="para_timeout_ticked", frozen=True, kw_only=True):
    """`to1`, `to2`: the timeout of a para athlete; older senders only."""

    athlete: int
    clock_ms: int | None = None
    action: InjuryAction | None = None


class AthleteVideoTimeSet(Reading, tag="athlete_video_time_set", frozen=True, kw_only=True):
    """`avt`: the athletes' video time; the protocol does not say in what unit."""

    number: int | None = None


class HardwareTested(Reading, tag="hardware_tested", frozen=True, kw_only=True):
    """`hwt`: a test of the sensors before a match: 0 closed, 1 open, 2 to 5 a test hit. Never match data."""

    value: int | None = None


class BannerReceived(Reading, tag="banner_received", frozen=True, kw_only=True):
    """`hel`, `bye`, `inlb`, `insl`, `inth`: an older sender connects or leaves; `text` is what it says besides."""

    banner: Banner
    text: str | None = None


class RoundWinnersDeclared(Reading, tag="round_winners_declared", frozen=True, kw_only=True):
    """`wrd`: the winner of each round from round 1: 0 none yet, 1 chong, 2 hong, None not readable."""

    winners: tuple[int | None, ...] = ()


class SuperiorityShown(Reading, tag="superiority_shown", frozen=True, kw_only=True):
    """`sup`: who is ahead by superiority: 0 tie, 1 chong, 2 hong."""

    athlete: int | None = None


class TechniqueCounts(Struct, frozen=True, kw_only=True, gc=False):
    """One athlete's scoring techniques and gam-jeoms in one round."""

    body: int | None = None
    head: int | None = None
    punch: int | None = None
    technical_body: int | None = None
    technical_head: int | None = None
    gam_jeoms: int | None = None


class StatisticsReported(Reading, tag="statistics_reported", frozen=True, kw_only=True):
    """`rst`: the statistics of a round."""

    round: int | None = None
    chong: TechniqueCounts = TechniqueCounts()
    hong: TechniqueCounts = TechniqueCounts()


class StatisticsFinished(Reading, tag="statistics_finished", frozen=True, kw_only=True):
    """`rsr`: follows `rst`."""


class WinnerDeclared(Reading, tag="winner_declared", frozen=True, kw_only=True):
    """`win`: who won the match: 1 chong (BLUE), 2 hong (RED), 0 TIE."""

    winner: int | None = None


class DecisionDeclared(Reading, tag="decision_declared", frozen=True, kw_only=True):
    """`wmh`: winner's long name (may be None), rounds won and decision code ("2-1 PTF")."""

    winner_name: str | None = None
    rounds_chong: int | None = None
    rounds_hong: int | None = None
    decision: str | None = None


class SenderChanged(Reading, tag="sender_changed", frozen=True, kw_only=True):
    """`Udp Port N connected;`: the sender's own notice about its connection."""

    port: int | None = None
    connected: bool


class UnknownReceived(Reading, tag="unknown_received", frozen=True, kw_only=True):
    """A stream that this version does not know; its text is in `raw`."""

    stream: str


class HandlingFailed(Reading, tag="handling_failed", frozen=True, kw_only=True):
    """Our own handling of the datagram raised `error`; its text is in `raw`, the state was put back."""

    error: str


AnyReading = (
    LoadBegan
    | LoadCompleted
    | AthletesNamed
    | OfficialsNamed
    | MatchDescribed
    | ClockTicked
    | RoundSet
    | BreakTicked
    | PointScored
    | HitMeasured
    | ScoreShown
    | RoundScoresShown
    | GamJeomsShown
    | InjuryTicked
    | ChallengeSignalled
    | ParaTimeoutTicked
    | AthleteVideoTimeSet
    | HardwareTested
    | BannerReceived
    | RoundWinnersDeclared
    | SuperiorityShown
    | StatisticsReported
    | StatisticsFinished
    | WinnerDeclared
    | DecisionDeclared
    | SenderChanged
    | UnknownReceived
    | HandlingFailed
)

R = TypeVar("R")


class PssEvent(Struct, Generic[R], frozen=True, kw_only=True, gc=False):
    """The event of every `pss.*` topic: what was read (`data`), its text (`raw`), and the moment it belongs to.

    `entry` and `index` name the journal entry and the message in its datagram; `match_id`, `round`, `clock_ms` and
    `score` (chong, hong) are those in force after this message, None where there is no match or nothing was said yet.
    """

    ring: str
    entry: int
    index: int
    received_at_us: int
    match_id: str | None
    round: int | None
    clock_ms: int | None
    score: tuple[int, int] | None
    kind: ResultKind
    raw: str
    data: R
