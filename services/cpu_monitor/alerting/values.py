"""Every number that rules for alerts can watch, out of the picture; cpu-monitor. No clock, no I/O.

A metric that is not among the values cannot be told now (nobody measured); one that is, but not for a subject, says
that there is no such subject (any more).
"""

from collections.abc import Hashable, Iterator
from typing import Final

from services.cpu_monitor.alerting.readings import UNKNOWN, Values, of_health, of_processes
from services.cpu_monitor.growth import Growth
from services.cpu_monitor.picture import Picture
from shared.alerts.metrics import (
    BUSY_PERCENT,
    DATABASE,
    FAULTS_S,
    FRAMES_S,
    GROWN_S,
    JOURNAL,
    MACHINE,
    RESTARTS_S,
    WAITING_PERCENT,
)
from shared.messages.health import Subject
from shared.messages.incidents import IncidentKind
from shared.messages.obs import AlarmKind, ObsLoad, ObsStatus
from shared.messages.service import BROKER, MONITOR, WRITER, ServiceHealth
from shared.messages.system import SystemSample
from shared.messages.topics import DB_TROUBLE, UDP_JOURNAL

US_PER_HOUR: Final = 3_600_000_000
SILENT_S: Final = 2.0
"""A service that was heard within this is not silent at all."""
SETTLED_S: Final = 20.0
"""cpu-monitor that began anew knows by then what was wrong before: until it knows, it says nothing."""
STALE_S: Final = 30.0
"""A sample that is older says nothing of now, whatever the interval: measuring is off, or stuck."""
ALARMS: Final = {
    "obs.not_connected": AlarmKind.NOT_CONNECTED,
    "obs.not_recording": AlarmKind.NOT_RECORDING,
    "obs.frames_dropped": AlarmKind.FRAMES_DROPPED,
    "obs.disk_low": AlarmKind.DISK_LOW,
    "obs.replay_off": AlarmKind.REPLAY_OFF,
}
_TELLS: Final = {DB_TROUBLE.name: DATABASE, UDP_JOURNAL.name: JOURNAL}
_FRAMES: Final = ("render", "output", "stream")
_NET, _UDP, _CLOCK = "net", "udp", "clock"
_OF_LOAD: Final = (
    "obs.cpu_percent",
    "obs.render_skipped_percent",
    "obs.output_skipped_percent",
    "obs.stream_dropped_percent",
    "obs.starved_percent",
)


class Gauge:
    """Reads the picture, one time after the other: what grew is known by what was read before. What health counts, too,
    is read in the trails.
    """

    def __init__(self) -> None:
        self._faults = Growth(FAULTS_S)
        self._machine = Growth(GROWN_S)
        self._frames = Growth(FRAMES_S)
        self._sample: SystemSample | None = None
        self._sampled_at_s = 0.0
        self._heard: set[str] = set()

    def hear(self, topic: str) -> None:
        """Somebody told how the database or the journal is."""
        self._heard |= {_TELLS[topic]} if topic in _TELLS else set()

    def read(self, picture: Picture, *, now_s: float, now_us: int) -> Values:
        """All values that are known: metric -> subject -> value. `now_s` is monotonic, as the picture's times of
        hearing, `now_us` Unix.
        """
        values: Values = {}
        self._read_sample(picture, values, now_s)
        self._read_rings(picture, values, now_s)
        self._read_obs(picture, values, now_s)
        self._read_services(picture, values, now_s, now_us)
        self._read_stores(picture, values)
        if picture.backups is not None:
            since_us = picture.backups.since_us
            age_hours = UNKNOWN if since_us is None else max(0, now_us - since_us) / US_PER_HOUR
            values["backup.age_hours"] = {DATABASE: age_hours}
        values |= of_health(picture.health)
        return values

    # The machine

    def _read_sample(self, picture: Picture, values: Values, now_s: float) -> None:
        sample = picture.sample
        if sample is None:
            return
        if sample is not self._sample:
            self._sample, self._sampled_at_s = sample, now_s
            self._count(sample, now_s)
        if now_s - self._sampled_at_s > max(STALE_S, 3 * sample.interval_ms / 1000):
            return
        values |= of_processes(sample) | _of_machine(sample)
        values["udp.dropped"] = {MACHINE: sum(self._machine.recent(_UDP, now_s=now_s))}
        interfaces = [one.interface for one in sample.networks]
        values["network.errors"] = {name: sum(self._machine.recent((_NET, name), now_s=now_s)) for name in interfaces}
        values["clock.stepped_ms"] = {MACHINE: max(self._machine.recent(_CLOCK, now_s=now_s), default=0.0)}

    def _count(self, sample: SystemSample, now_s: float) -> None:
        """Samples say what came in their interval."""
        said: dict[Hashable, float] = {(_NET, one.interface): one.errors + one.drops for one in sample.networks}
        said |= {_UDP: sample.udp.dropped, _CLOCK: abs(sample.clock.stepped_ms)}
        for key, by in said.items():
            self._machine.mark(key, by, now_s=now_s)
        self._machine.keep(said)

    def _read_stores(self, picture: Picture, values: Values) -> None:
        """No error is good news only once somebody was heard."""
        if picture.database is not None or picture.database_error is not None:
            self._heard.add(DATABASE)
        if picture.journal_error is not None or any(ring.status for ring in picture.rings.values()):
            self._heard.add(JOURNAL)
        if DATABASE in self._heard:
            values["db.not_writable"] = {DATABASE: float(picture.database_error is not None)}
        if JOURNAL in self._heard:
            values["journal.not_writable"] = {JOURNAL: float(_is_unjournaled(picture))}

    # Rings, and how far the database is with them

    def _read_rings(self, picture: Picture, values: Values, now_s: float) -> None:
        rings = {name: ring.status for name, ring in picture.rings.items() if ring.status is not None}
        if rings:
            for what in ("kernel_drops", "lost"):
                values[f"ring.{what}"] = {
                    name: sum(picture.trails.grown.recent((Subject.RING, name, what), now_s=now_s)) for name in rings
                }
            values["ring.unjournaled_bytes"] = {name: float(ring.unjournaled_bytes) for name, ring in rings.items()}
        writer = picture.services[WRITER].health if WRITER in picture.services else None
        if writer is not None:
            behind = dict(_behind(picture, writer, now_s))
            values["db.behind_entries"] = {name: entries for name, (entries, _) in behind.items()}
            if now_s - picture.began_at_s > SETTLED_S:  # before, nobody knows since when
                values["db.behind_s"] = {name: seconds for name, (_, seconds) in behind.items()}

    # OBS

    def _read_obs(self, picture: Picture, values: Values, now_s: float) -> None:
        if not picture.obs:
            return
        for metric, kind in ALARMS.items():
            values[metric] = {name: float(kind in status.alarms) for name, status in picture.obs.items()}
        for metric in _OF_LOAD:
            values[metric] = {}
        is_busy = _is_busy(picture.sample)
        for name, status in picture.obs.items():
            if not status.is_active:
                continue
            if status.load is None:
                for metric in _OF_LOAD:
                    values[metric][name] = UNKNOWN
                continue
            values["obs.cpu_percent"][name] = status.load.cpu_percent
            skipped = self._skipped(name, status, status.load, now_s)
            values["obs.render_skipped_percent"][name] = skipped["render"]
            values["obs.output_skipped_percent"][name] = skipped["output"]
            values["obs.stream_dropped_percent"][name] = skipped["stream"]
            values["obs.starved_percent"][name] = max(skipped["render"], skipped["output"]) if is_busy else 0.0
        self._frames.keep([(name, word, what) for name in picture.obs for word in _FRAMES for what in ("all", "lost")])

    def _skipped(self, name: str, status: ObsStatus, load: ObsLoad, now_s: float) -> dict[str, float]:
        outputs = status.outputs
        pairs = (
            (load.render_frames, load.render_frames_skipped),
            (load.output_frames, load.output_frames_skipped),
            (outputs.stream_frames, outputs.stream_frames_dropped) if outputs is not None else (0, 0),
        )
        found = {}
        for word, (all_frames, skipped) in zip(_FRAMES, pairs, strict=True):
            drawn = _grown(self._frames, (name, word, "all"), all_frames, now_s)
            lost = _grown(self._frames, (name, word, "lost"), skipped, now_s)
            # At its first sight a count is not known to have grown.
            found[word] = min(100.0, 100.0 * lost / drawn) if drawn > 0 else 0.0
        return found

    # Services

    def _read_services(self, picture: Picture, values: Values, now_s: float, now_us: int) -> None:
        lives = picture.services
        for metric in ("silent_s", "restarts", "stays_down", "faults", "events_lost", "queue_depth", "loop_lag_ms"):
            values[f"service.{metric}"] = {}
        silent = {name: self._silent_s(picture, name, now_s) for name in lives if name != MONITOR}
        is_settled = now_s - picture.began_at_s > SETTLED_S
        is_deaf = silent.get(BROKER, 0.0) > 0
        newest = {one.service: one.kind for one in picture.incidents}
        down = {name for name, kind in newest.items() if kind is IncidentKind.STAYS_DOWN and silent.get(name, 0.0) > 0}
        for name, life in lives.items():
            values["service.restarts"][name] = 0.0
            values["service.faults"][name] = _grown(self._faults, name, life.faults, now_s)
            is_known = life.heard_at_s is not None or life.answered_at_s is not None or is_settled
            if name != MONITOR:
                is_heard = is_known and not (is_deaf and name != BROKER)  # without the broker nobody is heard
                values["service.silent_s"][name] = (0.0 if name in down else silent[name]) if is_heard else UNKNOWN
            if life.health is not None:
                lost = picture.trails.grown.recent((Subject.SERVICE, name, "lost"), now_s=now_s)
                values["service.events_lost"][name] = sum(lost)
                values["service.queue_depth"][name] = float(life.health.queue_depth)
                values["service.loop_lag_ms"][name] = life.health.loop_lag_ms
            values["service.stays_down"][name] = float(name in down) if name in down or is_known else UNKNOWN
        for one in picture.incidents:
            is_recent = 0 <= now_us - one.happened_at_us <= RESTARTS_S * 1_000_000  # a clock set back makes none
            if one.kind is IncidentKind.RESTARTED and is_recent and one.service in lives:
                values["service.restarts"][one.service] += 1

    @staticmethod
    def _silent_s(picture: Picture, name: str, now_s: float) -> float:
        """How long nothing was heard of a service, by the bus or by its command socket."""
        life = picture.services[name]
        since = now_s - max(picture.began_at_s, life.heard_at_s or 0.0, life.answered_at_s or 0.0)
        return since if since > SILENT_S else 0.0


def _grown(growth: Growth, key: Hashable, count: float, now_s: float) -> float:
    growth.count(key, count, now_s=now_s)
    return sum(growth.recent(key, now_s=now_s))


def _of_machine(sample: SystemSample) -> Values:
    cpu, memory, clock = sample.cpu, sample.memory, sample.clock
    swap = memory.swap_total_bytes
    found: dict[str, float | None] = {
        "cpu.percent": cpu.percent,
        "cpu.waiting_percent": cpu.waiting_percent,
        "cpu.temperature_c": cpu.temperature_c,
        "memory.available_percent": 100.0 * memory.available_bytes / max(1, memory.total_bytes),
        "memory.waiting_percent": memory.waiting_percent,
        "memory.swap_used_percent": 100.0 * memory.swap_used_bytes / swap if swap else 0.0,
        "memory.swapped_bytes_per_s": memory.swapped_bytes_per_s,
        "clock.offset_ms": None if clock.offset_ms is None else abs(clock.offset_ms),
    }
    return {name: {MACHINE: UNKNOWN if value is None else value} for name, value in found.items()}


def _behind(picture: Picture, writer: ServiceHealth, now_s: float) -> Iterator[tuple[str, tuple[float, float]]]:
    """Entries and seconds of each ring that listens; since when is what health remembers."""
    for name, ring in picture.rings.items():
        done, behind = writer.positions.get(name), picture.trails.behind.get(name)
        if ring.status is None or not ring.status.listening:
            continue
        stored = done.entry if done is not None and done.journal_id == ring.status.journal_id else 0
        entries = float(max(0, ring.status.entry - stored))
        yield name, (entries, now_s - behind.at_s if behind is not None and entries else 0.0)


def _is_unjournaled(picture: Picture) -> bool:
    """Whether what is received is kept in memory only."""
    statuses = [ring.status for ring in picture.rings.values() if ring.status is not None]
    return picture.journal_error is not None or any(status.unjournaled_bytes for status in statuses)


def _is_busy(sample: SystemSample | None) -> bool:
    return sample is not None and (
        sample.cpu.percent >= BUSY_PERCENT or (sample.cpu.waiting_percent or 0.0) >= WAITING_PERCENT
    )
