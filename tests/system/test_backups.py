"""Backups of a live suite: whole and of one moment, made by themselves, and harmless when they are killed."""

import contextlib
import os
import random
import threading
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from shared.db.backup_contents import problems_against
from shared.db.backup_files import list_backups, read_manifest, scratch_file, unpack
from shared.db.migrate import migrate
from shared.db.sqlite import connect_reader, connect_writer
from shared.messages.jobs import GetJob, Job, JobStatus, StartJob
from shared.paths import Paths
from tests.support.captures import capture
from tests.support.cli import home_in
from tests.support.stored import assert_sound, assert_stored
from tests.support.suite import Suite
from tests.support.wait import eventually, pause

ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "2"))
OVER = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.BROKEN})
WITHIN_S = 30.0


class Load(threading.Thread):
    """Sends one match after the other, about 500 datagrams a second, until told to stop."""

    def __init__(self, suite: Suite) -> None:
        super().__init__(daemon=True)
        self._suite = suite
        self._end = threading.Event()
        self.sent: list[bytes] = []

    def run(self) -> None:
        """Send."""
        datagrams = [body for _, body in capture("bo3-1-2-ptf-scores-gamjeom")]
        with self._suite.sender() as sender:
            while not self._end.is_set():
                for body in datagrams:
                    sender.send(body)
                    self.sent.append(body)
                    self._end.wait(0.002)

    def finish(self) -> None:
        """Stop after the running match."""
        self._end.set()
        self.join(WITHIN_S)


def _bodies(database: Path) -> list[bytes]:
    with closing(connect_reader(database)) as connection:
        rows = connection.execute("SELECT entry, body FROM raw_datagrams ORDER BY entry").fetchall()
    return [bytes(body) for _, body in rows]


def test_backup_under_load_is_of_one_moment(suite: Suite, tmp_path: Path) -> None:
    """While a match runs: the copy has the first datagrams, all up to the position in its manifest, and nothing else;
    it is sound, listed, recorded; and the suite stored everything meanwhile.
    """
    load = Load(suite)
    load.start()
    eventually(lambda: suite.rows("SELECT 1 FROM raw_datagrams LIMIT 1"), within=WITHIN_S)
    made = [suite.json("backup", "create", "--reason", reason) for reason in ("one", "two")]
    verified = suite.json("backup", "verify", "--all")
    load.finish()
    suite.stored()
    assert_stored(suite, load.sent)
    counts = []
    for one in made:
        path, copy = Path(one["path"]), tmp_path / one["name"]
        manifest = unpack(path, copy)
        assert problems_against(copy, manifest) == []
        found = _bodies(copy)
        assert found == load.sent[: len(found)]
        with closing(connect_reader(copy)) as connection:
            (last,) = connection.execute("SELECT max(entry) FROM raw_datagrams").fetchone()
        assert manifest.positions["ring-1"].entry == last
        counts.append(len(found))
    assert 0 < counts[0] < counts[1]
    assert (verified["unsound"], len(verified["verified"])) == ([], 2)
    listed = suite.json("backup", "list")["backups"]
    assert [(one["state"], one["is_sound"]) for one in listed] == [("ok", True)] * 2
    assert suite.rows("SELECT count(*) FROM operator_audit WHERE action = 'backup.create'") == [(2,)]


@pytest.mark.parametrize("victim", ["errand", "db-writer"])
def test_killed_backup_leaves_nothing_half(suite: Suite, tmp_path: Path, victim: str) -> None:
    """Kill -9 of the child or of db-writer at random moments of a backup: the database is sound and loses nothing, what
    is named like a backup is whole, and the next backup removes the rest.
    """
    chance = random.Random(f"{victim} {ROUNDS}")
    load = Load(suite)
    load.start()
    for _ in range(ROUNDS):
        writer = suite.pid("db-writer")
        job: Job = suite.call(StartJob(kind="backup", author="anna", options={"format": "database"}))
        child = eventually(lambda: psutil.Process(writer).children(), within=WITHIN_S, what="the errand")[0]  # noqa: B023  # called at once
        pause(chance.uniform(0, 0.6))
        if victim == "db-writer":
            suite.kill("db-writer")
        else:
            with contextlib.suppress(psutil.NoSuchProcess):  # it was quicker
                child.kill()
        eventually(lambda: not child.is_running(), within=WITHIN_S, what="the errand's end")  # noqa: B023  # called at once
        ended = eventually(
            lambda: (now := suite.call(GetJob(id=job.id))).status in OVER and now,  # noqa: B023  # called at once
            within=WITHIN_S,
            what="the job's end",
        )
        assert isinstance(ended, Job)
        for one in list_backups(suite.paths.backups):
            assert one.problem is None
            with scratch_file(tmp_path, purpose="test") as scratch:
                assert problems_against(scratch, unpack(one.path, scratch)) == []
    load.finish()
    suite.stored()
    assert_stored(suite, load.sent)
    assert_sound(suite)
    made = Path(suite.json("backup", "create")["path"])
    assert read_manifest(made).positions["ring-1"].entry > 0
    assert list(suite.paths.backups.glob(".*.partial*")) == []
    names = {path.name for path in suite.paths.backups.glob("restrike-*")}
    assert {name for name in names if name.endswith(".zst")} == {
        name.replace(".json", ".zst") for name in names if name.endswith(".json")
    }


def test_a_due_backup_is_made_by_itself(tmp_path: Path) -> None:
    """An hour after the database was made db-writer makes a backup unasked, and checks the newest when a day
    has passed; each once.
    """
    paths = Paths(tmp_path / "home")
    paths.prepare()
    migrate(paths.database, backups=None)
    with closing(connect_writer(paths.database)) as connection:
        connection.execute("UPDATE schema_version SET applied_at = '2026-03-01T09:30:00.000Z'")

    def found() -> list[tuple[object, ...]]:
        with closing(connect_reader(paths.database)) as connection:
            return list(connection.execute("SELECT reason, status FROM backups").fetchall())

    with home_in(tmp_path / "home") as home:
        home.start("db-writer")
        eventually(found, within=WITHIN_S, equals=[("scheduled", "present")], what="the backup")
        home.kill("db-writer")
        home.start("db-writer")  # what was overdue was done: now the newest is to be checked

        def verdicts() -> list[tuple[object, ...]]:
            with closing(connect_reader(paths.database)) as connection:
                return list(connection.execute("SELECT is_sound FROM backup_verifications").fetchall())

        eventually(verdicts, within=WITHIN_S, equals=[(1,)], what="its check")
        assert found() == [("scheduled", "present")]
