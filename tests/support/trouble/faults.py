"""What goes wrong at a venue, one function each: made, told, mended, and what was lost of the datagrams meanwhile.

Each leaves the suite as it found it, and returns what was measured.
"""

import os
from collections.abc import Callable
from typing import Final

import msgspec
import psutil

from shared.alerts.defaults import DEFAULTS
from shared.clock import monotonic_s
from shared.messages.alerts import Comparison, RemoveAlertRules, SaveAlertRules
from shared.supervisor import ask_supervisor
from tests.support.trouble import disks, processes
from tests.support.trouble.networks import Network
from tests.support.trouble.venue import Measured, Venue
from tests.support.wait import eventually, pause

Fault = Callable[[Venue], Measured]
GIB: Final = 1 << 30
TAKEN_BYTES: Final = 3 * GIB // 2
HOUR_S: Final = 3600
AWAY_S: Final = 10.0
SHORT_AWAY_S: Final = 6.0
SLOW_MS: Final = 300.0
PAUSED_S: Final = 2.0
HOLE: Final = "what udp-ingest's socket had, and what came until its next start; the journal names the hole"
UNHEARD: Final = "what never reached this computer"


def stopped(service: str) -> Fault:
    """A process is frozen as a whole, until the watchdog ends it."""

    def fault(place: Venue) -> Measured:
        pid = place.suite.pid(service)
        bound = HOLE if service == "udp-ingest" else "nothing"
        with place.fault(f"{service} frozen (SIGSTOP)", service, bound=bound) as measured, processes.frozen(pid):
            place.told(measured, service)
            eventually(lambda: not psutil.pid_exists(pid), within=20, what=f"{service} ended by the watchdog")
            place.gone()
        return measured

    return fault


def paused(service: str) -> Fault:
    """A process is frozen for two seconds, as by swapping, and goes on: what waits in its sockets is taken."""

    def fault(place: Venue) -> Measured:
        with place.fault(f"{service} frozen for {PAUSED_S:g} s, then going on") as measured:
            with processes.frozen(place.suite.pid(service)):
                pause(PAUSED_S)
            place.gone()
        return measured

    return fault


def stuck(service: str) -> Fault:
    """The main thread hangs, so the loop turns no more."""

    def fault(place: Venue) -> Measured:
        pid = place.suite.pid(service)
        bound = HOLE if service == "udp-ingest" else "nothing"
        with place.fault(f"{service}'s loop stuck", service, bound=bound) as measured, place.shim.stuck(pid):
            place.told(measured, service)
            eventually(lambda: not psutil.pid_exists(pid), within=20, what=f"{service} ended by the watchdog")
            place.gone()
        return measured

    return fault


def killed(service: str) -> Fault:
    """`kill -9`."""

    def fault(place: Venue) -> Measured:
        bound = HOLE if service == "udp-ingest" else "nothing"
        name = f"{service} killed (kill -9)"
        with place.fault(name, service, cause=lambda: place.suite.kill(service), bound=bound) as measured:
            pass
        return measured

    return fault


def out_of_memory(place: Venue) -> Measured:
    """The kernel ends db-writer for want of memory."""
    pid = place.suite.pid("db-writer")
    name = "db-writer ended by the kernel for want of memory"
    with place.fault(name, "db-writer") as measured, processes.out_of_memory(pid):
        eventually(lambda: not psutil.pid_exists(pid), within=20, what="the kernel ending it")
        place.began()
        place.gone()
    return measured


def memory_taken(place: Venue) -> Measured:
    """Another program takes memory, so that less is left than a rule allows that is set to this machine."""
    rule, machine = DEFAULTS["memory.low"], psutil.virtual_memory()
    left_percent = 100 * (machine.available - TAKEN_BYTES / 2) / machine.total
    near = msgspec.structs.replace(
        rule,
        metric="memory.available_percent",
        comparison=Comparison.BELOW,
        threshold=left_percent,
        hysteresis=0.0,
        for_s=1.0,
        clear_s=1.0,
        only=(),
    )
    place.suite.call(SaveAlertRules(rules=(near,), author="ana"))
    with place.fault(f"memory short ({TAKEN_BYTES / GIB:.1f} GiB taken, alarm set to it)", rule.name) as measured:
        with processes.taken(TAKEN_BYTES):
            place.told(measured, rule.name)
        place.gone()
    place.suite.call(RemoveAlertRules(rules=(rule.name,), author="ana"))
    return measured


def slow_disk(place: Venue) -> Measured:
    """Each sync of the data's disk takes 300 ms more."""
    with place.fault(f"slow disk ({SLOW_MS:.0f} ms each sync)", "disk", "journal", "database", "behind") as measured:
        with place.shim.slow(place.suite.paths.data, sync_ms=SLOW_MS):
            place.told(measured, "disk", "journal", "database", "behind")
        place.gone()
    return measured


def full_disk(place: Venue) -> Measured:
    """Not a byte is left where the data is."""
    with place.fault("full disk", "disk", "journal", "database") as measured:
        with disks.full(place.suite.paths.data.resolve()):
            place.told(measured, "disk", "journal", "database")
            pause(2.0)
        place.gone()
    return measured


def log_folder_refuses(place: Venue) -> Measured:
    """Nothing can be written where the logs are: neither by the services nor by supervisord."""
    with place.fault("log folder cannot be written", "log") as measured:
        with place.shim.refused(place.suite.paths.logs):
            place.told(measured, "log")
            place.suite.kill("pss-parser")
            eventually(place.watch.all_answer, within=10, what="a service that starts without a log")
        place.gone()
    return measured


def burner(place: Venue) -> Measured:
    """Other programs want all of the processor, and more urgently."""
    count = 2 * (os.cpu_count() or 1)
    with place.fault(f"processor taken by {count} other programs (nice -10)", "cpu", "processor") as measured:
        with processes.burning(count):
            place.told(measured, "cpu", "processor", "machine")
        place.gone()
    return measured


def clock_steps(seconds: int) -> Fault:
    """Somebody sets the clock, and later sets it right."""

    def fault(place: Venue) -> Measured:
        with place.fault(f"clock set {seconds // HOUR_S:+d} h", "clock") as measured:
            with place.shim.stepped(seconds):
                place.told(measured, "clock")
                pause(2.0)
            place.gone()
        return measured

    return fault


def broker_gone(seconds: float) -> Fault:
    """The broker is stopped, and started again after so many seconds."""

    def fault(place: Venue) -> Measured:
        with place.fault(f"broker gone for {seconds:g} s", "broker") as measured:
            gone_s = monotonic_s()
            assert ask_supervisor(place.suite.paths, "stopProcess", "restrike:broker", within_s=AWAY_S)
            place.told(measured, "broker", within=seconds)
            pause(max(0.0, gone_s + seconds - monotonic_s()))
            assert ask_supervisor(place.suite.paths, "startProcess", "restrike:broker", within_s=AWAY_S)
            place.gone()
        return measured

    return fault


def card_down(place: Venue, network: Network) -> Measured:
    """The network card that the rings come by is switched off."""
    with place.fault("network card switched off", "network", "ring-", "silent", bound=UNHEARD) as measured:
        with network.down():
            place.told(measured, "network", "ring-", "silent")
            pause(2.0)
        place.gone()
    return measured


def cable_out(place: Venue, network: Network) -> Measured:
    """The cable is pulled."""
    with place.fault("network cable out", "network", "ring-", "silent", bound=UNHEARD) as measured:
        with network.unplugged():
            place.told(measured, "network", "ring-", "silent")
            pause(2.0)
        place.gone()
    return measured


SERVICES: Final = ("broker", "udp-ingest", "pss-parser", "db-writer", "obs-bridge", "cpu-monitor", "license")
FAULTS: Final[tuple[Fault, ...]] = (
    clock_steps(HOUR_S),
    *(killed(service) for service in SERVICES),
    *(stopped(service) for service in ("broker", "udp-ingest", "pss-parser", "cpu-monitor")),
    stuck("db-writer"),
    out_of_memory,
    memory_taken,
    slow_disk,
    full_disk,
    log_folder_refuses,
    burner,
    broker_gone(AWAY_S),
    paused("udp-ingest"),
    clock_steps(-HOUR_S),
)
NETWORK_FAULTS: Final = (card_down, cable_out)
SHORT: Final[dict[str, Fault]] = {
    "clock step": clock_steps(HOUR_S),
    "kill -9": killed("udp-ingest"),
    "frozen": stopped("pss-parser"),
    "watchdog frozen": stopped("cpu-monitor"),
    "stuck": stuck("db-writer"),
    "log folder": log_folder_refuses,
    "broker gone": broker_gone(SHORT_AWAY_S),
}
"""The most important, for each run of all tests."""
