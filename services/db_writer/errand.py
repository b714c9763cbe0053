"""A child of db-writer for heavy reading: `python -P -m services.db_writer.errand NAME PARENT`, options on stdin.

Standard output is JSON lines: progress (`message`, `done`, `total`), and at the end one `result` or one `error`.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

import psutil

from shared.errors import RestrikeError
from shared.paths import Paths

ERRANDS: Final[dict[str, str]] = {
    "archive_plan": "services.db_writer.errands.archive_plans:plan",
    "archive_make": "services.db_writer.errands.archives:make",
    "read_indexes": "services.db_writer.errands.indexes:read",
    "check": "services.db_writer.errands.checks:check",
    "archive_open": "services.db_writer.errands.archives:open_checked",
    "backup": "services.db_writer.errands.backups:create",
    "verify": "services.db_writer.errands.backups:verify",
    "backups_find": "services.db_writer.errands.backups:find",
    "backups_remove": "services.db_writer.errands.backups:remove",
    "restore": "services.db_writer.errands.restores:prepare",
    "drill": "services.db_writer.errands.restores:drill",
    "push": "services.db_writer.errands.offsite:push",
    "fetch": "services.db_writer.errands.offsite:fetch",
    "predecessor": "services.db_writer.office.predecessor.reading:read",
    "remote": "services.db_writer.errands.offsite:remote_backups",
}
"""Errand -> `module:function`; imported only when it is asked for."""
AWAITED: Final = frozenset({"backups_find", "fetch", "restore"})
"""Who waits for these may have no database meanwhile. They give way, too, but are never starved. Others may be, while
programs take all of the processor.
"""
LOW: Final = 10
LOWEST: Final = 19
_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

Options = Mapping[str, Any]
Tell = Callable[[str, int, int | None], None]
"""Called with what is done, how much of it, and of how much (None: not known)."""


class Errand(Protocol):
    """One errand: does what `options` say on the files of `paths`, tells how far it is, returns its result."""

    def __call__(self, options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
        """Raises RestrikeError or OSError: that is the child's error."""


def main() -> int:
    """Run one errand; 0 done, 1 refused or failed."""
    sys.excepthook = _fault
    name, parent = sys.argv[1:]
    _end_with(int(parent))
    if name in AWAITED:
        os.setpriority(os.PRIO_PROCESS, 0, LOW)
    else:
        _be_modest()
    module, function = ERRANDS[name].split(":")
    try:
        run: Errand = getattr(import_module(module), function)
        result = run(json.loads(sys.stdin.buffer.read()), paths=Paths.from_environment(), tell=_tell)
    except RestrikeError as error:
        value = None if error.value is None else str(error.value)
        _say({"error": {"code": error.code, "message": error.message, "value": value}})
        return 1
    except OSError as error:
        message = f"{error.filename or 'a file'}: {error.strerror or error}. Make room or rights, and try again."
        _say({"error": {"code": "io.failed", "message": message, "value": None}})
        return 1
    _say({"result": result})
    return 0


def _end_with(parent: int) -> None:
    os.umask(0o077)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked to be told
        sys.exit(1)


def _be_modest() -> None:
    """Give way to whatever receives and publishes."""
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    # A process of this class is interrupted at once by any other that wakes up; a merely nice one ends its slice first.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    # Linux shares the processor between sessions before it looks at priorities (autogroups): in the suite's own session
    # this child would use up the share of those that receive and publish.
    with contextlib.suppress(OSError):  # it leads its session already (run by hand), or the kernel has no autogroups
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(LOWEST), encoding="ascii")
    with contextlib.suppress(psutil.Error, OSError):  # not every file system's scheduler has classes
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def _fault(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """A mistake of ours is told, too; what it says may be secret, so that is for the log only."""
    sys.__excepthook__(kind, error, traceback)
    message = f"It failed inside the program ({kind.__name__}), which is a fault of it: report it with the log."
    _say({"error": {"code": "job.fault", "message": message, "value": None}})


def _tell(message: str, done: int, total: int | None) -> None:
    _say({"message": message, "done": done, "total": total})


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
