"""The install script: sets up below a folder, upgrades, takes a bad upgrade back with the database, removes."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.paths import PROGRAM_ROOT
from tests.support.suite import free_port

SHIPPED = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "requirements.lock",
    "supervisord.conf",
    *("services", "shared", "migrations", "flags", "deploy"),
)
MIGRATION = '''"""A table more."""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("CREATE TABLE of_the_next_release (id INTEGER PRIMARY KEY)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE of_the_next_release")
'''


class Machine:
    """What stands below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "var/lib/restrike"
        self.current = root / "opt/restrike/current"
        self.home.mkdir(parents=True, mode=0o700)
        rings = [{"name": "ring-1", "port": free_port(socket.SOCK_DGRAM)}]
        bus = {"events": f"tcp://127.0.0.1:{free_port()}", "commands": f"tcp://127.0.0.1:{free_port()}"}
        (self.home / "restrike.json").write_text(
            json.dumps({"rings": rings, "bus": bus, "metrics": {"endpoint": None}})
        )

    def run(self, *command: str, code: int = 0) -> str:
        """Run a command to its end; what it printed."""
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "RESTRIKE", "VIRTUAL_ENV"))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def install(self, source: Path, *options: str, code: int = 0) -> str:
        """Run the install script of a release."""
        return self.run(str(source / "deploy/install.sh"), "--root", str(self.root), *options, code=code)

    def restrike(self, *arguments: str) -> Any:
        """The document that a command of the installation prints."""
        return json.loads(self.run(str(self.root / "usr/local/bin/restrike"), *arguments, "--json"))


def broken_release(folder: Path) -> Path:
    """The next release: migrates the database, and then its parser does not start."""
    folder.mkdir()
    for name in SHIPPED:
        path = PROGRAM_ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder / name)
    number = len(list((folder / "migrations").glob("[0-9]*.py"))) + 1
    (folder / "migrations" / f"{number:03d}_next.py").write_text(MIGRATION)
    (folder / "services/pss_parser/main.py").write_text('"""Broken."""\nraise SystemExit(1)\n')
    return folder


@pytest.mark.timeout(300)
def test_install_upgrade_and_remove(tmp_path: Path) -> None:
    """Installed and up; a bad upgrade is taken back, release and schema, and the old one runs; removed, data stays."""
    machine = Machine(tmp_path / "machine")
    try:
        assert "is installed and up" in machine.install(PROGRAM_ROOT)
        assert (machine.root / "etc/systemd/system/restrike.service").exists()
        assert (machine.root / "etc/sysctl.d/60-restrike.conf").exists()
        first, schema = machine.current.resolve(), machine.restrike("db", "status")["current"]

        told = machine.install(broken_release(tmp_path / "next"), "--within", "5", code=1)
        assert "was taken back" in told
        assert machine.current.resolve() == first
        assert list((machine.root / "opt/restrike/releases").iterdir()) == [first]
        assert machine.restrike("db", "status")["current"] == schema
        assert all(one["state"] in ("on-bus", "running") for one in machine.restrike("ps"))
        assert [one["reason"] for one in machine.restrike("backup", "list")][-1:] == ["before-upgrade"]
    finally:
        machine.run(str(PROGRAM_ROOT / "deploy/uninstall.sh"), "--root", str(machine.root))
    assert not (machine.root / "opt/restrike").exists()
    assert (machine.home / "data/restrike.db").exists()
