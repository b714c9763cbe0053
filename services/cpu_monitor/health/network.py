"""The network: whether the interface that a ring listens on is up, and takes frames without errors; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.rings import ticks
from services.cpu_monitor.health.view import Verdict, View, degraded, failed, ok, unknown, worst
from shared.messages.facts import NetworkInterface
from shared.messages.health import Subject

ALL: Final = "0.0.0.0"  # noqa: S104  # it is compared with, nothing is bound
_CABLE: Final = "Look at cable and switch. Which there are: restrike udp interfaces"


def judge_network(view: View) -> Iterator[Verdict]:
    """An item for each address that rings listen on."""
    rings: dict[str, list[str]] = {}
    for name, ring in view.picture.rings.items():
        if ring.status is not None and ring.status.listening and ring.status.address is not None:
            rings.setdefault(ring.status.address, []).append(name)
    for address, names in rings.items():
        yield _verdict(view, address, names)


def _verdict(view: View, address: str, rings: list[str]) -> Verdict:
    found = view.picture.interfaces
    if found is None:
        return unknown(address, "The machine's interfaces were not read yet.", "Wait some seconds.")
    is_needed = any(ticks(view.picture.rings[name]) for name in rings)
    bad = failed if is_needed else degraded
    who = ", ".join(rings)
    if address == ALL:
        up = [one for one in found.values() if one.is_up and not one.is_loopback]
        if up:
            return worst(address, (_errors(view, address, one) for one in up))
        return bad(address, f"No interface of this machine is up; {who} can hear this machine only.", _CABLE)
    interface = found.get(address)
    if interface is None:
        reason = f"No interface of this machine has the address {address} any more; {who} cannot hear anybody."
        return bad(address, reason, f"{_CABLE}; or listen elsewhere: restrike udp bind {rings[0]} auto")
    if not interface.is_up:
        return bad(address, f"The interface {interface.name} of {who} is down.", _CABLE)
    return _errors(view, address, interface)


def _errors(view: View, address: str, interface: NetworkInterface) -> Verdict:
    errors = view.grew(Subject.NETWORK, interface.name, "errors")
    if errors:
        reason = f"{interface.name} had {errors:.0f} errors within a minute: frames came broken or could not be sent."
        return degraded(address, reason, "Replace the cable, or take another port of the switch.")
    return ok(address)
