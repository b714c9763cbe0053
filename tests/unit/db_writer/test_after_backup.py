"""What the journal has of the time after a backup, what it has no more, and how that stands in the database."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.db_writer.after_backup import after, leave_out, tell_gaps
from services.db_writer.store import Store
from shared.db.migrate import migrate
from shared.db.sqlite import connect_writer, sqlite3
from shared.journal_ends import JournalEnds, RingEnds
from shared.messages.service import Position

JOURNAL = "j1"


def ends(first: int, last: int, *, journal_id: str | None = JOURNAL) -> JournalEnds:
    """A journal with one ring."""
    return JournalEnds(journal_id=journal_id, rings={"ring-1": RingEnds(first=first, last=last, session="s9")})


def at(entry: int, *, journal_id: str = JOURNAL) -> dict[str, Position]:
    """A backup that is at `entry`."""
    return {"ring-1": Position(journal_id, "s1", entry)}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator["sqlite3.Connection"]:
    """A new database."""
    migrate(tmp_path / "restrike.db", backups=tmp_path)
    with closing(connect_writer(tmp_path / "restrike.db")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("position", "journal", "coming_back", "gone", "is_other"),
    [
        (at(100), ends(1, 100), 0, 0, False),  # nothing came after it
        (at(100), ends(1, 150), 50, 0, False),  # all of what came after is there
        (at(100), ends(101, 150), 50, 0, False),  # just all of it
        (at(100), ends(121, 150), 30, 20, False),  # the journal has dropped the beginning
        (at(100), ends(151, 150), 0, 50, False),  # and all of it
        ({}, ends(1, 9), 9, 0, False),  # a ring that the backup did not know
        ({}, ends(5, 9), 5, 4, False),  # of which the journal has dropped the beginning
        ({}, ends(5, 4), 0, 4, False),  # and all of it
        (at(100, journal_id="j0"), ends(1, 30), 30, 0, True),  # a new journal since
    ],
)
def test_what_came_after(
    position: dict[str, Position], journal: JournalEnds, coming_back: int, gone: int, *, is_other: bool
) -> None:
    """Entries that come back, entries that are lost, and whether anybody can say."""
    (ring,) = after(position, journal)
    assert (ring.coming_back, ring.gone, ring.is_other_journal) == (coming_back, gone, is_other)


def test_without_a_journal() -> None:
    """Nothing comes back where there is nothing."""
    assert after(at(100), JournalEnds(journal_id=None, rings={})) == []


def findings(connection: "sqlite3.Connection") -> list[tuple[Any, ...]]:
    """Rule, ring and first entry of each finding."""
    return connection.execute("SELECT rule, ring, entry FROM findings ORDER BY id").fetchall()


def test_a_gap_is_named_in_the_database(connection: "sqlite3.Connection") -> None:
    """Whoever reads the restored database sees what it lacks."""
    tell_gaps(connection, after(at(100), ends(121, 150)))
    assert findings(connection) == [("restore_gap", "ring-1", 101)]
    tell_gaps(connection, after(at(100), ends(1, 150)))
    assert len(findings(connection)) == 1


def test_what_is_left_out_counts_as_stored(connection: "sqlite3.Connection") -> None:
    """The ring stands at the journal's end, in the session that goes on there."""
    journal = ends(1, 150)
    leave_out(connection, after(at(100), journal), journal)
    assert Store(connection).positions() == {"ring-1": Position(JOURNAL, "s9", 150)}
    assert findings(connection) == [("restore_left_out", "ring-1", 101)]


def test_nothing_to_leave_out(connection: "sqlite3.Connection") -> None:
    """A backup that has everything stays where it is."""
    journal = ends(1, 100)
    leave_out(connection, after(at(100), journal), journal)
    assert (Store(connection).positions(), findings(connection)) == ({}, [])
