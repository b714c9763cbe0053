"""Databases and journals that are not each other's: no new datagram is ever swallowed, no old one stored twice."""

import contextlib
import shutil
from pathlib import Path

from shared.db.sqlite import connect_writer
from tests.support.captures import capture
from tests.support.stored import assert_sound, assert_stored, bodies
from tests.support.suite import Suite

FIRST = [body for _, body in capture("break-full-wdr-tie")]
SECOND = [body for _, body in capture("injury-expired-wdr-tie")]


def send(suite: Suite, datagrams: list[bytes]) -> None:
    """Send, and wait until it is stored."""
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in datagrams])
    suite.stored()


def copy(source: Path, target: Path) -> None:
    """Copy a database that nobody has open, with its log."""
    for suffix in ("", "-wal", "-shm"):
        old = target.with_name(target.name + suffix)
        old.unlink(missing_ok=True)
        if (file := source.with_name(source.name + suffix)).exists():
            shutil.copy(file, old)


def delete(database: Path) -> None:
    """Delete a database that nobody has open."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def test_older_copy_of_the_database(suite: Suite, tmp_path: Path) -> None:
    """A database put back to an older state gets from the journal what came after."""
    send(suite, FIRST)
    suite.down()
    copy(suite.paths.database, tmp_path / "old.db")
    suite.up()
    send(suite, SECOND)
    suite.down()
    copy(tmp_path / "old.db", suite.paths.database)
    suite.up()
    suite.stored()
    assert_stored(suite, [*FIRST, *SECOND])


def test_empty_database_and_new_journal(suite: Suite) -> None:
    """A deleted database is filled again from the whole journal; a deleted journal begins at 1 again, and the database
    takes all of it.
    """
    send(suite, FIRST)
    suite.down()
    delete(suite.paths.database)
    suite.up()
    suite.stored()
    assert_stored(suite, FIRST)
    suite.down()
    delete(suite.paths.journal)
    suite.up()
    send(suite, SECOND)
    assert_stored(suite, [*FIRST, *SECOND])


def test_older_copy_of_the_journal(suite: Suite, tmp_path: Path) -> None:
    """A journal put back to an older state reuses numbers: its new datagrams are stored all the same, also when there
    are more of them than the database's watermark before db-writer sees any.
    """
    send(suite, FIRST[:10])
    suite.down()
    copy(suite.paths.journal, tmp_path / "old.db")
    suite.up()
    send(suite, FIRST[10:30])
    suite.down()
    copy(suite.paths.database, tmp_path / "kept.db")
    copy(tmp_path / "old.db", suite.paths.journal)
    suite.up()
    send(suite, SECOND)
    assert_stored(suite, [*FIRST[:30], *SECOND])
    suite.down()
    copy(tmp_path / "kept.db", suite.paths.database)
    suite.up()
    suite.stored()
    assert bodies(suite) == [*FIRST[:30], *SECOND]
    assert_sound(suite)


def test_database_of_another_machine(suite: Suite, tmp_path: Path) -> None:
    """A database from elsewhere, with watermarks of its own for a ring of the same name, takes everything of ours."""
    with Suite(tmp_path / "elsewhere") as other:
        send(other, SECOND)
        other.down()
        send(suite, FIRST)
        suite.down()
        copy(other.paths.database, suite.paths.database)
    suite.up()
    suite.stored()
    assert sorted(bodies(suite)) == sorted([*SECOND, *FIRST])
    assert_sound(suite)


def test_saved_states_gone_or_damaged(suite: Suite) -> None:
    """The parser's saved states are a shortcut only: without them it arrives at the same place."""
    send(suite, FIRST)
    before = suite.json("match", "show", "ring-1")
    suite.down()
    shutil.rmtree(suite.paths.parser_states)
    suite.up()
    suite.stored()
    assert suite.json("match", "show", "ring-1")["states"][0]["match_id"] == before["states"][0]["match_id"]
    suite.down()
    for state in suite.paths.parser_states.rglob("*.state"):
        state.write_bytes(b"\x93\x01garbage")
    suite.up()
    send(suite, SECOND)
    assert_stored(suite, [*FIRST, *SECOND])


def test_rows_that_the_database_refuses(tmp_path: Path, migrated: bytes) -> None:
    """A row that the database refuses is stored raw with its error, and the stream goes on."""
    suite = Suite(tmp_path / "home")
    suite.paths.prepare()
    suite.paths.database.write_bytes(migrated)
    with contextlib.closing(connect_writer(suite.paths.database)) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON pss_event_details WHEN new.detail_value = '111000' "
            "BEGIN SELECT RAISE(ABORT, 'refused by a test'); END"
        )
    with suite:
        send(suite, FIRST)
        assert_stored(suite, FIRST)
    refused = suite.rows("SELECT raw_data FROM pss_events_v2 WHERE is_valid = 0 AND error_message LIKE '%refused%'")
    assert refused
    assert all("01:51" in row[0] for row in refused)
