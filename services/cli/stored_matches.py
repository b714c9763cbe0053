"""Reads the stored matches with their results from the database, read-only; used by `restrike match list`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.cli.stored_rows import rows
from shared.db.sqlite import is_empty
from shared.errors import DatabaseError
from shared.messages.edits import Changes

# What the scoring system said last of a match in one field of one kind of message; it may say it again after a reload.
_DECLARED: Final = """(
    SELECT d.detail_value FROM pss_events_v2 e JOIN pss_event_types t ON t.id = e.event_type_id
    JOIN pss_event_details d ON d.event_id = e.id
    WHERE e.match_id = m.id AND t.event_code = '{code}' AND d.detail_key = '{key}' ORDER BY e.id DESC LIMIT 1
)"""
_WON: Final = "(SELECT count(*) FROM pss_rounds r WHERE r.match_id = m.id AND r.winner_athlete_position = {position})"
_FINDINGS: Final = "(SELECT count(*) FROM findings f WHERE f.match_id = m.id AND f.severity = '{severity}')"
# Who the athlete is; of one who could not be identified, as the name was cut, what was sent.
_NAME: Final = """
    coalesce({side}.short_name, {row}.shown_short_name), coalesce({side}.long_name, {row}.shown_long_name),
    coalesce({side}.country_code, {row}.shown_noc)"""
_SELECT: Final = f"""
SELECT m.match_id, m.ring, m.match_number, m.category, m.weight_class, m.division, m.first_loaded_at,
    m.last_loaded_at, m.load_count,
    (SELECT min(start_time) FROM pss_rounds r WHERE r.match_id = m.id),
    (SELECT max(end_time) FROM pss_rounds r WHERE r.match_id = m.id),
    {_DECLARED.format(code="WIN", key="winner")},
    {_DECLARED.format(code="WMH", key="winner_name")},
    {_DECLARED.format(code="WMH", key="rounds_chong")},
    {_DECLARED.format(code="WMH", key="rounds_hong")},
    {_DECLARED.format(code="WMH", key="decision")},
    m.status, r.standing, r.winner, r.decision, r.derived_winner,
    {_FINDINGS.format(severity="warning")}, {_FINDINGS.format(severity="error")},
    (SELECT json_group_array(json(changes)) FROM
        (SELECT changes FROM match_edits e WHERE e.match_id = m.id AND e.undone_at IS NULL ORDER BY e.id)),
    {_NAME.format(side="chong", row="mc")}, {_WON.format(position=1)},
    {_NAME.format(side="hong", row="mh")}, {_WON.format(position=2)}
FROM pss_matches m
LEFT JOIN match_results r ON r.match_id = m.id
LEFT JOIN pss_match_athletes mc ON mc.match_id = m.id AND mc.athlete_position = 1
LEFT JOIN pss_athletes chong ON chong.id = mc.athlete_id
LEFT JOIN pss_match_athletes mh ON mh.match_id = m.id AND mh.athlete_position = 2
LEFT JOIN pss_athletes hong ON hong.id = mh.athlete_id
WHERE ?1 IS NULL OR m.ring = ?1
ORDER BY m.id DESC LIMIT ?2
"""

_decode_edits: Final = msgspec.json.Decoder(tuple[Changes, ...]).decode


class StoredSide(Struct, frozen=True):
    """One athlete of a stored match; `rounds_won` counts the rounds declared for that side.

    A name or `noc` that the scoring system sent cut is given as far as it came, None if nothing came.
    """

    short_name: str | None
    long_name: str | None
    noc: str | None
    rounds_won: int


class StoredMatch(Struct, frozen=True, kw_only=True):
    """A stored match. Times are UTC ISO text: loads by arrival, start of the first and end of the last round.

    `declared_*` is what the scoring system said last (`win`, `wmh`), None while it did not: winner 1 chong, 2 hong,
    0 tie. `winner` and `decision` are those in force, `standing` how sure they are, None of a match that was never
    judged (then what was declared is in force). `edits` are those that hold, the oldest first: what they say of the
    match's description and athletes stands here already.
    """

    match_id: str
    ring: str
    match_number: str | None
    phase: str | None
    weight_class: str | None
    division: str | None
    first_loaded_at: str | None
    last_loaded_at: str | None
    load_count: int
    started_at: str | None
    ended_at: str | None
    declared_winner: int | None
    declared_winner_name: str | None
    declared_rounds_chong: int | None
    declared_rounds_hong: int | None
    declared_decision: str | None
    status: str
    standing: str | None
    winner: int | None
    decision: str | None
    derived_winner: int | None
    warnings: int
    errors: int
    edits: tuple[Changes, ...]
    chong: StoredSide
    hong: StoredSide


def read_matches(path: Path, *, limit: int, ring: str | None) -> list[StoredMatch]:
    """The latest `limit` matches, of one ring or of all, the newest first.

    Raises:
        DatabaseError: there is no database yet, or it cannot be read.
    """
    if is_empty(path):
        raise DatabaseError("database.missing", "There is no database yet. Start the suite: restrike up", value=path)
    return [_match(row) for row in rows(path, _SELECT, ring, limit)]


def _match(row: tuple[Any, ...]) -> StoredMatch:
    names = [field for field in StoredMatch.__struct_fields__ if field not in ("chong", "hong")]
    values = dict(zip(names, row, strict=False))
    for name in ("declared_winner", "declared_rounds_chong", "declared_rounds_hong"):
        values[name] = None if values[name] is None else int(values[name])
    if values["standing"] is None:
        values["winner"], values["decision"] = values["declared_winner"], values["declared_decision"]
    edits = values["edits"] = _decode_edits(values["edits"])
    for name in ("match_number", "phase", "weight_class", "division"):
        values[name] = _edited(edits, name, values[name])
    chong, hong = row[len(names) : len(names) + 4], row[len(names) + 4 :]
    return StoredMatch(**values, chong=_side(edits, "chong", chong), hong=_side(edits, "hong", hong))


def _side(edits: Sequence[Changes], side: str, row: tuple[Any, ...]) -> StoredSide:
    short_name, long_name, noc, rounds_won = row
    name = _edited(edits, f"{side}_name", None)
    return StoredSide(name or short_name, name or long_name, _edited(edits, f"{side}_noc", noc), rounds_won)


def _edited(edits: Sequence[Changes], field: str, sent: Any) -> Any:
    """The newest edit of `field`, else what was sent."""
    return next((value for edit in reversed(edits) if (value := getattr(edit, field)) is not None), sent)
