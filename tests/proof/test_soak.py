"""24 hours of a venue in ten minutes: the suite's memory, files and threads stay what they are. Run by `make proof`.

The wall clock of the suite runs 144 times as fast (tests/support/trouble/shim.c), and so do the matches of eight rings,
so that all that goes by date (retention, logs at midnight, backups) and all that follows from received times is that of
a day. Timers go by the monotonic clock, which is the true one: what is done once a second is done 600 times, and growth
is judged by the datagram. At the end it becomes the next night, and care is asked for.
`RESTRIKE_SOAK_S` makes it shorter; then memory is shown and not judged.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from services.cli.captures import read_capture
from services.db_writer.office.care.samples import SHORT_S
from services.registry import SERVICES
from services.udp_ingest.main import TRIM_EVERY_S
from shared.clock import NS_PER_S, iso_utc, unix_us
from shared.db.sqlite import connect_reader
from shared.messages.settings import ChangeSettings
from shared.settings.monitor_keys import RETENTION_SAMPLES_HOURS
from tests.proof.soaking import HEAD, MIB, Scales, size_of
from tests.support.stored import assert_sound, bodies
from tests.support.suite import Suite
from tests.support.trouble.shim import Shim
from tests.support.wait import eventually, pause

SOAK_S: Final = float(os.environ.get("RESTRIKE_SOAK_S", "600"))
JUDGED_FROM_S: Final = 600
"""Before that caches and windows of some minutes still fill."""
SPEED: Final = 144
RINGS: Final = 8
WEIGHED_EVERY_S: Final = 2.0
SHORTEST_MATCH_S: Final = 500
US_AN_HOUR: Final = 3_600_000_000
CARE_WITHIN_S: Final = 240
SLACK_H: Final = 3
"""The journal is trimmed to a saved state of pss-parser; it forgets old ones each minute: 2.4 hours of this clock."""
DAY_NS: Final = 86_400 * NS_PER_S
TRIMMED_EVERY_H: Final = TRIM_EVERY_S * SPEED / 3600
KEPT_HOURS: Final = 2
SAMPLES_KEPT_HOURS: Final = 6
BEFORE_MIDNIGHT_S: Final = 1_800
LATER_S: Final = 26 * 3_600
"""After the day's begin: most of what was measured in it is old, and no match is on."""
PSS_A_MILLION: Final = 16 * MIB
"""What a process may grow for a million datagrams, five times as many as a venue of eight rings sends on a day of ten
hours: by its slope, where a match that is on and Python's own pools move by 1 or 2 MiB.
"""
MORE_FILES: Final = 6
"""Databases, sockets and logs that are open at the moment of a look."""


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[tuple[Suite, Shim]]:
    """A suite of eight rings whose clock runs fast once it is up; nothing has ended in between."""
    with Shim(tmp_path / "shim") as shim:
        made = Suite(tmp_path / "home", rings=RINGS, journal={"keep_hours": KEPT_HOURS})
        made.environment |= shim.environment | {"TZ": "UTC"}
        shim.set_clock(midnight_ns(shim.shown_ns()) - BEFORE_MIDNIGHT_S * NS_PER_S)
        with made:
            made.call(ChangeSettings(values={RETENTION_SAMPLES_HOURS.name: SAMPLES_KEPT_HOURS}, author="ana"))
            shim.set_clock(shim.shown_ns(), rate=SPEED)
            yield made, shim


@pytest.mark.timeout(int(2 * SOAK_S + 300))
def test_a_day(suite: tuple[Suite, Shim], tmp_path: Path) -> None:
    """Every datagram is stored, no process grows, no file handle and no thread is left open, old entries go."""
    running, shim = suite
    hours = SOAK_S * SPEED / 3600
    began_ns = shim.shown_ns()
    sent = tmp_path / "sent.jsonl"
    with Scales(running, every_s=WEIGHED_EVERY_S, datagrams=lambda: stored(running)) as scales:
        with playing(running, sent, matches=int(hours * 3600 / SHORTEST_MATCH_S) + 1) as player:
            pause(SOAK_S)
            assert player.poll() is None, f"the matches ended early: {player.communicate()[1].decode()}"
        running.stored(within=60)
    growths = scales.growths(hours_a_second=SPEED / 3600)
    print(f"\n{RINGS} rings, {iso_utc(began_ns)} to {iso_utc(shim.shown_ns())}: {stored(running):,} entries\n\n{HEAD}")
    print("\n".join(growth.row() for growth in growths))
    assert_kept_within_limits(running, shim, began_ns)
    for ring in running.ports:
        own = sent.with_name(f"{sent.stem}-{ring}{sent.suffix}")
        assert bodies(running, ring) == [datagram.body for datagram in read_capture(own).datagrams], ring
    assert_sound(running)
    assert scales.restarted == set()
    for growth in growths:
        assert SOAK_S < JUDGED_FROM_S or growth.pss_a_million < PSS_A_MILLION, growth.row()
        assert growth.last.threads <= growth.first.threads, growth.row()
        assert growth.last.files <= growth.first.files + MORE_FILES, growth.row()


class playing:  # noqa: N801  # a context manager, named as it reads
    """`restrike simulate` on all rings until the block ends; what it sent is in `sent`, a file each."""

    def __init__(self, suite: Suite, sent: Path, *, matches: int) -> None:
        restrike = str(Path(sys.executable).with_name("restrike"))
        command = [restrike, "simulate", "--rings", str(RINGS), "--matches", str(matches), "--speed", str(SPEED)]
        self._suite = suite
        self._sent = sent
        self._command = [*command, "--seed", "1", "--sent", str(sent), "--json"]

    def __enter__(self) -> "subprocess.Popen[bytes]":
        """Started, and heard."""
        self._process = subprocess.Popen(
            self._command, env=self._suite.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        eventually(lambda: stored(self._suite) > 0, within=60, what="the first datagrams")
        return self._process

    def __exit__(self, *_: object) -> None:
        with self._process:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(60)
            finally:
                self._process.kill()


def stored(suite: Suite) -> int:
    """How far the database is."""
    ((count,),) = suite.rows("SELECT coalesce(sum(entry), 0) FROM watermarks")
    return int(count)


def assert_kept_within_limits(suite: Suite, shim: Shim, began_ns: int) -> None:
    """The journal has its hours, logs were set aside at midnight, and in the next night care removes old samples."""
    with contextlib.closing(connect_reader(suite.paths.journal)) as journal:
        ends = "SELECT max(received_at_us) - min(received_at_us) FROM batches"
        kept_h = journal.execute(ends).fetchone()[0] / US_AN_HOUR
    archives = {path.name.split("-2")[0] for path in suite.paths.logs.rglob("*.zst")}
    before = samples(suite)
    shim.set_clock(began_ns + LATER_S * NS_PER_S)
    suite.restrike("db", "clean", within=CARE_WITHIN_S)  # a backup and its check may be due before it
    print(f"\nlogs {size_of(suite.paths.logs) / MIB:.1f} MiB, set aside at midnight: {', '.join(sorted(archives))}")
    print(f"journal: {kept_h:.1f} h; {KEPT_HOURS} h are kept, and trimmed each {TRIMMED_EVERY_H:.1f} h; {_data(suite)}")
    print(f"samples by their seconds, before care and after it: {before}, {samples(suite)}")
    assert archives >= set(SERVICES)
    assert kept_h <= KEPT_HOURS + SLACK_H
    assert before[SHORT_S] > 0
    oldest = suite.rows("SELECT min(sampled_at) FROM resource_samples WHERE period_s = ?", SHORT_S)[0][0]
    assert samples(suite).get(SHORT_S, 0) < before[SHORT_S]
    assert oldest is None or shim.shown_ns() / 1000 - unix_us(oldest) < (SAMPLES_KEPT_HOURS + SLACK_H) * US_AN_HOUR


def samples(suite: Suite) -> dict[int, int]:
    """How many samples there are, by the seconds that they are the average of."""
    return dict(suite.rows("SELECT period_s, count(*) FROM resource_samples GROUP BY period_s"))


def midnight_ns(now_ns: int) -> int:
    """The next midnight (UTC)."""
    return (now_ns // DAY_NS + 1) * DAY_NS


def _data(suite: Suite) -> str:
    sizes = {path.name: path.stat().st_size for path in sorted(suite.paths.data.glob("*.db"))}
    return ", ".join(f"{name} {size / MIB:.1f} MiB" for name, size in sizes.items())
