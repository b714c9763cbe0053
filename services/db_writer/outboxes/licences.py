"""What became of the licence (`license_changes`), one row each; db-writer."""

from typing import Final

from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.license import LicenseChanged

_STORE: Final = """
INSERT OR IGNORE INTO license_changes
    (change_key, changed_at, act, state, state_before, reason, sentence, license_key, plan, expires_at, author)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_text = Timestamps().text


def store_license_change(connection: "sqlite3.Connection", fact: LicenseChanged, _stamp: Stamp) -> None:
    """The licence stands otherwise than before, or an operator did something with it."""
    what = (
        fact.change_id,
        _text(fact.at_us),
        fact.act,
        fact.state,
        fact.state_before,
        fact.reason,
        fact.sentence,
        fact.license_id,
        fact.plan,
        None if fact.expires_at_us is None else _text(fact.expires_at_us),
        fact.author,
    )
    connection.execute(_STORE, what)
