"""The plan of an import: a file of items in the order in which they are stored, made anew for each run from the same
input; db-writer's child writes it, db-writer's job reads it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from services.db_writer.office.predecessor.items import Item, encode
from shared.db.sqlite import reader_uri, sqlite3

NAME: Final = ".predecessor-plan.partial"
"""In `data/`; named like what the care removes if an import was killed and never taken up again."""
_WAITING: Final = 1_000
_TABLES: Final = """
CREATE TABLE items (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE event_order (session TEXT, at_us INTEGER, source INTEGER, old_id INTEGER, match_id INTEGER, code TEXT,
    recognition TEXT);
CREATE TABLE details (event INTEGER, session TEXT, key TEXT, value TEXT, type TEXT);
"""


class Plan:
    """A plan that is being written."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self.connection = connection
        self.items = 0
        self._waiting: list[tuple[bytes]] = []

    def add(self, item: Item) -> None:
        """Append an item."""
        self._waiting.append((encode(item),))
        self.items += 1
        if len(self._waiting) >= _WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self.connection.executemany("INSERT INTO items (body) VALUES (?)", self._waiting)
        self._waiting.clear()


@contextmanager
def new_plan(path: Path) -> Iterator[Plan]:
    """An empty plan at `path`, whole after the block."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
        connection.execute("BEGIN")
        plan = Plan(connection)
        yield plan
        plan.flush()
        connection.execute("COMMIT")


@contextmanager
def planned(path: Path) -> Iterator["sqlite3.Connection"]:
    """The plan at `path`; it is gone after the block."""
    try:
        with closing(sqlite3.connect(reader_uri(path), uri=True, isolation_level=None)) as connection:
            yield connection
    finally:
        path.unlink(missing_ok=True)


def items_after(plan: "sqlite3.Connection", through: int, *, limit: int) -> list[tuple[int, Any]]:
    """The next items with their numbers."""
    rows = plan.execute("SELECT id, body FROM items WHERE id > ? ORDER BY id LIMIT ?", (through, limit))
    return list(rows.fetchall())
