"""Reads the stored findings from the database, read-only; used by `restrike match findings`."""

from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.cli.stored_rows import rows
from shared.db.sqlite import is_empty
from shared.errors import DatabaseError, ValidationError
from shared.messages.match import Severity

_SELECT: Final = """
SELECT f.found_at, f.severity, f.rule, f.explanation, f.ring, m.match_id, m.match_number, f.entry, f.entry_index,
    f.evidence
FROM findings f LEFT JOIN pss_matches m ON m.id = f.match_id
WHERE f.severity IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR f.ring = ?2) AND (?3 IS NULL OR f.rule = ?3)
    AND (?4 IS NULL OR f.ring = ?4
        OR f.match_id IN (SELECT id FROM pss_matches WHERE match_id = ?4 OR match_number = ?4))
ORDER BY f.id DESC LIMIT ?5
"""
_ANY: Final = """
SELECT 1 FROM pss_matches WHERE match_id = ?1 OR match_number = ?1 OR ring = ?1
UNION ALL SELECT 1 FROM udp_server_sessions WHERE ring = ?1 LIMIT 1
"""


class Wanted(Struct, frozen=True, kw_only=True):
    """Which findings: at least of `severity`; `of` is a match's id, its number, which several may bear, or a ring."""

    severity: Severity
    limit: int
    of: str | None = None
    ring: str | None = None
    rule: str | None = None


class StoredFinding(Struct, frozen=True, kw_only=True):
    """A stored finding. `found_at` is UTC ISO text; `entry` is the ring's journal entry that showed it."""

    found_at: str
    severity: str
    rule: str
    explanation: str
    ring: str
    match_id: str | None
    match_number: str | None
    entry: int
    index: int
    evidence: Any


def read_findings(path: Path, wanted: Wanted) -> list[StoredFinding]:
    """What was found, the newest first.

    Raises:
        DatabaseError: there is no database yet, or it cannot be read.
        ValidationError: no match has that id or number, and no ring that name.
    """
    if is_empty(path):
        raise DatabaseError("database.missing", "There is no database yet. Start the suite: restrike up", value=path)
    order = list(Severity)
    severities = msgspec.json.encode(order[order.index(wanted.severity) :]).decode()
    found = rows(path, _SELECT, severities, wanted.ring, wanted.rule, wanted.of, wanted.limit)
    if wanted.of is not None and not found and not rows(path, _ANY, wanted.of):
        raise ValidationError(
            "match.unknown", f"There is no match and no ring {wanted.of}. See restrike match list.", value=wanted.of
        )
    return [_finding(row) for row in found]


def stored_rules(path: Path) -> list[str]:
    """The rules that something was found of."""
    return [str(rule) for (rule,) in rows(path, "SELECT DISTINCT rule FROM findings ORDER BY rule")]


def _finding(row: tuple[Any, ...]) -> StoredFinding:
    values = dict(zip(StoredFinding.__struct_fields__, row, strict=True))
    evidence = values["evidence"]
    values["evidence"] = None if evidence is None else msgspec.json.decode(evidence)
    return StoredFinding(**values)
