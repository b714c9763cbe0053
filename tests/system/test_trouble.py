"""Full disks and garbage: nothing crashes, nothing is lost, and it is said."""

import json
import os
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared.messages.commands import GetRings
from tests.support.captures import CORPUS, NAMES, capture
from tests.support.stored import assert_sound, assert_stored, bodies
from tests.support.suite import Suite, running
from tests.support.trouble.disks import full, small_disk
from tests.support.wait import eventually
from tests.support.well import ill

BODIES = [body for _, body in capture("bo3-1-2-ptf-scores-gamjeom")]
GARBAGE = int(os.environ.get("RESTRIKE_GARBAGE", "30000"))


def limit_files(suite: Suite, service: str, limit_bytes: int) -> None:
    """Let a running service write no file beyond `limit_bytes`: what a full disk does, without filling one."""
    psutil.Process(suite.pid(service)).rlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))


def test_database_cannot_be_written(suite: Suite) -> None:
    """The database's disk is full: db-writer says so, ingest goes on; when space is back it catches up by itself."""
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in BODIES[:50]])
        suite.stored()
        limit_files(suite, "db-writer", 4096)
        sender.send_all([(0.0, body) for body in BODIES[50:]])
        eventually(lambda: "not be written" in suite.restrike("health", check=False).stdout, within=5, what="alarm")
        assert suite.call(GetRings()).rings[0].packets == len(BODIES)
        limit_files(suite, "db-writer", resource.RLIM_INFINITY)
    suite.stored(within=10)
    assert_stored(suite, BODIES)
    eventually(lambda: ill(suite), equals=set(), within=5, what="what is not well")


def test_journal_cannot_be_written(suite: Suite) -> None:
    """The journal's disk is full: datagrams are still published and stored, and journaled when space is back."""
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in BODIES[:50]])
        suite.stored()
        limit_files(suite, "udp-ingest", 4096)
        sender.send_all([(0.0, body) for body in BODIES[50:]])
        eventually(lambda: "journal" in suite.restrike("health", check=False).stdout, within=5, what="alarm")
        suite.stored()
        assert len(bodies(suite)) == len(BODIES)
        refused = suite.restrike("down", check=False)
        assert (refused.returncode, "only in memory" in refused.stderr) == (1, True)
        limit_files(suite, "udp-ingest", resource.RLIM_INFINITY)
        eventually(lambda: suite.restrike("health", check=False).returncode == 0, within=5, what="all well")
    suite.kill("udp-ingest")
    suite.down()
    for suffix in ("", "-wal", "-shm"):
        suite.paths.database.with_name(suite.paths.database.name + suffix).unlink(missing_ok=True)
    suite.up()
    suite.stored()
    assert_stored(suite, BODIES)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB; needs root."""
    with small_disk(tmp_path / "disk", 24) as place:
        yield place


def test_disk_really_full(tmp_path: Path, disk: Path) -> None:
    """A real full disk under journal and database: everything arrives in the database once there is space again."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "data").symlink_to(disk, target_is_directory=True)
    with running(home) as suite:
        with suite.sender() as sender:
            sender.send_all([(0.0, body) for body in BODIES])
            suite.stored()
            with full(disk):
                sender.send_all([(0.0, body) for body in BODIES * 3])
                eventually(lambda: suite.restrike("health", check=False).returncode == 1, within=5, what="alarm")
            eventually(lambda: suite.restrike("health", check=False).returncode == 0, within=10, what="all well")
        suite.stored()
        assert_stored(suite, BODIES * 4)


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """A datagram that no scoring system ever sent, made from one that did."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(0, 200))
    body = bytearray(chance.choice(seeds))
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(0, len(body) + 1)
        match chance.randrange(4):
            case 0:
                body[place:place] = chance.randbytes(chance.randrange(1, 5))
            case 1:
                del body[place : place + chance.randrange(1, 8)]
            case 2:
                body[place:place] = chance.choice(seeds)
            case _:
                body[place : place + 1] = chance.choice([b";", b"\r\n", b"\0", b"-", b"9" * 30, b"\xff"])
    return bytes(body)


def test_garbage(suite: Suite) -> None:
    """Random and mutated datagrams, from a seed: no crash, no wedge, each one stored raw, in order."""
    chance = random.Random(20260301)
    seeds = sorted({body for name in NAMES for _, body in capture(name)})
    sent = [mutated(chance, seeds) for _ in range(GARBAGE)]
    with suite.sender() as sender:
        for number, body in enumerate(sent):
            sender.send(body)
            if number % 500 == 499:
                suite.health("udp-ingest", deadline_s=5)
    suite.stored(within=60 + GARBAGE / 5_000)
    assert bodies(suite) == sent
    assert_sound(suite)
    status = json.loads(suite.restrike("status", "--json").stdout)
    assert all(health["faults"] == 0 for health in status["services"].values())
    assert suite.rows("SELECT count(*) FROM pss_events_v2 WHERE recognition_status = 'internal_error'") == [(0,)]
    (refused,) = suite.rows("SELECT count(*) FROM findings WHERE rule = 'db.entry_refused'")
    assert refused == (0,)


def test_corpus_is_here() -> None:
    """The corpus is not empty: tests that loop over it prove something."""
    assert len(list((CORPUS / "captures").glob("*.jsonl"))) == len(NAMES)
