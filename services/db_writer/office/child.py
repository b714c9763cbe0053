"""A job's heavy, read-only half in a process of its own: a backup's copy, its compression, its checks; db-writer.

The process has the lowest priority, dies with its parent, tells its progress as JSON lines, and ends with a result or
an error. What it leaves behind when it is killed is its errand's business (files named `.…partial`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from typing import Any, Final

from services.db_writer.office.jobs import Result, Step
from shared.errors import RestrikeError
from shared.paths import Paths

POLL_S: Final = 0.25
"""How often the child is looked at; one that ended is noticed this much later at most."""
ENDS_WITHIN_S: Final = 2.0


class ErrandError(RestrikeError):
    """What a child refused or failed at, as it said it itself."""


def errand(name: str, options: Mapping[str, Any], *, paths: Paths) -> Generator[Step, None, Result]:
    """Run the errand `name` (see `services.db_writer.errand`) in a child; its progress are the steps.

    Raises ErrandError: what the child said, or that it ended without a word.
    """
    environment = os.environ | {"RESTRIKE_HOME": str(paths.home)}
    command = [sys.executable, "-P", "-m", "services.db_writer.errand", name, str(os.getpid())]
    child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None  # noqa: S101 - it is a pipe, see above
    assert child.stdout is not None  # noqa: S101 - it is a pipe, see above
    try:
        child.stdin.write(json.dumps(dict(options)).encode())
        child.stdin.close()
        os.set_blocking(child.stdout.fileno(), False)
        heard = b""
        is_over = False
        while not is_over:
            is_over = child.poll() is not None
            heard += child.stdout.read() or b""
            *lines, heard = heard.split(b"\n")
            for line in lines:
                said = json.loads(line)
                if "result" in said:
                    return dict(said["result"])
                if "error" in said:
                    raise ErrandError(said["error"]["code"], said["error"]["message"], value=said["error"]["value"])
                yield _step(said)
            if not lines and not is_over:
                yield Step(rest_s=POLL_S)
        raise ErrandError("job.child_ended", f"The process that does this ended without a word ({child.returncode}).")
    finally:
        child.kill()
        child.wait(ENDS_WITHIN_S)
        child.stdout.close()


def _step(said: dict[str, Any]) -> Step:
    return Step(message=said["message"], done=said["done"], total=said["total"])
