"""Disks that are too small, full, or do not let themselves be written."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

STEPS: Final = (65536, 512, 1)
"""The last byte counts, too."""


@contextlib.contextmanager
def small_disk(place: Path, mib: int) -> Iterator[Path]:
    """A file system of so many MiB at `place`; needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}M,mode=700", "tmpfs", str(place)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount a tmpfs")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a byte is left on the disk of `folder`."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            for size in STEPS:
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))
        yield
    finally:
        filler.unlink(missing_ok=True)
