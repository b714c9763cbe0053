"""By what a licence knows a machine: traits that outlive a new network card, a new kernel and every restart. The
license service, the command line, `restrike-licensor`.

A fingerprint is `os-<digest>.board-<digest>.disk-<digest>`, without what the machine does not tell. Only digests leave
the machine. What decides are numbers that no second machine has: of the operating system, of the disk. The board tells
models apart, not machines: it decides only where one of the two numbers is another one, after the system was installed
anew or the disk was replaced. What all virtual machines of a kind have in common is no such number.
"""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shared.messages.license import FingerprintPart, MachineFingerprint

DIGITS: Final = 12
"""Hexadecimal digits of a digest: 48 bits tell a vendor's machines apart."""
MOST_BYTES: Final = 65_536
BOARD: Final = "board"
"""The trait that other machines of the model have, too."""
NONE: Final = "none"
"""The fingerprint of a machine that tells nothing: no licence is bound to it, as it would be to all such machines."""
LEAST_LETTERS: Final = 4
"""And digits, of a number that tells machines apart."""
LEAST_DIFFERENT: Final = 3
"""Letters and digits of it: 0000000001 tells nothing."""
_OF_A_KIND: Final = re.compile(
    r"qemu|\bqm\d{5}$|drive-|virtual|overlay|persistent-disk|local-ssd|nvme_card|filled by|not specified|default"
    r"|^nvme\.|^0?123456789(0|abcdef)?$|^deadbeef$",
    re.IGNORECASE,
)
"""What hypervisors, containers and clouds give to every guest (QEMU: QM00001, QEMU HARDDISK drive-scsi0), and what
makers leave in. `nvme.` is made of the serial number, which was asked for before.
"""
_PREFIX: Final = re.compile(r"^(eui\.|naa\.|t10\.|0x|sn:? +|sn:)", re.IGNORECASE)
"""Of what sort a number is: nothing of the number."""
_OUTSIDE: Final = re.compile(r"/(usb\d|mmc_host/)")
"""On which way of the system a disk lies that can be pulled out."""
_SERIALS: Final = ("device/serial", "serial", "device/wwid", "wwid")
_DMI: Final = ("sys_vendor", "product_name", "board_vendor", "board_name")


def fingerprint(root: Path = Path("/")) -> MachineFingerprint:
    """This machine's. `root` is its file system."""
    parts = tuple(_part(name, what, read(root)) for name, (what, read) in _TRAITS.items())
    told = [part for part in parts if part.digest]
    if all(part.name == BOARD for part in told):
        return MachineFingerprint(fingerprint=NONE, parts=parts)
    return MachineFingerprint(fingerprint=".".join(f"{part.name}-{part.digest}" for part in told), parts=parts)


def is_same_machine(licensed: str, found: str) -> bool:
    """Whether more than half of the numbers of the fingerprint `licensed` are in `found`; half of them are enough where
    the board is the same.
    """
    here = set(found.split("."))
    boards = {trait for trait in licensed.split(".") if trait.startswith(f"{BOARD}-")}
    numbers = set(licensed.split(".")) - boards - {NONE}
    agreeing = 2 * len(numbers & here)
    return agreeing > len(numbers) or (agreeing > 0 and agreeing == len(numbers) and bool(boards & here))


def machine_id(root: Path = Path("/")) -> str | None:
    """What the operating system got as its own number when it was installed."""
    return _text(root / "etc/machine-id")


def _part(name: str, what: str, value: str | None) -> FingerprintPart:
    digest = None
    if value and (name == BOARD or is_number(value)):
        digest = hashlib.sha256(f"restrike {name}:{value}".encode()).hexdigest()[:DIGITS]
    return FingerprintPart(name=name, what=what, value=value, digest=digest)


def is_number(value: str) -> bool:
    """Whether a value may be one machine's own number: not what a whole kind of them has, and no placeholder."""
    number = _PREFIX.sub("", value)
    letters = [letter for letter in number.lower() if letter.isalnum()]
    is_long = len(letters) >= LEAST_LETTERS and len(set(letters)) >= LEAST_DIFFERENT
    return is_long and any(letter.isdigit() for letter in letters) and _OF_A_KIND.search(number) is None


def _board(root: Path) -> str | None:
    """Maker and model of machine and board, and the processor's model: what everybody may read."""
    told = [_text(root / "sys/class/dmi/id" / name) for name in _DMI]
    cpu = next(
        (line for line in (_text(root / "proc/cpuinfo") or "").splitlines() if line.startswith("model name")), ""
    )
    found = [text for text in (*told, cpu.partition(":")[2].strip()) if text]
    return ", ".join(found) or None


def _disk(root: Path) -> str | None:
    """The number of the first disk that has one of its own: the system's, as a rule. One that can be pulled out (USB,
    a card) only where the machine has no other.
    """
    disks = [disk for disk in sorted((root / "sys/block").glob("*")) if _text(disk / "removable") != "1"]
    fixed = [
        disk for disk in disks if _OUTSIDE.search(os.path.realpath(disk).removeprefix(os.path.realpath(root))) is None
    ]
    if not any((disk / "device").exists() or _told(disk) for disk in fixed):
        fixed = disks
    found = [text for disk in fixed for text in _told(disk)]
    return next(filter(is_number, found), found[0] if found else None)


def _told(disk: Path) -> list[str]:
    return [text for name in _SERIALS if (text := _text(disk / name))]


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
