"""By what a licence knows a machine: traits that outlive a new network card, a new kernel and every restart. The
license service, the command line, `restrike-licensor`.

A fingerprint is `os-<digest>.board-<digest>.disk-<digest>`, without what the machine does not tell. Only digests leave
the machine. It is the same machine while more than half of the traits of the licence are.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shared.messages.license import FingerprintPart, MachineFingerprint

DIGITS: Final = 12
"""Hexadecimal digits of a digest: 48 bits tell a vendor's machines apart."""
MOST_BYTES: Final = 65_536
NONE: Final = "none"
"""The fingerprint of a machine that tells nothing: no licence is bound to it, as it would be to all such machines."""
_DMI: Final = ("sys_vendor", "product_name", "board_vendor", "board_name")


def fingerprint(root: Path = Path("/")) -> MachineFingerprint:
    """This machine's. `root` is its file system."""
    parts = tuple(_part(name, what, read(root)) for name, (what, read) in _TRAITS.items())
    text = ".".join(f"{part.name}-{part.digest}" for part in parts if part.digest)
    return MachineFingerprint(fingerprint=text or NONE, parts=parts)


def is_same_machine(licensed: str, found: str) -> bool:
    """Whether more than half of the traits of the fingerprint `licensed` are in `found`."""
    wanted = set(licensed.split(".")) - {NONE}
    return 2 * len(wanted & set(found.split("."))) > len(wanted)


def machine_id(root: Path = Path("/")) -> str | None:
    """What the operating system got as its own number when it was installed."""
    return _text(root / "etc/machine-id")


def _part(name: str, what: str, value: str | None) -> FingerprintPart:
    digest = hashlib.sha256(f"restrike {name}:{value}".encode()).hexdigest()[:DIGITS] if value else None
    return FingerprintPart(name=name, what=what, value=value, digest=digest)


def _board(root: Path) -> str | None:
    """Maker and model of machine and board, and the processor's model: what everybody may read."""
    told = [_text(root / "sys/class/dmi/id" / name) for name in _DMI]
    cpu = next(
        (line for line in (_text(root / "proc/cpuinfo") or "").splitlines() if line.startswith("model name")), ""
    )
    found = [text for text in (*told, cpu.partition(":")[2].strip()) if text]
    return ", ".join(found) or None


def _disk(root: Path) -> str | None:
    """The serial number of the first disk that has one: of the system's own, as a rule. None that can be pulled out."""
    for disk in sorted((root / "sys/block").glob("*")):
        if _text(disk / "removable") == "1":
            continue
        for name in ("device/serial", "serial", "device/wwid", "wwid"):
            if text := _text(disk / name):
                return text
    return None


def _text(path: Path) -> str | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return os.read(fd, MOST_BYTES).decode("utf-8", "replace").strip() or None
    except OSError:
        return None
    finally:
        os.close(fd)


_TRAITS: Final[dict[str, tuple[str, Callable[[Path], str | None]]]] = {
    "os": ("number of the installed operating system (/etc/machine-id)", machine_id),
    "board": ("maker and model of machine, board and processor", _board),
    "disk": ("serial number of the first fixed disk", _disk),
}
