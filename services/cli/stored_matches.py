"""The stored matches with their results, for `restrike match list` and `restrike query matches`; only reads."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.cli.query.scope import Scope
from services.cli.query.source import Source
from shared.messages.edits import Changes

# What the scoring system said last is in the match's result. Of a match that was stored before there were results, or
# was never judged, it is looked up among its messages; there may be several, after a reload.
_DECLARED: Final = """CASE WHEN r.id IS NOT NULL AND (r.declared_winner IS NOT NULL OR m.status <> 'decided')
    THEN r.{column} ELSE (
        SELECT d.detail_value FROM pss_events_v2 e CROSS JOIN pss_event_details d
        WHERE e.match_id = m.id AND d.event_id = e.id AND d.detail_key = '{key}'
            AND +e.event_type_id = (SELECT id FROM pss_event_types WHERE event_code = '{code}')
        ORDER BY e.id DESC LIMIT 1
    ) END"""
_WON: Final = "(SELECT count(*) FROM pss_rounds r WHERE r.match_id = m.id AND r.winner_athlete_position = {position})"
# db-writer counts findings with the match; one that it has not summed up yet is counted here.
_FINDINGS: Final = """coalesce(s.{severity}s,
        (SELECT count(*) FROM findings f WHERE f.match_id = m.id AND f.severity = '{severity}'))"""
# Who the athlete is; of one who could not be identified, as the name was cut, what was sent.
_NAME: Final = """
    coalesce({side}.short_name, {row}.shown_short_name), coalesce({side}.long_name, {row}.shown_long_name),
    coalesce({side}.country_code, {row}.shown_noc)"""
# First the ids of the matches that are shown, then all of these.
_SELECT: Final = f"""
SELECT m.match_id, m.ring, m.match_number, m.category, m.weight_class, m.division, m.first_loaded_at,
    m.last_loaded_at, m.load_count,
    (SELECT min(start_time) FROM pss_rounds r WHERE r.match_id = m.id),
    (SELECT max(end_time) FROM pss_rounds r WHERE r.match_id = m.id),
    {_DECLARED.format(column="declared_winner", code="WIN", key="winner")},
    {_DECLARED.format(column="declared_name", code="WMH", key="winner_name")},
    {_DECLARED.format(column="declared_rounds_chong", code="WMH", key="rounds_chong")},
    {_DECLARED.format(column="declared_rounds_hong", code="WMH", key="rounds_hong")},
    {_DECLARED.format(column="declared_decision", code="WMH", key="decision")},
    m.status, r.standing, r.winner, r.decision, r.derived_winner,
    {_FINDINGS.format(severity="warning")}, {_FINDINGS.format(severity="error")},
    (SELECT json_group_array(json(changes)) FROM
        (SELECT changes FROM match_edits e WHERE e.match_id = m.id AND e.undone_at IS NULL ORDER BY e.id)),
    {_NAME.format(side="chong", row="mc")}, {_WON.format(position=1)},
    {_NAME.format(side="hong", row="mh")}, {_WON.format(position=2)}
FROM ({{ids}}) shown
CROSS JOIN pss_matches m ON m.id = shown.id
LEFT JOIN match_results r ON r.match_id = m.id
LEFT JOIN match_summaries s ON s.match_id = m.id
LEFT JOIN pss_match_athletes mc ON mc.match_id = m.id AND mc.athlete_position = 1
LEFT JOIN pss_athletes chong ON chong.id = mc.athlete_id
LEFT JOIN pss_match_athletes mh ON mh.match_id = m.id AND mh.athlete_position = 2
LEFT JOIN pss_athletes hong ON hong.id = mh.athlete_id
ORDER BY m.id DESC
"""
_IDS: Final = "SELECT m.id FROM pss_matches m WHERE {where} ORDER BY m.id DESC LIMIT :limit"
# A decision in force is that of the result; who asks for it asks for matches that have one.
_DECIDED: Final = """
SELECT m.id FROM pss_matches m LEFT JOIN match_results w ON w.match_id = m.id WHERE {where}
ORDER BY m.id DESC LIMIT :limit"""


def matches_sql(where: str = "TRUE", *, with_results: bool = False) -> str:
    """The query; `where` is on `pss_matches m`, and `with_results` on `match_results w`, too."""
    return _SELECT.format(ids=(_DECIDED if with_results else _IDS).format(where=where))


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


def read_matches(source: Source, scope: Scope, *, limit: int, with_results: bool = False) -> list[StoredMatch]:
    """The latest `limit` matches of `scope`, the newest first; with `with_results` it may speak of `match_results w`.

    Raises:
        DatabaseError: the database cannot be read.
    """
    sql = matches_sql(scope.where, with_results=with_results)
    return [_match(row) for row in source.tuples(sql, **scope.values, limit=limit)]


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
