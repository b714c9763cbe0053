"""Which address is recommended: wired before wireless before virtual, up, not loopback, the faster one."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared import interfaces
from shared.interfaces import detect, recommended

Fake = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fake:
    """A machine with the given interfaces: name=(address, kind, is_up, speed)."""

    def make(**described: tuple[str, str, bool, int]) -> None:
        addresses: dict[str, list[Any]] = {}
        stats: dict[str, Any] = {}
        for name, (address, kind, is_up, speed) in described.items():
            addresses[name] = [
                psutil._ntuples.snicaddr(socket.AF_INET, address, "255.255.255.0", None, None),
                psutil._ntuples.snicaddr(socket.AF_INET6, "fe80::1", None, None, None),
                psutil._ntuples.snicaddr(socket.AF_PACKET, "02:00:00:00:00:01", None, None, None),
            ]
            stats[name] = psutil._ntuples.snicstats(is_up, 2, speed, 1500, "")
            (tmp_path / name).mkdir()
            if kind != "virtual":
                (tmp_path / name / "device").mkdir()
            if kind == "wireless":
                (tmp_path / name / "wireless").mkdir()
        monkeypatch.setattr(psutil, "net_if_addrs", lambda: addresses)
        monkeypatch.setattr(psutil, "net_if_stats", lambda: stats)
        monkeypatch.setattr(interfaces, "_DEVICES", tmp_path)

    return make


def _order() -> list[str]:
    return [interface.name for interface in detect()]


def test_wired_before_wireless_before_virtual_before_loopback(machine: Fake) -> None:
    """Whatever their speed."""
    machine(
        lo=("127.0.0.1", "virtual", True, 0),
        docker0=("172.17.0.1", "virtual", True, 10_000),
        wlan0=("192.168.1.5", "wireless", True, 866),
        eth0=("10.0.0.5", "wired", True, 100),
    )
    assert _order() == ["eth0", "wlan0", "docker0", "lo"]
    assert [i.kind for i in detect()] == ["wired", "wireless", "virtual", "loopback"]
    assert [i.is_recommended for i in detect()] == [True, False, False, False]


def test_what_is_down_comes_last(machine: Fake) -> None:
    """A wired one without a cable is no choice while a wireless one is up."""
    machine(eth0=("10.0.0.5", "wired", False, 1000), wlan0=("192.168.1.5", "wireless", True, 54))
    assert _order() == ["wlan0", "eth0"]


def test_the_faster_one_then_the_name(machine: Fake) -> None:
    """Among equals speed decides, then the name."""
    machine(
        eth2=("10.0.2.5", "wired", True, 1000),
        eth0=("10.0.0.5", "wired", True, 100),
        eth1=("10.0.1.5", "wired", True, 1000),
    )
    assert _order() == ["eth1", "eth2", "eth0"]


def test_on_loopback_alone_nothing_is_recommended(machine: Fake) -> None:
    """A machine without a network: `bind: auto` has nowhere to go, and says so."""
    machine(lo=("127.0.0.1", "virtual", True, 0), eth0=("10.0.0.5", "wired", False, 1000))
    assert recommended(detect()) is None


def test_what_is_said_of_an_interface(machine: Fake) -> None:
    """Every field, from what the system says."""
    machine(eth0=("10.0.0.5", "wired", True, 1000))
    (found,) = detect()
    assert (found.netmask, found.broadcast, found.mac_address) == ("255.255.255.0", "10.0.0.255", "02:00:00:00:00:01")
    assert (found.is_up, found.speed_mbps, found.mtu, found.is_loopback) == (True, 1000, 1500, False)


def test_this_machine() -> None:
    """The real detection finds loopback, and recommends one at most."""
    found = detect()
    assert any(interface.address == "127.0.0.1" and interface.is_loopback for interface in found)
    assert sum(interface.is_recommended for interface in found) <= 1
