"""On which disk a file is, told without asking it."""

import os
from pathlib import Path

import pytest

from services.obs_bridge import mounts


def test_where_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest mount point above it, by whole names, of files that are not there, too."""
    monkeypatch.setattr(mounts, "_points", lambda: ["/", "/mnt/nas", "/mnt/nas/deep"])
    found = [mounts.mount_of(Path(path)) for path in ("/a", "/mnt/nas", "/mnt/nas2/a", "/mnt/nas/x/../deep/a")]
    assert found == ["/", "/mnt/nas", "/", "/mnt/nas/deep"]


def test_the_mounts_of_this_machine() -> None:
    """As the kernel tells them: each is a mount point."""
    assert mounts.mount_of(Path("/proc/self/none")) == "/proc"
    assert os.path.ismount(mounts.mount_of(Path(__file__)))
