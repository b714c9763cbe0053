"""What the kernel and chrony say of this machine's clock; cpu-monitor and `restrike doctor`.

chrony corrects the clock without telling the kernel by how much, so it is asked itself.
"""

import ctypes
import shutil
import subprocess
from typing import Final

from msgspec import Struct

CHRONY_WITHIN_S: Final = 2.0
STA_UNSYNC: Final = 0x0040
STA_NANO: Final = 0x2000
TIME_ERROR: Final = 5
"""What the kernel answers while nothing synchronises its clock."""


class _Timex(ctypes.Structure):
    """The kernel's `struct timex`, as far as it is read here. `modes` 0 only asks, which everybody may."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("maximum_error", ctypes.c_long),
        ("estimated_error", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_byte * 256),
    )


class Discipline(Struct, frozen=True):
    """What the kernel says of its clock; None: it says nothing."""

    is_synchronised: bool | None
    offset_ms: float | None


class KernelClock:
    """The C library's `adjtimex`."""

    def __init__(self) -> None:
        self._call = ctypes.CDLL(None, use_errno=True).adjtimex
        self._asked = _Timex()

    def discipline(self) -> Discipline:
        """What is left to correct is its offset; unknown while nothing synchronises it."""
        self._asked.modes = 0
        state = self._call(ctypes.byref(self._asked))
        if state < 0:  # a container may forbid to ask
            return Discipline(None, None)
        if state == TIME_ERROR or self._asked.status & STA_UNSYNC:
            return Discipline(False, None)  # noqa: FBT003  # positional for its two fields
        unit = 1e6 if self._asked.status & STA_NANO else 1e3
        return Discipline(True, round(self._asked.offset / unit, 3))  # noqa: FBT003  # see above


def ask_chrony() -> float | None:
    """By how many milliseconds the clock is off as chrony says; None: it is not there, or does not know."""
    path = shutil.which("chronyc")
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, "-n", "-c", "tracking"], capture_output=True, text=True, timeout=CHRONY_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return chrony_ms(done.stdout) if done.returncode == 0 else None


def chrony_ms(line: str) -> float | None:
    """The fifth field of `chronyc -c tracking`: seconds that are left to correct; the last one says whether it follows
    anybody.
    """
    fields = line.strip().split(",")
    try:
        return None if fields[13] == "Not synchronised" else round(float(fields[4]) * 1000, 3)
    except (IndexError, ValueError):
        return None
