"""supervisord, asked over its Unix socket: what it knows of the processes, and what it shall do.

Blocks for as long as `within_s`: for command lines, and for threads beside a service's loop.
"""

import contextlib
import socket
from http.client import HTTPConnection, HTTPException
from typing import Any
from xmlrpc.client import Error, ServerProxy, Transport

from shared.paths import Paths
from shared.supervised import ANSWERS_WITHIN_S


class _Connection(HTTPConnection):
    """HTTP over a Unix socket, with a deadline of its own."""

    def __init__(self, path: str, within_s: float) -> None:
        super().__init__("localhost", timeout=within_s)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Transport(Transport):
    def __init__(self, path: str, within_s: float) -> None:
        super().__init__()
        self._path = path
        self._within_s = within_s

    def make_connection(self, host: Any) -> HTTPConnection:  # there is one socket only
        connection = _Connection(self._path, self._within_s)
        self._connection = (host, connection)  # which `close` closes
        return connection


def ask_supervisor(paths: Paths, method: str, *arguments: str, within_s: float = ANSWERS_WITHIN_S) -> Any:
    """What supervisord's RPC method (`getAllProcessInfo`) answers; None when it does not, or refuses."""
    transport = _Transport(str(paths.supervisor_socket), within_s)
    with contextlib.closing(transport):
        try:
            return getattr(ServerProxy("http://localhost", transport=transport).supervisor, method)(*arguments)
        except (OSError, HTTPException, Error):
            return None
