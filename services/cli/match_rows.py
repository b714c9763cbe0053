"""A stored match as a row of `restrike match list`."""

from typing import TYPE_CHECKING, Final

from services.cli import output

if TYPE_CHECKING:
    from services.cli.stored_matches import StoredMatch, StoredSide

COLUMNS: Final = (
    "ring",
    "match",
    "phase",
    "weight",
    "chong",
    "hong",
    "rounds",
    "winner",
    "decision",
    "result",
    "warnings",
    "errors",
    "loaded",
    "ended",
    "id",
)
_WINNERS: Final = {0: "tie", 1: "chong", 2: "hong"}


def row_of(match: "StoredMatch") -> tuple[object, ...]:
    """The cells of `COLUMNS`."""
    return (
        match.ring,
        match.match_number,
        match.phase,
        match.weight_class,
        _who(match.chong),
        _who(match.hong),
        f"{match.chong.rounds_won}-{match.hong.rounds_won}",
        None if match.winner is None else _WINNERS.get(match.winner, match.winner),
        match.decision,
        _result(match),
        match.warnings or None,
        match.errors or None,
        output.local_date_time(match.first_loaded_at),
        output.local_date_time(match.ended_at),
        match.match_id,
    )


def _who(side: "StoredSide") -> str | None:
    return f"{side.short_name} {side.noc or ''}".rstrip() if side.short_name else None


def _result(match: "StoredMatch") -> str | None:
    """How the result stands; `edited` too where an edit only changed who fights or what the match is called."""
    words = [match.standing] if match.standing else []
    if match.standing == "contradicted":
        words.append(f"(the rules say {_WINNERS.get(match.derived_winner or 0, '?')})")
    if match.status == "closed":
        words.append("closed")
    if match.edits and match.standing != "edited":
        words.append("edited")
    return " ".join(words) or None
