"""Hears what the services say of themselves and puts it into the picture; cpu-monitor.

Only what is said rarely: a topic with an event for each datagram would have its producer encode them all for us.
"""

import math
from functools import partial
from typing import Final

from services.cpu_monitor.picture import Picture, RingPicture
from shared.asker import Asker
from shared.clock import monotonic_s, unix_ns
from shared.messages.commands import GetDatabaseStatus, GetRings, ListMatchStates, ParserRings, Rings
from shared.messages.database import DatabaseStatus, WriteTrouble
from shared.messages.license import GetLicense, LicenseStatus
from shared.messages.match import Stage
from shared.messages.meters import MetersRead
from shared.messages.obs import ObsChanged, ObsConfigured, ObsStatus
from shared.messages.obs_commands import GetObsStatus, ObsStatuses
from shared.messages.service import ServiceFault, ServiceHealth
from shared.messages.topics import (
    DB_TROUBLE,
    LICENSE_STATUS,
    OBS_CHANGED,
    OBS_STATUS,
    SERVICE_FAULT,
    SERVICE_HEALTH,
    SERVICE_METERS,
    UDP_JOURNAL,
    UDP_RING,
)
from shared.messages.udp import JournalTrouble, RingStatus
from shared.runtime import HEALTH_EVERY_S, Runtime

ASK_EVERY_S: Final = 10.0
"""What was missed on the bus is known this much later: state that is told only when it changes."""


def listen(runtime: Runtime, picture: Picture, asker: Asker) -> "Ears":
    """Register every ear."""
    ears = Ears(runtime, picture, asker)
    runtime.on(SERVICE_HEALTH)(ears.hear_health)
    runtime.on(SERVICE_FAULT)(ears.hear_fault)
    runtime.on(SERVICE_METERS)(ears.hear_meters)
    runtime.on(UDP_RING)(ears.hear_ring)
    runtime.on(UDP_JOURNAL)(ears.hear_journal)
    runtime.on(OBS_STATUS)(ears.hear_obs)
    runtime.on(OBS_CHANGED)(ears.hear_connections)
    runtime.on(DB_TROUBLE)(ears.hear_trouble)
    runtime.on(LICENSE_STATUS)(ears.hear_license)
    runtime.on_start(ears.ask)
    runtime.every(ASK_EVERY_S, ears.ask)
    return ears


class Ears:
    """Each method takes one kind of event."""

    def __init__(self, runtime: Runtime, picture: Picture, asker: Asker) -> None:
        self._runtime = runtime
        self._picture = picture
        self._asker = asker
        self._signs: dict[str, ServiceHealth] = {}
        self._knows_rings = False
        self._trouble_at_s = -math.inf

    def hear_health(self, health: ServiceHealth) -> None:
        """A service lives. One that began anew is asked for what it told nobody."""
        life = self._picture.services.get(health.service)
        if life is None:
            return  # somebody's own service, not of the suite
        life.health = health
        life.heard_at_s = monotonic_s()
        before = self._signs.get(health.service)
        is_same = before is not None and before.boot_id == health.boot_id
        self._signs[health.service] = health
        if not is_same:
            self.ask(health.service)
        known = before.stages if before is not None and is_same else {}
        for ring, stage in health.stages.items():
            self.hear_stage(ring, stage, is_live=ring in known)

    def hear_fault(self, fault: ServiceFault) -> None:
        """Something in a service failed."""
        life = self._picture.services.get(fault.service)
        if life is not None:
            life.faults = fault.count

    def hear_meters(self, read: MetersRead) -> None:
        """What a service counts."""
        self._picture.meters[read.service] = read

    def hear_ring(self, status: RingStatus) -> None:
        """A ring's socket and counters, and whether the journal, which is one for all rings, can be written."""
        ring = self._picture.rings.setdefault(status.ring, RingPicture())
        ring.hear(status, now_s=monotonic_s(), now_us=unix_ns() // 1000)
        self._picture.journal_error = status.journal_error

    def hear_journal(self, trouble: JournalTrouble) -> None:
        """The journal cannot be written, or can again."""
        self._picture.journal_error = trouble.error

    def hear_stage(self, name: str, stage: Stage, *, is_live: bool) -> None:
        """How far a ring's match is. `is_live`: the parser told it in its last sign of life, too, so that a datagram
        changed it within the last second; udp-ingest may tell of it later. Else the stage was read out of the journal,
        and may be minutes old.
        """
        ring, now_s = self._picture.rings.get(name), monotonic_s()
        if ring is None or ring.stage is stage:
            return
        if is_live and ring.stage is not None:
            ring.packet_at_s = max(ring.packet_at_s or 0.0, now_s - HEALTH_EVERY_S)
        ring.stage, ring.stage_at_s = stage, now_s

    def hear_obs(self, status: ObsStatus) -> None:
        """How an OBS is."""
        self._picture.obs[status.connection] = status

    def hear_connections(self, changed: ObsChanged) -> None:
        """Connections were made or removed: those that there are now are asked for."""
        if changed.what is ObsConfigured.CONNECTION:
            self.ask(GetObsStatus.service)

    def hear_trouble(self, trouble: WriteTrouble) -> None:
        """The database cannot be written, or can again."""
        self._picture.database_error, self._picture.database_cause = trouble.error, trouble.cause
        self._trouble_at_s = monotonic_s()

    def hear_license(self, status: LicenseStatus) -> None:
        """How the licence stands."""
        self._picture.license = status

    def ask(self, service: str | None = None) -> None:
        """Ask for what is only told when it changes; of one service, or of all. What was told since is newer than the
        answer.
        """
        now_s = monotonic_s()
        if service in (None, GetRings.service):
            self._asker.ask(GetRings(), self._take_rings)
        if service in (None, ListMatchStates.service):
            self._asker.ask(ListMatchStates(), partial(self._take_matches, now_s))
        if service in (None, GetDatabaseStatus.service):
            self._asker.ask(GetDatabaseStatus(), partial(self._take_database, now_s))
        if service in (None, GetObsStatus.service):
            self._asker.ask(GetObsStatus(), self._take_obs)
        if service in (None, GetLicense.service):
            self._asker.ask(GetLicense(), self.hear_license)

    def _take_rings(self, rings: Rings) -> None:
        are_new = not self._knows_rings or any(status.ring not in self._picture.rings for status in rings.rings)
        self._picture.journal_error = None  # without a ring nothing is journaled
        for status in rings.rings:
            self.hear_ring(status)
        for name in set(self._picture.rings) - {status.ring for status in rings.rings}:
            del self._picture.rings[name]
        self._knows_rings = True
        if are_new:
            self.ask(ListMatchStates.service)  # what was answered before is not kept: it was of no known ring

    def _take_matches(self, asked_at_s: float, found: ParserRings) -> None:
        for state in found.states:
            ring = self._picture.rings.get(state.ring)
            if ring is not None and ring.stage_at_s < asked_at_s:
                ring.stage = state.stage
                ring.match, ring.match_at_s = state, monotonic_s()
        if self._knows_rings:
            self._picture.are_matches_known = True

    def _take_database(self, asked_at_s: float, status: DatabaseStatus) -> None:
        self._picture.database = status
        if self._trouble_at_s < asked_at_s:
            self._picture.database_error, self._picture.database_cause = status.error, status.cause

    def _take_obs(self, statuses: ObsStatuses) -> None:
        self._picture.obs = {status.connection: status for status in statuses.connections}
