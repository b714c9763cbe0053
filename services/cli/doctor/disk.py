"""Checks: the disks of the home: free space, what kind of file system, how fast it writes and syncs."""

import errno
import os
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.cli import output
from services.cli.doctor.result import Result, failed, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.clock import monotonic_ns, monotonic_s
from shared.paths import Paths

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB
LEAST_FREE_BYTES: Final = 1 * GIB
"""Below it a day of a venue does not fit."""
WARN_FREE_BYTES: Final = 5 * GIB
SYNCS: Final = 50
SYNC_BYTES: Final = 4096
SLOW_SYNC_MS: Final = 10.0
"""Each commit of the journal waits for one fsync, so this is what a datagram waits, too."""
WRITE_BYTES: Final = 32 * MIB
SLOW_BYTES_PER_S: Final = 20 * MIB
MEASURE_S: Final = 1.0
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
FREE_SPACE: Final = "Free space: restrike db archive, restrike backup prune, or move recordings elsewhere."
TRIAL: Final = ".doctor-trial"
NETWORKED: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs"}
)
FORGETFUL: Final = frozenset({"tmpfs", "ramfs"})
LAYERED: Final = frozenset({"overlay", "aufs"})


class Speed(Struct, frozen=True, kw_only=True):
    """What was measured: times of fsync in milliseconds, and bytes a second of a sequential write that ends in one."""

    sync_ms: list[float]
    bytes_per_s: float | None


def look_at_space(site: Site) -> list[Result]:
    """Each folder of the home that grows, once per file system."""
    return judge_space(free_of(growing(site.paths)))


def growing(paths: Paths) -> dict[str, Path]:
    """What grows, by name."""
    return {"data": paths.data, "log": paths.logs, "backups": paths.backups}


def free_of(folders: dict[str, Path]) -> dict[str, int]:
    """Free bytes by what lies there (`data, log`), once for each file system."""
    devices: dict[int, tuple[list[str], int]] = {}
    for name, folder in folders.items():
        there = existing(folder)
        found = os.statvfs(there)
        devices.setdefault(there.stat().st_dev, ([], found.f_bavail * found.f_frsize))[0].append(name)
    return {", ".join(names): free for names, free in devices.values()}


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def judge_space(free: dict[str, int]) -> list[Result]:
    """Whether what is free will last."""
    results = []
    for name, count in free.items():
        text = f"{output.size(count)} are free."
        if count < LEAST_FREE_BYTES:
            results.append(failed(text, FREE_SPACE, name))
        elif count < WARN_FREE_BYTES:
            results.append(warning(text, FREE_SPACE, name))
        else:
            results.append(ok(text, name))
    return results


def look_at_file_system(site: Site) -> list[Result]:
    """What the folder of the databases lies on, and whether anything can be written there at all."""
    mounts = Path("/proc/self/mounts").read_text()
    locked = read_only({name: existing(folder) for name, folder in growing(site.paths).items()}, mounts)
    return [*locked, *judge_file_system(*mounted(existing(site.paths.data), mounts))]


def read_only(
    folders: dict[str, Path], mounts: str, flags: Callable[[Path], int] = lambda folder: os.statvfs(folder).f_flag
) -> list[Result]:
    """The folders that lie on a disk which is mounted read-only, once for each disk."""
    places: dict[str, list[str]] = {}
    for name, folder in folders.items():
        if flags(folder) & os.ST_RDONLY:
            places.setdefault(mounted(folder, mounts)[0], []).append(f"{name}/")
    return [
        failed(
            f"{' and '.join(names)} cannot be written: {place} is mounted read-only, as a failing disk is, too.",
            f"Look why: sudo dmesg | tail; then: sudo mount -o remount,rw {place}",
            place,
        )
        for place, names in places.items()
    ]


def mounted(folder: Path, mounts: str) -> tuple[str, str]:
    """Mount point and type of the file system that `folder` lies on, by the text of /proc/self/mounts."""
    place, kind = Path("/"), "unknown"
    real = folder.resolve()
    for line in mounts.splitlines():
        point = Path(line.split()[1].encode().decode("unicode_escape"))
        if real.is_relative_to(point) and len(point.parts) >= len(place.parts):
            place, kind = point, line.split()[2]
    return str(place), kind


def judge_file_system(place: str, kind: str) -> list[Result]:
    """Whether a WAL is safe there, and lasts."""
    fix = "Move the home (RESTRIKE_HOME) to a local disk."
    if kind in NETWORKED:
        return [failed(f"data/ lies on {kind} ({place}): a network share can damage a WAL database.", fix)]
    if kind.startswith("fuse.") or kind == "fuse":
        return [warning(f"data/ lies on {kind} ({place}), which may not lock and sync as a disk does.", fix)]
    if kind in FORGETFUL:
        return [warning(f"data/ lies on {kind} ({place}): all is gone when the machine is switched off.", fix)]
    if kind in LAYERED:
        advice = "Put the home into a volume of the container."
        return [warning(f"data/ lies on {kind} ({place}): all is gone with the container.", advice)]
    return [ok(f"data/ lies on {kind} ({place}).")]


def look_at_speed(site: Site) -> list[Result]:
    """How long the journal waits for the disk."""
    folder = site.paths.data
    if not folder.is_dir():
        return [skipped(f"There is no {folder} yet.")]
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return [skipped(f"{folder} is mounted read-only.")]
    if not os.access(folder, os.W_OK):
        return [skipped(f"This user may not write into {folder}.")]
    found = os.statvfs(folder)
    room = found.f_bavail * found.f_frsize - LEAST_FREE_BYTES
    try:
        speed = measure(folder, write_bytes=min(WRITE_BYTES, max(room, 0)))
    except OSError as error:
        if error.errno not in FULL:
            raise
        return [failed(f"Nothing can be written into {folder}: {error.strerror}.", FREE_SPACE)]
    return judge_speed(speed)


def measure(folder: Path, *, write_bytes: int, syncs: int = SYNCS, sync: Callable[[int], None] = os.fsync) -> Speed:
    """Measure with a file of its own in `folder`, which is gone afterwards; each part for about a second at most."""
    trial = folder / f"{TRIAL}-{os.getpid()}"
    fd = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        return Speed(sync_ms=_sync_times(fd, syncs, sync), bytes_per_s=_write_speed(fd, write_bytes, sync))
    finally:
        os.close(fd)
        trial.unlink()


def _sync_times(fd: int, syncs: int, sync: Callable[[int], None]) -> list[float]:
    times: list[float] = []
    until_s = monotonic_s() + MEASURE_S
    while len(times) < syncs and (len(times) < 3 or monotonic_s() < until_s):
        os.write(fd, os.urandom(SYNC_BYTES))
        begun = monotonic_ns()
        sync(fd)
        times.append((monotonic_ns() - begun) / 1e6)
    return times


def _write_speed(fd: int, size: int, sync: Callable[[int], None]) -> float | None:
    if size < MIB:
        return None
    block = os.urandom(MIB)
    begun, written = monotonic_s(), 0
    while written < size and monotonic_s() < begun + MEASURE_S:
        written += os.write(fd, block)
    sync(fd)
    return written / max(monotonic_s() - begun, 1e-6)


def judge_speed(speed: Speed) -> list[Result]:
    """Whether the disk keeps up with the journal."""
    return [_syncs(speed.sync_ms), _writes(speed.bytes_per_s)]


def _syncs(times: Iterable[float]) -> Result:
    ordered = sorted(times)
    half, late = statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    text = f"{half:.2f} ms (p50), {late:.2f} ms (p99) of {len(ordered)} fsyncs."
    if half > SLOW_SYNC_MS:
        fix = "Put data/ on an SSD, and look what else writes to that disk (iotop)."
        return warning(f"{text} Each datagram waits so long for the journal.", fix, "fsync")
    return ok(text, "fsync")


def _writes(bytes_per_s: float | None) -> Result:
    if bytes_per_s is None:
        return skipped("There is too little space to measure it.", "write")
    text = f"{output.size(int(bytes_per_s))} a second."
    if bytes_per_s < SLOW_BYTES_PER_S:
        return warning(
            text, "Look what else writes to that disk (iotop), and whether it is failing (smartctl -a).", "write"
        )
    return ok(text, "write")
