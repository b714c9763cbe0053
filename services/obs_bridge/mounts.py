"""On which disk or share of this machine a file is, told without touching it; obs-bridge."""

import os
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = "/"


def mount_of(path: Path) -> str:
    """The mount point above `path`, which need not be there. A link is not followed: that would ask its disk."""
    whole = os.path.abspath(path)  # noqa: PTH100  # Path.absolute leaves `..` in
    above = [point for point in _points() if whole == point or whole.startswith(point.rstrip("/") + "/")]
    return max(above, key=len, default=ROOT)


def _points() -> list[str]:
    """The kernel's own list: reading it waits for no share."""
    try:
        return [found.mountpoint for found in psutil.disk_partitions(all=True)]
    except OSError:
        return []
