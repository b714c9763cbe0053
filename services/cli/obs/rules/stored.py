"""Reads rules and what they did from the database, read-only; for `restrike obs rules`."""

from typing import Any, Final

import msgspec

from services.cli import output
from services.cli.stored_rows import read, rows
from shared.db.obs_config import rules
from shared.errors import ValidationError
from shared.messages.automation import FiredAction, Rule
from shared.paths import Paths

COLUMNS: Final = (
    "fired_at",
    "rule",
    "happening",
    "ring",
    "match_id",
    "match_number",
    "round",
    "clock_ms",
    "happened_at",
    "outcome",
    "latency_ms",
    "actions",
)
_LOG: Final = """
SELECT f.fired_at, f.rule, f.happening, f.ring, f.match_key, m.match_number, f.round_number, f.clock_ms, f.happened_at,
    f.outcome, f.latency_ms, f.actions
FROM obs_rule_firings f LEFT JOIN pss_matches m ON m.id = f.match_id
WHERE f.fired_at >= ? AND f.fired_at < ? AND {where} ORDER BY f.fired_at DESC, f.id DESC LIMIT ?
"""


def read_rules(paths: Paths) -> list[Rule]:
    """Every rule, in the order in which they are looked at; what cannot be read is told on standard error.

    Raises DatabaseError: the database cannot be read.
    """
    return read(paths.database, lambda reader: rules(reader, tell=output.note), empty=[])


def read_named(paths: Paths, names: list[str]) -> list[Rule]:
    """The rules of these names.

    Raises:
        DatabaseError: the database cannot be read.
        ValidationError: there is none of one of them.
    """
    known = {rule.rule: rule for rule in read_rules(paths)}
    for name in names:
        if name not in known:
            there = f"There are: {', '.join(known)}." if known else "There is none yet."
            raise ValidationError("obs.rule_unknown", f"There is no rule of that name. {there}", value=name)
    return [known[name] for name in names]


def read_firings(
    paths: Paths, window: tuple[str, str], conditions: dict[str, object], *, limit: int
) -> list[dict[str, Any]]:
    """What rules did, the newest first; `conditions` are SQL with one value each, or as many as it has `?`."""
    where = " AND ".join(["TRUE", *conditions])
    values = [value for sql, value in conditions.items() for _ in range(sql.count("?"))]
    found = rows(paths.database, _LOG.format(where=where), *window, *values, limit)
    return [_firing(row) for row in found]


def _firing(row: tuple[Any, ...]) -> dict[str, Any]:
    said = dict(zip(COLUMNS, row, strict=True))
    return {**said, "actions": msgspec.json.decode(said["actions"], type=list[FiredAction])}
