"""A real HTTP server on a free port of loopback, for tests of webhooks: keeps what it gets, answers as it is told."""

import contextlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from shared.clock import monotonic_s


class Hook:
    """`calls` holds (headers, body) of each POST. `status` is what it answers, `holds` lets it answer nothing."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, status: int = 200) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.times_s: list[float] = []
        self.status = status
        self.holds = False
        self._open = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.times_s.append(monotonic_s())
                hook.calls.append((dict(self.headers.items()), body))
                if hook.holds:
                    hook._open.wait(30)
                with contextlib.suppress(OSError):  # who asked waits no more
                    self.send_response(hook.status)
                    self.end_headers()
                    self.wfile.write(b"thank you")

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def documents(self) -> list[dict[str, Any]]:
        """What was posted."""
        return [json.loads(body) for _, body in self.calls]

    def told(self) -> list[tuple[str, str]]:
        """What of which alert was posted, in order."""
        return [(one["alert"]["alert_id"], one["about"]) for document in self.documents() for one in document["alerts"]]
