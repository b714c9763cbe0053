"""Measures at the interval that is set, and tells: the picture, the bus, and averages into the outbox; cpu-monitor."""

from functools import partial
from typing import Final

import msgspec

from services.cpu_monitor.picture import Picture
from services.cpu_monitor.sampling.averages import Averager
from services.cpu_monitor.sampling.chores import Chores
from services.cpu_monitor.sampling.datagrams import DatagramMeter
from services.cpu_monitor.sampling.disks import DiskMeter
from services.cpu_monitor.sampling.interfaces import InterfaceMeter, link_speeds
from services.cpu_monitor.sampling.memory import MemoryMeter
from services.cpu_monitor.sampling.places import Place, Seen, look_at, own_places, recording_places
from services.cpu_monitor.sampling.process_list import Found, ProcessList
from services.cpu_monitor.sampling.processes import Footprint, ProcessMeter, footprints
from services.cpu_monitor.sampling.processor import ProcessorMeter
from services.cpu_monitor.sampling.sensors import Sensed, sense
from services.cpu_monitor.sampling.studios import FrameCounts, asked_of, pids_of, uses_of
from services.cpu_monitor.sampling.time_service import Told, ask_time
from services.cpu_monitor.sampling.wall_clock import ClockMeter
from shared.clock import monotonic_s, unix_ns
from shared.errors import ValidationError
from shared.messages.obs import ObsStatus
from shared.messages.service import BRIDGE
from shared.messages.system import GetSystem, SystemSample
from shared.messages.topics import SYSTEM_AVERAGED, SYSTEM_SAMPLE
from shared.outbox import Outbox
from shared.runtime import Runtime
from shared.settings.backup_keys import BACKUP_FOLDER
from shared.settings.monitor_keys import MONITOR_ENABLED, MONITOR_INTERVAL_MS, TIME_SERVER
from shared.timers import Timer

FIRST_S: Final = 0.5
"""The first sample comes in a second at most, whatever the interval: somebody has just switched it on."""
LOOK_EVERY_S: Final = 1.0
"""How often it is looked which chores are due, whatever the interval."""
PROCESSES_EVERY_S: Final = 3.0
"""How soon a new process is seen."""
PLACES_EVERY_S: Final = 10.0
"""A disk fills in minutes."""
SENSORS_EVERY_S: Final = 10.0
STUDIOS_EVERY_S: Final = 10.0
FOOTPRINTS_EVERY_S: Final = 30.0
"""Memory by share costs the kernel a walk through all of it: a fifth of a millisecond for each service."""
TOLD_WITHIN_S: Final = 5.0
"""What OBS says of itself is told each second; what is older is not how it is."""
RARELY_S: Final = 60.0
"""For what hardly changes: where OBS records, how fast a cable is."""
PLACE: Final = "place "
TIME: Final = "time"
TIME_EVERY_S: Final = 64.0
"""What a time server asks of its clients at least, in normal operation."""
SHORT_S, LONG_S = 10, 60
"""The two periods of which averages are kept."""


def measure(runtime: Runtime, picture: Picture, outbox: Outbox) -> None:
    """Register all that measuring needs."""
    monitor = Monitor(runtime, picture, outbox)
    runtime.on_command(GetSystem, lambda _: monitor.newest())
    runtime.on_start(monitor.begin)
    runtime.every(LOOK_EVERY_S, monitor.look)
    runtime.on_stop(monitor.end)


class Monitor:
    """Measures while it is switched on. An interval of another length holds from the next sample on."""

    def __init__(self, runtime: Runtime, picture: Picture, outbox: Outbox) -> None:
        self._runtime = runtime
        self._settings = runtime.settings
        self._picture = picture
        self._outbox = outbox
        self._timer: Timer | None = None
        self._machine: Machine | None = None
        self._short, self._long = Averager(SHORT_S), Averager(LONG_S)
        self._frames = FrameCounts()

    def begin(self) -> None:
        """Follow the settings."""
        self._runtime.on_setting(MONITOR_ENABLED, self._switch)
        self._runtime.on_setting(MONITOR_INTERVAL_MS, self._set_interval)

    def end(self) -> None:
        """The service ends."""
        self._switch(is_on=False)

    def look(self) -> None:
        """Begin the chores that are due."""
        if self._machine is not None:
            self._machine.look()

    def newest(self) -> SystemSample:
        """The newest sample.

        Raises:
            ValidationError: there is none.
        """
        if self._machine is None:
            raise ValidationError("monitor.off", "Measuring is switched off. Switch it on with: restrike monitor on")
        if self._picture.sample is None:
            raise ValidationError("monitor.nothing_yet", "Nothing is measured yet: ask again in a second.")
        return self._picture.sample

    def _switch(self, is_on: bool) -> None:  # noqa: FBT001  # it takes a setting's value
        if is_on and self._machine is None:
            self._machine = Machine(self._runtime, self._picture)
            self._every(min(self._interval_s(), FIRST_S))
        elif not is_on and self._machine is not None:
            self._machine.close()
            self._machine = self._picture.sample = None
            self._cancel()
            self._short, self._long = Averager(SHORT_S), Averager(LONG_S)
            self._frames = FrameCounts()

    def _set_interval(self, _interval_ms: int) -> None:
        if self._machine is not None and self._picture.sample is not None:
            self._every(self._interval_s())

    def _interval_s(self) -> float:
        return self._settings.get(MONITOR_INTERVAL_MS) / 1000

    def _every(self, seconds: float) -> None:
        self._cancel()
        self._timer = self._runtime.every(seconds, self._tick)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        if self._timer is not None and self._timer.period != self._interval_s():  # it was the first
            self._every(self._interval_s())
        if self._machine is not None:
            self._tell(self._machine.sample())

    def _tell(self, sample: SystemSample) -> None:
        self._picture.sample = sample
        self._runtime.bus.publish(SYSTEM_SAMPLE, self._runtime.service, sample)
        short = self._short.add(msgspec.structs.replace(sample, obs=self._frames.of_interval(sample.obs)))
        if short is None:
            return
        long = self._long.add(short.sample)
        averaged = [short] if long is None else [short, long]
        self._outbox.add([short], can_be_spared=True)
        if long is not None:
            self._outbox.add([long])
        for one in averaged:
            self._runtime.bus.publish(SYSTEM_AVERAGED, self._runtime.service, one)


class Machine:
    """All meters, and the chores that some of them need, from when measuring was switched on."""

    def __init__(self, runtime: Runtime, picture: Picture) -> None:
        self._runtime = runtime
        self._picture = picture
        self._sensed = Sensed()
        self._speeds: dict[str, int] = {}
        self._pids: dict[str, int] = {}
        self._recordings: tuple[Place, ...] = ()
        self._server = runtime.settings.get(TIME_SERVER)
        self._found: tuple[Found, ...] = ()
        self._processor, self._memory = ProcessorMeter(), MemoryMeter()
        self._datagrams, self._clock = DatagramMeter(), ClockMeter()
        self._disks, self._interfaces, self._processes = DiskMeter(), InterfaceMeter(), ProcessMeter()
        self._chores = Chores(runtime)
        self._begin_chores(ProcessList(runtime.paths))
        self._measured_s = monotonic_s()
        self.look()
        self.sample()  # what the first one counts from

    def close(self) -> None:
        """Let all files go; what a chore still does is forgotten."""
        self._chores.close()
        self._picture.time_error = None
        for meter in (self._processor, self._memory, self._datagrams, self._disks, self._interfaces, self._processes):
            meter.close()

    def sample(self) -> SystemSample:
        """Of the time since the last one, however long that was."""
        now_s = monotonic_s()
        elapsed_s, self._measured_s = now_s - self._measured_s, now_s
        clock = self._clock.measure()
        if clock.stepped_ms:
            self._chores.hasten(TIME)
        return SystemSample(
            at_us=unix_ns() // 1000,
            interval_ms=round(elapsed_s * 1000),
            cpu=self._processor.measure(self._sensed),
            memory=self._memory.measure(elapsed_s),
            udp=self._datagrams.measure(),
            clock=clock,
            disks=self._disks.measure(elapsed_s, now_s),
            networks=self._interfaces.measure(elapsed_s, self._speeds),
            processes=self._processes.measure(now_s),
            obs=uses_of(self._statuses(now_s), self._pids),
        )

    def _statuses(self, now_s: float) -> list[ObsStatus]:
        """What each OBS said last; nothing once obs-bridge, who tells it, is silent."""
        bridge = self._picture.services.get(BRIDGE)
        heard_s = bridge.heard_at_s if bridge is not None else None
        is_told = heard_s is not None and now_s - heard_s <= TOLD_WITHIN_S
        return list(self._picture.obs.values()) if is_told else []

    def _begin_chores(self, listed: ProcessList) -> None:
        add, paths = self._chores.add, self._runtime.paths
        add("processes", listed.look, self._take_processes, every_s=PROCESSES_EVERY_S)
        add("sensors", sense, self._take_sensed, every_s=SENSORS_EVERY_S)
        add("speeds", link_speeds, self._take_speeds, every_s=RARELY_S)
        add("recordings", partial(recording_places, paths), self._take_recordings, every_s=RARELY_S)
        known_s = monotonic_s() + PROCESSES_EVERY_S  # by then the processes are
        add(
            "footprints",
            self._read_footprints,
            self._processes.take_footprints,
            every_s=FOOTPRINTS_EVERY_S,
            due_s=known_s,
        )
        add(TIME, self._ask_time, self._take_time, every_s=TIME_EVERY_S)
        add("studios", self._find_studios, self._take_studios, every_s=STUDIOS_EVERY_S, due_s=known_s)

    def look(self) -> None:
        """Begin the chores that are due: those of the places that are used now, and the others."""
        server = self._runtime.settings.get(TIME_SERVER)
        if server != self._server:
            self._server = server
            self._chores.hasten(TIME)
        own = own_places(self._runtime.paths, self._runtime.settings.get(BACKUP_FOLDER))
        places = {f"{PLACE}{one.purpose} {one.folder}": one for one in (*own, *self._recordings)}
        self._disks.keep(places.values())
        self._chores.keep(PLACE, set(places))
        for name, place in places.items():
            self._chores.add(name, partial(look_at, place), partial(self._take_place, place), every_s=PLACES_EVERY_S)
        self._chores.look(monotonic_s())

    # What runs in a thread: it reads what the loop puts whole in a new one's place, and changes nothing

    def _read_footprints(self) -> dict[Found, Footprint]:
        return footprints(self._found)

    def _ask_time(self) -> tuple[str, Told]:
        server = self._server
        return server, ask_time(server)

    def _find_studios(self) -> dict[str, int]:
        sample = self._picture.sample
        rss = {one.pid: one.rss_bytes for one in sample.processes} if sample is not None else {}
        return pids_of(asked_of(list(self._picture.obs.values())), self._found, rss)

    # What the loop does with what they found

    def _take_processes(self, found: tuple[Found, ...]) -> None:
        self._found = found
        self._processes.take(found, monotonic_s())

    def _take_sensed(self, sensed: Sensed) -> None:
        self._sensed = sensed

    def _take_studios(self, pids: dict[str, int]) -> None:
        self._pids = pids

    def _take_time(self, asked: tuple[str, Told]) -> None:
        server, told = asked
        if server != self._server:  # it was set otherwise meanwhile: that one is asked next
            return
        self._clock.take_offset(told.offset_ms)
        if told.error != self._picture.time_error and told.error is not None:
            self._runtime.log.warning("time_not_told", error=told.error)
        self._picture.time_error = told.error

    def _take_speeds(self, speeds: dict[str, int]) -> None:
        self._speeds = speeds

    def _take_recordings(self, places: tuple[Place, ...]) -> None:
        self._recordings = places

    def _take_place(self, place: Place, seen: Seen | None) -> None:
        self._disks.take(place, seen, monotonic_s())
