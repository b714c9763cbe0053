"""Network interfaces, from what /proc/net/dev said."""

from pathlib import Path

from services.cpu_monitor.sampling.interfaces import Flags, InterfaceMeter, link_speeds

DEV = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: {lo} 10    0    0    0     0          0         0 {lo} 10    0    0    0     0       0          0
  ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
veth12: 99 99 0 0 0 0 0 0 99 99 0 0 0 0 0 0
  eth0:{eth} {packets}    {errors}    3    0     0          0         0 500  215940    1    {drops}    0     0       0          0
"""  # noqa: E501  # as the kernel writes it


def _text(lo: int = 0, eth: int = 0, packets: int = 1, errors: int = 0, drops: int = 0) -> str:
    return DEV.format(lo=lo, eth=eth, packets=packets, errors=errors, drops=drops)


def test_rates_errors_and_drops_of_the_interval(tmp_path: Path) -> None:
    """Both ways together; what never carried anything and is down, and containers' own lines, are left out."""
    (tmp_path / "net").mkdir()
    dev = tmp_path / "net/dev"
    dev.write_text(_text(lo=1000, eth=5000))
    up = {"lo", "eth0"}
    meter = InterfaceMeter(str(tmp_path), is_running=lambda name: name in up)
    assert [use.received_bytes_per_s for use in meter.measure(1.0, {})] == [0.0, 0.0]
    dev.write_text(_text(lo=3000, eth=25_000, packets=41, errors=2, drops=7))
    up.clear()
    lo, eth = meter.measure(2.0, {"eth0": 1000})
    assert (lo.interface, lo.received_bytes_per_s, lo.sent_bytes_per_s) == ("lo", 1000.0, 1000.0)
    assert (eth.interface, eth.received_bytes_per_s, eth.received_packets_per_s) == ("eth0", 10_000.0, 20.0)
    assert (eth.errors, eth.drops, eth.is_up, eth.speed_mbps) == (2, 7, False, 1000)
    dev.write_text(_text(lo=4000, eth=10, packets=2))
    assert [use.received_bytes_per_s for use in meter.measure(1.0, {})] == [1000.0, 0.0]  # eth0 was made anew
    dev.unlink()
    meter.close()
    assert meter.measure(1.0, {}) == ()


def test_the_kernel_is_asked() -> None:
    """Loopback runs here, and nothing of a name that there is not; some tell no speed."""
    flags = Flags()
    assert flags.is_running("lo")
    assert not flags.is_running("no-such-interface-anywhere")
    flags.close()
    assert all(speed > 0 for speed in link_speeds().values())
