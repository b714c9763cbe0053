"""The machine's IPv4 addresses, and which of them a ring's scoring system most likely reaches.

Recommended is the first in this order: up and not loopback; wired before wireless before virtual (bridges, tunnels,
containers); the faster one; the name. Used by udp-ingest for `bind: auto`, and by `restrike up` and `restrike udp
interfaces`.
"""

import ipaddress
import socket
from pathlib import Path

import psutil

from shared.messages.facts import NetworkInterface

_DEVICES = Path("/sys/class/net")
_RANK = {"wired": 0, "wireless": 1, "virtual": 2, "loopback": 3}


def detect() -> list[NetworkInterface]:
    """All IPv4 addresses of this machine, the recommended one first. None is recommended when only loopback is up."""
    stats = psutil.net_if_stats()
    found = []
    for name, addresses in psutil.net_if_addrs().items():
        mac = next((a.address for a in addresses if a.family == psutil.AF_LINK), None)
        found += [
            _interface(name, address.address, address.netmask, mac, stats.get(name))
            for address in addresses
            if address.family == socket.AF_INET
        ]
    found.sort(key=_preference)
    if found and _is_candidate(found[0]):
        best = found[0]
        found[0] = NetworkInterface(**{f: getattr(best, f) for f in best.__struct_fields__} | {"is_recommended": True})
    return found


def recommended(interfaces: list[NetworkInterface]) -> NetworkInterface | None:
    """The recommended one of `interfaces`, if there is one."""
    return next((interface for interface in interfaces if interface.is_recommended), None)


def _interface(
    name: str, address: str, netmask: str | None, mac: str | None, stats: "psutil._ntuples.snicstats | None"
) -> NetworkInterface:
    is_loopback = ipaddress.ip_address(address).is_loopback
    network = ipaddress.ip_network(f"{address}/{netmask}", strict=False) if netmask else None
    return NetworkInterface(
        name=name,
        address=address,
        netmask=netmask,
        broadcast=str(network.broadcast_address) if network and not is_loopback else None,
        mac_address=mac,
        kind="loopback" if is_loopback else _kind(name),
        is_loopback=is_loopback,
        is_up=bool(stats and stats.isup),
        speed_mbps=stats.speed if stats and stats.speed else None,
        mtu=stats.mtu if stats else None,
    )


def _kind(name: str) -> str:
    device = _DEVICES / name
    if (device / "wireless").exists() or (device / "phy80211").exists():
        return "wireless"
    return "wired" if (device / "device").exists() else "virtual"


def _is_candidate(interface: NetworkInterface) -> bool:
    return interface.is_up and not interface.is_loopback


def _preference(interface: NetworkInterface) -> tuple[bool, int, int, str, str]:
    return (
        not _is_candidate(interface),
        _RANK[interface.kind],
        -(interface.speed_mbps or 0),
        interface.name,
        interface.address,
    )
