"""Reads what people edited from the database, read-only; used by `restrike match edit`, `undo`, `close` and `edits`."""

from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.cli.stored_rows import rows
from shared.messages.edits import Changes

_SELECT: Final = """
SELECT edit_id, match_key, ring, author, reason, changes, made_at, undone_at, undone_by, undo_reason
FROM match_edits WHERE {} ORDER BY id DESC
"""


_STAND: Final = """
SELECT m.ring, m.total_rounds, m.status = 'decided', r.winner, r.decision
FROM pss_matches m LEFT JOIN match_results r ON r.match_id = m.id WHERE m.match_id = ?
"""


class StoredStand(Struct, frozen=True):
    """A stored match. `winner` (1 chong, 2 hong, 0 tie) and `decision` are those in force, None where nobody judged it;
    `is_decided`: the scoring system declared a result.
    """

    ring: str
    total_rounds: int | None
    is_decided: int
    winner: int | None
    decision: str | None


class StoredEdit(Struct, frozen=True, kw_only=True):
    """One edit. Times are UTC ISO text; `undone_*` are None while it holds."""

    edit_id: str
    match_id: str
    ring: str
    author: str
    reason: str
    changes: Changes
    made_at: str
    undone_at: str | None
    undone_by: str | None
    undo_reason: str | None


def edits_of(path: Path, *, match_or_ring: str | None = None) -> list[StoredEdit]:
    """The edits of a match, of a ring's matches, or all; the newest first. None where there is no database yet."""
    where = "?1 IS NULL OR match_key = ?1 OR ring = ?1"
    return [_edit(row) for row in rows(path, _SELECT.format(where), match_or_ring)]


def find_edit(path: Path, edit_id: str) -> StoredEdit | None:
    """The edit of that id, if it is stored."""
    return next((_edit(row) for row in rows(path, _SELECT.format("edit_id = ?"), edit_id)), None)


def find_stand(path: Path, match_id: str) -> StoredStand | None:
    """How the match of that id stands; None for one that is not stored."""
    found = rows(path, _STAND, match_id)
    return StoredStand(*found[0]) if found else None


def _edit(row: tuple[Any, ...]) -> StoredEdit:
    values = dict(zip(StoredEdit.__struct_fields__, row, strict=True))
    values["changes"] = msgspec.json.decode(values["changes"], type=Changes)
    return StoredEdit(**values)
