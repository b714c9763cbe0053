"""db-writer, which stores firings in a table of the tests: one row for each time that a fact is stored.

The table has no key, so that what is stored twice is there twice. Firings of the rule "bad" are refused.

`python -P -m tests.support.telling_writer`
"""

from services.db_writer.main import build
from services.db_writer.outboxes.appliers import APPLIERS
from services.db_writer.outboxes.stamp import Stamp
from shared.db.sqlite import sqlite3
from shared.messages.automation import RuleFired
from shared.messages.service import WRITER
from shared.runtime import serve

TABLE = "CREATE TABLE IF NOT EXISTS told (number INTEGER NOT NULL CHECK (number IS NOT 0), at TEXT NOT NULL)"


def tell(connection: "sqlite3.Connection", fact: RuleFired, stamp: Stamp) -> None:
    """Write one row."""
    connection.execute(TABLE)
    number = None if fact.rule == "bad" else int(fact.firing_id)
    connection.execute("INSERT INTO told VALUES (?, ?)", (number, stamp.at))


def numbers(connection: "sqlite3.Connection") -> list[int]:
    """What was stored, in that order."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'told'").fetchone():
        return []
    return [row[0] for row in connection.execute("SELECT number FROM told ORDER BY rowid")]


if __name__ == "__main__":
    APPLIERS[RuleFired] = tell
    serve(WRITER, build)
