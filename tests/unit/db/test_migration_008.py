"""Migrations 007 and 008 on a database with rows: nothing goes, names are found, events are counted."""

import runpy
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.cli.query.names import PLAIN_LETTERS, search_terms
from shared.db.migrate import SHIPPED, migrate, rollback
from shared.db.sqlite import connect_reader, connect_writer, sqlite3

pytestmark = pytest.mark.slow

ROWS = """
INSERT INTO udp_server_sessions (id, start_time, status, ring) VALUES (1, '', 'open', 'ring-1'), (2, '', 'open', 'r2');
INSERT INTO pss_event_types (id, event_code, event_name, category) VALUES (1, 'CLK', '', ''), (2, 'PT1', '', '');
INSERT INTO pss_matches (id, match_id, match_number, weight_class, ring) VALUES (7, 'm7', '1042', 'M-58', 'ring-1');
INSERT INTO pss_athletes (id, athlete_code, short_name, long_name, country_code)
    VALUES (3, 'a3', 'M. GARCÍA', 'María Garcia Núñez', 'ESP'), (4, 'a4', 'KIM', NULL, NULL);
INSERT INTO pss_match_athletes (id, match_id, athlete_id, athlete_position, shown_short_name, shown_noc)
    VALUES (5, 7, 3, 1, 'M. GARCIA NUN', 'ESP'), (6, 7, 4, 2, NULL, NULL);
INSERT INTO pss_events_v2 (session_id, match_id, event_type_id, timestamp, raw_data, event_sequence)
    VALUES (1, 7, 1, '2026-03-01T09:30:00.000000Z', 'clk;2:00;', 1),
           (1, 7, 1, '2026-03-01T09:30:59.999999Z', 'clk;1:01;', 2),
           (1, 7, 1, '2026-03-01T09:31:00.000000Z', 'clk;1:00;', 3),
           (1, 7, 2, '2026-03-01T09:31:00.000000Z', 'pt1;2;', 4),
           (2, NULL, 1, '2026-03-01T09:31:00.000000Z', 'clk;2:00;', 1);
"""
ATHLETE, SIDE, MATCH = 0, 1, 2
FILLED_LATER = "flag_mappings"
"""What a later migration puts rows into, which stay when it is taken back."""


@pytest.fixture
def version_6(tmp_path: Path, backups: Path) -> Path:
    """A match of two athletes, five messages in two sessions."""
    path = tmp_path / "restrike.db"
    migrate(path, 6, backups=backups)
    with closing(connect_writer(path)) as connection:
        connection.executescript(ROWS)
    return path


@pytest.fixture
def writer(version_6: Path, backups: Path) -> Iterator["sqlite3.Connection"]:
    """The same at the latest version, open."""
    migrate(version_6, backups=backups)
    with closing(connect_writer(version_6)) as connection:
        yield connection


def _found(connection: "sqlite3.Connection", words: str) -> list[tuple[int, int]]:
    """Id and kind of what is called so."""
    rows = connection.execute("SELECT rowid FROM search_names WHERE search_names MATCH ? ORDER BY rowid", (words,))
    return [divmod(row, 4) for (row,) in rows]


def _check_names(connection: "sqlite3.Connection") -> None:
    connection.execute("INSERT INTO search_names (search_names) VALUES ('integrity-check')")


def _apart_from_later(contents: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return {table: rows for table, rows in contents.items() if table != FILLED_LATER}


def test_nothing_goes_there_and_back(
    version_6: Path, backups: Path, contents: Callable[[Path], dict[str, list[dict[str, object]]]]
) -> None:
    """6 → latest → 6 → latest: all rows of version 6 unchanged; the second time brings the same names and counts."""
    before = contents(version_6)
    migrate(version_6, backups=backups)
    first = contents(version_6)
    for table, rows in _apart_from_later(before).items():
        assert [{column: row[column] for column in was} for row, was in zip(first[table], rows, strict=True)] == rows
    with closing(connect_reader(version_6)) as reader:
        names = reader.execute("SELECT rowid, text FROM search_names ORDER BY rowid").fetchall()
    assert len(names) == 5
    rollback(version_6, 6, backups=backups)
    assert _apart_from_later(contents(version_6)) == _apart_from_later(before)
    migrate(version_6, backups=backups)
    assert contents(version_6) == first
    with closing(connect_writer(version_6)) as writer:
        assert writer.execute("SELECT rowid, text FROM search_names ORDER BY rowid").fetchall() == names
        assert _found(writer, "garcia") == [(3, ATHLETE), (5, SIDE)]
        _check_names(writer)
        assert writer.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_names_of_older_rows_are_found(writer: "sqlite3.Connection") -> None:
    """By any word, with or without accents, by how it begins; by NOC, match number and weight class."""
    assert _found(writer, "nunez") == _found(writer, "mar*") == [(3, ATHLETE)]
    assert _found(writer, "Núñ*") == [(3, ATHLETE), (5, SIDE)]
    assert _found(writer, "esp") == [(3, ATHLETE), (5, SIDE)]
    assert _found(writer, "1042") == _found(writer, '"M-58"') == [(7, MATCH)]
    assert _found(writer, "nobody") == []


def test_names_follow_their_rows(writer: "sqlite3.Connection") -> None:
    """A rename is found under the new name and no longer under the old; what is made is found, what goes is not."""
    writer.execute("UPDATE pss_athletes SET long_name = 'María Lopez' WHERE id = 3")
    writer.execute("UPDATE pss_match_athletes SET shown_short_name = 'M. LOPEZ' WHERE id = 5")
    writer.execute("UPDATE pss_matches SET match_number = '1043', load_count = 2 WHERE id = 7")
    writer.execute("UPDATE pss_matches SET load_count = 3 WHERE id = 7")
    assert (_found(writer, "nunez"), _found(writer, "nun"), _found(writer, "1042")) == ([], [], [])
    assert _found(writer, "lopez") == [(3, ATHLETE), (5, SIDE)]
    assert _found(writer, "1043") == [(7, MATCH)]
    writer.execute("INSERT INTO pss_athletes (id, athlete_code, short_name) VALUES (9, 'a9', 'LOPEZ B')")
    assert _found(writer, "lopez") == [(3, ATHLETE), (5, SIDE), (9, ATHLETE)]
    writer.execute("DELETE FROM pss_athletes WHERE id = 9")
    writer.execute("DELETE FROM pss_match_athletes WHERE id = 5")
    assert _found(writer, "lopez") == [(3, ATHLETE)]
    _check_names(writer)


def test_writing_again_on_conflict_renames(writer: "sqlite3.Connection") -> None:
    """An upsert, which is how db-writer writes, is a rename too."""
    writer.execute(
        "INSERT INTO pss_athletes (athlete_code, short_name) VALUES ('a4', 'PARK')"
        " ON CONFLICT (athlete_code) DO UPDATE SET short_name = excluded.short_name"
    )
    assert (_found(writer, "kim"), _found(writer, "park")) == ([], [(4, ATHLETE)])


def test_older_events_are_counted(writer: "sqlite3.Connection") -> None:
    """By minute, ring and kind; their clock is not known, and their text is not in the index yet."""
    rows = writer.execute("SELECT minute, ring, event_type_id, events FROM event_counts ORDER BY 1, 2, 3").fetchall()
    assert rows == [
        ("2026-03-01T09:30", "ring-1", 1, 2),
        ("2026-03-01T09:31", "r2", 1, 1),
        ("2026-03-01T09:31", "ring-1", 1, 1),
        ("2026-03-01T09:31", "ring-1", 2, 1),
    ]
    assert writer.execute("SELECT DISTINCT clock_ms FROM pss_events_v2").fetchall() == [(None,)]
    assert writer.execute("SELECT through_event_id FROM search_progress").fetchall() == [(0,)]
    assert writer.execute("SELECT * FROM search_events WHERE search_events MATCH 'clk'").fetchall() == []


def test_one_active_tournament_and_day(writer: "sqlite3.Connection") -> None:
    """The database itself refuses a second one."""
    tournament = "INSERT INTO tournaments (name, starts_on, ends_on, time_zone, is_active) VALUES (?, '', '', 'UTC', ?)"
    day = "INSERT INTO tournament_days (tournament_id, day_number, date, is_active) VALUES (1, ?, ?, ?)"
    for statement, rows in (
        (tournament, [("A", 1), ("B", 0), ("C", 0), ("D", 1)]),
        (day, [(1, "2026-03-01", 0), (2, "2026-03-02", 1), (3, "2026-03-03", 0), (4, "2026-03-04", 1)]),
    ):
        writer.executemany(statement, rows[:-1])
        with pytest.raises(sqlite3.IntegrityError, match="is_active"):
            writer.execute(statement, rows[-1])


def test_letters_with_strokes_and_ligatures_are_found_by_plain_ones(writer: "sqlite3.Connection") -> None:
    """Names are indexed with plain letters, whether they come new or anew; what `restrike query` asks is made the same
    way.
    """
    insert = "INSERT INTO pss_athletes (id, athlete_code, short_name, long_name) VALUES (?, ?, ?, ?)"
    writer.executemany(insert, [(20, "a20", "ĐIPALO", "Øyvind Łoś"), (21, "a21", "X", "X")])
    writer.execute("UPDATE pss_athletes SET long_name = 'Þór Weiß Cœur Əliyev Ħasan Ŧot Iş\u0131k' WHERE id = 21")
    for typed in ("dipalo", "ĐIPALO", "đipalo", "oyvind", "ØYVIND", "los", "łoś"):
        assert _found(writer, search_terms(typed)) == [(20, ATHLETE)], typed
    for typed in ("thor", "WEISS", "weiß", "coeur", "cœur", "eliyev", "əliyev", "hasan", "tot", "isik", "IŞIK"):
        assert _found(writer, search_terms(typed)) == [(21, ATHLETE)], typed
    migration = runpy.run_path(str(SHIPPED / "008_questions.py"))
    assert migration["PLAIN_LETTERS"] == PLAIN_LETTERS
