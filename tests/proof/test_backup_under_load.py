"""A backup of 2,000,000 events while 1,300 datagrams/s arrive; run by hand, some minutes:

    python -P -m pytest -s tests/proof/test_backup_under_load.py

Stretches with and without a running backup take turns in one run, so that what else the machine does weighs on both.
`RESTRIKE_LARGE_DATABASE` names a database that tests/support/large_database.py made; without it one is made first.
"""

import os
import shutil
from pathlib import Path

import pytest

from shared.db.backup_contents import problems_against
from shared.db.backup_files import scratch_file, unpack
from shared.messages.jobs import GetJob, Job, JobStatus, StartJob
from tests.bench.child import Child
from tests.bench.latency import percentile, suite_delays
from tests.bench.loaded import LoadedSuite
from tests.support.large_database import build
from tests.support.wait import eventually

EVENTS = 2_000_000
RATE = 1_300
STRETCH_S = 10.0
ROUNDS = int(os.environ.get("RESTRIKE_PROOF_ROUNDS", "3"))
AIM = 1.5
OVER = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.BROKEN})


def _large(path: Path) -> None:
    made = os.environ.get("RESTRIKE_LARGE_DATABASE")
    path.parent.mkdir(parents=True, exist_ok=True)
    if made:
        shutil.copyfile(made, path)
    else:
        build(path, events=EVENTS)


def _is_running(loaded: LoadedSuite, job: Job) -> bool:
    found: Job = loaded.suite.call(GetJob(id=job.id))
    return found.status not in OVER


def _with_backup(loaded: LoadedSuite) -> list[list[float]]:
    """Milliseconds from datagram to subscriber, by stretch, all of which passed while a backup was made."""
    job: Job = loaded.suite.call(StartJob(kind="backup", author="proof"))
    found = []
    while True:
        delays = suite_delays(loaded, RATE, STRETCH_S).to_subscriber
        if not _is_running(loaded, job):
            break
        found.append(delays)
    ended: Job = loaded.suite.call(GetJob(id=job.id))
    assert ended.status is JobStatus.DONE, ended.error
    print(f"  {ended.result['content_bytes']} bytes in {ended.result['duration_ms']} ms")
    return found


def _told(what: str, stretches: list[list[float]]) -> float:
    every = [delay for stretch in stretches for delay in stretch]
    by_stretch = ", ".join(f"{percentile(stretch, 99):.2f}" for stretch in stretches)
    p99 = percentile(every, 99)
    print(f"{what}: p50 {percentile(every, 50):.2f} ms, p99 {p99:.2f} ms (by stretch: {by_stretch})")
    return p99


@pytest.mark.timeout(3600)
def test_backup_of_a_large_database_is_hardly_felt(tmp_path: Path) -> None:
    """Nothing is lost (each stretch looks all its datagrams up), p99 to a subscriber is at most 1.5 times
    that without a backup, and the last backup is sound.
    """
    without: list[list[float]] = []
    during: list[list[float]] = []
    with Child("tests.bench.sender") as sender:
        loaded = LoadedSuite(tmp_path / "home", sender, rings=1)
        _large(loaded.suite.paths.database)
        with loaded:
            suite_delays(loaded, RATE, 2.0)  # the file is read for the first time
            for _ in range(ROUNDS):
                without += [suite_delays(loaded, RATE, STRETCH_S).to_subscriber for _ in range(3)]
                during += _with_backup(loaded)
            newest = eventually(lambda: sorted(loaded.suite.paths.backups.glob("*.zst")), within=5)[-1]
    ratio = _told("with a backup", during) / _told("without", without)
    print(f"ratio of p99: {ratio:.2f} (aim {AIM})")
    with scratch_file(tmp_path, purpose="proof") as scratch:
        assert problems_against(scratch, unpack(newest, scratch)) == []
    assert ratio <= AIM
