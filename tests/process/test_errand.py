"""A child for heavy work gives way to everybody else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.wait import eventually


def test_an_errand_is_modest(tmp_path: Path) -> None:
    """Lowest priority of processor and disk, a session of its own (Linux shares the processor between sessions first),
    and an answer all the same.
    """
    command = [sys.executable, "-P", "-m", "services.db_writer.errand", "backups_find", str(os.getpid())]
    environment = os.environ | {"RESTRIKE_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        process = psutil.Process(child.pid)
        eventually(
            lambda: process.ionice().ioclass, within=10, equals=psutil.IOPRIO_CLASS_IDLE
        )  # the last that it does
        assert os.sched_getscheduler(child.pid) == os.SCHED_IDLE
        assert (process.nice(), os.getsid(child.pid)) == (19, child.pid)
        group = Path(f"/proc/{child.pid}/autogroup")
        assert not group.exists() or "nice 19" in group.read_text(encoding="ascii")
        out, _ = child.communicate(json.dumps({"folders": [str(tmp_path)], "backup": None}).encode(), timeout=10)
    assert (child.returncode, json.loads(out)) == (0, {"result": {"found": []}})
