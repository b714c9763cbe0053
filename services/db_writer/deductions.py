"""What the reducer concluded, into the tables of matches; db-writer."""

from collections.abc import Callable
from typing import Any, get_args

import msgspec
from msgspec import Struct

from services.db_writer.episodes import Episodes
from services.db_writer.matches import Context, Matches
from services.db_writer.pending import Pending
from services.db_writer.results import Results
from services.db_writer.sessions import Session, Sessions
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.match import (
    AnyMatchEvent,
    ChallengeChanged,
    CorrectionMade,
    DialectDetected,
    EditUndone,
    Finding,
    GamJeomsChanged,
    InjuryChanged,
    MatchClosed,
    MatchDecided,
    MatchEdited,
    MatchLoaded,
    ResultAssessed,
    RoundAssessed,
    RoundEnded,
    RoundStarted,
    RoundWon,
    ScoreChanged,
    Severity,
    StageChanged,
)

UNKNOWN_MATCH = "edit_unknown_match"
UNKNOWN_EDIT = "edit_unknown"

_to_json = msgspec.json.Encoder().encode


class Moment(Struct, frozen=True, gc=False):
    """When something was concluded: at message `index` of `entry`, received `at`, in `context`, at `clock_ms`.

    `match_pk` is the match of `context`, or the one that has just left the ring: what is told at its end is told of it.
    `judged_pk` is the one whose result is told at this moment, which its rounds are told with.
    """

    session: Session
    entry: int
    index: int
    at: str
    context: Context
    match_pk: int | None
    clock_ms: int | None
    judged_pk: int | None = None


class Deductions:
    """One method per kind of conclusion."""

    def __init__(
        self,
        connection: "sqlite3.Connection",
        *,
        matches: Matches,
        pending: Pending,
        sessions: Sessions,
        times: Timestamps,
    ) -> None:
        self._matches = matches
        self._pending = pending
        self._sessions = sessions
        self._summing = matches.summing
        self._results = Results(connection, times, changed=matches.summing.matches)
        self._episodes = Episodes(connection, times, changed=matches.summing.matches)
        self._handlers: dict[type, Callable[[Any, Moment], None]] = {
            MatchLoaded: self._match_loaded,
            RoundStarted: self._round_started,
            RoundEnded: self._round_ended,
            RoundWon: self._round_won,
            ScoreChanged: self._score_changed,
            GamJeomsChanged: self._gam_jeoms_changed,
            MatchDecided: self._match_decided,
            StageChanged: self._stage_changed,
            CorrectionMade: self._correction_made,
            ChallengeChanged: self._challenge_changed,
            InjuryChanged: self._injury_changed,
            DialectDetected: self._dialect_detected,
            RoundAssessed: self._round_assessed,
            ResultAssessed: self._result_assessed,
            MatchEdited: self._match_edited,
            EditUndone: self._edit_undone,
            MatchClosed: self._match_closed,
            Finding: self._finding,
        }
        assert self._handlers.keys() == set(get_args(AnyMatchEvent))  # noqa: S101 - one list, checked at start

    def store(self, events: list[AnyMatchEvent], moment: Moment) -> None:
        """Store `events` in their order."""
        judged = next((event.result for event in events if type(event) is ResultAssessed), None)
        if judged is not None:
            match_pk = self._matches.match_pk(judged.match_id, ring=moment.session.ring, at=moment.at)
            moment = msgspec.structs.replace(moment, judged_pk=match_pk)
        for event in events:
            self._handlers[type(event)](event, moment)
            if type(event) is MatchLoaded:
                moment = msgspec.structs.replace(moment, match_pk=moment.session.match_pk)

    def _match_loaded(self, event: MatchLoaded, moment: Moment) -> None:
        session = moment.session
        match_pk = self._matches.loaded(event, session=session, entry=moment.entry, at=moment.at)
        session.match_pk = match_pk
        # The load's first messages came before anybody could know the match; some of them are still to be written.
        self._pending.loads[match_pk, session.id, event.load_entry] = moment.entry

    def _round_started(self, event: RoundStarted, moment: Moment) -> None:
        round_pk = self._round_pk(event.round, moment)
        if round_pk is not None:
            self._matches.round_started(round_pk, at=moment.at)

    def _round_ended(self, event: RoundEnded, moment: Moment) -> None:
        round_pk = self._round_pk(event.round, moment)
        if round_pk is not None:
            self._matches.round_ended(round_pk, event, at=moment.at)

    def _round_won(self, event: RoundWon, moment: Moment) -> None:
        round_pk = self._round_pk(event.round, moment)
        if round_pk is not None:
            self._matches.round_won(round_pk, event.winner)

    def _score_changed(self, event: ScoreChanged, moment: Moment) -> None:
        match_pk, round_pk = moment.context
        self._pending.scores.append((match_pk, round_pk, event.athlete, "round", event.after, moment.at))
        if match_pk is not None and round_pk is not None:
            self._summing.scored.add((match_pk, round_pk))

    def _gam_jeoms_changed(self, event: GamJeomsChanged, moment: Moment) -> None:
        self._pending.warnings.append((*moment.context, event.athlete, "gam-jeom", event.after, moment.at))

    def _match_decided(self, event: MatchDecided, moment: Moment) -> None:
        if moment.match_pk is not None and (event.winner is not None or event.decision is not None):
            self._matches.decided(moment.match_pk)

    def _stage_changed(self, event: StageChanged, moment: Moment) -> None:
        # The first stages of a load are of a match that is not known yet, not of the one before it.
        before = None if event.before is None else event.before.value
        what = (event.after.value, moment.at, before, event.lasted_ms)
        self._pending.stages.append((*self._where(moment), *what))

    def _correction_made(self, event: CorrectionMade, moment: Moment) -> None:
        what = (event.round, event.what.value, event.athlete, event.before, event.after, moment.clock_ms)
        self._pending.corrections.append((*self._where(moment), *what, moment.at))

    def _challenge_changed(self, event: ChallengeChanged, moment: Moment) -> None:
        if moment.match_pk is not None:
            self._episodes.challenge(moment.match_pk, event.challenge, ring=moment.session.ring)

    def _injury_changed(self, event: InjuryChanged, moment: Moment) -> None:
        if moment.match_pk is not None:
            self._episodes.injury(moment.match_pk, event.injury, ring=moment.session.ring)

    def _dialect_detected(self, event: DialectDetected, moment: Moment) -> None:
        self._sessions.spoke(moment.session, event.dialect.value, reason=event.reason)

    def _round_assessed(self, event: RoundAssessed, moment: Moment) -> None:
        match_pk = moment.judged_pk or moment.match_pk
        if match_pk is not None:
            self._results.round_assessed(match_pk, event.result, at=moment.at)

    def _result_assessed(self, event: ResultAssessed, moment: Moment) -> None:
        match_pk = self._matches.match_pk(event.result.match_id, ring=moment.session.ring, at=moment.at)
        self._results.match_assessed(match_pk, event.result, at=moment.at)

    def _match_edited(self, event: MatchEdited, moment: Moment) -> None:
        match_pk = self._matches.known_pk(event.match_id)
        ring = moment.session.ring
        self._results.edited(match_pk, event, ring=ring, entry=moment.entry, at=moment.at)
        if match_pk is None:
            self._tell(UNKNOWN_MATCH, f"An edit is kept that is of no stored match: {event.match_id}.", moment)

    def _edit_undone(self, event: EditUndone, moment: Moment) -> None:
        if not self._results.undone(event, at=moment.at):
            self._tell(UNKNOWN_EDIT, f"There is no edit {event.edit_id} that could be taken back.", moment)

    def _match_closed(self, event: MatchClosed, moment: Moment) -> None:
        match_pk = self._matches.known_pk(event.match_id)
        if match_pk is not None:
            self._matches.closed(match_pk, event, at=moment.at)

    def _finding(self, event: Finding, moment: Moment) -> None:
        evidence = _to_json(event.evidence).decode() if event.evidence else None
        what = (event.severity.value, event.rule, event.explanation, evidence)
        self._pending.findings.append((*self._where(moment), *what, moment.at))

    def _tell(self, rule: str, explanation: str, moment: Moment) -> None:
        self._finding(Finding(rule=rule, severity=Severity.WARNING, explanation=explanation), moment)

    def _where(self, moment: Moment) -> tuple[object, ...]:
        return (moment.session.ring, moment.session.id, moment.context.match_pk, moment.entry, moment.index)

    def _round_pk(self, number: int, moment: Moment) -> int | None:
        match_pk = moment.match_pk
        return None if match_pk is None else self._matches.round_pk(match_pk, number)
