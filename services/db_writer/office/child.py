"""A job's heavy, read-only half in a process of its own: a backup's copy, its compression, its checks; db-writer.

The process has the lowest priority, dies with its parent, tells its progress as JSON lines, and ends with a result or
an error. What it leaves behind when it is killed is its errand's business (files named `.…partial`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from typing import IO, Any, Final

import msgspec

from services.db_writer.office.jobs import Result, Step
from shared.errors import RestrikeError
from shared.paths import Paths

POLL_S: Final = 0.25
"""How often the child is listened to."""
END_POLL_S: Final = 0.02
"""How often it is looked whether a child that said its last word has ended: that is soon, but for a busy machine."""

_killed: Final[list["subprocess.Popen[bytes]"]] = []
"""Children of jobs that were broken off. Freeing their memory may take seconds, which nobody waits for."""


class ErrandError(RestrikeError):
    """What a child refused or failed at, as it said it itself."""


def errand(name: str, options: Mapping[str, Any], *, paths: Paths) -> Generator[Step, None, Result]:
    """Run the errand `name` (see `services.db_writer.errand`) in a child; its progress are the steps.

    Raises ErrandError: what the child said, or that it ended without a word.
    """
    _killed[:] = [child for child in _killed if child.poll() is None]
    environment = os.environ | {"RESTRIKE_HOME": str(paths.home)}
    command = [sys.executable, "-P", "-m", "services.db_writer.errand", name, str(os.getpid())]
    child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None  # noqa: S101 - it is a pipe, see above
    assert child.stdout is not None  # noqa: S101 - it is a pipe, see above
    try:
        child.stdin.write(json.dumps(dict(options)).encode())
        child.stdin.close()
        os.set_blocking(child.stdout.fileno(), False)
        last = yield from _heard(child, child.stdout)
    finally:
        child.stdout.close()
        if child.poll() is None:
            child.kill()
            _killed.append(child)
    if "result" in last:
        return dict(last["result"])
    if "error" in last:
        raise ErrandError(last["error"]["code"], last["error"]["message"], value=last["error"]["value"])
    raise ErrandError("job.child_ended", f"The process that does this ended without a word ({child.returncode}).")


def _heard(child: "subprocess.Popen[bytes]", stdout: IO[bytes]) -> Generator[Step, None, dict[str, Any]]:
    """The last word of the child, once it has ended; until then the steps are its progress."""
    step, last, rest = Step(), dict[str, Any](), b""
    while True:
        is_over = child.poll() is not None
        rest += stdout.read() or b""
        *lines, rest = rest.split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "message" in said:
                step = Step(message=said["message"], done=said["done"], total=said["total"])
            else:
                last = said
        if is_over:
            return last
        yield msgspec.structs.replace(step, rest_s=END_POLL_S if last else POLL_S)
