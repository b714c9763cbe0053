"""Every number that rules can watch is told as soon as it is known, and not before."""

from math import isnan

import pytest
from msgspec.structs import replace

from services.cpu_monitor.alerting.readings import Values, words_of
from services.cpu_monitor.alerting.values import SETTLED_S, STALE_S, Gauge
from services.cpu_monitor.health.noting import Notes
from services.cpu_monitor.picture import BackupFacts, Life, Picture, RingPicture
from shared.alerts.metrics import METRICS, written
from shared.messages.database import DatabaseStatus
from shared.messages.health import Condition, HealthItem, HealthReport, Subject
from shared.messages.incidents import IncidentKind, ServiceIncident
from shared.messages.obs import AlarmKind, LinkState, ObsLoad, ObsStatus, Outputs
from shared.messages.service import BROKER, MONITOR, WRITER, Position, ServiceHealth
from shared.messages.service import Life as Stage
from shared.messages.system import (
    ClockState,
    CpuUse,
    DiskUse,
    MemoryUse,
    NetworkUse,
    ProcessKind,
    ProcessUse,
    SystemSample,
    UdpUse,
)
from shared.messages.udp import RingStatus

NOW_US = 1_000_000_000_000_000
HOUR_US = 3_600_000_000


class Watched:
    """A picture, what health notes of it, and its gauge; time goes on by `at`."""

    def __init__(self) -> None:
        self.picture = Picture([WRITER, BROKER, MONITOR], began_at_s=0.0)
        self.notes = Notes(self.picture)
        self.gauge = Gauge()

    def at(self, now_s: float) -> Values:
        """What is known then."""
        self.notes.take(now_s=now_s, loop_lag_ms=1000)
        values = self.gauge.read(self.picture, now_s=now_s, now_us=NOW_US + int(now_s * 1_000_000))
        known = {
            name: {subject: value for subject, value in of.items() if not isnan(value)} for name, of in values.items()
        }
        assert values["service.silent_s"].keys() == {WRITER, BROKER}
        return known

    def hear(self, service: str, now_s: float, *, entry: int = 0, faults: int = 0) -> None:
        self.picture.services[service] = Life(health=_health(service, entry), heard_at_s=now_s, faults=faults)


def _health(service: str, entry: int = 0) -> ServiceHealth:
    positions = {"ring-1": Position("j", "s", entry)} if entry else {}
    return ServiceHealth(
        service=service,
        boot_id="b",
        pid=1,
        life=Stage.RUNNING,
        on_bus=True,
        uptime_s=1,
        loop_lag_ms=2.0,
        received=0,
        sent=0,
        lost=0,
        undecodable=0,
        dropped=0,
        faults=0,
        queue_depth=3,
        positions=positions,
    )


def _ring(entry: int = 0, *, drops: int = 0, lost: int = 0, unjournaled: int = 0) -> RingPicture:
    return RingPicture(
        status=RingStatus(
            ring="ring-1",
            listening=True,
            session="s",
            journal_id="j",
            entry=entry,
            bind="127.0.0.1",
            address="127.0.0.1",
            port=1,
            source=None,
            error=None,
            receive_buffer_bytes=1,
            receive_buffer_asked_bytes=1,
            max_packet_bytes=1,
            packets=0,
            bytes=0,
            kernel_drops=drops,
            refused=0,
            cut=0,
            lost=lost,
            unjournaled_bytes=unjournaled,
            last_packet_us=None,
            senders=[],
        )
    )


def _sample(*, cpu: float = 10, dropped: int = 0, errors: int = 0, stepped_ms: float = 0) -> SystemSample:
    return SystemSample(
        at_us=NOW_US,
        interval_ms=1000,
        cpu=CpuUse(
            percent=cpu, core_percents=(cpu,), load_1=0, load_5=0, load_15=0, temperature_c=50, waiting_percent=1
        ),
        memory=MemoryUse(
            total_bytes=100,
            available_bytes=25,
            swap_total_bytes=10,
            swap_used_bytes=5,
            swapped_bytes_per_s=7,
            waiting_percent=2,
        ),
        udp=UdpUse(received=9, dropped=dropped),
        clock=ClockState(is_synchronised=True, offset_ms=-3.0, stepped_ms=stepped_ms),
        disks=(DiskUse(mount="/", purposes=("data",), total_bytes=1000, free_bytes=250, busy_percent=4),),
        networks=(
            NetworkUse(
                interface="eth0",
                is_up=True,
                received_bytes_per_s=0,
                sent_bytes_per_s=0,
                received_packets_per_s=0,
                sent_packets_per_s=0,
                errors=errors,
                drops=0,
            ),
        ),
        processes=(
            ProcessUse(
                name="db-writer",
                kind=ProcessKind.SERVICE,
                pid=1,
                state="running",
                cpu_percent=5,
                rss_bytes=6,
                threads=1,
                files=8,
            ),
        ),
    )


def _obs(frames: int, skipped: int, *alarms: AlarmKind) -> ObsStatus:
    return ObsStatus(
        connection="obs-1",
        state=LinkState.CONNECTED,
        reason="gone",
        since_us=0,
        host="h",
        port=1,
        roles=(),
        rings=(),
        outputs=Outputs(stream_frames=frames, stream_frames_dropped=skipped),
        load=ObsLoad(
            cpu_percent=9,
            render_frames=frames,
            render_frames_skipped=skipped,
            output_frames=frames,
            output_frames_skipped=skipped,
        ),
        alarms=alarms,
    )


def _report(condition: Condition, reason: str | None = None) -> HealthReport:
    item = HealthItem(subject=Subject.RING, name="ring-1", condition=condition, since_us=0, reason=reason, remedy="Go.")
    return HealthReport(at_us=0, condition=condition, items=(item,))


def test_all_that_is_listed_is_told_and_nothing_else() -> None:
    """With everything known, each metric of the list has a value for a subject, but for health of what is not there."""
    watched = Watched()
    picture = watched.picture
    watched.hear(WRITER, 100, entry=1)
    picture.rings["ring-1"] = _ring(1)
    picture.obs["obs-1"] = _obs(1, 0)
    picture.sample = _sample()
    picture.backups = BackupFacts(newest_us=None, since_us=NOW_US, failure=None)
    picture.database_error = "full"
    picture.health = _report(Condition.OK)
    values = watched.at(100)
    assert set(values) == set(METRICS)
    empty = {name for name, by_subject in values.items() if not by_subject}
    assert empty == {f"health.{subject}" for subject in Subject} - {"health.ring"}


def test_what_nobody_knows_is_not_told() -> None:
    """At the very start there is nothing to say of anything, so that no alert of before is cleared."""
    values = Watched().at(1)
    assert {name for name, by_subject in values.items() if by_subject} == {"service.restarts", "service.faults"}


def test_the_machine() -> None:
    """Percents are of the whole, the clock's offset has no sign, what came in samples is summed up for a minute."""
    watched = Watched()
    for second in range(1, 4):
        watched.picture.sample = _sample(dropped=2, errors=1, stepped_ms=-1500 if second == 2 else 0)
        values = watched.at(second)
    assert values["disk.free_percent"] == {"/": 25}
    assert values["memory.available_percent"] == {"machine": 25}
    assert values["memory.swap_used_percent"] == {"machine": 50}
    assert values["clock.offset_ms"] == {"machine": 3}
    assert values["udp.dropped"] == {"machine": 6}
    assert values["network.errors"] == {"eth0": 3}
    assert values["clock.stepped_ms"] == {"machine": 1500}
    watched.picture.sample = _sample()
    values = watched.at(65)
    assert (values["udp.dropped"], values["clock.stepped_ms"]) == ({"machine": 0}, {"machine": 0})


def test_an_old_sample_says_nothing() -> None:
    """Measuring was switched off, or is stuck."""
    watched = Watched()
    watched.picture.sample = _sample()
    assert "cpu.percent" in watched.at(1)
    assert "cpu.percent" not in watched.at(2 + STALE_S)


def test_drops_of_a_ring_are_those_of_the_last_minute() -> None:
    """What was dropped before cpu-monitor began is none of its business."""
    watched = Watched()
    watched.picture.rings["ring-1"] = _ring(drops=50, lost=3)
    assert watched.at(1)["ring.kernel_drops"] == {"ring-1": 0}
    watched.picture.rings["ring-1"] = _ring(drops=57, lost=4)
    assert (watched.at(2)["ring.kernel_drops"], watched.at(2)["ring.lost"]) == ({"ring-1": 7}, {"ring-1": 1})
    assert watched.at(63)["ring.kernel_drops"] == {"ring-1": 0}


def test_the_database_is_behind() -> None:
    """Since when is what health remembers; of another journal it has nothing."""
    watched = Watched()
    watched.picture.rings["ring-1"] = _ring(10)
    watched.hear(WRITER, SETTLED_S + 1, entry=10)
    assert watched.at(SETTLED_S + 1)["db.behind_s"] == {"ring-1": 0}
    watched.picture.rings["ring-1"] = _ring(30)
    watched.at(SETTLED_S + 2)
    values = watched.at(SETTLED_S + 9)
    assert (values["db.behind_s"], values["db.behind_entries"]) == ({"ring-1": 7}, {"ring-1": 20})
    watched.hear(WRITER, SETTLED_S + 10, entry=30)
    assert watched.at(SETTLED_S + 10)["db.behind_s"] == {"ring-1": 0}


def test_obs_starves_only_while_the_machine_is_busy() -> None:
    """Half of the frames are skipped: with an idle processor it is not its fault."""
    watched = Watched()
    watched.picture.sample = _sample(cpu=20)
    watched.picture.obs["obs-1"] = _obs(1000, 5)
    assert watched.at(1)["obs.render_skipped_percent"] == {"obs-1": 0}
    watched.picture.obs["obs-1"] = _obs(1060, 35)
    values = watched.at(2)
    assert (values["obs.render_skipped_percent"], values["obs.starved_percent"]) == ({"obs-1": 50}, {"obs-1": 0})
    watched.picture.sample = _sample(cpu=97)
    assert watched.at(3)["obs.starved_percent"] == {"obs-1": 50}
    assert watched.at(14)["obs.starved_percent"] == {"obs-1": 0}


def test_alarms_of_obs_bridge() -> None:
    """Each kind is a value; with what is known of why."""
    watched = Watched()
    watched.picture.obs["obs-1"] = _obs(1, 0, AlarmKind.NOT_CONNECTED)
    values = watched.at(1)
    assert (values["obs.not_connected"], values["obs.not_recording"]) == ({"obs-1": 1}, {"obs-1": 0})
    assert words_of(watched.picture)["obs.not_connected", "obs-1"] == {"reason": "gone"}


def test_a_silent_service() -> None:
    """Silent since it was heard last; without the broker nobody is heard, so that only the broker is silent."""
    watched = Watched()
    for name in (WRITER, BROKER):
        watched.hear(name, 100)
    assert watched.at(101)["service.silent_s"] == {WRITER: 0, BROKER: 0}
    watched.hear(BROKER, 110)
    assert watched.at(111)["service.silent_s"] == {WRITER: 11, BROKER: 0}
    assert watched.at(115)["service.silent_s"] == {BROKER: 5}


def test_incidents() -> None:
    """Restarts are those of five minutes; who stays down is not silent besides."""
    watched = Watched()
    for number, kind in enumerate((IncidentKind.RESTARTED, IncidentKind.RESTARTED, IncidentKind.STAYS_DOWN)):
        incident = ServiceIncident(incident_id=str(number), service=WRITER, kind=kind, happened_at_us=NOW_US)
        watched.picture.incidents.append(incident)
    watched.hear(WRITER, 1)
    watched.hear(BROKER, 100)
    values = watched.at(100)
    assert (values["service.restarts"][WRITER], values["service.stays_down"][WRITER]) == (2, 1)
    assert values["service.silent_s"][WRITER] == 0
    watched.hear(WRITER, 301)
    values = watched.at(301)
    assert (values["service.restarts"][WRITER], values["service.stays_down"][WRITER]) == (0, 0)


def test_a_clock_that_is_set_back_makes_no_restart() -> None:
    """What is noted of a later hour is not recent for an hour."""
    watched = Watched()
    later_us = NOW_US + HOUR_US
    incident = ServiceIncident(incident_id="1", service=WRITER, kind=IncidentKind.RESTARTED, happened_at_us=later_us)
    watched.picture.incidents.append(incident)
    assert watched.at(1)["service.restarts"][WRITER] == 0


def test_why_a_service_stays_down() -> None:
    """What supervisord's log said of its end."""
    watched = Watched()
    incident = ServiceIncident(
        incident_id="1", service=WRITER, kind=IncidentKind.STAYS_DOWN, happened_at_us=NOW_US, detail="It ended with 2."
    )
    watched.picture.incidents.append(incident)
    assert words_of(watched.picture)["service.stays_down", WRITER] == {"reason": "It ended with 2."}


def test_a_journal_that_is_not_written_is_known_without_the_event() -> None:
    """The event came before cpu-monitor did, or was lost: what waits in memory says it as well."""
    watched = Watched()
    watched.picture.rings["ring-1"] = _ring(unjournaled=5_000_000)
    assert watched.at(1)["journal.not_writable"] == {"journal": 1}
    watched.picture.rings["ring-1"] = _ring()
    assert watched.at(2)["journal.not_writable"] == {"journal": 0}
    watched.picture.journal_error = "disk full"
    assert watched.at(3)["journal.not_writable"] == {"journal": 1}


def test_what_nobody_can_tell_any_more_is_not_gone() -> None:
    """The machine is there, though its clock follows nobody and its sensor is mute; so is an OBS without its load."""
    watched = Watched()
    sample = _sample()
    cpu, clock = replace(sample.cpu, temperature_c=None), replace(sample.clock, offset_ms=None)
    watched.picture.sample = replace(sample, cpu=cpu, clock=clock)
    watched.picture.obs["obs-1"] = replace(_obs(1, 0), load=None)
    watched.picture.backups = BackupFacts(newest_us=None, since_us=None, failure=None)
    values = watched.gauge.read(watched.picture, now_s=1, now_us=NOW_US)
    for metric, subject in (
        ("clock.offset_ms", "machine"),
        ("cpu.temperature_c", "machine"),
        ("obs.cpu_percent", "obs-1"),
        ("obs.starved_percent", "obs-1"),
        ("backup.age_hours", "database"),
    ):
        assert isnan(values[metric][subject]), metric


def test_age_of_the_newest_backup() -> None:
    """In hours of the wall clock."""
    watched = Watched()
    watched.picture.backups = BackupFacts(newest_us=None, since_us=NOW_US - 5 * HOUR_US, failure=None)
    assert watched.at(0)["backup.age_hours"] == {"database": 5}


@pytest.mark.parametrize(
    ("condition", "value"),
    [(Condition.OK, 0), (Condition.UNKNOWN, 1), (Condition.DEGRADED, 2), (Condition.FAILED, 3)],
)
def test_health(condition: Condition, value: float) -> None:
    """Each thing that is judged, with its reason and what to do."""
    watched = Watched()
    watched.picture.health = _report(condition, "It is silent.")
    assert watched.at(1)["health.ring"] == {"ring-1": value}
    assert words_of(watched.picture)["health.ring", "ring-1"] == {"reason": "It is silent.", "remedy": "Go."}


def test_the_database_knows_itself_well() -> None:
    """Once it was asked, it is known that it can be written."""
    watched = Watched()
    watched.picture.database = DatabaseStatus(
        path="",
        schema_version=1,
        positions={},
        entries_stored=0,
        messages_stored=0,
        rows_refused=0,
        transactions=0,
        error=None,
    )
    assert watched.at(1)["db.not_writable"] == {"database": 0}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2 * 1024**3, "B", "2.0 GiB"),
        (0, "B", "0 B"),
        (5 * 1024**2, "B/s", "5.0 MiB/s"),
        (97.25, "%", "97.2 %"),
        (12, "", "12"),
        (1500.4, "ms", "1500 ms"),
    ],
)
def test_written(value: float, unit: str, text: str) -> None:
    """Values as people read them."""
    assert written(value, unit) == text
