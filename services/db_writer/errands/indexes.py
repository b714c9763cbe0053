"""The errand `read_indexes`: has the pages of indexes read from the disk, so that ANALYZE finds them in memory.

A child of db-writer. A page that lies on the disk only takes some tenths of a millisecond, and ANALYZE looks at
thousands of them in one transaction, for which nothing could be stored.
"""

from contextlib import closing
from typing import Any

from services.db_writer.errand import Options, Tell
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import DatabaseError
from shared.paths import Paths


def read(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """`options`: `indexes`, pairs of a table and an index, or of a table and itself where it has none. The result has
    how many entries they hold, `entries`.

    Raises DatabaseError: the database cannot be read.
    """
    entries = 0
    with closing(connect_reader(paths.database)) as connection:
        for done, (table, index) in enumerate(options["indexes"]):
            tell("reading indexes", done, len(options["indexes"]))
            entries += _read(connection, table, index)
    return {"entries": entries}


def counting(table: str, index: str) -> str:
    """A query that reads all of `index`; WHERE 1, as a bare count is of whichever index is the smallest."""
    chosen = "" if index == table else f'INDEXED BY "{index}"'
    return f'SELECT count(*) FROM "{table}" {chosen} WHERE 1'


def _read(connection: "sqlite3.Connection", table: str, index: str) -> int:
    try:
        return int(connection.execute(counting(table, index)).fetchone()[0])
    except sqlite3.Error as error:
        if "no query solution" in str(error):  # an index of some of the rows, which is small
            return 0
        raise DatabaseError("database.unreadable", f"The database cannot be read ({error}).") from error
