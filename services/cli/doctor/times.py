"""Checks: the clock follows a time server, and the machine knows in which time zone it stands."""

import os
from pathlib import Path
from typing import Final

import psutil
from msgspec import Struct

from services.cli.doctor.result import Result, failed, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.clock_keeping import KernelClock, ask_chrony

KEEPERS: Final = frozenset({"chronyd", "systemd-timesyncd", "systemd-timesyn", "ntpd", "openntpd", "ptp4l", "phc2sys"})
"""Programs that keep a clock right; the kernel cuts names after 15 letters."""
OFF_MS: Final = 100.0
"""Enough to put a recording's chapters visibly beside what happened."""
FAR_OFF_MS: Final = 1000.0
NO_ZONE: Final = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"})
FIX: Final = "sudo apt install chrony, name the venue's time server in /etc/chrony/chrony.conf; see: chronyc tracking"


class Clock(Struct, frozen=True, kw_only=True):
    """What the kernel and the programs say of the clock; None where they say nothing."""

    is_synchronised: bool | None
    offset_ms: float | None
    keeper: str | None


def look_at_clock(_site: Site) -> list[Result]:
    """The kernel's word, and the program that keeps the clock."""
    return judge_clock(read_clock())


def read_clock() -> Clock:
    """The clock as it is."""
    programs = {str(one.info["name"]) for one in psutil.process_iter(["name"])}
    keeper = next(iter(sorted(programs & KEEPERS)), None)
    kernel = KernelClock().discipline()
    return Clock(is_synchronised=kernel.is_synchronised, offset_ms=ask_chrony() or kernel.offset_ms, keeper=keeper)


def judge_clock(clock: Clock) -> list[Result]:
    """Whether times mean what people think they mean."""
    who = clock.keeper or "no time service seen"
    if clock.is_synchronised is None:
        return [skipped(f"The kernel does not tell ({who}).")]
    if not clock.is_synchronised:
        advice = f"See why {clock.keeper} has no server: chronyc tracking, or timedatectl" if clock.keeper else FIX
        return [warning(f"The clock follows no time server ({who}).", advice)]
    off = clock.offset_ms or 0.0
    text = f"The clock follows a time server ({who}), and is {abs(off):.1f} ms off."
    if abs(off) > FAR_OFF_MS:
        return [failed(text, "See: chronyc tracking, or timedatectl timesync-status")]
    if abs(off) > OFF_MS:
        return [warning(text, "See: chronyc tracking, or timedatectl timesync-status")]
    return [ok(text)]


def look_at_zone(_site: Site) -> list[Result]:
    """The zone that times are shown in."""
    return judge_zone(zone(os.environ.get("TZ"), Path("/etc/localtime"), Path("/etc/timezone")))


def zone(variable: str | None, link: Path, name_file: Path) -> str | None:
    """The name of the time zone; None where none is set."""
    if variable:
        return variable.removeprefix(":")
    if link.is_symlink():
        return str(link.resolve()).partition("zoneinfo/")[2] or None
    if name_file.exists():
        return name_file.read_text().strip() or None
    return "of /etc/localtime" if link.exists() else None


def judge_zone(name: str | None) -> list[Result]:
    """UTC is a zone that no venue lies in."""
    fix = "sudo timedatectl set-timezone Europe/Berlin (or where the venue is)"
    if name is None:
        return [warning("No time zone is set: times are shown in UTC.", fix)]
    if name in NO_ZONE:
        return [warning(f"The time zone is {name}: times are shown in UTC, and days begin at UTC's midnight.", fix)]
    return [ok(f"The time zone is {name}.")]
