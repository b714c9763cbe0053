"""A vendor's server by HTTPS, in a thread of the test, that says whatever it is told to."""

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from shared.licensing.statements import Answer, AnyRequest, Refusal, Statement
from tests.support.certificates import own_certificate
from tests.support.licensing.vendor import Vendor

Say = Callable[["Call"], None]
_ASKS: Final = {"/v1/activate": "activate", "/v1/check": "check", "/v1/release": "release"}


class Call:
    """One request, and the way to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes, over: threading.Event) -> None:
        self.path = handler.path
        self.body = body
        self.over = over
        self._handler = handler

    @property
    def request(self) -> Any:
        """What was asked."""
        found = msgspec.json.decode(self.body, type=AnyRequest)
        assert found.__struct_config__.tag == _ASKS[self.path]
        return found

    def sign(self, vendor: Vendor, statement: Statement) -> None:
        """Answer with a signed statement."""
        self.answer(200, msgspec.json.encode(Answer(answer=vendor.text(statement))))

    def refuse(self, code: str, message: str, status: int = 403) -> None:
        """Answer with a refusal."""
        self.answer(status, msgspec.json.encode(Refusal(code=code, message=message)))

    def json(self, content: object) -> None:
        """Answer with any JSON."""
        self.answer(200, json.dumps(content).encode())

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """Answer with anything."""
        lines = {"Content-Length": str(len(body)), "Connection": "close", **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.raw(f"HTTP/1.1 {status} So\r\n{head}\r\n".encode() + body)

    def raw(self, content: bytes) -> None:
        """Send bytes, whoever hears them."""
        self._handler.wfile.write(content)
        self._handler.wfile.flush()

    def trickle(self, content: bytes, every_s: float) -> None:
        """Send a byte at a time until nobody hears it any more."""
        for at in range(len(content)):
            if self.over.wait(every_s):
                return
            self.raw(content[at : at + 1])

    def hang(self) -> None:
        """Say nothing until the server ends."""
        self.over.wait(30)


class Https:
    """Says what `say` does. `url` and `ca_file` are for who asks it; `calls` counts."""

    def __init__(self, folder: Path, say: Say) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        context, self._pem = own_certificate(folder)
        self.say = say
        self.calls = 0
        self._over = threading.Event()
        self._server = _server(self, context)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> str:
        """Whom to trust."""
        return str(self._pem)

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        self.calls += 1
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.say(Call(handler, body, self._over))


def _server(https: Https, context: ssl.SSLContext) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def finish(self) -> None:
            super().finish()
            self.request.close()

        def do_POST(self) -> None:  # as http.server calls it
            https.take(self)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = False
        block_on_close = True

        def handle_error(self, *_: object) -> None:
            """Whoever asked has gone; tests look at what he got."""

    return Server(("127.0.0.1", 0), Handler)
