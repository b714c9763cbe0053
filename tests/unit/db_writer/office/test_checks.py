"""Each check finds the fault that it is for, and what is repaired is sound afterwards."""

from contextlib import closing
from typing import Any

import pytest

from services.db_writer.errands import checks as finders
from services.db_writer.errands.check_queries import QUERIES
from services.db_writer.office.care import repairs
from services.db_writer.office.care.repairs import REPAIRS
from services.db_writer.office.care.tidying import shrink_log
from services.db_writer.office.desk import Desk
from shared.db.archive_files import archive_file
from shared.db.check_list import CHECKS
from shared.db.sqlite import connect_reader
from tests.unit.db_writer.office.cared import contents, rows, work

BACKUP = """
INSERT INTO backups (name, path, format, reason, status, schema_version, size_bytes, database_bytes, sha256, taken_at)
VALUES ('gone', '/nowhere/gone.db.zst', 'database', 'x', 'present', 8, 1, 1, '', '2026-01-01T00:00:00.000Z')
"""
ARCHIVE = """
INSERT INTO archives (name, month, path, status, schema_version, datagrams, events, size_bytes, sha256, archived_at)
VALUES ('restrike-2020-01', '2020-01', '', 'archived', 8, 1, 0, 1, '', '2026-01-01T00:00:00.000Z')
"""
DAY = """
INSERT INTO tournaments (id, name, starts_on, ends_on, time_zone)
    VALUES (901, 'Open', '2024-09-07', '2024-09-07', 'UTC');
INSERT INTO tournament_days (id, tournament_id, day_number, date) VALUES (901, 901, 1, '2024-09-07');
INSERT INTO planned_matches (tournament_day_id, match_number, match_id) VALUES (901, '999', 1);
"""
SETTING = """
INSERT INTO settings_keys (id, key_name, display_name, data_type) VALUES (901, 'udp.of_old', 'x', 'string');
INSERT INTO settings_values (key_id, value) VALUES (901, '1');
"""
# Of each check: what makes its fault, foreign keys off, and how many there are then.
PLANTED = {
    "references": ("UPDATE findings SET match_id = 4711 WHERE id = 1", 1),
    "text_index": ("DELETE FROM search_events_data WHERE id = (SELECT max(id) FROM search_events_data)", None),
    "search_progress": ("UPDATE search_progress SET through_event_id = 999999", 1),
    "open_sessions": (
        (
            "UPDATE udp_server_sessions SET status = 'open' WHERE id = 1;"
            "INSERT INTO udp_server_sessions (ring, session_uuid, start_time, status)"
            " SELECT ring, 'later', start_time, 'closed' FROM udp_server_sessions WHERE id = 1"
        ),
        1,
    ),
    "watermarks": ("UPDATE watermarks SET entry = entry + 5", 3),
    "doubled_entries": (
        (
            "INSERT INTO udp_server_sessions (id, ring, session_uuid, start_time, status)"
            " SELECT 901, ring, 'twice', start_time, 'closed' FROM udp_server_sessions WHERE id = 1;"
            "INSERT INTO watermarks SELECT journal_id, ring, 'twice', 0, updated_at FROM watermarks"
            " WHERE session_uuid = (SELECT session_uuid FROM udp_server_sessions WHERE id = 1);"
            "INSERT INTO raw_datagrams"
            " (session_id, ring, entry, received_at, source_address, source_port, origin, body)"
            " SELECT 901, ring, entry, received_at, source_address, source_port, origin, body FROM raw_datagrams"
            " WHERE session_id = 1 LIMIT 5"
        ),
        1,
    ),
    "unowned_events": (
        (
            "UPDATE pss_events_v2 SET match_id = NULL, round_id = NULL WHERE id IN ("
            " SELECT id FROM pss_events_v2 WHERE round_id IS NOT NULL ORDER BY id LIMIT 3 OFFSET 100)"
        ),
        3,
    ),
    "orphaned_details": (
        (
            "INSERT INTO pss_event_details (event_id, detail_key, detail_type) VALUES (777777, 'x', 'string'),"
            " (NULL, 'y', 'string')"
        ),
        2,
    ),
    "rounds": ("UPDATE pss_rounds SET match_id = NULL WHERE id = 1", 1),
    "results": ("UPDATE match_results SET match_id = 4711 WHERE id = 1", 1),
    "summaries": (
        (
            "DELETE FROM match_summaries WHERE match_id = 1;"
            "UPDATE athlete_summaries SET points = 999 WHERE athlete_id = 3"
        ),
        None,
    ),
    "event_counts": (
        (
            "UPDATE event_counts SET events = events + 1 WHERE minute = (SELECT min(minute) FROM event_counts);"
            "DELETE FROM event_counts WHERE minute = (SELECT max(minute) FROM event_counts);"
            "INSERT INTO event_counts VALUES ('2024-09-08T00:00', 'ring-1', 1, 7)"
        ),
        None,
    ),
    "planned_matches": (DAY, 1),
    "backups": (BACKUP, 1),
    "archives": (ARCHIVE, 1),
    "settings": (SETTING, 1),
    "athletes": ("INSERT INTO pss_athletes (athlete_code, short_name) VALUES ('x', 'X. NOBODY')", 1),
}


def plant(desk: Desk, sql: str) -> None:
    """Make a fault that neither the program nor SQLite would let happen."""
    desk.connection.execute("PRAGMA foreign_keys = OFF")
    desk.connection.execute("PRAGMA recursive_triggers = OFF")
    desk.connection.executescript(sql)
    desk.connection.execute("PRAGMA foreign_keys = ON")


def found(said: dict[str, Any], name: str) -> int:
    """How many faults of a check were found."""
    kind = "informations" if next(check for check in CHECKS if check.name == name).is_information else "faults"
    return int(said[kind].get(name, 0))


def test_a_sound_database_has_no_fault(cared: Desk) -> None:
    """What the suite stored itself passes all checks; a quick one leaves out what is slow."""
    said = work(cared, "check")
    assert (said["faults"], said["informations"], said["examples"]) == ({}, {}, [])
    assert said["checked"] == [check.name for check in CHECKS]
    assert work(cared, "check", quick=True)["checked"] == [check.name for check in CHECKS if not check.is_slow]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PLANTED.keys() - {"references", "results"}))
def test_a_fault_is_found_and_repaired(cared: Desk, name: str) -> None:
    """The planted fault is found with an example; the repair mends it, if it is one that is safe, and says so in the
    audit; otherwise nothing is changed.
    """
    sound = contents(cared)
    sql, count = PLANTED[name]
    plant(cared, sql)
    said: dict[str, Any] = work(cared, "check")
    assert found(said, name) == count if count else found(said, name) > 0
    assert any(text.startswith(f"{name}: ") for text in said["examples"])
    planted = contents(cared)
    repaired: dict[str, Any] = work(cared, "check", repair=True)
    if name in REPAIRS:
        assert repaired["repaired"][name] == found(said, name)
        assert found(work(cared, "check"), name) == 0
        acts = rows(
            cared, "SELECT author, outcome FROM operator_audit WHERE action = 'check.repair' AND target = ?", name
        )
        assert set(acts) == {("ana", "done")}
        if name in {"search_progress", "orphaned_details", "event_counts"}:
            assert contents(cared) == sound
    else:
        assert contents(cared) == planted


@pytest.mark.parametrize("name", ["references", "results"])
def test_rows_that_refer_to_nothing_are_told(cared: Desk, name: str) -> None:
    """Where a parent is missing nothing is repaired: a backup knows better."""
    sql, count = PLANTED[name]
    plant(cared, sql)
    said: dict[str, Any] = work(cared, "check", repair=True)
    assert found(said, name) == count
    assert name not in said["repaired"]
    cared.connection.execute("PRAGMA foreign_keys = OFF")
    cared.connection.execute("UPDATE findings SET match_id = NULL WHERE match_id = 4711")
    cared.connection.execute("DELETE FROM match_results WHERE match_id = 4711")


def test_damaged_pages_are_found(cared: Desk) -> None:
    """A page that a disk lost is found as damage, which only a backup mends."""
    shrink_log(cared.connection)
    (page,) = rows(cared, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_pss_matches_match_number'")[0]
    with cared.paths.database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    said: dict[str, Any] = work(cared, "check", repair=True)
    assert found(said, "pages") > 0
    assert "pages" not in said["repaired"]


def test_files_without_a_row_are_told(cared: Desk) -> None:
    """A file that the database does not list is no fault, but somebody may want to know of it."""
    work(cared, "archive", older_than_days=30)
    file = archive_file(cared.paths.archive, "restrike-2024-09")
    for suffix in (".zst", ".json"):
        source = file.with_suffix(suffix)
        source.with_name(source.name.replace("2024-09", "2020-01")).write_bytes(source.read_bytes())
    said: dict[str, Any] = work(cared, "check")
    assert (said["faults"], said["informations"]) == ({}, {"unlisted_files": 1})
    file.unlink()
    assert work(cared, "check")["faults"] == {"archives": 1}


def test_more_faults_than_one_look_takes(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults beyond what one look counts are found and repaired by the next ones, within the same job."""
    for module in ("services.db_writer.errands.checks", "services.db_writer.office.care.checks"):
        monkeypatch.setattr(f"{module}.MOST", 30)
    plant(cared, "UPDATE event_counts SET events = events + 1")
    (count,) = rows(cared, "SELECT count(*) FROM event_counts")[0]
    assert count > 60
    assert work(cared, "check")["faults"] == {"event_counts": 30}
    assert work(cared, "check", repair=True)["repaired"] == {"event_counts": count}
    assert work(cared, "check")["faults"] == {}


def test_a_repair_that_does_not_help_comes_to_an_end(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What says that it repaired, and did not, is not tried for ever."""
    for module in ("services.db_writer.errands.checks", "services.db_writer.office.care.checks"):
        monkeypatch.setattr(f"{module}.MOST", 30)
    plant(cared, "UPDATE event_counts SET events = events + 1")
    tried: list[int] = []

    def no_help(_: object, keys: list[Any]) -> int:
        tried.extend(range(len(keys)))
        assert len(tried) <= 90
        return len(keys)

    monkeypatch.setitem(REPAIRS, "event_counts", no_help)
    assert work(cared, "check", repair=True)["faults"] == {"event_counts": 30}


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        ("event_counts", "events", "minute"),
        ("match_summaries", "events", "match_id"),
        ("athlete_summaries", "points", "athlete_id"),
    ],
)
def test_a_commit_between_two_looks_is_no_fault(cared: Desk, table: str, column: str, key: str) -> None:
    """What is compared is of one commit, though the stream goes on meanwhile."""
    written: list[str] = []

    def meanwhile(sql: str) -> None:
        if not written and f"FROM {table} WHERE {key}" in sql:
            written.append(sql)
            first = f"(SELECT min({key}) FROM {table})"
            cared.connection.execute(f"UPDATE {table} SET {column} = {column} + 1 WHERE {key} = {first}")

    with closing(connect_reader(cared.paths.database)) as reader:
        reader.set_trace_callback(meanwhile)
        looked = finders.Looked(reader, cared.paths, is_quick=False)
        find = finders._event_counts if table == "event_counts" else finders._summaries
        assert list(find(looked)) == []
    assert written


def test_the_events_of_a_slice_are_summed_once(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary of a match is made anew once for all its events, not for each."""
    plant(cared, PLANTED["unowned_events"][0])
    events = [event for (event,) in rows(cared, "SELECT id FROM pss_events_v2 WHERE match_id IS NULL AND id > 100")]
    rebuilt: list[int] = []
    monkeypatch.setattr(repairs, "rebuild", lambda _, match: rebuilt.append(match))
    assert repairs.repair(cared.connection, "unowned_events", events) == 3
    assert len(rebuilt) == len(set(rebuilt)) < 3


def test_a_damaged_text_index_is_one_fault(cared: Desk) -> None:
    """However many lines tell of it, it is emptied once."""
    lines = [f"malformed inverted index for FTS5 table main.search_events {number}" for number in range(3)]
    looked = finders.Looked(cared.connection, cared.paths, is_quick=True, verdicts=lines)
    assert [fault.text for fault in finders._text_index(looked)] == [f"{lines[0]} (and 2 more lines)"]


def test_the_lists_agree() -> None:
    """Each check of the list has its query or its function and a fault in these tests; what is said to be repaired has
    a repair.
    """
    names = {check.name for check in CHECKS}
    assert len(names) == len(CHECKS)
    assert QUERIES.keys() | finders._FINDERS.keys() == names
    assert not QUERIES.keys() & finders._FINDERS.keys()
    assert {check.name for check in CHECKS if check.is_repaired} == REPAIRS.keys()
    assert PLANTED.keys() | {"pages", "unlisted_files"} == names
