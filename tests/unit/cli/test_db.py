"""`restrike db` and `restrike match list`: what is read from a database, and who may move it."""

import fcntl
from contextlib import closing
from pathlib import Path

import pytest

from services.cli import db_check
from services.registry import SERVICES
from shared.db.sqlite import connect_writer
from shared.messages.jobs import StartJob
from shared.paths import Paths
from tests.unit.cli.conftest import Run

ROWS = """
INSERT INTO udp_server_sessions (id, start_time, status, ring, session_uuid, packets_received)
    VALUES (1, '', 'open', 'ring-1', 's1', 1);
INSERT INTO watermarks VALUES ('j', 'ring-1', 's1', 7, '2026-03-01T09:00:00Z');
INSERT INTO raw_datagrams (session_id, ring, entry, received_at, source_address, source_port, origin, body)
    VALUES (1, 'ring-1', 2, '', '127.0.0.1', 1, 'live', x'00');
INSERT INTO pss_event_types (id, event_code, event_name, category) VALUES (1, 'WIN', 'w', 'r'), (2, 'WMH', 'd', 'r');
INSERT INTO pss_athletes (id, athlete_code, short_name, long_name, country_code)
    VALUES (1, 'a', 'M. ČAČIĆ', 'Marija ČAČIĆ', 'CRO'), (2, 'b', 'D. ĐURIĆ', 'Dunja ĐURIĆ', 'CRO');
INSERT INTO pss_matches (id, match_id, match_number, category, weight_class, ring, first_loaded_at)
    VALUES (1, 'm1', '7894', 'Semifinals', 'W +73kg', 'ring-1', '2026-03-01T09:00:00.000Z'),
    (2, 'm2', NULL, NULL, NULL, 'ring-2', NULL);
INSERT INTO pss_match_athletes (match_id, athlete_id, athlete_position) VALUES (1, 1, 1), (1, 2, 2);
INSERT INTO pss_rounds (match_id, round_number, start_time, end_time, winner_athlete_position) VALUES
    (1, 1, '2026-03-01T09:01:00Z', '2026-03-01T09:03:00Z', 1), (1, 2, '2026-03-01T09:04:00Z', NULL, 1),
    (1, 3, NULL, NULL, NULL);
INSERT INTO pss_events_v2 (id, session_id, match_id, event_type_id, timestamp, raw_data, event_sequence, is_valid)
    VALUES (1, 1, 1, 1, '', 'win;BLUE;', 1, 1), (2, 1, 1, 2, '', 'wmh;…', 2, 1), (3, 1, 1, 1, '', 'win;RED;', 3, 1);
INSERT INTO pss_event_details (event_id, detail_key, detail_value, detail_type) VALUES (1, 'winner', '1', 'integer'),
    (2, 'winner_name', 'Dunja ĐURIĆ', 'string'), (2, 'rounds_chong', '1', 'integer'),
    (2, 'rounds_hong', '2', 'integer'), (2, 'decision', 'PTF', 'string'), (3, 'winner', '2', 'integer');
"""


@pytest.fixture
def paths(home: Path) -> Paths:
    return Paths(home)


def _fill(paths: Paths, migrated: bytes) -> None:
    paths.prepare()
    paths.database.write_bytes(migrated)
    with closing(connect_writer(paths.database)) as connection:
        connection.executescript(ROWS)


def test_match_list_says_what_was_declared_last(run: Run, paths: Paths, migrated: bytes) -> None:
    """The rounds say chong and the scoring system's last word says hong: both are shown, nothing is corrected."""
    code, _, err = run("match", "list")
    assert (code, "There is no database yet" in err) == (1, True)
    _fill(paths, migrated)
    newest, match = run("match", "list", "--json").document["matches"]
    assert (newest["match_number"], newest["declared_winner"], newest["chong"]["short_name"]) == (None, None, None)
    assert (match["match_number"], match["phase"], match["weight_class"]) == ("7894", "Semifinals", "W +73kg")
    assert (match["chong"]["rounds_won"], match["hong"]["rounds_won"]) == (2, 0)
    assert (match["declared_winner"], match["declared_winner_name"]) == (2, "Dunja ĐURIĆ")
    assert (match["declared_rounds_chong"], match["declared_rounds_hong"], match["declared_decision"]) == (1, 2, "PTF")
    assert (match["started_at"], match["ended_at"]) == ("2026-03-01T09:01:00Z", "2026-03-01T09:03:00Z")
    shown = run("match", "list", "--ring", "ring-1").out.splitlines()
    assert len(shown) == 2
    assert "M. ČAČIĆ CRO" in shown[1]
    assert " hong " in shown[1]
    assert len(run("match", "list", "--limit", "1", "--json").document["matches"]) == 1
    code, out, err = run("match", "list", "--ring", "ring-9")
    assert (code, out, "There is no ring ring-9. Known: ring-1" in err) == (1, "", True)


def test_stats(run: Run, paths: Paths, migrated: bytes) -> None:
    assert run("db", "stats").code == 1
    _fill(paths, migrated)
    stats = run("db", "stats", "--json").document
    assert stats["tables"]["pss_matches"] == 2
    assert stats["file_bytes"] == paths.database.stat().st_size == stats["pages"] * stats["page_bytes"]
    (ring,) = stats["rings"]
    assert (ring["ring"], ring["datagrams"], ring["entry"], ring["journal_id"]) == ("ring-1", 1, 7, "j")
    assert "ring-1" in run("db", "stats").out


@pytest.mark.slow
def test_migrate_status_and_rollback(run: Run) -> None:
    """From nothing to the latest version, back to one and forward again, each step backed up."""
    before = run("db", "status", "--json").document
    assert (before["current"], before["latest"] > 4) == (0, True)
    assert run("db", "migrate", "--to", "4", "--json").document["after"] == 4
    rolled = run("db", "rollback", "--to", "1", "--json").document
    assert (rolled["before"], rolled["after"], Path(rolled["backup"]).exists()) == (4, 1, True)
    done = run("db", "migrate")
    assert (done.code, f"version 1 -> {before['latest']}" in done.out) == (0, True)
    assert run("db", "status", "--json").document["current"] == before["latest"]
    code, _, err = run("db", "rollback", "--to", "99")
    assert (code, len(err.splitlines())) == (1, 1)
    assert run("db", "migrate", "--to", "1").code == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_running_service_keeps_the_database_where_it_is(run: Run, paths: Paths, service: str) -> None:
    paths.prepare()
    with paths.lock(service).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for arguments in (("migrate",), ("rollback", "--to", "0")):
            code, out, err = run("db", *arguments)
            assert (code, out, service in err, "restrike down" in err) == (1, "", True, True)
    assert not paths.database.exists()


def test_who_only_looks_does_not_wait_for_a_match(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`db check` without --repair is begun at any time; repairs wait unless they are forced."""
    asked: list[StartJob] = []
    found = db_check.Checked(checked=[], faults={}, informations={}, repaired={}, refused=[], examples=[])

    def care(command: StartJob, _: type[db_check.Checked], *, json: bool) -> db_check.Checked:
        asked.append(command)
        assert not json
        return found

    monkeypatch.setattr(db_check, "care", care)
    for words in ((), ("--quick",), ("--repair",), ("--repair", "--force")):
        assert run("db", "check", *words).code == 0
    assert [command.force for command in asked] == [True, True, False, True]


def test_files_that_are_no_database_of_ours(run: Run, paths: Paths) -> None:
    paths.prepare()
    paths.database.write_text("notes")
    for arguments in (("db", "stats"), ("db", "status"), ("db", "migrate"), ("match", "list")):
        code, out, err = run(*arguments)
        assert (code, out, len(err.splitlines())) == (1, "", 1), arguments
        assert "not a SQLite database" in err
    assert paths.database.read_text() == "notes"


def test_a_database_without_our_tables(run: Run, paths: Paths) -> None:
    """Version 0 has no matches: the sentence names the way out."""
    paths.prepare()
    with closing(connect_writer(paths.database)) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER, description TEXT, applied_at TEXT)")
    code, _, err = run("match", "list")
    assert (code, "restrike db migrate" in err) == (1, True)
    assert run("db", "stats", "--json").document["rings"] == []
