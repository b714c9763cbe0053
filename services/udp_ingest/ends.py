"""Where each ring's journal begins and ends, as one JSON document; run for restores, with and without the suite.

`python -P -m services.udp_ingest.ends` only reads what is committed; udp-ingest is not asked and not disturbed.
"""

import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import RestrikeError
from shared.journal_ends import JournalEnds, RingEnds
from shared.paths import Paths

# The ring after `:ring`, without reading all batches of a ring.
_NEXT: Final = """
SELECT min(ring) FROM (
    SELECT min(ring) AS ring FROM batches WHERE ring > :ring UNION SELECT min(ring) FROM rings WHERE ring > :ring
)
"""
_OLDEST: Final = "SELECT first FROM batches WHERE ring = ? ORDER BY last LIMIT 1"
_NEWEST: Final = "SELECT last, session FROM batches WHERE ring = ? ORDER BY last DESC LIMIT 1"
_TRIMMED: Final = "SELECT last, session FROM rings WHERE ring = ?"


def read_ends(journal: Path) -> JournalEnds:
    """The ends of the journal in `journal`; none where there is no file yet.

    Raises DatabaseError or `sqlite3.Error`: it cannot be read.
    """
    if is_empty(journal):
        return JournalEnds(journal_id=None, rings={})
    with closing(connect_reader(journal)) as connection:
        row = connection.execute("SELECT id FROM journal").fetchone()
        return JournalEnds(journal_id=row[0] if row else None, rings=_rings(connection))


def _rings(connection: "sqlite3.Connection") -> dict[str, RingEnds]:
    found: dict[str, RingEnds] = {}
    ring = ""
    while (ring := connection.execute(_NEXT, {"ring": ring}).fetchone()[0]) is not None:
        newest = connection.execute(_NEWEST, (ring,)).fetchone() or connection.execute(_TRIMMED, (ring,)).fetchone()
        oldest = connection.execute(_OLDEST, (ring,)).fetchone()
        first = oldest[0] if oldest else newest[0] + 1
        found[ring] = RingEnds(first=first, last=newest[0], session=newest[1])
    return found


def main() -> int:
    """Print the ends; 0 done, 1 the journal cannot be read."""
    try:
        found = read_ends(Paths.from_environment().journal)
    except (RestrikeError, sqlite3.Error) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
