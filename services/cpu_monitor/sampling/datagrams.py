"""UDP of the whole machine, from /proc/net/snmp: what reached a socket, and what was dropped; cpu-monitor.

`InErrors` holds every datagram that reached no reader: `RcvbufErrors` (the socket was full) is part of it.
"""

from services.cpu_monitor.sampling.kernel_file import KernelFile
from services.cpu_monitor.sampling.rates import count
from shared.messages.system import UdpUse


class DatagramMeter:
    """Counts since the measurement before; the first knows none."""

    def __init__(self, proc: str = "/proc") -> None:
        self._file = KernelFile(f"{proc}/net/snmp")
        self._counters: dict[bytes, int] = {}

    def measure(self) -> UdpUse:
        """Of the time since."""
        before, self._counters = self._counters, counters_of(self._file.read() or b"")
        received, dropped = (
            count(before.get(name), self._counters.get(name)) for name in (b"InDatagrams", b"InErrors")
        )
        return UdpUse(received=received, dropped=dropped)

    def close(self) -> None:
        """Let its file go."""
        self._file.close()


def counters_of(snmp: bytes) -> dict[bytes, int]:
    """The counters of UDP by their names; none where the kernel tells none."""
    lines = [line.split()[1:] for line in snmp.split(b"\n") if line.startswith(b"Udp:")]
    if len(lines) != 2:
        return {}
    return dict(zip(lines[0], map(int, lines[1]), strict=False))
