"""Results of matches and rounds (`match_results`, `round_results`) and what people edited (`match_edits`); db-writer.

A match that is in its ring is judged by pss-parser, edits included; of one that left it long ago nothing is said again,
so its edits are laid over its stored result here.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from services.db_writer import result_statements as statements
from services.db_writer.in_force import Judged, Sources, decision_in_force, match_in_force, round_in_force
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.edits import Changes
from shared.messages.match import EditUndone, MatchEdited
from shared.messages.pss import TechniqueCounts
from shared.messages.results import Result, RoundResult, Standing

_to_json = msgspec.json.Encoder().encode
_decode_judged = msgspec.json.Decoder(Judged).decode
_decode_changes = msgspec.json.Decoder(Changes).decode
_NOTHING_COUNTED = TechniqueCounts()


class Results:
    """Writes at once: all of it is rare. `match_pk` is always the row id of a match; whose rows change is `changed`."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps, *, changed: set[int]) -> None:
        self._connection = connection
        self._times = times
        self._changed = changed

    def match_assessed(self, match_pk: int, result: Result, *, at: str) -> None:
        """Store a match's result as pss-parser sees it, edits included."""
        verdict = (result.standing.value, result.winner, result.decision)
        declared = (result.declared_winner, result.declared_decision, result.declared_name)
        derived = (result.derived_winner, _word(result.method), *result.rounds_won, result.rule_set)
        rest = (_doubts(result.doubts), _judged(result), at)
        values = (match_pk, *verdict, *declared, *_pair(result.declared_rounds), *derived, *rest)
        self._connection.execute(statements.UPSERT_MATCH_RESULT, (*values, self._times.now, self._times.now))
        self._changed.add(match_pk)

    def round_assessed(self, match_pk: int, result: RoundResult, *, at: str) -> None:
        """Store a round's result as pss-parser sees it, edits included."""
        counts = (*_pair(result.score), *_pair(result.gam_jeoms), *_counted(result.chong), *_counted(result.hong))
        winners = (result.winner, result.declared_winner, result.derived_winner, _word(result.method))
        rest = (result.fought_ms, result.is_golden, _doubts(result.doubts), _judged(result), at)
        values = (match_pk, result.round, result.standing.value, *counts, *winners, *rest)
        self._connection.execute(statements.UPSERT_ROUND_RESULT, (*values, self._times.now, self._times.now))
        self._changed.add(match_pk)

    def edited(self, match_pk: int | None, event: MatchEdited, *, ring: str, entry: int, at: str) -> None:
        """Store an edit and let it take force; one of a match that is not stored (None) is only kept."""
        who = (event.author, event.reason, _to_json(event.changes).decode())
        values = (event.edit_id, match_pk, event.match_id, ring, entry, *who, at)
        self._connection.execute(statements.INSERT_EDIT, (*values, self._times.now, self._times.now))
        if match_pk is not None:
            self._enforce(match_pk, event.changes, at=at)

    def undone(self, event: EditUndone, *, at: str) -> bool:
        """Take an edit back; False if there is none of that name that still holds."""
        values = (at, event.author, event.reason, self._times.now, event.edit_id)
        row = self._connection.execute(statements.UNDO_EDIT, values).fetchone()
        if row is not None and row[0] is not None:
            self._enforce(row[0], _decode_changes(row[1]), at=at)
        return row is not None

    def _enforce(self, match_pk: int, changes: Changes, *, at: str) -> None:
        """Work out anew what `changes`, made or taken back, touches."""
        self._changed.add(match_pk)
        edits = [_decode_changes(text) for (text,) in self._connection.execute(statements.SELECT_EDITS, (match_pk,))]
        rounds = [number for number, winner in enumerate(changes.round_winners, 1) if winner is not None]
        for number in rounds:
            self._enforce_round(match_pk, number, edits, at=at)
        if rounds or changes.winner is not None or changes.decision is not None:
            self._enforce_match(match_pk, edits, at=at)
        if rounds:
            self._connection.execute(statements.COUNT_ROUNDS_WON, (match_pk,))

    def _enforce_match(self, match_pk: int, edits: Sequence[Changes], *, at: str) -> None:
        now = self._times.now
        self._connection.execute(statements.MAKE_MATCH_RESULT, (match_pk, at, now, now))
        sources = self._sources(statements.SELECT_MATCH_SOURCES, match_pk)
        held = match_in_force(sources, edits)
        values = (*held, decision_in_force(sources, edits), now, match_pk)
        self._connection.execute(statements.FORCE_MATCH_RESULT, values)

    def _enforce_round(self, match_pk: int, number: int, edits: Sequence[Changes], *, at: str) -> None:
        now = self._times.now
        self._connection.execute(statements.MAKE_ROUND_RESULT, (match_pk, number, at, now, now))
        held = round_in_force(number, self._sources(statements.SELECT_ROUND_SOURCES, match_pk, number), edits)
        self._connection.execute(statements.FORCE_ROUND_RESULT, (*held, now, match_pk, number))

    def _sources(self, select: str, *key: int) -> Sources:
        declared, derived, method, judged, *decision = self._connection.execute(select, key).fetchone()
        before = None if judged is None else _decode_judged(judged)
        return Sources(declared, derived, method, before, *decision)


def _judged(result: Result | RoundResult) -> str | None:
    if result.standing is Standing.EDITED:
        return None
    return _to_json(Judged(result.standing, result.winner, result.derived_winner, _word(result.method))).decode()


def _pair(pair: tuple[int, int] | None) -> tuple[int | None, int | None]:
    return (None, None) if pair is None else pair


def _counted(counts: TechniqueCounts | None) -> tuple[int | None, ...]:
    of = counts or _NOTHING_COUNTED
    return (of.punch, of.body, of.head, of.technical_body, of.technical_head)


def _word(method: Any) -> str | None:
    return None if method is None else str(method.value)


def _doubts(doubts: Iterable[str]) -> str | None:
    named = list(doubts)
    return _to_json(named).decode() if named else None
