"""Months out of the database and back: exactly the rows, exactly once, whatever breaks off."""

import shutil
from contextlib import closing
from typing import Any

import pytest

from services.db_writer.errands.archives import STAYS, is_copied
from services.db_writer.office import jobs
from services.db_writer.office.care import moving
from services.db_writer.office.care.archives import LEAST_DAYS
from services.db_writer.office.care.repairs import repair
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import JobLine
from services.db_writer.office.kinds import KINDS
from shared.db.archive_files import BULKY, archive_file, opened_archive, read_archive_manifest
from shared.db.sqlite import connect_reader
from shared.db.table_checksums import contents_of, tables_of
from shared.errors import DatabaseError, ValidationError
from shared.messages.jobs import StartJob
from tests.support.wait import eventually
from tests.unit.db_writer.office.cared import contents, rows, steps, work

pytestmark = pytest.mark.slow

NAME = "restrike-2024-09"
OLD = 30
MIGRATED = {"schema_version", "migratehistory", "settings_categories"}
"""Rows that every database has from its migrations."""
COUNTS = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in BULKY)


def newest_stay(desk: Desk) -> bool:
    """Only the newest datagram, the newest event and the event of the newest detail are in the database."""
    return rows(desk, "SELECT (SELECT count(*) FROM raw_datagrams), (SELECT count(*) <= 2 FROM pss_events_v2)") == [
        (1, 1)
    ]


def opened_rows(desk: Desk, name: str, sql: str) -> list[tuple[Any, ...]]:
    """What a query of an archive gives."""
    with closing(connect_reader(opened_archive(desk.paths.archive, name))) as connection:
        return list(connection.execute(sql).fetchall())


def test_a_month_goes_and_comes_back(cared: Desk) -> None:
    """Archived rows are in the file and nowhere else, all other tables are as before; brought back, every table has
    the checksum that it had, and the text index finds what it found.
    """
    before = contents(cared)
    hits = "SELECT rowid FROM search_events WHERE search_events MATCH 'hl1' ORDER BY rowid"
    found = rows(cared, hits)
    assert len(found) > 10
    done = work(cared, "archive", older_than_days=OLD)
    assert done["archives"] == [NAME]
    assert rows(cared, "SELECT name, status FROM archives") == [(NAME, "archived")]
    after = contents(cared)
    assert [table for table in before if before[table] != after[table]] == sorted(BULKY)
    assert newest_stay(cared)
    assert len(rows(cared, hits)) <= 2
    assert done["datagrams"] == before["raw_datagrams"].rows - 1
    moved = [before[table].rows - after[table].rows for table in BULKY]
    assert [row for (row,) in opened_rows(cared, NAME, COUNTS)] == moved
    assert work(cared, "unarchive", name=NAME)["events"] == done["events"]
    assert contents(cared) == before
    assert rows(cared, hits) == found
    cared.connection.execute("INSERT INTO search_events (search_events, rank) VALUES ('integrity-check', 1)")
    with pytest.raises(ValidationError, match="brought back already"):
        work(cared, "unarchive", name=NAME)


def test_an_archive_answers_alone(cared: Desk) -> None:
    """Its matches, athletes, rounds, results and summaries are there, its text can be searched, and nothing refers to
    what is not there; what is secret or of this machine is not in it.
    """
    work(cared, "archive", older_than_days=OLD)
    with closing(connect_reader(opened_archive(cared.paths.archive, NAME))) as archive:
        assert archive.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert archive.execute("PRAGMA foreign_key_check").fetchall() == []
        mine, theirs = contents(cared), contents_of(archive)
        for table in ("pss_matches", "pss_athletes", "match_results", "round_results", "match_summaries", "pss_scores"):
            assert theirs[table] == mine[table], table
        assert {theirs[table].rows for table in STAYS - MIGRATED} == {0}
        query = "SELECT count(*) FROM search_events WHERE search_events MATCH 'hl1'"
        assert archive.execute(query).fetchone() > (10,)
        assert {table for table in tables_of(archive) if not is_copied(table)} == STAYS | {*BULKY, "search_progress"}
    manifest = read_archive_manifest(cared.paths.archive, NAME)
    assert manifest.month == "2024-09"
    assert manifest.ids["pss_events_v2"][0] == 1


def test_datagrams_go_before_events(cared: Desk) -> None:
    """Datagrams are kept for less time; the events of their month follow into a second file, and both come back."""
    before = contents(cared)
    work(cared, "archive", what="datagrams")
    assert contents(cared)["pss_events_v2"] == before["pss_events_v2"]
    assert rows(cared, "SELECT count(*) FROM raw_datagrams") == [(1,)]
    assert work(cared, "archive", older_than_days=OLD)["archives"] == [f"{NAME}-2"]
    assert opened_rows(cared, f"{NAME}-2", COUNTS)[0] == (0,)
    for name in (f"{NAME}-2", NAME):
        work(cared, "unarchive", name=name)
    assert contents(cared) == before


def test_what_is_young_or_open_stays(cared: Desk) -> None:
    """Nothing of a session that is open or ended after the cut moves; months that are not over stay; a dry run moves
    nothing; fewer days than a week are refused.
    """
    cared.connection.execute("UPDATE udp_server_sessions SET status = 'open' WHERE id = 1")
    cared.connection.execute("UPDATE udp_server_sessions SET end_time = '2099-01-01T00:00:00.000000Z' WHERE id = 2")
    assert len(work(cared, "archive", dry_run=True)["months"]) == 1  # type: ignore[arg-type]  # it is a list
    assert rows(cared, "SELECT * FROM archives") == []
    done = work(cared, "archive", older_than_days=100)
    assert done["open_sessions"] == 1
    left = {session for (session,) in rows(cared, "SELECT DISTINCT session_id FROM raw_datagrams")}
    assert {1, 2} <= left
    assert len(left) <= 3
    assert work(cared, "archive", older_than_days=100_000 // 4)["archives"] == []
    with pytest.raises(ValidationError, match=f"at least {LEAST_DAYS} days"):
        work(cared, "archive", older_than_days=LEAST_DAYS - 1)
    with pytest.raises(ValidationError, match="datagrams, events, all"):
        work(cared, "archive", what="matches")


def test_what_was_brought_back_is_left_alone(cared: Desk) -> None:
    """The night's archive does not take away at once what somebody brought back; who says how old does."""
    work(cared, "archive", what="datagrams")
    work(cared, "unarchive", name=NAME)
    assert work(cared, "archive") == {
        "archives": [],
        "datagrams": 0,
        "events": 0,
        "left": 0,
        "resting": ["2024-09"],
        "open_sessions": 0,
    }
    assert work(cared, "archive", older_than_days=OLD)["archives"] == [f"{NAME}-2"]


def test_broken_off_goes_on(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A removal that ends in its midst is ended by the next archive, a return by the next unarchive."""
    monkeypatch.setattr(moving, "MOST", 100)
    before = contents(cared)
    job = steps(cared, "archive", older_than_days=OLD)
    while next(job).message != "removing what is archived":
        pass
    next(job)
    job.close()
    assert rows(cared, "SELECT status FROM archives") == [("removing",)]
    done = work(cared, "archive", older_than_days=OLD)
    assert (done["archives"], rows(cared, "SELECT status FROM archives")) == ([], [("archived",)])
    assert newest_stay(cared)
    job = steps(cared, "unarchive", name=NAME)
    while next(job).message != "bringing back":
        pass
    job.close()
    assert work(cared, "archive", older_than_days=OLD)["archives"] == []
    work(cared, "unarchive", name=NAME)
    assert contents(cared) == before


def test_changed_rows_stay(cared: Desk) -> None:
    """A row is removed only where the archive holds the same: one that changed meanwhile stays, with its details."""
    job = steps(cared, "archive", older_than_days=OLD)
    while next(job).message != "removing what is archived":
        pass
    (event,) = rows(cared, "SELECT event_id FROM pss_event_details WHERE id = 200")[0]
    cared.connection.execute("UPDATE pss_events_v2 SET parsed_data = '{}' WHERE id = ?", (event,))
    work_on = list(job)
    assert work_on
    assert rows(cared, "SELECT parsed_data FROM pss_events_v2 WHERE id = ?", event) == [("{}",)]
    assert rows(cared, "SELECT count(*) > 0 FROM pss_event_details WHERE event_id = ?", event) == [(1,)]


def test_a_damaged_archive_is_refused(cared: Desk) -> None:
    """A flipped bit is found before a row is removed or brought back."""
    before = contents(cared)
    job = steps(cared, "archive", older_than_days=OLD)
    while next(job).message != "removing what is archived":
        pass
    job.close()
    file = archive_file(cared.paths.archive, NAME)
    whole = file.read_bytes()
    file.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    present = contents(cared)
    for kind, options in (("archive", {"older_than_days": OLD}), ("unarchive", {"name": NAME})):
        with pytest.raises(DatabaseError, match="another SHA-256"):
            work(cared, kind, **options)
    assert contents(cared) == present
    file.write_bytes(whole)
    manifest = file.with_name(f"{NAME}.db.json")
    manifest.write_text(manifest.read_text().replace('"rows": 1', '"rows": 2'))
    shutil.rmtree(cared.paths.archive / ".open")
    with pytest.raises(DatabaseError, match="damaged"):
        work(cared, "unarchive", name=NAME)
    assert contents(cared) == present
    assert before != present


def test_what_changed_since_is_newer(cared: Desk) -> None:
    """A row that changed while it was being archived stayed, and stays as it is when its month is brought back; it is
    told how many.
    """
    job = steps(cared, "archive", older_than_days=OLD)
    while next(job).message != "removing what is archived":
        pass
    cared.connection.execute("UPDATE raw_datagrams SET source_port = 1 WHERE id = 700")
    while next(job, None) is not None:
        pass
    (there,) = rows(cared, "SELECT count(*) FROM raw_datagrams")[0]
    back = work(cared, "unarchive", name=NAME)
    assert (back["left"], rows(cared, "SELECT status FROM archives")) == (1, [("back",)])
    assert rows(cared, "SELECT source_port FROM raw_datagrams WHERE id = 700") == [(1,)]
    assert rows(cared, "SELECT count(*) FROM raw_datagrams") == [(there + int(str(back["datagrams"])),)]


def test_a_month_that_fails_does_not_hold_up_the_others(cared: Desk) -> None:
    """What is damaged is told at the end; the other months are archived, and nothing of the damaged one anew."""
    insert = (
        "INSERT INTO archives (name, month, path, status, schema_version, datagrams, events, size_bytes, sha256,"
        " archived_at) VALUES (?, ?, '', 'removing', 8, 1, 1, 1, 'x', '2026-01-01T00:00:00.000Z')"
    )
    cared.connection.execute(insert, ("restrike-2020-01", "2020-01"))
    with pytest.raises(DatabaseError):
        work(cared, "archive", older_than_days=OLD)
    assert rows(cared, "SELECT name, status FROM archives ORDER BY id DESC") == [
        (NAME, "archived"),
        ("restrike-2020-01", "removing"),
    ]
    work(cared, "unarchive", name=NAME)
    cared.connection.execute("UPDATE archives SET month = '2024-09' WHERE month = '2020-01'")
    with pytest.raises(DatabaseError):
        work(cared, "archive", older_than_days=OLD)
    assert len(rows(cared, "SELECT name FROM archives")) == 2


def test_nothing_is_brought_back_while_it_is_removed(cared: Desk) -> None:
    """Where an archive job still removes a month's rows it cannot be brought back; an archive that goes on after all
    is archived, not back, and the checks leave its counts alone.
    """
    job = steps(cared, "archive", older_than_days=OLD)
    while next(job).message != "removing what is archived":
        pass
    counts = rows(cared, "SELECT * FROM event_counts")
    cared.connection.execute(
        "INSERT INTO jobs (job_id, kind, options, author, status, begun_at) VALUES ('a1', 'archive', '{}', 'x',"
        " 'waiting', 'x')"
    )
    with pytest.raises(ValidationError, match="job a1"):
        work(cared, "unarchive", name=NAME)
    cared.connection.execute("UPDATE archives SET brought_back_at = '2026-01-01T00:00:00.000Z'")
    while next(job, None) is not None:
        pass
    assert rows(cared, "SELECT status, brought_back_at FROM archives") == [("archived", None)]
    keys = [[minute, ring, kind] for minute, ring, kind, _ in counts]
    assert repair(cared.connection, "event_counts", keys) == 0
    assert rows(cared, "SELECT * FROM event_counts") == counts


def test_another_databases_archive_is_refused(cared: Desk) -> None:
    """Where other rows are what an archive's would be, these are not brought back beside them."""
    (place,) = rows(cared, "SELECT session_id, entry FROM raw_datagrams WHERE id = 5")
    work(cared, "archive", older_than_days=OLD)
    cared.connection.execute("UPDATE raw_datagrams SET session_id = ?, entry = ?", place)
    with pytest.raises(DatabaseError, match="refused it"):
        work(cared, "unarchive", name=NAME)
    assert rows(cared, "SELECT count(*) FROM raw_datagrams WHERE id = 5") == [(0,)]


def test_care_waits_for_quiet(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a match runs no care is begun unless forced; a match that begins meanwhile halts it."""
    monkeypatch.setattr(jobs, "LOOK_AGAIN_S", 0.0)
    busy: list[str] = ["A match is running on ring-1."]
    line = JobLine(cared, KINDS, is_busy=lambda: busy[0] if busy else None)
    care = [kind for kind in KINDS if KINDS[kind].is_care]
    assert {"archive", "unarchive", "optimize", "vacuum", "vacuum_full", "clean", "check"} <= set(care)
    for kind in care:
        with pytest.raises(ValidationError, match="A match is running"):
            line.start(StartJob(kind=kind, author="ana", options=dict.fromkeys(KINDS[kind].needed, "x")))
    busy.clear()
    line.start(StartJob(kind="optimize", author="ana"))
    line.turn()
    busy.append("A match is running on ring-2.")
    seen = len(rows(cared, "SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'"))
    for _ in range(3):
        line.turn()
    assert len(rows(cared, "SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'")) == seen
    line.start(StartJob(kind="prune", author="ana"))
    ended = "SELECT kind FROM jobs WHERE status = 'done'"

    def turned() -> list[tuple[Any, ...]]:
        line.turn()
        return rows(cared, ended)

    eventually(turned, equals=[("prune",)], within=10)
    line.stop()
