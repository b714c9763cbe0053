"""Runs checks side by side, each with a time of its own: one that hangs (a share that is gone) holds up no other."""

import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
import psutil
import zmq

from services.cli.doctor.result import Check, Result, failed, skipped
from services.cli.doctor.site import Site
from shared.clock import monotonic_s
from shared.db.sqlite import sqlite3
from shared.errors import RestrikeError

T = TypeVar("T")
EXPECTED: Final = (
    RestrikeError,
    OSError,
    ValueError,
    LookupError,
    subprocess.SubprocessError,
    sqlite3.Error,
    psutil.Error,
    zmq.ZMQError,
    msgspec.MsgspecError,
)
"""What a machine that is not as it should be makes a look raise."""


class Errand(Generic[T]):
    """A call in a thread of its own, which nobody waits for longer than `within_s`: it ends with the process."""

    def __init__(self, call: Callable[[], T], *, within_s: float) -> None:
        self._call = call
        self._until_s = monotonic_s() + within_s
        self._done = threading.Event()
        self._answers: list[T] = []
        self.error: Exception | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._answers.append(self._call())
        except EXPECTED as error:
            self.error = error
        finally:
            self._done.set()

    def answer(self) -> T:
        """What the call returned; raises what it raised, and TimeoutError when it takes too long."""
        if not self._done.wait(max(0.0, self._until_s - monotonic_s())):
            raise TimeoutError("it took too long")
        if self.error is not None:
            raise self.error
        if not self._answers:
            raise ValueError("the look itself failed, which is a fault of this program")
        return self._answers[0]


def run(checks: Sequence[Check], site: Site) -> list[Result]:
    """Every result, in the order of `checks`."""
    beside = {check.name: _begun(check, site) for check in checks if not check.alone}
    found = {name: _results(errand) for name, errand in beside.items()}
    found |= {check.name: _results(_begun(check, site)) for check in checks if check.alone}
    return [msgspec.structs.replace(one, check=check.name) for check in checks for one in found[check.name]]


def _begun(check: Check, site: Site) -> Errand[list[Result]]:
    return Errand(lambda: check.look(site), within_s=check.within_s)


def _results(errand: Errand[list[Result]]) -> list[Result]:
    try:
        return errand.answer()
    except TimeoutError:
        fix = "Look whether a disk, a share or a program of this machine hangs."
        return [failed("Looking takes longer than it may, and was given up.", fix)]
    except EXPECTED as error:
        return [skipped(f"It could not be looked at: {told(error)}.")]


def told(error: Any) -> str:
    """An error in words, without a full stop."""
    text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
    return (text or type(error).__name__).rstrip(".")
