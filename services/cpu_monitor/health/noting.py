"""What must be remembered between two judgements: counters that grow, a database that is behind; cpu-monitor."""

from typing import Final

from services.cpu_monitor.health import clock, database
from services.cpu_monitor.health.view import ALIVE_S
from services.cpu_monitor.picture import Picture
from services.cpu_monitor.trails import Behind
from shared.messages.health import Subject
from shared.messages.meters import MetersRead
from shared.messages.service import INGEST, WRITER, Position
from shared.messages.system import SystemSample
from shared.meter_list import JOURNAL_COMMIT

_OF_SERVICES: Final = ("lost", "dropped", "faults")
_OF_SESSIONS: Final = ("kernel_drops", "refused")


class Notes:
    """Notes what is new in the picture; before each judgement."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._seen: dict[str, object] = {}
        self._commits_before = 0, 0.0

    def take(self, *, now_s: float, loop_lag_ms: float) -> None:
        """Look through the picture at `now_s` (monotonic); a service may be late by `loop_lag_ms`."""
        self._services(now_s, loop_lag_ms)
        self._rings(now_s)
        self._positions(now_s)
        picture = self._picture
        status, writer = picture.database, picture.services.get(WRITER)
        if status is not None and writer is not None and writer.health is not None:
            key = (Subject.DATABASE, database.NAME, "rows_refused")
            picture.trails.grown.count(key, status.rows_refused, life=writer.health.boot_id, now_s=now_s)
        read = picture.meters.get(INGEST)
        if read is not None and self._is_new("meters", read):
            self._commits(read)
        sample = picture.sample
        if sample is not None and self._is_new("sample", sample):
            self._sample(sample, now_s)

    def _is_new(self, what: str, value: object) -> bool:
        if self._seen.get(what) is value:
            return False
        self._seen[what] = value
        return True

    def _services(self, now_s: float, loop_lag_ms: float) -> None:
        trails = self._picture.trails
        heard = [life.heard_at_s for life in self._picture.services.values() if life.heard_at_s is not None]
        if not heard or now_s - max(heard) > ALIVE_S:
            trails.bus_away_at_s = now_s
        for name, life in self._picture.services.items():
            health = life.health
            if health is None or not self._is_new(name, health):
                continue
            for what in _OF_SERVICES:
                key = (Subject.SERVICE, name, what)
                trails.grown.count(key, getattr(health, what), life=health.boot_id, now_s=now_s)
            if health.loop_lag_ms > loop_lag_ms:
                trails.grown.mark((Subject.SERVICE, name, "lag"), health.loop_lag_ms, now_s=now_s)

    def _commits(self, read: MetersRead) -> None:
        """What commits took since the reading before; after a start anew, since that start."""
        found = next((one for one in read.histograms if one.name == JOURNAL_COMMIT.name), None)
        count, sum_s = (sum(found.counts), found.sum) if found is not None else (0, 0.0)
        count_before, sum_before_s = self._commits_before if self._commits_before[0] <= count else (0, 0.0)
        self._commits_before = count, sum_s
        new = count - count_before
        self._picture.trails.commit_s = (sum_s - sum_before_s) / new if new else None

    def _rings(self, now_s: float) -> None:
        for name, ring in self._picture.rings.items():
            status = ring.status
            if status is None or not self._is_new(f"ring {name}", status):
                continue
            grown = self._picture.trails.grown
            for what in _OF_SESSIONS:
                grown.count((Subject.RING, name, what), getattr(status, what), life=status.session or "", now_s=now_s)
            grown.count((Subject.RING, name, "lost"), status.lost, now_s=now_s)  # runs on over sessions

    def _positions(self, now_s: float) -> None:
        """Since when the database has not come to where a ring's journal was."""
        writer = self._picture.services.get(WRITER)
        stored = writer.health.positions if writer is not None and writer.health is not None else {}
        behind = self._picture.trails.behind
        for name in set(behind) - set(self._picture.rings):
            del behind[name]
        for name, ring in self._picture.rings.items():
            status, position = ring.status, stored.get(name)
            if status is None or not status.entry:
                continue
            before = behind.get(name)
            is_same = before is not None and before.journal_id == status.journal_id
            if before is not None and is_same and not _is_there(position, before):
                continue
            now = Behind(status.journal_id, status.entry, now_s)
            if _is_there(position, now):
                behind.pop(name, None)
            else:
                behind[name] = now

    def _sample(self, sample: SystemSample, now_s: float) -> None:
        trails = self._picture.trails
        trails.sampled_at_s = now_s
        if sample.clock.is_synchronised:
            trails.was_synchronised = True
        if abs(sample.clock.stepped_ms) >= clock.STEP_MS:
            trails.grown.mark((Subject.CLOCK, clock.NAME, "stepped"), sample.clock.stepped_ms, now_s=now_s)
        for use in sample.networks:
            trails.grown.mark((Subject.NETWORK, use.interface, "errors"), use.errors, now_s=now_s)


def _is_there(position: Position | None, behind: Behind) -> bool:
    return position is not None and position.journal_id == behind.journal_id and position.entry >= behind.entry
