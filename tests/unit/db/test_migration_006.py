"""Migration 006 on a database with rows: origins, which matches had a result, and who fought."""

from contextlib import closing
from pathlib import Path

import pytest

from shared.db.migrate import migrate, rollback
from shared.db.sqlite import connect_writer, sqlite3

INSERT = """
INSERT INTO raw_datagrams (session_id, ring, entry, received_at, source_address, source_port, origin, body)
VALUES (1, 'ring-1', ?, '2026-03-01T09:30:00.000000Z', '192.168.1.10', 50000, ?, x'00ff')
"""


@pytest.fixture
def version_5(tmp_path: Path, backups: Path) -> Path:
    """Two datagrams, and three matches: one with `win`, one with `wmh`, one with neither."""
    path = tmp_path / "restrike.db"
    migrate(path, 5, backups=backups)
    with closing(connect_writer(path)) as connection:
        connection.executescript(
            """
            INSERT INTO udp_server_sessions (id, start_time, status, ring) VALUES (1, '', 'open', 'ring-1');
            INSERT INTO pss_event_types (id, event_code, event_name, category)
                VALUES (1, 'WIN', '', ''), (2, 'WMH', '', ''), (3, 'CLK', '', '');
            INSERT INTO pss_matches (id, match_id) VALUES (1, 'm1'), (2, 'm2'), (3, 'm3');
            INSERT INTO pss_events_v2 (session_id, match_id, event_type_id, timestamp, raw_data, event_sequence)
                VALUES (1, 1, 1, '', '', 1), (1, 2, 2, '', '', 2), (1, 3, 3, '', '', 3);
            """
        )
        connection.executemany(INSERT, [(1, "live"), (2, "replay")])
    return path


def _datagrams(connection: "sqlite3.Connection") -> list[tuple[object, ...]]:
    return list(connection.execute("SELECT id, entry, origin, body FROM raw_datagrams ORDER BY id").fetchall())


def test_answers_can_be_stored_and_become_live_again(version_5: Path, backups: Path) -> None:
    """The rows stay as they were, each entry still once; the older schema takes no other origin again."""
    with closing(connect_writer(version_5)) as connection:
        before = _datagrams(connection)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            connection.execute(INSERT, (3, "answer"))
    migrate(version_5, 6, backups=backups)
    with closing(connect_writer(version_5)) as connection:
        assert _datagrams(connection) == before
        connection.execute(INSERT, (3, "answer"))
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            connection.execute(INSERT, (3, "live"))
    rollback(version_5, 5, backups=backups)
    with closing(connect_writer(version_5)) as connection:
        assert _datagrams(connection) == [*before, (3, 3, "live", b"\x00\xff")]
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            connection.execute(INSERT, (4, "answer"))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_matches_with_a_result_are_decided(version_5: Path, backups: Path) -> None:
    """Those of which `win` or `wmh` was stored; the others are open."""
    migrate(version_5, 6, backups=backups)
    with closing(connect_writer(version_5)) as connection:
        found = connection.execute("SELECT match_id, status FROM pss_matches ORDER BY id").fetchall()
    assert found == [("m1", "decided"), ("m2", "decided"), ("m3", "open")]


def test_who_fought_stays_there_and_back(version_5: Path, backups: Path) -> None:
    """The names as sent are new and empty; without them a side is what it was."""
    side = "INSERT INTO pss_match_athletes (id, match_id, athlete_position, bg_color) VALUES (1, 1, 2, '#ff0000')"
    with closing(connect_writer(version_5)) as connection:
        connection.execute(side)
    migrate(version_5, 6, backups=backups)
    with closing(connect_writer(version_5)) as connection:
        shown = "SELECT shown_short_name, shown_long_name, shown_noc FROM pss_match_athletes"
        assert connection.execute(shown).fetchall() == [(None, None, None)]
        connection.execute("UPDATE pss_match_athletes SET shown_short_name = 'D.'")
    rollback(version_5, 5, backups=backups)
    with closing(connect_writer(version_5)) as connection:
        found = connection.execute("SELECT id, athlete_position, bg_color FROM pss_match_athletes").fetchall()
        columns = [row[1] for row in connection.execute("PRAGMA table_info(pss_match_athletes)")]
    assert found == [(1, 2, "#ff0000")]
    assert not [name for name in columns if name.startswith("shown")]
