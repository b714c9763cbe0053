"""Checks: the interface of each ring is there and up, and the kernel buffers as much as the ring asks for."""

import socket
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from services.cli.doctor.result import Mend, Result, failed, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.config import Ring
from shared.interfaces import detect, recommended
from shared.messages.facts import NetworkInterface

ALL: Final = "0.0.0.0"  # noqa: S104  # it is compared with, not bound
RMEM_MAX: Final = Path("/proc/sys/net/core/rmem_max")
SYSCTL_FILE: Final = Path("/etc/sysctl.d/90-restrike.conf")


def look_at_interfaces(site: Site) -> list[Result]:
    """The address that each ring listens on."""
    return judge_interfaces(site.config.rings, detect())


def judge_interfaces(rings: Iterable[Ring], interfaces: list[NetworkInterface]) -> list[Result]:
    """Whether what each ring is bound to is an address of this machine that is up."""
    return [_interface(ring, interfaces) for ring in rings]


def _interface(ring: Ring, interfaces: list[NetworkInterface]) -> Result:
    name = ring.name
    best = recommended(interfaces)
    to_auto = f"restrike udp bind {name} auto"
    if ring.bind in ("auto", ALL):
        if best is None:
            return failed("No network interface is up.", "Plug the network in; see restrike udp interfaces.", name)
        how = "auto" if ring.bind == "auto" else "every address"
        return ok(f"Bound to {how}: {best.address} ({best.name}) is up.", name)
    found = next((one for one in interfaces if one.address == ring.bind), None)
    if found is None:
        sentence = f"{ring.bind} is no address of this machine."
        return failed(sentence, f"Give an interface that address, or run: {to_auto}", name)
    if not found.is_up:
        return failed(f"{found.name}, which has {ring.bind}, is down.", f"ip link set {found.name} up", name)
    if found.is_loopback and best is not None:
        sentence = f"Bound to {ring.bind}: it hears only programs on this machine."
        return warning(sentence, f"To hear the network ({best.address}, {best.name}): {to_auto}", name)
    return ok(f"{ring.bind} ({found.name}) is up.", name)


def look_at_buffers(site: Site) -> list[Result]:
    """What the kernel gives each ring."""
    given = {name: status.receive_buffer_bytes for name, status in site.rings.items() if status.listening}
    tried = {ring.name: given.get(ring.name) or _tried(ring.receive_buffer_bytes) for ring in site.config.rings}
    try:
        most: int | None = int(RMEM_MAX.read_text())
    except OSError:  # a network namespace of its own does not show it
        most = None
    return judge_buffers(site.config.rings, tried, most=most)


def _tried(asked: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, asked)
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def judge_buffers(rings: list[Ring], given: dict[str, int], *, most: int | None) -> list[Result]:
    """Whether each ring got the receive buffer that it asks for; `most` is net.core.rmem_max."""
    needed = max((ring.receive_buffer_bytes for ring in rings), default=0)
    results = []
    for ring in rings:
        asked, got = ring.receive_buffer_bytes, given[ring.name]
        if got >= asked:
            results.append(ok(f"Asked for {asked} bytes and got them.", ring.name))
        elif most is None or most >= needed:
            fix = f"Restart the ring: restrike udp restart {ring.name}"
            results.append(warning(f"Asked for {asked} bytes and got {got}.", fix, ring.name))
        else:
            command = f"sudo sysctl -w net.core.rmem_max={needed}"
            sentence = f"Asked for {asked} bytes and got {got}: net.core.rmem_max is {most}."
            fix = f"{command}, then restrike udp restart {ring.name}. For good: {SYSCTL_FILE}"
            results.append(warning(sentence, fix, ring.name, _raise_rmem(needed, command)))
    return results or [skipped("There is no ring.")]


def _raise_rmem(needed: int, command: str) -> Mend:
    what = f"set net.core.rmem_max to {needed}, now and in {SYSCTL_FILE}"
    return Mend(what=what, command=command, act=partial(raise_rmem, needed), asks=True, needs_root=True)


def raise_rmem(needed: int, *, now: Path = RMEM_MAX, lasting: Path = SYSCTL_FILE) -> None:
    """Let the kernel give `needed` bytes, now and after each start of the machine."""
    now.write_text(f"{needed}\n")
    lasting.parent.mkdir(parents=True, exist_ok=True)
    lasting.write_text(f"# Written by restrike doctor --fix.\nnet.core.rmem_max = {needed}\n")
    lasting.chmod(0o644)
