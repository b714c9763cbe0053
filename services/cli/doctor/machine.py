"""Checks: memory and swap, the processor's governor, limits of file handles, versions, programs, the systemd unit."""

import platform
import resource
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil
import zmq
from msgspec import Struct

from services.cli import output
from services.cli.doctor.result import Result, failed, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.db.sqlite import sqlite3
from shared.settings.backup_keys import OFFSITE_TARGET
from shared.settings.reader import Settings

MIB: Final = 1024 * 1024
LEAST_MEMORY_BYTES: Final = 128 * MIB
WARN_MEMORY_BYTES: Final = 512 * MIB
SWAPPED: Final = 0.25
FEWEST_FILES: Final = 1024
"""A service with 200 clients has 250 open; the rest is for what nobody thought of."""
NEARLY: Final = 0.8
DISTRIBUTION: Final = "restrike-vta"
GOVERNORS: Final = "cpu[0-9]*/cpufreq/scaling_governor"
CPUS: Final = Path("/sys/devices/system/cpu")
ADAPTIVE: Final = frozenset({"intel_pstate", "amd-pstate", "amd-pstate-epp", "amd_pstate", "amd_pstate_epp"})
"""Drivers whose powersave raises the frequency when it is needed."""
SYSTEMD: Final = Path("/run/systemd/system")
UNITS: Final = "restrike*.service"


class Files(Struct, frozen=True, kw_only=True):
    """File handles of a process: how many it has, and how many it may have."""

    name: str
    open: int
    limit: int


def look_at_memory(_site: Site) -> list[Result]:
    """What is left of memory and swap."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return judge_memory(memory.available, swap_used=swap.used, swap_total=swap.total)


def judge_memory(available: int, *, swap_used: int, swap_total: int) -> list[Result]:
    """Whether programs can still have some."""
    fix = "See who has it: ps -eo rss,comm --sort -rss | head"
    text = f"{output.size(available)} can still be had."
    memory = ok(text, "memory")
    if available < LEAST_MEMORY_BYTES:
        memory = failed(text, fix, "memory")
    elif available < WARN_MEMORY_BYTES:
        memory = warning(text, fix, "memory")
    if not swap_total:
        return [memory, ok("There is none.", "swap")]
    text = f"{output.size(swap_used)} of {output.size(swap_total)} are in use."
    if swap_used > SWAPPED * swap_total:
        return [memory, warning(text, f"What is swapped out answers late. {fix}", "swap")]
    return [memory, ok(text, "swap")]


def look_at_governor(_site: Site) -> list[Result]:
    """How the processor chooses its frequency."""
    words = {path.read_text().strip() for path in CPUS.glob(GOVERNORS)}
    drivers = {path.read_text().strip() for path in CPUS.glob("cpu[0-9]*/cpufreq/scaling_driver")}
    return judge_governor(words, drivers)


def judge_governor(words: set[str], drivers: set[str]) -> list[Result]:
    """Whether it stays slow under load."""
    if not words:
        return [skipped("This machine does not tell; a virtual one leaves it to its host.")]
    text = f"The governor is {', '.join(sorted(words))} (driver {', '.join(sorted(drivers)) or 'unknown'})."
    if "powersave" in words and not drivers & ADAPTIVE:
        fix = "sudo cpupower frequency-set -g performance, or the machine's power profile"
        return [warning(f"{text} It keeps the processor at its slowest.", fix)]
    return [ok(text)]


def look_at_files(site: Site) -> list[Result]:
    """Limits of this user, and of every service that runs."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    services = []
    for name, pid in site.running.items():
        try:
            limit = psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)[0]
            services.append(Files(name=name, open=psutil.Process(pid).num_fds(), limit=limit))
        except psutil.Error:  # it ended, or is another user's
            continue
    return judge_files(soft, services)


def judge_files(soft: int, services: list[Files]) -> list[Result]:
    """Whether there are enough."""
    fix = "LimitNOFILE=65536 in the unit, or in /etc/security/limits.conf: * - nofile 65536"
    many = "any number of" if soft in (-1, resource.RLIM_INFINITY) else str(soft)
    results = [ok(f"A process of this user may open {many} files.", "limit")]
    if 0 <= soft < FEWEST_FILES:
        results = [warning(f"A process of this user may open {soft} files.", fix, "limit")]
    for one in services:
        text = f"{one.open} of {one.limit} file handles are in use."
        if one.limit > 0 and one.open > NEARLY * one.limit:
            results.append(failed(text, f"restrike down, raise the limit, restrike up. {fix}", one.name))
    if services and len(results) == 1:
        most = max(services, key=lambda one: one.open / max(one.limit, 1))
        results.append(ok(f"At most {most.open} of {most.limit} file handles are in use ({most.name}).", "services"))
    return results


def look_at_versions(_site: Site) -> list[Result]:
    """What this program is made of."""
    return [ok(", ".join(f"{name} {number}" for name, number in versions().items()) + ".")]


def versions() -> dict[str, str]:
    """Versions by name."""
    try:
        own = version(DISTRIBUTION)
    except PackageNotFoundError:
        own = "unknown"
    return {
        DISTRIBUTION: own,
        "Python": platform.python_version(),
        "libzmq": zmq.zmq_version(),
        "pyzmq": zmq.__version__,
        "SQLite": sqlite3.sqlite_version,
        "Linux": platform.release(),
    }


def look_at_programs(site: Site) -> list[Result]:
    """Programs that are needed for some things only."""
    target = Settings.of_file(site.paths).get(OFFSITE_TARGET)
    return judge_programs({name: shutil.which(name) for name in ("ffprobe", "rclone")}, copies_offsite=bool(target))


def judge_programs(found: dict[str, str | None], *, copies_offsite: bool) -> list[Result]:
    """Whether what is used is there."""
    results = []
    for name, what, is_needed in (
        ("ffprobe", "recordings are kept without their length and codec", False),
        ("rclone", "backups cannot be copied to another place", copies_offsite),
    ):
        path = found[name]
        fix = f"sudo apt install {'ffmpeg' if name == 'ffprobe' else name}"
        if path is not None:
            results.append(ok(f"It is {path}.", name))
        elif is_needed:
            results.append(failed(f"It is not there: {what}.", fix, name))
        else:
            results.append(skipped(f"It is not there: {what}. It is optional: {fix}", name))
    return results


def look_at_unit(_site: Site) -> list[Result]:
    """The unit that starts the suite with the machine."""
    if not SYSTEMD.is_dir():
        return [skipped("systemd does not run here.")]
    listed = _systemctl("list-unit-files", "--no-legend", "--plain", UNITS)
    units = {line.split()[0]: line.split()[1] for line in listed.splitlines() if len(line.split()) > 1}
    return judge_unit(units, {name: _systemctl("is-active", name).strip() for name in units})


def _systemctl(*arguments: str) -> str:
    path = shutil.which("systemctl") or "systemctl"
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=2.0, check=False)
    return done.stdout


def judge_unit(units: dict[str, str], active: dict[str, str]) -> list[Result]:
    """Whether the suite comes back when the machine starts. `units` says whether they are enabled, `active` how
    they are.
    """
    if not units:
        sentence = "No unit is installed: nobody starts the suite with the machine."
        return [warning(sentence, "sudo deploy/install.sh in the checkout; see docs/install.md.")]
    results = []
    for name, enabled in units.items():
        text = f"It is {enabled} and {active.get(name, 'unknown')}."
        if active.get(name) == "failed":
            results.append(failed(text, f"journalctl -u {name} -n 50, then sudo systemctl restart {name}", name))
        elif enabled not in ("enabled", "static", "enabled-runtime", "indirect", "generated"):
            results.append(warning(text, f"sudo systemctl enable {name}", name))
        elif active.get(name) != "active":
            results.append(warning(text, f"sudo systemctl start {name}", name))
        else:
            results.append(ok(text, name))
    return results
