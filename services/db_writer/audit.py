"""Who did what (`operator_audit`): acts at the desk, and people's decisions about matches in the journal; db-writer."""

from typing import Final

import msgspec

from shared.db.sqlite import sqlite3
from shared.messages.facts import AnyFact, CloseAsked, EditMade, EditTakenBack, MatchEntered

DONE: Final = "done"
REFUSED: Final = "refused"
ACTIONS: Final[dict[type, str]] = {
    EditMade: "match.edit",
    EditTakenBack: "match.undo",
    MatchEntered: "match.new",
    CloseAsked: "match.close",
}

INSERT_ACT: Final = """
INSERT INTO operator_audit (done_at, author, action, target, details, reason, outcome, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_DECISION: Final = """
INSERT INTO operator_audit (done_at, author, action, target, details, reason, outcome, ring, entry)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_to_json = msgspec.json.Encoder().encode


def audit_decision(connection: "sqlite3.Connection", fact: AnyFact, *, ring: str, entry: int, at: str) -> None:
    """Keep a decision that a person journaled as `entry` of `ring`; other facts are nobody's act."""
    if not isinstance(fact, EditMade | EditTakenBack | MatchEntered | CloseAsked):
        return
    details: dict[str, object] = {"edit_id": fact.edit_id} if isinstance(fact, EditTakenBack) else {}
    if isinstance(fact, EditMade | MatchEntered):
        details = {"changes": fact.changes}
    target = None if isinstance(fact, MatchEntered) else fact.match_id
    what = (ACTIONS[type(fact)], target, _to_json(details).decode() if details else None, fact.reason)
    connection.execute(_INSERT_DECISION, (at, fact.author, *what, DONE, ring, entry))
