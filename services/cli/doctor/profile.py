"""`restrike doctor profile`: what a running service spends its time with, by py-spy, which looks in from outside."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.cli.doctor.flames import drawn
from shared.errors import IoError, NetworkError
from shared.paths import PROGRAM_ROOT, Paths
from shared.rpc import is_locked

RATE: Final = 200
"""Looks a second: a function that takes 1 % of 10 s is seen 20 times."""
GRACE_S: Final = 20.0
"""py-spy reads the program's symbols first, and writes its file last."""
SCOPE: Final = Path("/proc/sys/kernel/yama/ptrace_scope")
MOST: Final = 20
LIBRARY: Final = re.compile(r"\((?:[^()]*/)?(?:lib/python3\.\d+/)?site-packages/|\([^()]*/lib/python3\.\d+/")
WAITS: Final = ("Poller.poll (", "Condition.wait (", "Event.wait (", "_poll (")
"""What waits, but seems to work where the processor is overloaded."""

Stack = tuple[str, ...]


class Row(Struct, frozen=True, kw_only=True):
    """A function: the percent of the time in which it ran itself, and with all that it called."""

    function: str
    self_percent: float
    total_percent: float


class Profiled(Struct, frozen=True, kw_only=True):
    """What a service did for `seconds`. `busy_percent` is how much of one core it used, as far as looks tell; what
    functions took is percent of that.
    """

    service: str
    pid: int
    seconds: float
    looks: int
    busy_percent: float
    functions: list[Row]
    file: Path | None = None


def profile(paths: Paths, service: str, *, seconds: float, out: Path | None) -> Profiled:
    """Look into a running service for `seconds`, and write what was seen into `out` (.svg: a flame graph, else text).

    Raises:
        NetworkError: it does not run.
        IoError: py-spy is not there, may not look, or the file cannot be written.
    """
    pid = pid_of(paths, service)
    stacks = parsed(_recorded(pid, seconds))
    looks = sum(stacks.values())
    if out is not None:
        _write(out, stacks, title=f"{service}, {seconds:g} s")
    return Profiled(
        service=service,
        pid=pid,
        seconds=seconds,
        looks=looks,
        busy_percent=round(100 * looks / (RATE * seconds), 1),
        functions=rows(stacks),
        file=out.absolute() if out is not None else None,
    )


def pid_of(paths: Paths, service: str) -> int:
    """The process of a running service.

    Raises:
        NetworkError: it does not run.
    """
    if not is_locked(paths.lock(service)):
        raise NetworkError("service.not_running", f"{service} is not running. Start the suite with: restrike up")
    return int(paths.lock(service).read_text())


def _recorded(pid: int, seconds: float) -> str:
    beside = Path(sys.executable).with_name("py-spy")
    program = str(beside) if beside.exists() else shutil.which("py-spy")
    if program is None:
        raise IoError("profile.no_py_spy", "py-spy is not installed: pip install py-spy, into the suite's environment.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacks"
        command = [program, "record", "--pid", str(pid), "--duration", str(max(1, round(seconds)))]
        command += ["--rate", str(RATE), "--function", "--full-filenames", "--format", "raw", "--output", str(file)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + GRACE_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise IoError("profile.hangs", "py-spy did not end in time: is the service stopped or frozen?") from error
        if done.returncode != 0 or not file.exists():
            raise refusal(done.stderr, is_root=os.geteuid() == 0)
        return file.read_text(encoding="utf-8", errors="replace")


def refusal(said: str, *, is_root: bool) -> IoError:
    """Why py-spy could not look, and what to do."""
    if "permission denied" not in said.lower() and "not permitted" not in said.lower():
        return IoError(
            "profile.failed", f"py-spy failed: {said.strip().splitlines()[0] if said.strip() else 'silently'}."
        )
    if is_root:
        sentence = (
            "This container may not look into processes: give it CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE)."
        )
        return IoError("profile.not_permitted", sentence)
    command = f"sudo env RESTRIKE_HOME={os.environ.get('RESTRIKE_HOME', '')} {sys.argv[0]} doctor profile …"
    until = "sudo sysctl kernel.yama.ptrace_scope=0"
    sentence = f"The kernel lets only root look into other processes: {command}"
    if SCOPE.exists():
        sentence += f", or, until the next start of the machine: {until}"
    return IoError("profile.not_permitted", f"{sentence}.")


def parsed(text: str) -> Counter[Stack]:
    """How often each stack was seen that did something, outermost function first."""
    found: Counter[Stack] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = tuple(_short(frame) for frame in stack.split(";"))
        if stack and count.isdecimal() and not frames[-1].startswith(WAITS):
            found[frames] += int(count)
    return found


def _short(frame: str) -> str:
    """`parse (services/pss_parser/main.py:30)` of a frame with the whole path."""
    return LIBRARY.sub("(", frame.replace(f"({PROGRAM_ROOT}/", "("))


def rows(stacks: Counter[Stack]) -> list[Row]:
    """The functions that took most time, the greediest first."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for stack, count in stacks.items():
        own[stack[-1]] += count
        for function in set(stack):
            total[function] += count
    looks = sum(stacks.values())
    order = sorted(total, key=lambda function: (-own[function], -total[function], function))
    return [
        Row(
            function=function,
            self_percent=round(100 * own[function] / looks, 1),
            total_percent=round(100 * total[function] / looks, 1),
        )
        for function in order[:MOST]
    ]


def _write(out: Path, stacks: Counter[Stack], *, title: str) -> None:
    text = drawn(stacks, title=title) if out.suffix == ".svg" else collapsed(stacks)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise IoError("profile.cannot_write", f"{out} cannot be written: {error.strerror}.") from error


def collapsed(stacks: Counter[Stack]) -> str:
    """A line for each stack, as programs for flame graphs read them."""
    return "".join(f"{_joined(stack)} {count}\n" for stack, count in stacks.most_common())


def _joined(stack: Sequence[str]) -> str:
    return ";".join(stack)
