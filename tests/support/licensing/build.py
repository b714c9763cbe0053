"""The suite as a vendor builds it: this checkout with public keys in it, and nothing else changed.

The keys ship with the program and come from nowhere else, so a test of the whole suite makes such a program.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from tests.contract.tree import ROOT

LINKED: Final = ("services", "migrations", "flags", "supervisord.conf")
PUBLIC_KEYS: Final = Path("shared/licensing/public_keys.json")


def build(folder: Path) -> Path:
    """A program in `folder` whose public keys (`folder / PUBLIC_KEYS`) are still those of the checkout."""
    being_written = shutil.ignore_patterns("*.pyc.*")  # by other processes of the checkout, just now
    shutil.copytree(ROOT / "shared", folder / "shared", ignore=being_written)  # it finds what ships beside itself
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def environment(folder: Path, given: dict[str, str]) -> dict[str, str]:
    """`given`, for processes of the program in `folder`."""
    before = given.get("PYTHONPATH")
    return given | {"PYTHONPATH": os.pathsep.join([str(folder), *([before] if before else [])])}
