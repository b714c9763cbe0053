"""A screen that is not there: one Xvfb with a display number that was free."""

import os
import subprocess
from pathlib import Path
from typing import Self

ENDS_WITHIN_S = 5


class Display:
    """Started by its block; `name` is what DISPLAY wants."""

    def __init__(self) -> None:
        self.name = ""
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"]
        quiet = subprocess.DEVNULL
        self._server = subprocess.Popen(
            command, pass_fds=(write,), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
        os.close(write)
        with os.fdopen(read, encoding="ascii") as numbers:
            number = numbers.readline().strip()
        assert number, f"Xvfb did not start (exit code {self._server.wait(ENDS_WITHIN_S)})"
        self.name = f":{number}"
        return self

    @property
    def socket(self) -> Path:
        """What the server makes outside of every home."""
        return Path("/tmp/.X11-unix", f"X{self.name.removeprefix(':')}")  # noqa: S108  # where X servers have it

    def __exit__(self, *_: object) -> None:
        if self._server is None:
            return
        self._server.terminate()  # it takes its socket and its lock with it
        try:
            self._server.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait(ENDS_WITHIN_S)
