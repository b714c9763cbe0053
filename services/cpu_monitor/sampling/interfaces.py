"""Network interfaces: their counters from /proc/net/dev, whether they run from the kernel's flags; cpu-monitor."""

import array
import contextlib
import fcntl
import os
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Final

import psutil
from msgspec import Struct

from services.cpu_monitor.sampling.kernel_file import KernelFile
from services.cpu_monitor.sampling.rates import count, rate
from shared.messages.system import NetworkUse

NOT_OURS: Final = ("veth",)
"""How the ends of containers' lines are called: there may be hundreds, and no ring is on one."""
MOST: Final = 32
"""More than any machine of a venue has."""
SIOCGIFFLAGS: Final = 0x8913
IFF_RUNNING: Final = 0x40
_NAME_BYTES: Final = 16


class Counters(Struct, frozen=True, gc=False):
    """An interface since it was made."""

    received_bytes: int
    received_packets: int
    sent_bytes: int
    sent_packets: int
    errors: int
    drops: int


class InterfaceMeter:
    """All interfaces but containers' own, and those that are down and never carried anything."""

    def __init__(self, proc: str = "/proc", is_running: "Callable[[str], bool] | None" = None) -> None:
        self._file = KernelFile(f"{proc}/net/dev")
        self._flags = Flags()
        self._is_running = is_running or self._flags.is_running
        self._before: dict[str, Counters] = {}

    def measure(self, elapsed_s: float, speeds: Mapping[str, int]) -> tuple[NetworkUse, ...]:
        """Rates since the measurement before; an interface that was not there then has none yet."""
        before, self._before = self._before, counters_of(self._file.read() or b"")
        found = []
        for name, now in self._before.items():
            is_up = self._is_running(name)
            if is_up or now.received_packets or now.sent_packets or _is_device(name):
                found.append(_use(name, before.get(name, now), now, elapsed_s, is_up=is_up, speed=speeds.get(name)))
        return tuple(found[:MOST])

    def close(self) -> None:
        """Let its file and its socket go."""
        self._file.close()
        self._flags.close()


class Flags:
    """Asks the kernel for an interface's flags, in this process's own network."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def is_running(self, name: str) -> bool:
        """Whether it is switched on, and has a carrier."""
        request = array.array("B", struct.pack("16sH14x", name.encode()[: _NAME_BYTES - 1], 0))
        try:
            fcntl.ioctl(self._socket, SIOCGIFFLAGS, request, True)  # noqa: FBT003  # the C call's own argument: in place
        except OSError:  # it was removed a moment ago
            return False
        return bool(struct.unpack_from("H", request, _NAME_BYTES)[0] & IFF_RUNNING)

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()


def counters_of(text: bytes) -> dict[str, Counters]:
    """What /proc/net/dev says, by interface."""
    found = {}
    for line in text.split(b"\n")[2:]:
        name, colon, fields = line.partition(b":")
        interface = name.strip().decode(errors="replace")
        if colon and not interface.startswith(NOT_OURS):
            n = [int(field) for field in fields.split()]
            found[interface] = Counters(n[0], n[1], n[8], n[9], n[2] + n[10], n[3] + n[11])
    return found


def link_speeds() -> dict[str, int]:
    """The speed in Mbit/s of each interface that tells one; in a chore, as drivers may be slow to say it."""
    with contextlib.suppress(OSError):
        return {name: found.speed for name, found in psutil.net_if_stats().items() if found.speed > 0}
    return {}


def _use(  # noqa: PLR0913  # it is what a use is made of
    name: str, before: Counters, now: Counters, elapsed_s: float, *, is_up: bool, speed: int | None
) -> NetworkUse:
    return NetworkUse(
        interface=name,
        is_up=is_up,
        received_bytes_per_s=rate(before.received_bytes, now.received_bytes, elapsed_s) or 0.0,
        sent_bytes_per_s=rate(before.sent_bytes, now.sent_bytes, elapsed_s) or 0.0,
        received_packets_per_s=rate(before.received_packets, now.received_packets, elapsed_s) or 0.0,
        sent_packets_per_s=rate(before.sent_packets, now.sent_packets, elapsed_s) or 0.0,
        errors=count(before.errors, now.errors),
        drops=count(before.drops, now.drops),
        speed_mbps=speed,
    )


def _is_device(name: str) -> bool:
    """Whether there is a card behind it: one without a cable is worth telling."""
    return os.path.exists(f"/sys/class/net/{name}/device")  # noqa: PTH110  # its path is text
