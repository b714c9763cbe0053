"""A child for heavy work gives way to everybody else."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import psutil
import pytest

from services.db_writer.office import child as office_child
from services.db_writer.office.child import END_POLL_S, POLL_S, errand
from services.db_writer.office.jobs import Result, Step
from shared.paths import Paths
from tests.support.wait import eventually, lenient

Steps = Generator[Step, None, Result]


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Instead of an errand a child that says how far it is, then (`go-1` is read) its last word, then (`go-2`) ends."""
    monkeypatch.setattr(office_child, "sys", SimpleNamespace(executable=str(tmp_path / "stub")))
    for name in ("go-1", "go-2"):
        os.mkfifo(tmp_path / name)
    script = f"""#!/bin/sh
    read options; go={tmp_path}/go
    echo '{{"message": "unpack", "done": 1, "total": 2}}'; read x < $go-1
    echo '{{"result": {{"done": 2}}}}'; read x < $go-2
    """
    (tmp_path / "stub").write_text(script)
    (tmp_path / "stub").chmod(0o700)
    return tmp_path


def started(folder: Path) -> Steps:
    """The errand, up to its first word."""
    steps = errand("any", {}, paths=Paths(folder))
    eventually(lambda: next(steps).message, within=10, equals="unpack")
    return steps


def go(fifo: Path) -> None:
    """Let the child go on."""
    fifo.write_text("go\n")


def test_how_far_a_child_is_stays_seen(stub: Path) -> None:
    """While it says nothing its last word counts; it is over when it has ended, not when it said so."""
    steps = started(stub)
    for _ in range(3):
        assert next(steps) == Step("unpack", 1, 2, rest_s=POLL_S)
    go(stub / "go-1")
    eventually(lambda: next(steps).rest_s, within=10, equals=END_POLL_S)
    for _ in range(3):
        assert next(steps) == Step("unpack", 1, 2, rest_s=END_POLL_S)
    go(stub / "go-2")

    def result() -> Result | None:
        try:
            next(steps)
        except StopIteration as end:
            return dict(end.value)
        return None

    eventually(result, within=10, equals={"done": 2})


def test_nobody_waits_for_the_end_of_a_child(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that is broken off kills it and goes; it is buried later."""

    def wait(*_: object) -> NoReturn:
        raise AssertionError("the loop stands still")

    steps = started(stub)
    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    steps.close()
    (killed,) = office_child._killed
    eventually(lambda: psutil.Process(killed.pid).status(), within=10, equals=psutil.STATUS_ZOMBIE)
    again = started(stub)
    assert killed.returncode is not None
    again.close()
    eventually(lambda: [one.poll() for one in office_child._killed], within=10, equals=[-9])


def test_a_mistake_of_ours_is_told(tmp_path: Path) -> None:
    """Options that an errand cannot understand: a sentence with the class, no silence."""
    command = [sys.executable, "-P", "-m", "services.db_writer.errand", "backups_find", str(os.getpid())]
    environment = os.environ | {"RESTRIKE_HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, input=b"{}", capture_output=True, check=False, timeout=lenient(20))
    said = json.loads(done.stdout)["error"]
    assert (done.returncode, said["code"]) == (1, "job.fault")
    assert "KeyError" in said["message"]
    assert b"Traceback" in done.stderr


@contextmanager
def waiting(home: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A real errand that waits for its options."""
    command = [sys.executable, "-P", "-m", "services.db_writer.errand", name, str(os.getpid())]
    environment = os.environ | {"RESTRIKE_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        yield child


def test_an_errand_is_modest(tmp_path: Path) -> None:
    """Lowest priority of processor and disk, a session of its own (Linux shares the processor between sessions first),
    and an answer all the same.
    """
    with waiting(tmp_path, "backups_remove") as child:
        process = psutil.Process(child.pid)
        idle = psutil.IOPRIO_CLASS_IDLE
        eventually(lambda: process.ionice().ioclass, within=10, equals=idle, what="the last that it does")
        assert os.sched_getscheduler(child.pid) == os.SCHED_IDLE
        assert (process.nice(), os.getsid(child.pid)) == (19, child.pid)
        group = Path(f"/proc/{child.pid}/autogroup")
        assert not group.exists() or "nice 19" in group.read_text(encoding="ascii")
        out, _ = child.communicate(b'{"paths": []}', timeout=lenient(10))
    assert (child.returncode, json.loads(out)) == (0, {"result": {}})


@pytest.mark.parametrize("name", ["restore", "fetch"])
def test_a_restore_is_never_starved(tmp_path: Path, name: str) -> None:
    """Who waits for it may have no database meanwhile: it gives way, but has its share where all is busy."""
    with waiting(tmp_path, name) as child:
        process = psutil.Process(child.pid)
        eventually(process.nice, within=10, equals=10)
        assert os.sched_getscheduler(child.pid) == os.SCHED_OTHER
        child.kill()
