"""What people edited of a match, laid over what was sent of it, wherever an answer names one. For `restrike query`."""

import json
from collections.abc import Sequence
from typing import Any, Final

from services.cli.query.question import Question
from services.cli.query.source import Row, Source

EDITS: Final = """
SELECT m.match_id, e.changes FROM pss_matches m CROSS JOIN match_edits e ON e.match_id = m.id
WHERE m.match_id IN (SELECT value FROM json_each(:matches)) AND e.undone_at IS NULL ORDER BY e.id
"""
QUESTIONS: Final = (
    Question(
        name="edits that hold",
        purpose="What people changed of the matches of an answer, the oldest first: it is laid over what was sent.",
        command="matches",
        sql=EDITS,
        served_by="`ix_match_edits_match_id`",
        example={
            "matches": "(SELECT json_group_array(match_id) FROM"
            " (SELECT match_id FROM pss_matches ORDER BY id DESC LIMIT 50))"
        },
    ),
)
_FIELDS: Final = {
    "match_number": "match_number",
    "phase": "phase",
    "weight_class": "weight_class",
    "division": "division",
    "chong": "chong_name",
    "chong_noc": "chong_noc",
    "hong": "hong_name",
    "hong_noc": "hong_noc",
}
"""A column of an answer, and the field of an edit that stands for it."""


def as_edited(source: Source, rows: Sequence[Row]) -> list[Row]:
    """The rows with what edits that hold say of their matches; the newest counts."""
    ids = json.dumps(sorted({row["match_id"] for row in rows if row["match_id"] is not None}))
    edits: dict[str, dict[str, Any]] = {}
    for row in source.rows(EDITS, matches=ids):
        said = {field: value for field, value in json.loads(row["changes"]).items() if value is not None}
        edits.setdefault(row["match_id"], {}).update(said)
    return [_edited(row, edits.get(row["match_id"], {})) for row in rows]


def _edited(row: Row, said: dict[str, Any]) -> Row:
    return row | {column: said[field] for column, field in _FIELDS.items() if column in row and field in said}
