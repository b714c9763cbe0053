"""A backup in the place of the database, with the suite and without: what came after comes back, or is left out."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread

from shared.db.backup_files import find_backup
from shared.db.sqlite import connect_reader
from shared.db.table_checksums import contents_of
from shared.errors import NetworkError
from shared.messages.tournaments import SaveTournament
from shared.rpc import Client, RefusedError
from tests.support.captures import capture
from tests.support.stored import assert_sound, assert_stored
from tests.support.suite import Suite
from tests.support.wait import eventually, pause

FIRST = [body for _, body in capture("break-full-wdr-tie")]
SECOND = [body for _, body in capture("injury-expired-wdr-tie")]
THIRD = [body for _, body in capture("bo3-1-2-ptf-scores-gamjeom")]
ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "2"))


def send(suite: Suite, datagrams: list[bytes]) -> None:
    """Send, and wait until it is stored."""
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in datagrams])
    suite.stored()


def back_up(suite: Suite) -> str:
    """Make a backup; its name."""
    return str(suite.json("backup", "create")["name"])


def rules(suite: Suite) -> list[str]:
    """The rules of the findings about restores."""
    return [rule for (rule,) in suite.rows("SELECT rule FROM findings WHERE rule LIKE 'restore%'")]


def test_what_came_after_is_stored_again(suite: Suite) -> None:
    """With the suite up: the database is the backup and what the journal has since; the old file is kept."""
    send(suite, FIRST)
    name = back_up(suite)
    send(suite, SECOND)
    suite.restrike("settings", "set", "advanced.commit_rest_ms", "6")
    with saving_tournaments(suite) as saved:
        # By a path that is relative to this process's folder, which is not db-writer's.
        path = os.path.relpath(find_backup(name, [suite.paths.backups]).path)
        told = suite.json("backup", "restore", path, "--yes")
    assert told["backup"] == name
    assert told["coming_back"]["ring-1"] >= len(SECOND)
    kept = {tournament for (tournament,) in suite.rows("SELECT name FROM tournaments")}
    lost = [tournament for tournament in saved if tournament not in kept]
    assert told["changed_by_hand"]["settings_values"] == 1
    assert told["changed_by_hand"]["tournaments"] + told["acts_meanwhile"] == len(lost), (
        "each one that was lost is told"
    )
    suite.stored()
    assert_stored(suite, [*FIRST, *SECOND])
    assert rules(suite) == []
    assert (suite.paths.data / told["replaced"]).exists()
    assert suite.rows("SELECT count(*) FROM settings_history") == [(0,)], "what no journal holds is as in the backup"
    assert suite.rows("SELECT author IS NOT NULL FROM operator_audit WHERE action = 'backup.restore'") == [(1,)]
    assert suite.rows("SELECT count(*) FROM operator_audit WHERE action = 'setting.change'")[0] == (1,)
    assert suite.rows("SELECT kind, status FROM jobs ORDER BY id") == [("backup", "done"), ("restore", "done")]
    send(suite, THIRD)
    assert_stored(suite, [*FIRST, *SECOND, *THIRD])


def test_as_of_the_backup(suite: Suite) -> None:
    """What came after is left out for good, which is said in the database; what comes from now on is stored."""
    send(suite, FIRST)
    name = back_up(suite)
    send(suite, SECOND)
    suite.json("backup", "restore", name, "--as-of-backup", "--yes")
    suite.stored()
    assert_stored(suite, FIRST)
    assert rules(suite) == ["restore_left_out"]
    send(suite, THIRD)
    suite.restrike("down")
    suite.up()
    suite.stored()
    assert_stored(suite, [*FIRST, *THIRD])


def test_without_the_suite_the_content_is_identical(suite: Suite) -> None:
    """Restored with the suite down and nothing after it, every table is as in the backup, row for row."""
    send(suite, FIRST)
    eventually(lambda: suite.rows("SELECT act FROM license_changes"), equals=[("judged",)], within=10, what="its fact")
    suite.down()
    name = back_up(suite)
    suite.json("backup", "restore", name, "--yes", "--as-of-backup")
    manifest = find_backup(name, [suite.paths.backups]).manifest
    assert manifest is not None
    with connect_reader(suite.paths.database) as connection:
        found = contents_of(connection)
    different = {table for table, content in manifest.tables.items() if found[table] != content}
    assert manifest.tables["pss_events_v2"].rows == len(FIRST)
    assert different == {"operator_audit", "jobs", "backups"}, "what was done goes on, and nothing else"
    assert suite.rows("SELECT kind, status FROM jobs ORDER BY id") == [("backup", "done"), ("restore", "done")]
    assert suite.rows("SELECT name FROM backups") == [(name,)]


def test_a_database_that_db_writer_cannot_use(suite: Suite) -> None:
    """It stays down over a damaged file while the rings are received; a restore puts both right, nothing is lost."""
    send(suite, FIRST)
    name = back_up(suite)
    with suite.paths.database.open("r+b") as file:
        file.write(b"damaged!" * 12)
    os.truncate(f"{suite.paths.database}-wal", 0)  # it may have that page, too
    suite.kill("db-writer")
    eventually(lambda: db_writer_is(suite, "exited"), within=20, what="db-writer gave up")
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in SECOND])
    restored = suite.restrike("backup", "restore", name, "--yes")
    assert "Started again: db-writer" in restored.stderr
    suite.stored()
    assert_stored(suite, [*FIRST, *SECOND])


def db_writer_is(suite: Suite, state: str) -> bool:
    """Whether supervisord says so."""
    processes = json.loads(suite.restrike("ps", "--json", check=False).stdout)
    return any(one["service"] == "db-writer" and state in one["state"] for one in processes)


def test_neither_a_drill_nor_a_damaged_backup_changes_anything(suite: Suite) -> None:
    """The drill says how long a restore takes, what would come back and what would be lost; nothing is left behind.
    With one bit flipped the backup is refused, and the suite goes on.
    """
    send(suite, FIRST)
    name = back_up(suite)
    send(suite, SECOND)
    suite.restrike("settings", "set", "advanced.commit_rest_ms", "6")
    before = sorted(path.name for path in suite.paths.data.iterdir())
    path = os.path.relpath(find_backup(name, [suite.paths.backups]).path)
    assert suite.restrike("backup", "verify", path).returncode == 0
    told = suite.json("backup", "drill", path)
    assert told["backup"] == name
    assert told["coming_back"]["ring-1"] >= len(SECOND)
    assert told["changed_by_hand"] == {"settings_values": 1}
    assert set(told["parts_ms"]) == {"unpack", "check", "migrate", "journal", "compare"}
    assert {path.name for path in suite.paths.data.iterdir()} - set(before) <= {"restore"}
    assert not [path for path in (suite.paths.data / "restore").iterdir() if "partial" in path.name]
    assert_stored(suite, [*FIRST, *SECOND])
    damage(find_backup(name, [suite.paths.backups]).path)
    refused = suite.restrike("backup", "restore", name, "--yes", check=False)
    assert refused.returncode == 1
    assert "damaged" in refused.stderr
    send(suite, THIRD)
    assert_stored(suite, [*FIRST, *SECOND, *THIRD])
    assert suite.rows("SELECT status FROM jobs WHERE kind = 'restore'") == [("failed",)]


def damage(backup: Path) -> None:
    """Flip one bit of a file."""
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)


def test_killed_at_any_moment(suite: Suite) -> None:
    """Kill -9 of db-writer at some moment of a restore: the database is the old or the new one, whole, and everything
    that was sent is in it in the end.
    """
    send(suite, FIRST)
    name = back_up(suite)
    send(suite, SECOND)
    chance = random.Random(7)
    for _ in range(ROUNDS):
        with restoring(suite, name):
            pause(chance.uniform(0.0, 2.5))
            suite.kill("db-writer")
        eventually(lambda: suite.health("db-writer"), within=20, what="db-writer is back")
        suite.stored()
        assert_stored(suite, [*FIRST, *SECOND])
        assert_sound(suite)


@contextmanager
def saving_tournaments(suite: Suite) -> Iterator[list[str]]:
    """Operators at work during the block; the names of the tournaments that db-writer said it has."""
    saved: list[str] = []
    is_over = Event()

    def work() -> None:
        client = Client(suite.paths)
        for number in count():
            if is_over.is_set():
                return
            command = SaveTournament(tournament=f"T{number}", author="ana", is_new=True, starts_on="2026-03-01")
            with suppress(NetworkError, RefusedError):
                saved.append(client.call(command).tournament)
            is_over.wait(0.02)

    thread = Thread(target=work)
    thread.start()
    try:
        eventually(lambda: saved, within=10, what="a first tournament")
        yield saved
    finally:
        is_over.set()
        thread.join()


@contextmanager
def restoring(suite: Suite, name: str) -> Iterator[None]:
    """A restore that runs beside the block, and has ended after it."""
    command = [str(Path(sys.executable).with_name("restrike")), "backup", "restore", name, "--yes"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=suite.environment, stdout=quiet, stderr=quiet) as process:
        yield
        process.wait(90)
