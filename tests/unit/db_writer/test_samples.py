"""Samples of the machine in the database: each once, whatever the clock did meanwhile."""

import msgspec

from services.db_writer.outboxes.appliers import APPLIERS
from services.db_writer.outboxes.stamp import Stamp
from shared.db.sqlite import sqlite3
from shared.messages.system import CpuUse, SystemAveraged
from tests.support.samples import AT_US, GIB, SAMPLE, averaged

STAMP = Stamp(producer="cpu-monitor", at_us=AT_US, at="", now="")
HOUR_US = 3_600_000_000


def _store(connection: "sqlite3.Connection", *facts: SystemAveraged) -> None:
    for fact in facts:
        APPLIERS[SystemAveraged](
            connection, msgspec.msgpack.decode(msgspec.msgpack.encode(fact), type=type(fact)), STAMP
        )


def _times(connection: "sqlite3.Connection") -> list[tuple[int, str]]:
    return list(connection.execute("SELECT period_s, sampled_at FROM resource_samples ORDER BY id").fetchall())


def test_a_sample_and_its_parts(connection: "sqlite3.Connection") -> None:
    """Every number is in its column."""
    _store(connection, averaged())
    (row,) = connection.execute("SELECT * FROM resource_samples").fetchall()
    assert row[1:] == (
        "2026-09-21T14:13:20.123456Z",
        10,
        42.5,
        80.0,
        1.25,
        3400.0,
        61.0,
        16 * GIB,
        9 * GIB,
        GIB,
        1300,
        2,
        -0.042,
    )
    sample = row[0]
    assert connection.execute("SELECT * FROM disk_samples").fetchall() == [
        (1, sample, "/", 500 * GIB, 120 * GIB, 1000.0, 2_500_000.0, 3.5),
        (2, sample, "/mnt/nas", GIB, GIB // 2, None, None, None),
    ]
    assert connection.execute("SELECT * FROM network_samples").fetchall() == [
        (1, sample, "eth0", 1, 65_000.0, 750_000.0, 0, 1)
    ]
    assert connection.execute("SELECT * FROM process_samples").fetchall() == [
        (1, sample, "udp-ingest", "service", 101, 3.0, 40 << 20, 21 << 20, 5, 25, 0.0, 1024.0),
        (2, sample, "obs", "obs", 202, 180.0, GIB, None, 60, None, None, None),
    ]
    assert connection.execute("SELECT * FROM obs_samples").fetchall() == [
        (1, sample, "main", 45.0, 1020.0, 50.0, 3.5, 4, 0, 3, 6000)
    ]


def test_told_twice_is_stored_once(connection: "sqlite3.Connection") -> None:
    """With its parts; the other period of the same end is another sample."""
    _store(connection, averaged(), averaged(), averaged(period_s=60))
    assert _times(connection) == [(10, "2026-09-21T14:13:20.123456Z"), (60, "2026-09-21T14:13:20.123456Z")]
    assert connection.execute("SELECT count(*) FROM process_samples").fetchone() == (4,)


def test_a_clock_that_was_set_back_loses_nothing(connection: "sqlite3.Connection") -> None:
    """The hour is there twice; even periods that end at the same microsecond are both kept."""
    busy = CpuUse(percent=99.0, core_percents=(), load_1=0.0, load_5=0.0, load_15=0.0)
    busier = msgspec.structs.replace(busy, percent=99.5)
    again = (averaged(cpu=busy), averaged(cpu=busy), averaged(cpu=busier))
    _store(connection, averaged(), averaged(at_us=AT_US + HOUR_US), *again)
    assert _times(connection) == [
        (10, "2026-09-21T14:13:20.123456Z"),
        (10, "2026-09-21T15:13:20.123456Z"),
        (10, "2026-09-21T14:13:20.123457Z"),
        (10, "2026-09-21T14:13:20.123458Z"),
    ]
    assert connection.execute("SELECT max(cpu_busiest_core_percent) FROM resource_samples").fetchone() == (99.5,)


def test_a_machine_that_tells_little(connection: "sqlite3.Connection") -> None:
    """No disk, no network, no process, no OBS: the row alone."""
    _store(connection, averaged(disks=(), networks=(), processes=(), obs=()))
    assert len(_times(connection)) == 1
    assert len(SAMPLE.disks) == 2
