"""Database, journal, backup, disks, logs, restrike.json."""

import msgspec
import pytest

from services.cpu_monitor.picture import BackupFacts, Undelivered
from services.db_writer.store import write_failed
from shared.messages.alerts import Channel
from shared.messages.health import Condition, Subject
from shared.messages.meters import HistogramReading, MetersRead
from shared.messages.service import Position
from shared.meter_list import JOURNAL_COMMIT
from tests.support.health_picture import GIB, HOUR_US, JOURNAL, World

OK, DEGRADED, FAILED, UNKNOWN = Condition.OK, Condition.DEGRADED, Condition.FAILED, Condition.UNKNOWN


def _database(world: World) -> Condition:
    return world.condition(Subject.DATABASE, "restrike.db")


def _stored(world: World, entry: int, *, journal: str = JOURNAL) -> None:
    world.set_health("db-writer", positions={"ring-1": Position(journal, "s1", entry)})


def test_a_database_that_cannot_be_written() -> None:
    """It has failed until it can; what it says is told."""
    world = World()
    world.picture.database_error = "disk I/O error"
    item = world.item(Subject.DATABASE, "restrike.db")
    assert item.condition is FAILED
    assert "disk I/O error. Nothing is lost" in (item.reason or "")
    world.picture.database_error = None
    assert _database(world) is OK


def test_what_to_do_is_told_once() -> None:
    """db-writer's own error says what to do, too: of it, health tells the cause."""
    world = World()
    error = write_failed(OSError("database or disk is full"))
    world.picture.database_error, world.picture.database_cause = str(error), str(error.value)
    item = world.item(Subject.DATABASE, "restrike.db")
    told = "The database cannot be written: OSError: database or disk is full. Nothing is lost meanwhile."
    assert item.reason == told
    assert (item.remedy or "").startswith("Free space")
    world.picture.database_cause = f"OSError: {'a' * 300}"
    assert "a" * 300 in (world.item(Subject.DATABASE, "restrike.db").reason or "")


def test_a_database_that_is_behind() -> None:
    """10 s are degraded, a minute is a failure; catching up ends it at once."""
    world = World()
    world.hear_ring(entry=500)
    world.look()
    world.pass_s(9)
    assert _database(world) is OK
    world.pass_s(2)
    assert _database(world) is DEGRADED
    world.pass_s(50)
    assert _database(world) is FAILED
    _stored(world, 500)
    world.pass_s(0.5)
    assert _database(world) is OK


def test_one_that_follows_is_not_behind() -> None:
    """In a running match there is always an entry more than what was heard of the database."""
    world = World()
    for entry in range(11, 60):
        world.hear_ring(entry=entry)
        _stored(world, entry - 1)
        world.pass_s(1)
        assert _database(world) is OK


def test_a_new_journal_begins_anew() -> None:
    """A position in the old one counts for nothing."""
    world = World()
    world.hear_ring(entry=500, journal_id="j2")
    world.look()
    world.pass_s(11)
    assert _database(world) is DEGRADED
    _stored(world, 500, journal="j2")
    world.pass_s(0.5)
    assert _database(world) is OK


def test_a_database_of_another_version() -> None:
    """The program was exchanged while the suite ran."""
    world = World()
    world.picture.schema_version = 11
    assert _database(world) is DEGRADED


def test_rows_that_the_database_refused() -> None:
    """They are told for a minute."""
    world = World()
    world.look()
    assert world.picture.database is not None
    world.picture.database = msgspec.structs.replace(world.picture.database, rows_refused=2)
    assert _database(world) is DEGRADED
    world.pass_s(61)
    assert _database(world) is OK


def test_without_its_service_nobody_knows() -> None:
    """db-writer is frozen: database unknown; udp-ingest: journal unknown."""
    world = World()
    world.mute |= {"db-writer", "udp-ingest"}
    world.pass_s(4)
    assert (_database(world), world.condition(Subject.JOURNAL, "journal.db")) == (UNKNOWN, UNKNOWN)


def test_a_slow_disk() -> None:
    """Commits that take 100 ms on average since the reading before; a restart begins anew; no commits say nothing."""
    world = World()

    def commits(count: int, sum_s: float) -> Condition:
        taken = HistogramReading(JOURNAL_COMMIT.name, (), (count,), sum_s)
        world.picture.meters["udp-ingest"] = MetersRead(service="udp-ingest", histograms=(taken,))
        world.look()
        return world.condition(Subject.JOURNAL, "journal.db")

    assert commits(1_000, 1.0) is OK
    assert commits(1_010, 3.0) is DEGRADED
    assert "a commit to the journal takes 200 ms" in (world.item(Subject.JOURNAL, "journal.db").reason or "")
    assert commits(1_010, 3.0) is OK
    assert commits(1_020, 3.5) is OK
    assert commits(10, 2.0) is DEGRADED


def test_a_journal_that_cannot_be_written() -> None:
    """By what udp-ingest says, or by what waits in memory."""
    world = World()
    world.picture.journal_error = "no space left"
    item = world.item(Subject.JOURNAL, "journal.db")
    assert (item.condition, item.reason) == (FAILED, "The journal cannot be written: no space left.")
    world.picture.journal_error = None
    world.hear_ring(unjournaled_bytes=2048)
    assert "2 KiB are in memory only" in (world.item(Subject.JOURNAL, "journal.db").reason or "")
    world.hear_ring(unjournaled_bytes=0)
    assert world.condition(Subject.JOURNAL, "journal.db") is OK


@pytest.mark.parametrize(
    ("hours", "every_hours", "uptime_s", "condition"),
    [
        (1, 1, 9_000, OK),
        (3, 1, 9_000, DEGRADED),
        (30, 1, 9_000, FAILED),
        (30, 24, 9_000, OK),
        (3_000, 0, 9_000, OK),  # nobody wants backups
        (30, 1, 60, OK),  # the suite was off over night, and makes one soon
    ],
)
def test_the_age_of_backups(hours: int, every_hours: int, uptime_s: int, condition: Condition) -> None:
    """Twice as old as they are ordered, and much too old."""
    world = World(backup_every_hours=every_hours)
    world.set_health("db-writer", uptime_s=uptime_s)
    world.beat()
    then_us = world.now_us - hours * HOUR_US
    world.picture.backups = BackupFacts(newest_us=then_us, since_us=then_us, failure=None)
    assert world.condition(Subject.BACKUP, "database") is condition


def test_a_backup_that_failed() -> None:
    """The newest job says why."""
    world = World()
    world.picture.backups = BackupFacts(newest_us=None, since_us=world.now_us, failure="/media/usb is not there")
    item = world.item(Subject.BACKUP, "database")
    assert (item.condition, item.reason) == (DEGRADED, "The last backup failed: /media/usb is not there.")
    world.picture.backups = None
    assert world.condition(Subject.BACKUP, "database") is UNKNOWN


def test_backups_of_a_suite_that_just_began() -> None:
    """Nobody has read the database yet: that is no fault of it."""
    world = World()
    world.picture.backups = None
    world.picture.began_at_s = world.now_s - 1
    assert world.item(Subject.BACKUP, "database").reason == "cpu-monitor began a moment ago."


@pytest.mark.parametrize(
    ("free_gib", "total_gib", "purposes", "condition"),
    [
        (11, 500, ("data",), OK),
        (9, 500, ("data",), DEGRADED),
        (1.9, 500, ("data",), FAILED),
        (2, 20, ("data",), OK),  # a small disk: a tenth
        (1.9, 20, ("data",), DEGRADED),
        (0.3, 20, ("data",), FAILED),
        (25, 4_000, ("data", "recordings"), DEGRADED),
        (31, 4_000, ("recordings",), OK),
    ],
)
def test_space_on_disks(free_gib: float, total_gib: float, purposes: tuple[str, ...], condition: Condition) -> None:
    """Recordings need more than data."""
    world = World()
    world.disk(free_gib, total_gib=total_gib, purposes=purposes)
    assert world.condition(Subject.DISK, "/") is condition


def test_a_disk_at_its_limit_does_not_flicker() -> None:
    """It is well again with a tenth more than the limit."""
    world = World()
    world.disk(9.9)
    since_us = world.item(Subject.DISK, "/").since_us
    for free_gib in (10.2, 9.9, 10.5, 9.8, 10.9):
        world.pass_s(1)
        world.disk(free_gib)
        item = world.item(Subject.DISK, "/")
        assert (item.condition, item.since_us) == (DEGRADED, since_us)
    world.disk(11.5)
    assert world.condition(Subject.DISK, "/") is OK


@pytest.mark.parametrize(("purposes", "condition"), [(("data",), FAILED), (("recordings",), DEGRADED)])
def test_a_disk_that_does_not_answer(purposes: tuple[str, ...], condition: Condition) -> None:
    """A share that is away; what it had free says nothing."""
    world = World()
    assert world.sample is not None
    disk = world.sample.disks[0]
    away = msgspec.structs.replace(disk, purposes=purposes, free_bytes=200 * GIB, is_answering=False)
    world.measured(disks=(away,))
    assert world.condition(Subject.DISK, "/") is condition


def test_logs_and_configuration() -> None:
    """What others put into the picture is told, with two of many faults."""
    world = World()
    world.picture.log_error = "No space left on device"
    world.picture.configuration_faults = ("rings: empty", "bus: no", "log: no")
    log, file = world.item(Subject.LOG, "log"), world.item(Subject.CONFIGURATION, "restrike.json")
    assert (log.condition, file.condition) == (DEGRADED, DEGRADED)
    assert (file.reason or "").endswith("rings: empty. bus: no. And 1 more.")


def test_metrics_that_are_not_served() -> None:
    """What the port says is told."""
    world = World()
    world.picture.metrics_error = "Metrics are not served: 127.0.0.1:9 cannot be bound."
    item = world.item(Subject.CONFIGURATION, "metrics")
    assert (item.condition, item.reason) == (DEGRADED, world.picture.metrics_error)
    assert "metrics.endpoint" in (item.remedy or "")
    world.picture.metrics_error = None
    assert world.condition(Subject.CONFIGURATION, "metrics") is OK


def test_alerts_that_reach_nobody() -> None:
    """One try is an accident, two are told with their reason."""
    world = World()
    world.picture.undelivered[Channel.MAIL] = Undelivered("The password is wrong", 1)
    assert world.condition(Subject.CONFIGURATION, "alerts") is OK
    world.picture.undelivered[Channel.MAIL] = Undelivered("The password is wrong", 2)
    item = world.item(Subject.CONFIGURATION, "alerts")
    assert (item.condition, item.reason) == (DEGRADED, "Alerts do not go out by e-mail: The password is wrong.")
