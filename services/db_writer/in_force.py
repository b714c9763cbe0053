"""Which result of a match is in force: what people edited, over what was declared, over what was derived; db-writer.

Needed for matches that left their ring long ago, which pss-parser judges no more. Pure functions of values.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from msgspec import Struct

from shared.messages.edits import Changes
from shared.messages.results import Standing

T = TypeVar("T")


class Judged(Struct, frozen=True):
    """What pss-parser put in force before anybody edited it, and what the rules said then."""

    standing: Standing
    winner: int | None
    derived_winner: int | None
    method: str | None


class Sources(NamedTuple):
    """What a result rests on: 1 chong, 2 hong, 0 a tie or nobody; None: not declared, not derived.

    `judged` is None where every judgement known of it had an edit in it.
    """

    declared_winner: int | None = None
    derived_winner: int | None = None
    method: str | None = None
    judged: Judged | None = None
    declared_decision: str | None = None


class InForce(NamedTuple):
    """The result of a match or a round that holds, and what the rules say of what was sent."""

    winner: int | None
    derived_winner: int | None
    method: str | None
    standing: Standing


def match_in_force(sources: Sources, edits: Sequence[Changes]) -> InForce:
    """A match's result after `edits`, those that were not undone, in the order in which they were made."""
    winner = _last([changes.winner for changes in edits])
    either = sources.derived_winner if sources.declared_winner is None else sources.declared_winner
    is_edited = winner is not None or _last([changes.decision for changes in edits]) is not None
    return _laid_over(_unedited(sources, either), winner, is_edited=is_edited)


def decision_in_force(sources: Sources, edits: Sequence[Changes]) -> str | None:
    """A match's decision after `edits`."""
    return _last([sources.declared_decision, *(changes.decision for changes in edits)])


def round_in_force(number: int, sources: Sources, edits: Sequence[Changes]) -> InForce:
    """A round's result after `edits`; `number` counts from 1. What is only derived is in force for no round."""
    winner = _last([round_winner(changes, number) for changes in edits])
    return _laid_over(_unedited(sources, sources.declared_winner), winner, is_edited=winner is not None)


def round_winner(changes: Changes, number: int) -> int | None:
    """Who wins round `number` by an edit; None: that round is as it was."""
    return changes.round_winners[number - 1] if number <= len(changes.round_winners) else None


def _laid_over(unedited: InForce, winner: int | None, *, is_edited: bool) -> InForce:
    if winner is not None:
        unedited = unedited._replace(winner=winner)
    return unedited._replace(standing=Standing.EDITED) if is_edited else unedited


def _unedited(sources: Sources, winner: int | None) -> InForce:
    judged = sources.judged
    if judged is not None:
        return InForce(judged.winner, judged.derived_winner, judged.method, judged.standing)
    return InForce(winner, sources.derived_winner, sources.method, _standing(sources))


def _standing(sources: Sources) -> Standing:
    declared, derived = sources.declared_winner, sources.derived_winner
    if declared is None:
        return Standing.UNDETERMINED
    if derived is None:
        return Standing.DECLARED
    return Standing.AGREED if declared == derived else Standing.CONTRADICTED


def _last(values: Sequence[T | None]) -> T | None:
    return next((value for value in reversed(values) if value is not None), None)
