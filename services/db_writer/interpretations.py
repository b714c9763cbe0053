"""By which rules a ring was judged, and how it was read (`rule_sets`, `ring_interpretations`); db-writer."""

import msgspec

from services.db_writer import result_statements as statements
from shared.db.sqlite import sqlite3
from shared.messages.rules import Interpretation, RuleSet


def store_interpretation(
    connection: "sqlite3.Connection", chosen: Interpretation, *, where: tuple[str, int, int], at: str
) -> None:
    """From `where` (ring, session's row id, entry) on, `chosen` is in force."""
    dialect = None if chosen.dialect is None else chosen.dialect.value
    encodings = msgspec.json.encode(chosen.encodings).decode()
    values = (*where, _rule_set_id(connection, chosen.rule_set), dialect, chosen.strictness.value, encodings, at)
    connection.execute(statements.INSERT_INTERPRETATION, values)


def _rule_set_id(connection: "sqlite3.Connection", rules: RuleSet) -> int:
    """The row of exactly these rules: a home may change its own rule set and forget to count up its version."""
    # In one order, as a table of points may come in another and mean the same.
    definition = msgspec.json.encode(rules, order="deterministic").decode()
    values = (rules.name, rules.version, rules.title, rules.effective_from, rules.is_confirmed, definition)
    connection.execute(statements.INSERT_RULE_SET, values)
    (found,) = connection.execute(statements.SELECT_RULE_SET, (rules.name, rules.version, definition)).fetchone()
    return int(found)
