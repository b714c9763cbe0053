"""A picture in which all is well, for tests of what cpu-monitor judges; times are passed in."""

from typing import Any

import msgspec

from services.cpu_monitor.health.judging import judge
from services.cpu_monitor.health.noting import Notes
from services.cpu_monitor.health.view import Tolerances
from services.cpu_monitor.picture import BackupFacts, Picture, RingPicture, Supervisor
from services.registry import SERVICES
from shared.messages.database import DatabaseStatus
from shared.messages.facts import NetworkInterface
from shared.messages.health import Condition, HealthItem, HealthReport, Subject
from shared.messages.license import LicenseState, LicenseStatus
from shared.messages.match import MatchState, Stage
from shared.messages.obs import LinkState, ObsStatus
from shared.messages.service import WRITER, Position, ServiceHealth
from shared.messages.service import Life as LifeStage
from shared.messages.system import ClockState, CpuUse, DiskUse, MemoryUse, NetworkUse, SystemSample, UdpUse
from shared.messages.udp import RingStatus

GIB = 1 << 30
HOUR_US = 3_600_000_000
BEGAN_S = 1_000.0
BEGAN_US = 1_700_000_000_000_000
ADDRESS = "10.1.1.5"
JOURNAL = "j1"

_HEALTH = ServiceHealth(
    service="", boot_id="b1", pid=1, life=LifeStage.RUNNING, on_bus=True, uptime_s=3_600, loop_lag_ms=1, received=0,
    sent=0, lost=0, undecodable=0, dropped=0, faults=0, queue_depth=0,
)  # fmt: skip
_RING = RingStatus(
    ring="ring-1", listening=True, session="s1", journal_id=JOURNAL, entry=10, bind=ADDRESS, address=ADDRESS, port=8888,
    source=None, error=None, receive_buffer_bytes=1, receive_buffer_asked_bytes=1, max_packet_bytes=65_535, packets=10,
    bytes=100, kernel_drops=0, refused=0, cut=0, lost=0, unjournaled_bytes=0, last_packet_us=BEGAN_US, senders=[],
)  # fmt: skip
_SAMPLE = SystemSample(
    at_us=BEGAN_US,
    interval_ms=1_000,
    cpu=CpuUse(percent=10, core_percents=(10, 10), load_1=0.2, load_5=0.2, load_15=0.2, waiting_percent=0),
    memory=MemoryUse(
        total_bytes=8 * GIB,
        available_bytes=4 * GIB,
        swap_total_bytes=0,
        swap_used_bytes=0,
        swapped_bytes_per_s=0,
        waiting_percent=0,
    ),
    udp=UdpUse(received=0, dropped=0),
    clock=ClockState(is_synchronised=True, offset_ms=1.0),
    disks=(DiskUse(mount="/", purposes=("data", "log"), total_bytes=500 * GIB, free_bytes=200 * GIB),),
    networks=(),
    processes=(),
)
OBS = ObsStatus(
    connection="main",
    state=LinkState.CONNECTED,
    reason=None,
    since_us=BEGAN_US,
    host="h",
    port=4455,
    roles=(),
    rings=(),
)
TRIAL = LicenseStatus(
    state=LicenseState.TRIAL, judged_at_us=BEGAN_US, sentence="The trial runs for 14 more days.", days_left=14
)


class World:
    """A picture with its clocks. `pass_s` lets time pass in which everybody but `mute` says that he lives."""

    def __init__(self, **tolerances: Any) -> None:
        self.now_s, self.now_us = BEGAN_S, BEGAN_US
        self.tolerances = Tolerances(**{"rings": ("ring-1",), **tolerances})
        self.picture = Picture(list(SERVICES), began_at_s=BEGAN_S - 60)
        self.notes = Notes(self.picture)
        self.mute: set[str] = set()
        self.is_bus_away = False
        self.is_asked = True
        self.healths = {name: msgspec.structs.replace(_HEALTH, service=name) for name in SERVICES}
        self.sample: SystemSample | None = _SAMPLE
        picture = self.picture
        picture.rings["ring-1"] = RingPicture()
        self.hear_ring()
        picture.database = DatabaseStatus(
            path="restrike.db", schema_version=10, positions={}, entries_stored=0, messages_stored=0, rows_refused=0,
            transactions=0, error=None,
        )  # fmt: skip
        picture.supervisor = Supervisor(pid=77, answered_at_s=BEGAN_S)
        picture.schema_version = 10
        picture.license = TRIAL
        picture.backups = BackupFacts(newest_us=BEGAN_US, since_us=BEGAN_US, failure=None)
        self.interface(is_up=True)
        self.set_health(WRITER, positions={"ring-1": Position(JOURNAL, "s1", 10)})
        self.beat()

    def beat(self) -> None:
        """Everybody says how he is; the machine is measured."""
        for name, life in self.picture.services.items():
            if name in self.mute:
                continue
            life.health = self.healths[name]
            if not self.is_bus_away:
                life.heard_at_s = self.now_s
            if self.is_asked:
                life.answered_at_s = self.now_s
        if self.sample is not None:
            self.sample = msgspec.structs.replace(self.sample, at_us=self.now_us)
            self.picture.sample = self.sample

    def pass_s(self, seconds: float) -> None:
        """Let time pass in halves of a second."""
        for _ in range(round(seconds * 2)):
            self.now_s += 0.5
            self.now_us += 500_000
            self.beat()
            self.look()

    def look(self) -> HealthReport:
        """Judge now, as cpu-monitor does twice a second."""
        self.notes.take(now_s=self.now_s, loop_lag_ms=self.tolerances.loop_lag_ms)
        report = judge(self.picture, now_s=self.now_s, now_us=self.now_us, settings=self.tolerances)
        self.picture.health = report
        return report

    def item(self, subject: Subject, name: str) -> HealthItem:
        """What is judged of one thing now."""
        return next(one for one in self.look().items if (one.subject, one.name) == (subject, name))

    def condition(self, subject: Subject, name: str) -> Condition:
        """How one thing stands now."""
        return self.item(subject, name).condition

    # What changes

    def set_health(self, service: str, **changes: Any) -> None:
        """A service says something else of itself from now on."""
        self.healths[service] = msgspec.structs.replace(self.healths[service], **changes)

    def hear_ring(self, **changes: Any) -> None:
        """Hear udp-ingest's status of ring-1 now."""
        ring = self.picture.rings["ring-1"]
        before = ring.status or _RING
        ring.hear(msgspec.structs.replace(before, **changes), now_s=self.now_s, now_us=self.now_us)

    def datagram(self) -> None:
        """The ring receives a datagram, which the database has at once."""
        ring = self.picture.rings["ring-1"].status or _RING
        self.hear_ring(packets=ring.packets + 1, entry=ring.entry + 1, last_packet_us=self.now_us)
        self.set_health(WRITER, positions={"ring-1": Position(JOURNAL, "s1", ring.entry + 1)})

    def stage(self, stage: Stage | None) -> None:
        """Its match goes on to a stage."""
        self.picture.rings["ring-1"].stage = stage

    def match(self, **fields: Any) -> None:
        """pss-parser was asked how the match stands, just now."""
        ring = self.picture.rings["ring-1"]
        said = {"ring": "ring-1", "journal_id": JOURNAL, "entry": 1, "changed_at_us": self.now_us, "match_id": "m"}
        ring.match, ring.match_at_s = MatchState(**{**said, "stage": ring.stage, **fields}), self.now_s

    def measured(self, **parts: Any) -> None:
        """The machine is otherwise from now on."""
        assert self.sample is not None
        self.sample = msgspec.structs.replace(self.sample, **parts)
        self.beat()

    def disk(self, free_gib: float, *, total_gib: float = 500, purposes: tuple[str, ...] = ("data",)) -> None:
        """The one disk has so much left."""
        use = DiskUse(mount="/", purposes=purposes, total_bytes=int(total_gib * GIB), free_bytes=int(free_gib * GIB))
        self.measured(disks=(use,))

    def interface(self, *, is_up: bool, address: str = ADDRESS) -> None:
        """The machine's one interface."""
        self.picture.interfaces = {
            address: NetworkInterface(
                name="eth0", address=address, netmask=None, broadcast=None, mac_address=None, kind="wired",
                is_loopback=False, is_up=is_up, speed_mbps=None, mtu=None,
            )
        }  # fmt: skip

    def network(self, *, errors: int) -> None:
        """The interface had errors in this interval."""
        use = NetworkUse(
            interface="eth0", is_up=True, received_bytes_per_s=0, sent_bytes_per_s=0, received_packets_per_s=0,
            sent_packets_per_s=0, errors=errors, drops=0,
        )  # fmt: skip
        self.measured(networks=(use,))
