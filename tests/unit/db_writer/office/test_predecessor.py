"""The predecessor's databases: what is taken of them, which of its mistakes are met, and that nothing is doubled."""

import json
import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.db_writer.errands.checks import check
from services.db_writer.office.care import archives
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Desk
from services.db_writer.office.predecessor import work as importing
from services.db_writer.summaries import disagreements
from services.db_writer.text_index import TextIndex
from shared.db.sqlite import sqlite3
from shared.errors import RestrikeError, ValidationError
from shared.paths import Paths
from shared.settings.secrets import Secrets
from tests.support import predecessor as old
from tests.unit.db_writer.office.cared import contents, inline, rows, steps, work

KIND = "import_predecessor"
ZONE = "Europe/Zagreb"


@pytest.fixture
def ready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose errands run within the test."""
    inline(monkeypatch)
    monkeypatch.setattr(importing, "errand", vars(archives)["errand"])
    bring_up_to_date(desk)
    return desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database of the newest version with every known mistake in it."""
    return old.with_mistakes(tmp_path / "old.db", version=21)


@pytest.fixture
def ours(tmp_path: Path, _migrated: bytes) -> Path:
    """A database of this program."""
    path = tmp_path / "ours.db"
    path.write_bytes(_migrated)
    return path


def imported(desk: Desk, file: Path, **options: Any) -> dict[str, Any]:
    """The report of an import."""
    done = work(desk, KIND, file=str(file), **{"time_zone": ZONE, **options})
    report: dict[str, Any] = json.loads(str(done["report"]))
    return report


def told(report: dict[str, Any]) -> dict[tuple[str, str], int]:
    """How often each problem was met."""
    return {(one["table"], one["problem"]): one["count"] for one in report["problems"]}


@pytest.mark.parametrize("version", [4, 12, 21])
def test_every_row_is_accounted_for(ready: Desk, tmp_path: Path, version: int) -> None:
    """Of each table that is taken, every row was imported, merged or dropped; the database passes all checks, and its
    summaries are what a recount gives.
    """
    report = imported(ready, old.with_mistakes(tmp_path / "old.db", version=version))
    assert report["schema_version"] == version
    assert len(report["tables"]) >= 15
    for name, table in report["tables"].items():
        assert table["read"] == table["imported"] + table["merged"] + table["dropped"], name
        assert table["read"] > 0, name
    assert list(disagreements(ready.connection, limit=5)) == []
    faults = check({"is_quick": False}, paths=ready.paths, tell=lambda *_: None)["counts"]
    assert faults.keys() <= {"athletes"}


def test_events_are_in_order_and_only_as_linked_as_they_can_be(ready: Desk, file: Path) -> None:
    """Events stored in any order and numbered 0 are numbered by their time within their session; links to matches,
    rounds and sessions that are not there, or cannot be, are gone, the events are not, and their text is found.
    """
    report = imported(ready, file)
    mark = report["sha256"][:8]
    found = rows(
        ready,
        "SELECT replace(s.session_uuid, ?, ''), e.event_sequence, m.match_number, p.round_number, t.event_code,"
        " e.raw_data"
        " FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id"
        " JOIN pss_event_types t ON t.id = e.event_type_id LEFT JOIN pss_matches m ON m.id = e.match_id"
        " LEFT JOIN pss_rounds p ON p.id = e.round_id ORDER BY 1, 2",
        f"import-{mark}-",
    )
    assert found == [
        ("1", 1, "101", None, "AT1", old.at1(old.MARIJA, old.ANA)),
        ("1", 2, "101", 1, "CLK", "clk;1:58;"),
        ("1", 3, "101", 1, "P", "pt1;1;"),
        ("1", 4, "101", None, "WIN", "win;BLUE;"),
        ("1", 5, "102", None, "AT1", old.at1(old.OTHER_MARIJA, old.ANA)),
        ("1", 6, "102", None, "SC", "sc1;3;sc2;0;"),
        ("1", 7, None, None, "CLK", "clk;1:00;"),
        ("2", 1, None, None, "CLK", "clk;2:00;"),
        ("log", 1, None, None, "CLK", "score 2:0"),
        ("none", 1, "102", None, "O", "xyz;what is this;"),
    ]
    assert rows(ready, "SELECT detail_key, detail_value FROM pss_event_details ORDER BY 1") == [
        ("athlete", "1"),
        ("clock", "1:58"),
    ]
    times = rows(ready, "SELECT min(timestamp), max(timestamp) FROM pss_events_v2 WHERE match_id IS NOT NULL")
    assert times == [("2024-05-11T09:02:01.000000Z", "2024-05-11T09:31:41.000000Z")]
    index = TextIndex(ready.connection)
    while index.turn():
        pass
    assert rows(ready, "SELECT count(*) FROM search_events WHERE search_events MATCH 'cacic'") == [(2,)]


def test_a_match_that_was_loaded_again_is_one(ready: Desk, file: Path) -> None:
    """Rows of one match become one with its loads counted; the same number a week later is another. A result of the
    old file stands as declared, and without one there is none; every match is over.
    """
    report = imported(ready, file)
    matches = rows(
        ready,
        "SELECT match_number, load_count, status, ring, first_loaded_at, last_loaded_at FROM pss_matches ORDER BY id",
    )
    assert matches == [
        ("101", 3, "decided", "ring-2", "2024-05-11T09:00:00.000000Z", "2024-05-11T09:02:00.000000Z"),
        ("102", 1, "closed", "ring-2", "2024-05-11T09:30:00.000000Z", "2024-05-11T09:30:00.000000Z"),
        ("101", 1, "closed", "ring-2", "2024-05-18T09:00:00.000000Z", "2024-05-18T09:00:00.000000Z"),
    ]
    assert rows(ready, "SELECT standing, winner, decision, declared_winner, derived_winner FROM match_results") == [
        ("declared", 1, "PTF", 1, None)
    ]
    assert rows(ready, "SELECT round_number, start_time, duration FROM pss_rounds WHERE match_id = 1") == [
        (1, "2024-05-11T09:00:00.000000Z", 120)
    ]
    assert rows(
        ready, "SELECT wins FROM athlete_summaries s JOIN pss_athletes a ON a.id = s.athlete_id ORDER BY 1 DESC"
    ) == [
        (1,),
        (0,),
        (0,),
    ]
    assert "5 rows of matches are 3 matches: each re-load made another." in report["notes"]


def test_people_of_one_short_name_are_told_apart(ready: Desk, file: Path) -> None:
    """Where the match's own at1 says another long name and NOC than the athlete's row, it is that athlete's match."""
    report = imported(ready, file)
    sides = rows(
        ready,
        "SELECT m.match_number, a.long_name, a.country_code FROM pss_match_athletes s JOIN pss_matches m"
        " ON m.id = s.match_id JOIN pss_athletes a ON a.id = s.athlete_id WHERE athlete_position = 1 ORDER BY m.id",
    )
    assert sides == [("101", "Marija ČAČIĆ", "CRO"), ("102", "Mirna ČAČIĆ", "SLO"), ("101", "Marija ČAČIĆ", "CRO")]
    assert told(report)["pss_match_athletes", "another athlete of the same short name, by at1"] == 1


def test_an_at1_of_somebody_else_tells_nothing(ready: Desk, file: Path) -> None:
    """The at1 of the next load, put to the match before, changes nobody: the other side's short name is not the
    match's; and where several fit, the row is left as it is, which is told.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for second, hong in ((301.0, ("X. YZ", "Xenia YZ", "ITA")), (1801.0, old.ANA)):
            at = old.local(old.STARTED + timedelta(seconds=second))
            match, chong = (3, old.OTHER_MARIJA) if second < 1000 else (4, ("M. ČAČIĆ", "Marta ČAČIĆ", "BIH"))
            event = {"session_id": 1, "match_id": match, "timestamp": at, "raw_data": old.at1(chong, hong)}
            old.put(connection, "pss_events_v2", event)
    report = imported(ready, file)
    sides = rows(
        ready,
        "SELECT a.long_name FROM pss_match_athletes s JOIN pss_athletes a ON a.id = s.athlete_id"
        " WHERE athlete_position = 1 ORDER BY s.match_id",
    )
    assert sides == [("Marija ČAČIĆ",)] * 3
    assert told(report)["pss_match_athletes", "its at1 name several people: left as it is"] == 1


def test_sessions_are_closed_and_counted(ready: Desk, file: Path) -> None:
    """A session that was never closed is broken at its last event and says so; counters are those of the events."""
    imported(ready, file)
    sessions = rows(
        ready,
        "SELECT status, end_time, packets_received, total_bytes_received, unique_clients_count,"
        " error_message IS NOT NULL, last_entry FROM udp_server_sessions ORDER BY id LIMIT 2",
    )
    size = sum(len(raw.encode()) for (raw,) in rows(ready, "SELECT raw_data FROM pss_events_v2 WHERE session_id = 1"))
    assert sessions == [
        ("broken", "2024-05-11T09:31:42.000000Z", 7, size, 1, 1, 7),
        ("closed", "2024-05-18T10:00:00.000000Z", 1, 9, 0, 0, 1),
    ]


def test_settings_are_taken_where_they_are_ours(ready: Desk, file: Path) -> None:
    """Old settings become ours in our units and by our rules, with their history; what somebody set here stays; the
    rest is kept as it was, and nothing that is secret is.
    """
    report = imported(ready, file)
    stored = rows(
        ready, "SELECT key_name, value FROM settings_values v JOIN settings_keys k ON k.id = v.key_id ORDER BY 1"
    )
    assert stored == [("backup.every_hours", "3"), ("retention.audit_days", "4000"), ("udp.heard_within_s", "3")]
    assert rows(ready, "SELECT DISTINCT changed_by, change_reason FROM settings_history") == [
        ("ana", "imported from old.db")
    ]
    assert rows(ready, "SELECT key, value, category FROM app_config ORDER BY key") == [
        ("compression_level", "99", "backup"),
        ("window_theme", "dark", "ui"),
    ]
    assert report["settings_refused"] == [
        "compression_level = 99: backup.compression_level must be at most 19 (rule max)."
    ]
    assert "hidden" not in json.dumps(report)


def test_passwords_of_obs_are_encrypted(ready: Desk, file: Path) -> None:
    """A password that lay open is encrypted with our key; one that the predecessor encrypted is empty, and told."""
    report = imported(ready, file)
    found = dict(rows(ready, "SELECT name, password FROM obs_connections"))
    assert Secrets(ready.paths).decrypt(found["court-1"]) == "plain secret"
    assert found["court-2"] is None
    assert "Court 2: court-2" in json.dumps(report["problems"])
    assert "plain secret" not in json.dumps(report) + str(rows(ready, "SELECT report, progress FROM imports"))
    assert rows(ready, "SELECT ioc_code FROM flag_mappings WHERE is_custom = 1") == [("CRO",)]


def test_days_of_tournaments(ready: Desk, file: Path) -> None:
    """Tournaments come with every day of theirs, and matches belong to the day that the old file says."""
    imported(ready, file)
    days = rows(
        ready,
        "SELECT t.name, t.status, d.date, d.title,"
        " (SELECT count(*) FROM pss_matches m WHERE m.tournament_day_id = d.id)"
        " FROM tournaments t JOIN tournament_days d ON d.tournament_id = t.id ORDER BY d.date",
    )
    assert days == [
        ("Zagreb Open 2024", "finished", "2024-05-11", "Saturday", 3),
        ("Zagreb Open 2024", "finished", "2024-05-12", None, 0),
    ]


def test_a_dry_run_writes_nothing(ready: Desk, file: Path) -> None:
    """The report is that of the import, no row is written, and no file is left."""
    before = contents(ready)
    report = imported(ready, file, dry_run=True)
    assert contents(ready) == before
    assert [path.name for path in ready.paths.data.iterdir() if "predecessor" in path.name] == [".predecessor.lock"]
    done = imported(ready, file)
    assert [report[name] == done[name] for name in ("tables", "problems", "times")] == [True, True, True]
    assert report["unknown_tables"] == ["trigger_rules (1 rows)"]
    assert report["unknown_columns"] == ["pss_matches.venue_note"]


def test_a_file_is_imported_once(ready: Desk, file: Path) -> None:
    """A second import is refused and says when the first was; with --again only what is missing comes."""
    imported(ready, file)
    before = contents(ready)
    with pytest.raises(RestrikeError, match="imported already, 20"):
        imported(ready, file)
    report = imported(ready, file, again=True)
    kept = ("imports", "settings_history", "udp_server_sessions", "match_summaries", "athlete_summaries")
    after = contents(ready)
    assert [name for name in before if name not in kept and before[name] != after[name]] == []
    assert not {"events", "matches", "sessions", "scores and warnings"} & {k for k, n in report["written"].items() if n}
    with ready.changing() as connection:
        connection.execute("DELETE FROM pss_scores")
        connection.execute("DELETE FROM event_counts")
        connection.execute("DELETE FROM pss_event_details")
        connection.execute("DELETE FROM pss_events_v2 WHERE raw_data LIKE 'win%'")
    report = imported(ready, file, again=True)
    assert (report["written"]["events"], report["written"]["scores and warnings"]) == (1, 1)
    assert rows(ready, "SELECT count(*) FROM imports WHERE status = 'done' AND progress IS NULL") == [(3,)]


def test_it_goes_on_where_it_was_broken_off(ready: Desk, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off after any slice, the same command goes on, and every table is as if it had run through."""
    monkeypatch.setattr(importing, "FEWEST", 1)
    monkeypatch.setattr(importing, "MOST", 1)
    begun = 0
    for after in range(2, 80, 3):
        job = steps(ready, KIND, file=str(file), time_zone=ZONE)
        try:
            for _ in range(after):
                next(job)
        except StopIteration:
            break
        job.close()
        begun += 1
    else:
        imported(ready, file)
    assert begun > 4
    assert rows(ready, "SELECT count(*), count(ended_at) FROM imports") == [(1, 1)]
    found = {table: content.rows for table, content in contents(ready).items()}
    assert found["pss_events_v2"] == 10
    assert (found["pss_scores"], found["pss_warnings"], found["pss_event_details"]) == (1, 1, 2)
    assert list(disagreements(ready.connection, limit=5)) == []
    assert rows(ready, "SELECT sum(events) FROM event_counts") == [(10,)]


def test_an_import_goes_on_as_it_was_begun(ready: Desk, file: Path) -> None:
    """Another zone or ring in the midst of an import would put half of it elsewhere: it is refused."""
    job = steps(ready, KIND, file=str(file), time_zone=ZONE)
    for _ in range(3):
        next(job)
    job.close()
    with pytest.raises(ValidationError, match="begun with another time zone"):
        imported(ready, file, time_zone="Asia/Tokyo")
    report = json.loads(str(work(ready, KIND, file=str(file))["report"]))
    assert report["time_zone"] == ZONE


def test_rings_do_not_mix(ready: Desk, file: Path) -> None:
    """A ring of this suite keeps its sessions for itself: --ring refuses its name, the file's own gets another one."""
    with ready.changing() as connection:
        connection.execute(
            "INSERT INTO udp_server_configs (name, port, bind_address) VALUES ('ring-2', 8888, '0.0.0.0')"
        )
    with pytest.raises(ValidationError, match="has a ring of that name"):
        imported(ready, file, ring="ring-2")
    with pytest.raises(ValidationError, match="small letters"):
        imported(ready, file, ring="Old Hall")
    imported(ready, file)
    assert rows(ready, "SELECT DISTINCT ring FROM udp_server_sessions ORDER BY 1") == [("import",), ("import-ring-2",)]
    assert rows(ready, "SELECT DISTINCT ring FROM event_counts ORDER BY 1") == [("import",), ("import-ring-2",)]


def test_the_log_beside_the_file_is_read(ready: Desk, tmp_path: Path) -> None:
    """A copy of a live database with its -wal is read with what is only in there, and neither file is touched."""
    live, copy = tmp_path / "live.db", tmp_path / "copy.db"
    old.with_mistakes(live)
    with closing(sqlite3.connect(live, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "INSERT INTO pss_athletes (short_name, long_name, country_code) VALUES ('L', 'Late ONE', 'ITA')"
        )
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).write_bytes(live.with_name(live.name + end).read_bytes())
    before = {path.name: path.read_bytes() for path in tmp_path.glob("copy.db*")}
    assert len(before) == 2
    imported(ready, copy)
    assert rows(ready, "SELECT country_code FROM pss_athletes WHERE long_name = 'Late ONE'") == [("ITA",)]
    assert {path.name: path.read_bytes() for path in tmp_path.glob("copy.db*")} == before


def test_what_cannot_be_imported_is_refused(ready: Desk, tmp_path: Path, file: Path, ours: Path) -> None:
    """A damaged file, one of ours, one of somebody else, no database, no file: each a sentence that says what to do."""
    damaged = tmp_path / "damaged.db"
    content = bytearray(file.read_bytes())
    content[8192 : len(content) - 4096] = os.urandom(len(content) - 12288)
    damaged.write_bytes(content)
    (text := tmp_path / "text.db").write_text("no database at all, but long enough to be one" * 100)
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER PRIMARY KEY)")
    for path, code in (
        (damaged, "import.damaged"),
        (text, "import.not_sqlite"),
        (tmp_path / "other.db", "import.not_predecessor"),
        (ours, "import.ours"),
        (tmp_path / "nothing.db", "import.no_file"),
    ):
        with pytest.raises(RestrikeError) as refused:
            imported(ready, path)
        assert refused.value.code == code
    assert rows(ready, "SELECT count(*) FROM imports") == [(0,)]


def test_a_poor_file_is_read_all_the_same(ready: Desk, tmp_path: Path) -> None:
    """Missing tables and columns, unknown ones, and bytes that are no text: what is there is taken."""
    path = tmp_path / "poor.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            "CREATE TABLE pss_events_v2 (id INTEGER PRIMARY KEY, timestamp REAL, raw_data BLOB, mood TEXT)"
        )
        seconds = (old.STARTED + timedelta(seconds=1)).timestamp()
        connection.execute("INSERT INTO pss_events_v2 VALUES (7, ?, ?, 'good')", (seconds, b"clk;0:\xff9;"))
        connection.execute("INSERT INTO pss_events_v2 VALUES (8, ?, CAST(x'ff' AS TEXT), NULL)", (seconds,))
        connection.execute('CREATE TABLE "odd "" name" (x)')
        connection.execute("CREATE VIEW pss_matches AS SELECT 1 AS id")
    report = imported(ready, path)
    assert report["schema_version"] is None
    assert rows(ready, "SELECT timestamp, raw_data FROM pss_events_v2 ORDER BY id") == [
        ("2024-05-11T09:00:01.000000Z", "clk;0:�9;"),
        ("2024-05-11T09:00:01.000000Z", "�"),
    ]
    assert report["unknown_tables"] == ['odd " name (0 rows)']
    assert report["unknown_columns"] == ["pss_events_v2.mood"]


def test_who_did_it_is_kept(ready: Desk, file: Path, paths: Paths) -> None:
    """Begin and end of an import are in the audit, the report in `imports`; the plan is gone."""
    report = imported(ready, file)
    assert rows(ready, "SELECT author, action, target, outcome FROM operator_audit WHERE action LIKE 'import%'") == [
        ("ana", "import.begin", "old.db", "done"),
        ("ana", "import.predecessor", "old.db", "done"),
    ]
    assert json.loads(rows(ready, "SELECT report FROM imports")[0][0])["written"] == report["written"]
    assert list(paths.data.glob(".predecessor-*")) == []
