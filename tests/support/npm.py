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
    """A copy of `folder` (package.json, package-lock.json and what lies beside them) with its node_modules."""
    key = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.is_file():
            key.update(file.name.encode() + b"\0" + file.read_bytes())
    ready = CACHE / f"{folder.name}-{key.hexdigest()[:16]}"
    if not ready.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
            copy = Path(fresh) / "copy"
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
            _install(copy)
            _take(copy, ready)
    return ready


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
