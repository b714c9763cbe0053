"""The install script: sets up below a folder, upgrades, takes bad upgrades back with the database, removes.

One environment is made by pip; those of later releases are copies of it with their own files, see `PYTHON`.
"""

import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.db.schema_version import status
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
DEAF = """

def _bound(address: str, port: int) -> socket.socket:
    raise _refusal(address, port, OSError(98, "Address already in use"))
"""
SYSTEMCTL = """#!/bin/bash
# In place of systemd: starts and ends what is in force, and never says that it went well.
echo "$*" >>"$MACHINE/systemctl.calls"
export RESTRIKE_HOME=$MACHINE/var/lib/restrike
restrike=$MACHINE/opt/restrike/current/bin/restrike
case $1 in
  restart) setsid "$restrike" up -d >/dev/null 2>&1 </dev/null & echo $! >"$MACHINE/up"; exit 1 ;;
  stop | disable) pkill -F "$MACHINE/up" 2>/dev/null; rm -f "$MACHINE/up"; "$restrike" down ;;
  is-active) exit 3 ;;
esac
"""
PYTHON = f"""#!/bin/bash
# Python, but a new environment is a copy of the first one.
if [ "$1 $2" != '-m venv' ]; then exec '{sys.executable}' "$@"; fi
cp -al "$MACHINE/first/." "$3"
find "$3/bin" -type f -exec sed -i "s|$(cat "$MACHINE/first/place")|$3|g" {{}} +
ln -sfn "$MACHINE/bin/pip" "$3/bin/pip"
"""
PIP = f"""#!{sys.executable}
'''The pip of such a copy: puts the files of a release that are others in place.'''
import filecmp, os, pathlib, shutil, sys
folder = pathlib.Path(sys.argv[-1])
for path in folder.rglob("*") if folder.is_dir() else ():
    (packages,) = pathlib.Path(sys.argv[0]).parent.parent.glob("lib/python3*/site-packages")
    target = packages / path.relative_to(folder)
    if path.is_file() and not (target.exists() and filecmp.cmp(path, target, shallow=False)):
        target.unlink(missing_ok=True)  # it may be the same file as in the release that it was copied from
        shutil.copyfile(path, target)
"""


LOOK = """
from pathlib import Path
import shared.paths as paths
here = paths.Paths(Path("/nowhere"))
assert "site-packages" in str(paths.PROGRAM_ROOT), paths.PROGRAM_ROOT
flags = len(list((paths.PROGRAM_ROOT / "flags").glob("*.*")))
print(len(list(here.migrations.glob("0*.py"))), here.supervisord_conf.exists(), flags)
print((paths.PROGRAM_ROOT / "shared" / "py.typed").exists(), (paths.PROGRAM_ROOT / "services" / "py.typed").exists())
"""


class Machine:
    """What stands below one folder, and the programs that it finds first."""

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
        ours = ("PYTHON", "RESTRIKE", "VIRTUAL_ENV")
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith(ours)}

    def put_systemd_in_place(self) -> None:
        """From now on there is a systemd, and environments are copies of the one that is in force now."""
        (self.root / "run/systemd/system").mkdir(parents=True)
        first = self.root / "first"
        shutil.copytree(self.current.resolve(), first, symlinks=True, copy_function=os.link)
        (first / "place").write_text(str(self.current.resolve()))
        (self.root / "bin").mkdir()
        for name, text in (("systemctl", SYSTEMCTL), ("python", PYTHON), ("pip", PIP)):
            (self.root / "bin" / name).write_text(text)
            (self.root / "bin" / name).chmod(0o755)
        path = f"{self.root / 'bin'}:{self.environment['PATH']}"
        self.environment |= {"MACHINE": str(self.root), "PATH": path, "PYTHON": str(self.root / "bin/python")}

    def run(self, *command: str, code: int = 0, folder: str | None = None) -> str:
        """Run a command to its end; what it printed."""
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=200,
            umask=0o077,
            check=False,
        )
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def install(self, source: Path, *options: str, code: int = 0) -> str:
        """Run the install script of a release."""
        return self.run(str(source / "deploy/install.sh"), "--root", str(self.root), *options, code=code)

    def restrike(self, *arguments: str) -> Any:
        """The document that a command of the installation prints."""
        return json.loads(self.run(str(self.root / "usr/local/bin/restrike"), *arguments, "--json"))

    @property
    def files(self) -> str:
        """The unit, and what the kernel is told."""
        places = ("etc/systemd/system/restrike.service", "etc/sysctl.d/60-restrike.conf")
        return "".join((self.root / place).read_text() for place in places)

    @property
    def calls(self) -> list[str]:
        """What systemctl was called with."""
        return (self.root / "systemctl.calls").read_text().splitlines()

    @property
    def state(self) -> tuple[Path, list[Path], int, str]:
        """What an upgrade changes, and what taking it back has to bring back. Every service answers."""
        assert all(one["state"] in ("on-bus", "running") for one in self.restrike("ps"))
        releases = sorted((self.root / "opt/restrike/releases").iterdir())
        return self.current.resolve(), releases, status(self.home / "data/restrike.db").current, self.files


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Installed, under an umask that lets nobody else read, in a folder with a space; removed at the end."""
    machine = Machine(tmp_path / "a machine")
    try:
        assert "is installed and up" in machine.install(PROGRAM_ROOT)
        yield machine
    finally:
        machine.run(str(PROGRAM_ROOT / "deploy/uninstall.sh"), "--root", str(machine.root))


def release(folder: Path) -> Path:
    """The next release: another unit, another schema."""
    folder.mkdir()
    for name in SHIPPED:
        path = PROGRAM_ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder / name)
    number = len(list((folder / "migrations").glob("[0-9]*.py"))) + 1
    (folder / "migrations" / f"{number:03d}_next.py").write_text(MIGRATION)
    append(folder / "deploy/restrike.service", "# The next release's.\n")
    append(folder / "deploy/sysctl.conf", "# The next release's.\n")
    return folder


def append(path: Path, text: str) -> None:
    """Add to a file."""
    path.write_text(path.read_text() + text)


@pytest.mark.timeout(400)
def test_installed_upgraded_and_removed(machine: Machine, tmp_path: Path) -> None:
    """Installed whole: what the program reads is in its environment. Whatever goes wrong with an upgrade, release,
    schema and files of systemd are those from before, and the suite runs.
    """
    assert_whole(machine)
    assert (machine.current.resolve().stat().st_mode & 0o777) == 0o755, "the suite's user cannot read it"
    before = machine.state
    machine.put_systemd_in_place()
    following = release(tmp_path / "next")

    refused_while_nobody_knows_the_matches(machine, following)
    assert machine.state == before
    taken_back_when_a_ring_fails(machine, following)
    assert machine.state == before
    shutil.copy(PROGRAM_ROOT / "services/udp_ingest/port.py", following / "services/udp_ingest/port.py")
    upgraded_though_the_old_program_is_broken(machine, following)

    machine.run(str(PROGRAM_ROOT / "deploy/uninstall.sh"), "--root", str(machine.root))
    assert not (machine.root / "opt/restrike").exists()
    assert not (machine.root / "etc/systemd/system/restrike.service").exists()
    assert (machine.home / "data/restrike.db").exists()


def assert_whole(machine: Machine) -> None:
    """The wheel, in an environment without the checkout, brings migrations, flags and supervisord.conf."""
    python = str(machine.current / "bin/python")
    assert machine.run(str(machine.current / "bin/restrike"), "--version", folder="/").startswith("restrike ")
    migrations = len(list((PROGRAM_ROOT / "migrations").glob("0*.py")))
    flags = len(list((PROGRAM_ROOT / "flags").glob("*.*")))
    found = machine.run(python, "-P", "-c", LOOK, folder="/").split()
    assert found == [str(migrations), "True", str(flags), "True", "True"]


def refused_while_nobody_knows_the_matches(machine: Machine, following: Path) -> None:
    """The parser, who knows them, is frozen."""
    parser = int((machine.home / "run/pss-parser.lock").read_text())
    os.kill(parser, signal.SIGSTOP)
    try:
        told = machine.install(following, code=1)
    finally:
        os.kill(parser, signal.SIGCONT)
    assert "nobody can say whether a match is on" in told
    assert "Nothing was changed" in told
    assert "stop restrike" not in machine.calls


def taken_back_when_a_ring_fails(machine: Machine, following: Path) -> None:
    """Every service answers, but nothing is heard; nor does systemctl say that it went well."""
    append(following / "services/udp_ingest/port.py", DEAF)
    told = machine.install(following, "--within", "8", code=1)
    assert "every service answers, but: ring ring-1 has failed" in told
    assert "was taken back" in told
    assert "and every service answers" in told
    assert [one["reason"] for one in machine.restrike("backup", "list")["backups"]][-1:] == ["before-upgrade"]
    calls = machine.calls[machine.calls.index("restart --no-block restrike") + 1 :]
    started = calls.index("restart --no-block restrike")
    assert calls[started - 2 : started] == ["stop restrike", "daemon-reload"], "the new unit was not in force in time"


def upgraded_though_the_old_program_is_broken(machine: Machine, following: Path) -> None:
    """The new one ends the suite and backs the database up; then it is in force, with its unit and its schema."""
    old, _, schema, _ = machine.state
    (old / "bin/restrike").unlink()
    told = machine.install(following)
    assert "is broken" in told
    assert "is installed and up" in told
    new, releases, migrated, files = machine.state
    assert new != old
    assert sorted(releases) == sorted([old, new])
    assert migrated == schema + 1
    assert files.count("# The next release's.") == 2


BROKEN_OFF = """
script=$1 folder=$2
set -- --root "$folder"
source <(sed '/^prepare_machine$/,$d' "$script")
mkdir -p "$prefix"
take_back() { false; kill -TERM $$; kill -INT $$; echo taken back; }
stop() { EVENT; }
stage=switching
stop
echo not reached
"""


@pytest.mark.parametrize(
    ("event", "code"),
    [("kill -INT $$", 130), ("kill -TERM $$", 143), ("kill -HUP $$", 129), ("false", 1), ("fail why", 1), ("exit", 1)],
)
def test_whatever_breaks_it_off_takes_it_back(tmp_path: Path, event: str, code: int) -> None:
    """Once, to the end, whatever happens meanwhile; without a terminal what it says is in a file."""
    (tmp_path / "broken-off").write_text(BROKEN_OFF.replace("EVENT", event))
    command = ["bash", str(tmp_path / "broken-off"), str(PROGRAM_ROOT / "deploy/install.sh"), str(tmp_path)]
    # Who runs the tests may ignore hang-ups, and bash cannot catch what it was started to ignore.
    hears = functools.partial(signal.signal, signal.SIGHUP, signal.SIG_DFL)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, preexec_fn=hears)
    log = tmp_path / "opt/restrike/install.log"
    assert (log.read_text() if log.exists() else done.stdout) == "taken back\n"
    assert done.returncode == code
    assert log.exists() == ("HUP" in event)


STANDS = """
script=$1 folder=$2 answers=$3
set -- --root "$folder" --within 1
source <(sed '/^prepare_machine$/,$d' "$script")
sleep() { :; }
as_user() { if [ "$2" = ps ]; then return "$answers"; else cat "$folder/now"; fi; }
release=$folder health_before=$(cat "$folder/before")
stands
"""


@pytest.mark.parametrize(
    ("answers", "subject", "conditions", "told"),
    [
        (1, "ring", ("ok", "ok"), "not every service answers."),
        (0, "ring", ("ok", "degraded"), None),
        (0, "ring", ("failed", "failed"), None),
        (0, "obs", ("ok", "failed"), None),
        (0, "ring", ("ok", "unknown"), None),
        (0, "journal", ("ok", "failed"), "every service answers, but: journal one has failed: because"),
        (0, "journal", ("ok", None), "its health cannot be read."),
    ],
)
def test_when_an_upgrade_stands(
    tmp_path: Path, answers: int, subject: str, conditions: tuple[str, str | None], told: str | None
) -> None:
    """The script's own judgement, of what `restrike` said before and says now."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    for name, condition in zip(("before", "now"), conditions, strict=True):
        items = [{"subject": subject, "name": "one", "condition": condition, "reason": "because"}]
        (tmp_path / name).write_text(json.dumps({"items": items}) if condition else "Traceback")
    script = str(PROGRAM_ROOT / "deploy/install.sh")
    command = ["bash", "-c", STANDS, "bash", script, str(tmp_path), str(answers)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (0 if told is None else 1), done.stderr
    assert (told or "") in done.stderr


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        ("install.sh", ("--root", "/proc/none"), "--root /proc/none: that folder cannot be made"),
        ("install.sh", ("--wheels", "/none/wheels"), "--wheels /none/wheels: there is no such folder"),
        ("install.sh", ("--wheels",), "give --wheels a folder"),
        ("uninstall.sh", ("--root", "/none/there"), "--root /none/there: there is no such folder"),
        ("uninstall.sh", ("--root",), "give --root a folder."),
    ],
)
def test_folders_that_are_not_there(script: str, arguments: tuple[str, ...], said: str) -> None:
    """One sentence of ours, and nothing was done."""
    done = subprocess.run([PROGRAM_ROOT / "deploy" / script, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"{script}: {said}")
