"""A real rclone remote on loopback: `rclone serve webdav` in a folder, with a user and a password."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.suite import free_port
from tests.support.wait import eventually

INSTALLED = pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")
USER, PASSWORD = "venue", "hunter2-of-the-venue"


class Remote:
    """The server of one folder; it may be killed and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def options(self) -> dict[str, str]:
        """How it is reached, as rclone wants it."""
        return {
            "type": "webdav",
            "url": f"http://127.0.0.1:{self.port}",
            "vendor": "other",
            "user": USER,
            "pass": PASSWORD,
        }

    def start(self) -> None:
        """Serve, and wait until it can be reached."""
        self.folder.mkdir(exist_ok=True)
        command = ["rclone", "serve", "webdav", str(self.folder), "--addr", f"127.0.0.1:{self.port}"]
        command += ["--user", USER, "--pass", PASSWORD]
        command += ["--dir-cache-time", "0s"]  # the tests change files behind its back
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._is_up, within=20, what="the WebDAV server answers")

    def kill(self) -> None:
        """End it as a cut line would."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(10)
            self._server = None

    def _is_up(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Remote]:
    """A remote that is served until the end of the block."""
    remote = Remote(folder)
    remote.start()
    try:
        yield remote
    finally:
        remote.kill()
