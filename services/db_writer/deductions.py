"""What the reducer concluded, into the tables of matches: loads, rounds, scores, warnings, findings; db-writer.

A `MatchDecided` has no table yet: its messages (`win`, `wmh`) are stored as events.
"""

from collections.abc import Callable
from typing import Any, get_args

import msgspec
from msgspec import Struct

from services.db_writer.matches import Context, Matches
from services.db_writer.pending import Pending
from services.db_writer.sessions import Session
from shared.messages.match import (
    AnyMatchEvent,
    Finding,
    GamJeomsChanged,
    MatchDecided,
    MatchLoaded,
    RoundEnded,
    RoundStarted,
    RoundWon,
    ScoreChanged,
)

_to_json = msgspec.json.Encoder().encode


class Moment(Struct, frozen=True, gc=False):
    """When something was concluded: at message `index` of `entry`, received `at`, in `context`."""

    session: Session
    entry: int
    index: int
    at: str
    context: Context


class Deductions:
    """One method per kind of conclusion."""

    def __init__(self, matches: Matches, pending: Pending) -> None:
        self._matches = matches
        self._pending = pending
        self._handlers: dict[type, Callable[[Any, Moment], None]] = {
            MatchLoaded: self._match_loaded,
            RoundStarted: self._round_started,
            RoundEnded: self._round_ended,
            RoundWon: self._round_won,
            ScoreChanged: self._score_changed,
            GamJeomsChanged: self._gam_jeoms_changed,
            MatchDecided: self._match_decided,
            Finding: self._finding,
        }
        assert self._handlers.keys() == set(get_args(AnyMatchEvent))  # noqa: S101 - one list, checked at start

    def store(self, events: list[AnyMatchEvent], moment: Moment) -> None:
        """Store `events` in their order."""
        for event in events:
            self._handlers[type(event)](event, moment)

    def _match_loaded(self, event: MatchLoaded, moment: Moment) -> None:
        session = moment.session
        match_pk = self._matches.loaded(event, session=session, entry=moment.entry, at=moment.at)
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
        self._pending.scores.append((*moment.context, event.athlete, "round", event.after, moment.at))

    def _gam_jeoms_changed(self, event: GamJeomsChanged, moment: Moment) -> None:
        self._pending.warnings.append((*moment.context, event.athlete, "gam-jeom", event.after, moment.at))

    def _match_decided(self, event: MatchDecided, moment: Moment) -> None:
        pass

    def _finding(self, event: Finding, moment: Moment) -> None:
        where = (moment.session.ring, moment.session.id, moment.context.match_pk, moment.entry, moment.index)
        evidence = _to_json(event.evidence).decode() if event.evidence else None
        what = (event.severity.value, event.rule, event.explanation, evidence)
        self._pending.findings.append((*where, *what, moment.at))

    def _round_pk(self, number: int, moment: Moment) -> int | None:
        match_pk = moment.context.match_pk
        return None if match_pk is None else self._matches.round_pk(match_pk, number)
