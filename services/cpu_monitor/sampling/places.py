"""The folders that the suite uses, and on which mounted disk each is. A share that is away may never answer, so each is
looked at in a chore of its own; cpu-monitor.
"""

import os
import re
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.cpu_monitor.sampling.kernel_file import read_once
from shared.db import obs_config
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import RestrikeError
from shared.messages.obs import ObsConnection
from shared.paths import Paths
from shared.video.path_map import is_this_machine, to_ours

MOST_RECORDING: Final = 8
"""Folders of recordings that are looked at: each has a thread for a moment. A venue has a disk for each OBS at most."""
_RECENT: Final = 200
_OCTAL: Final = re.compile(r"\\(\d{3})")
_NEWEST: Final = f"""
SELECT path FROM (SELECT path, connection, deleted_at FROM recorded_videos ORDER BY id DESC LIMIT {_RECENT})
WHERE connection = ? AND path IS NOT NULL AND deleted_at IS NULL LIMIT 1
"""


class Place(Struct, frozen=True):
    """A folder, and what for: `data`, `log`, `backups`, `recordings`."""

    purpose: str
    folder: str


class Mount(Struct, frozen=True):
    """A line of the kernel's list of mounted disks; `number` is its device's (`8:2`)."""

    point: str
    number: str
    source: str


class Seen(Struct, frozen=True, kw_only=True):
    """The disk that a place is on. `number` is that of a disk the kernel counts reads and writes of; None: it is a
    share, or memory.
    """

    mount: str
    number: str | None
    total_bytes: int
    free_bytes: int


def own_places(paths: Paths, backup_folder: str) -> tuple[Place, ...]:
    """The folders that every suite has."""
    return (
        Place("data", str(paths.data)),
        Place("log", str(paths.logs)),
        Place("backups", backup_folder or str(paths.backups)),
    )


def look_at(place: Place) -> Seen | None:
    """How full its disk is; None: there is no such folder. May wait for a share for ever."""
    try:
        folder = os.path.realpath(place.folder)
        while place.purpose == "recordings" and not os.path.exists(folder) and folder != "/":  # noqa: PTH110  # text in
            folder = os.path.dirname(folder)  # noqa: PTH120  # and out: OBS makes its folder when it first records
        room = os.statvfs(folder)
    except (OSError, ValueError):
        return None
    mount = mount_of(folder, mounts_of((read_once("/proc/self/mountinfo") or b"").decode(errors="surrogateescape")))
    return Seen(
        mount=mount.point,
        number=_device_number(mount),
        total_bytes=room.f_blocks * room.f_frsize,
        free_bytes=room.f_bavail * room.f_frsize,
    )


def mounts_of(mountinfo: str) -> list[Mount]:
    """What /proc/self/mountinfo says."""
    found = []
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        words, kinds = fields.split(), rest.split()
        if len(words) > 4 and len(kinds) > 1:
            found.append(Mount(_plain(words[4]), words[2], _plain(kinds[1])))
    return found


def mount_of(folder: str, mounts: list[Mount]) -> Mount:
    """The mount that `folder` is in; of two at one point the later one, which hides the other."""
    above = [one for one in mounts if folder == one.point or folder.startswith(one.point.rstrip("/") + "/")]
    return max(reversed(above), key=lambda one: len(one.point), default=Mount("/", "0:0", ""))


def recording_places(paths: Paths) -> tuple[Place, ...]:
    """Where OBS records on this machine, or onto a share that it has: the folder that is set for a connection, else
    that of its newest recording. Nothing while the database cannot be read.
    """
    if is_empty(paths.database):
        return ()
    try:
        with closing(connect_reader(paths.database)) as database:
            found = [_folder_of(one, database) for one in obs_config.connections(database) if one.is_active]
    except (RestrikeError, sqlite3.Error):
        return ()
    folders = dict.fromkeys(folder for folder in found if folder is not None)
    return tuple(Place("recordings", folder) for folder in folders)[:MOST_RECORDING]


def _folder_of(one: ObsConnection, database: "sqlite3.Connection") -> str | None:
    root = one.recording.root
    if root is not None:
        ours = to_ours(root, one.path_map, is_local=is_this_machine(one.host))
        return None if ours is None else str(ours)
    row = database.execute(_NEWEST, (one.connection,)).fetchone()
    return None if row is None else str(Path(row[0]).parent)


def _device_number(mount: Mount) -> str | None:
    """Some file systems (btrfs) have numbers of their own: the disk that they are on is their source."""
    if not mount.number.startswith("0:"):
        return mount.number
    if not mount.source.startswith("/dev/"):
        return None
    try:
        device = Path(mount.source).stat().st_rdev
    except OSError:
        return None
    return f"{os.major(device)}:{os.minor(device)}"


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)
