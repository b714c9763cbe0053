"""What follows from the scoring system's messages: the events of a match, its state, and what does not add up."""

from enum import StrEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from shared.messages.edits import Changes
from shared.messages.episodes import Challenge, Injury
from shared.messages.pss import AthleteName
from shared.messages.results import Result, RoundResult
from shared.messages.rules import Dialect


class Severity(StrEnum):
    """How much a finding matters to the one who reads it."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


class Stage(StrEnum):
    """How far a match is. `loading` lasts from `pre` until the match is known, `loaded` until the sender is ready. A
    round is `round_ended` when its clock was closed and `round_decided` when its winner was declared. `injury` (para
    timeouts too) and `review` cover what else goes on. `closed`: a person ended it, without a result.
    """

    NOT_LOADED = "not_loaded"
    LOADING = "loading"
    LOADED = "loaded"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    INJURY = "injury"
    REVIEW = "review"
    ROUND_ENDED = "round_ended"
    ROUND_DECIDED = "round_decided"
    BREAK = "break"
    CLOSED = "closed"
    DECIDED = "decided"


class Deduction(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Something that the reducer concluded from the entries up to this one."""


class MatchLoaded(Deduction, tag="match_loaded", frozen=True, kw_only=True):
    """A match was loaded. `match_id` is ours: ring, session and entry where the match's first load began, so that
    loading it again (`is_reload`) does not make a second match. `load_entry` is the entry where this load began.
    `athletes_partial`: the names were cut or incomplete, so that they identify nobody. `by_hand`: a person entered it.
    """

    match_id: str
    load_entry: int
    is_reload: bool
    match_number: str | None = None
    phase: str | None = None
    weight_class: str | None = None
    division: str | None = None
    total_rounds: int | None = None
    round_ms: int | None = None
    countdown_type: str | None = None
    chong: AthleteName | None = None
    hong: AthleteName | None = None
    colours: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
    athletes_partial: bool = False
    by_hand: bool = False


class RoundStarted(Deduction, tag="round_started", frozen=True, kw_only=True):
    """The clock of a round ran for the first time. A golden round follows a tie of all others."""

    round: int
    is_golden: bool = False


class RoundEnded(Deduction, tag="round_ended", frozen=True, kw_only=True):
    """A round's clock was closed. `fought_ms` is what the clock counted down, None when its start was not heard."""

    round: int
    fought_ms: int | None


class RoundWon(Deduction, tag="round_won", frozen=True, kw_only=True):
    """The winner declared for a round changed: 1 chong, 2 hong, 0 taken back."""

    round: int
    winner: int


class ScoreChanged(Deduction, tag="score_changed", frozen=True, kw_only=True):
    """An athlete's score of the running round changed."""

    athlete: int
    before: int
    after: int


class GamJeomsChanged(Deduction, tag="gam_jeoms_changed", frozen=True, kw_only=True):
    """An athlete's gam-jeoms of the running round changed."""

    athlete: int
    before: int
    after: int


class MatchDecided(Deduction, tag="match_decided", frozen=True, kw_only=True):
    """The scoring system declared a result, as far as it is known: 1 chong, 2 hong, 0 tie; said again when the other
    half of it arrives.
    """

    winner: int | None = None
    winner_name: str | None = None
    rounds_chong: int | None = None
    rounds_hong: int | None = None
    decision: str | None = None


class StageChanged(Deduction, tag="stage_changed", frozen=True, kw_only=True):
    """The match went on to another stage; `lasted_ms` is how long it was in the one before, None at the first."""

    before: Stage | None
    after: Stage
    lasted_ms: int | None = None


class Corrected(StrEnum):
    """What an operator of the scoring system corrected."""

    CLOCK = "clock"
    SCORE = "score"
    GAM_JEOMS = "gam_jeoms"
    ROUND_WINNER = "round_winner"
    ROUND = "round"


class CorrectionMade(Deduction, tag="correction_made", frozen=True, kw_only=True):
    """The operator of the scoring system corrected something: the clock (milliseconds), a score that went down,
    gam-jeoms that were taken back, a round's winner that was changed, or the round itself. `athlete` None: of none.
    """

    what: Corrected
    round: int | None = None
    athlete: int | None = None
    before: int | None = None
    after: int | None = None


class ChallengeChanged(Deduction, tag="challenge_changed", frozen=True, kw_only=True):
    """A video review was asked for, or more is known of it; the whole of it as it stands."""

    challenge: Challenge


class InjuryChanged(Deduction, tag="injury_changed", frozen=True, kw_only=True):
    """An injury time or a para timeout began, is another athlete's, or ended; the whole of it as it stands."""

    injury: Injury


class DialectDetected(Deduction, tag="dialect_detected", frozen=True, kw_only=True):
    """The ring's scoring system speaks this dialect; `reason` is what showed it."""

    dialect: Dialect
    reason: str


class ResultAssessed(Deduction, tag="result_assessed", frozen=True, kw_only=True):
    """A match's result, declared beside derived; said again whenever more is known, or a person edited it."""

    result: Result


class RoundAssessed(Deduction, tag="round_assessed", frozen=True, kw_only=True):
    """A round's result, declared beside derived; said again whenever more is known, or a person edited it."""

    result: RoundResult


class MatchEdited(Deduction, tag="match_edited", frozen=True, kw_only=True):
    """A person edited match `match_id`. Nothing that was sent is overwritten: `changes` lie over it until undone.
    `edit_id` is ours, made of ring, session and entry.
    """

    edit_id: str
    match_id: str
    author: str
    reason: str
    changes: Changes


class EditUndone(Deduction, tag="edit_undone", frozen=True, kw_only=True):
    """The edit `edit_id` of match `match_id` holds no more."""

    edit_id: str
    match_id: str
    author: str
    reason: str


class MatchClosed(Deduction, tag="match_closed", frozen=True, kw_only=True):
    """A person ended a match that has no result."""

    match_id: str
    author: str
    reason: str


class Finding(Deduction, tag="finding", frozen=True, kw_only=True):
    """Something that does not add up, or a hole: which rule it breaks, in a sentence, with its evidence."""

    rule: str
    severity: Severity
    explanation: str
    evidence: dict[str, Any] = {}


AnyMatchEvent = (
    MatchLoaded
    | RoundStarted
    | RoundEnded
    | RoundWon
    | ScoreChanged
    | GamJeomsChanged
    | MatchDecided
    | StageChanged
    | CorrectionMade
    | ChallengeChanged
    | InjuryChanged
    | DialectDetected
    | RoundAssessed
    | ResultAssessed
    | MatchEdited
    | EditUndone
    | MatchClosed
    | Finding
)

D = TypeVar("D")


class MatchEvent(Struct, Generic[D], frozen=True, kw_only=True):
    """The event of every `match.*` topic but `match.state`: what was concluded (`data`) and the moment of it."""

    ring: str
    entry: int
    index: int
    received_at_us: int
    match_id: str | None
    round: int | None
    clock_ms: int | None
    score: tuple[int, int] | None
    data: D


class Athlete(Struct, frozen=True, kw_only=True):
    """One side of a match, as it stands."""

    short_name: str | None = None
    long_name: str | None = None
    noc: str | None = None
    score: int = 0
    gam_jeoms: int = 0
    round_scores: tuple[int, ...] = (0, 0, 0)
    rounds_won: int = 0


class MatchState(Struct, frozen=True, kw_only=True):
    """A ring's match as it stands after `entry`. Published whole on every change, and every 5 s while a match is
    loaded; a clock is in milliseconds and counts down, `break_ms` and `injury_ms` are None outside of them.
    `break_stands`: the break's clock was stopped.

    What the scoring system declared is in `winner`, `decision` and so on; `result` and `rounds` set beside it what
    follows from the rules, and what a person edited (`edits`, those in force).
    """

    ring: str
    journal_id: str
    entry: int
    changed_at_us: int
    match_id: str | None = None
    stage: Stage | None = None
    match_number: str | None = None
    phase: str | None = None
    weight_class: str | None = None
    division: str | None = None
    total_rounds: int | None = None
    round_ms: int | None = None
    round: int | None = None
    clock_ms: int | None = None
    clock_running: bool = False
    break_ms: int | None = None
    injury_ms: int | None = None
    injury_athlete: int | None = None
    superiority: int | None = None
    round_winners: tuple[int, ...] = ()
    chong: Athlete = Athlete()
    hong: Athlete = Athlete()
    winner: int | None = None
    winner_name: str | None = None
    decision: str | None = None
    rounds_chong: int | None = None
    rounds_hong: int | None = None
    stage_since_us: int | None = None
    is_golden: bool = False
    dialect: Dialect | None = None
    rule_set: str | None = None
    challenges: tuple[Challenge, ...] = ()
    injuries: tuple[Injury, ...] = ()
    rounds: tuple[RoundResult, ...] = ()
    result: Result | None = None
    edits: tuple[MatchEdited, ...] = ()
    break_stands: bool = False
