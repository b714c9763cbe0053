"""Packages for tests that need Node: installed once per lock file into build/, outside of what git sees."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "node"
WITHIN_S = 100

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="node or npm is not installed here"
)


def installed(folder: Path) -> Path:
    """The node_modules that `folder`'s package.json and package-lock.json ask for."""
    files = [folder / "package.json", folder / "package-lock.json"]
    key = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
    ready = CACHE / f"{folder.name}-{key}"
    if not ready.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
            copy = Path(fresh) / "copy"
            copy.mkdir()
            for file in files:
                shutil.copy(file, copy)
            _install(copy)
            _take(copy, ready)
    return ready / "node_modules"


def _install(folder: Path) -> None:
    command = ["npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, f"npm ci failed: {done.stderr[-2000:]}"


def _take(copy: Path, ready: Path) -> None:
    try:
        copy.rename(ready)
    except OSError:
        # another test process was faster
        assert ready.exists()
