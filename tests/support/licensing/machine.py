"""A machine's file system, as far as a fingerprint reads it."""

from pathlib import Path
from typing import Final

DMI: Final = {
    "sys_vendor": "Dell Inc.",
    "product_name": "Precision 3660",
    "board_vendor": "Dell Inc.",
    "board_name": "0PRR48",
}


class Machine:
    """An ordinary machine in `root`, to be changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("etc/machine-id", "3f2b9c1d4e5f60718293a4b5c6d7e8f9")
        for name, value in DMI.items():
            self.write(f"sys/class/dmi/id/{name}", value)
        self.write(
            "proc/cpuinfo", "processor\t: 0\nmodel name\t: 12th Gen Intel(R) Core(TM) i7-12700\ncpu MHz\t: 2100.000\n"
        )
        self.write("proc/sys/kernel/random/boot_id", "11111111-1111-1111-1111-111111111111")
        self.write("sys/class/net/eth0/address", "00:11:22:33:44:55")
        self.write("sys/block/loop0/removable", "0")
        self.write("sys/block/nvme0n1/removable", "0")
        self.write("sys/block/nvme0n1/device/serial", "S6B0NX0T123456")
        self.write("sys/block/sda/removable", "1")
        self.write("sys/block/sda/device/serial", "STICK-1")

    def write(self, name: str, text: str) -> None:
        """Make a file, with its folders."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
