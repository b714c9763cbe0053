"""Another program that has OBS's port."""

import socket
import threading
from typing import Self


class Stranger:
    """Something that listens, says `greeting` to everybody and is not OBS; drips: again and again, slowly."""

    def __init__(self, greeting: bytes, *, drips: bool = False, port: int = 0) -> None:
        self._greeting = greeting
        self._drips = drips
        self._server = socket.create_server(("127.0.0.1", port))
        self._over = threading.Event()
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._server.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._server.accept()
                with client:
                    client.settimeout(5)
                    client.sendall(self._greeting)
                    client.recv(4096)
                    while self._drips and not self._over.wait(0.05):
                        client.sendall(b".")
            except OSError:  # the client has gone, or the server is closed
                continue
