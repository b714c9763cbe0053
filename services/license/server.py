"""The vendor's server, asked by HTTPS in a thread of its own; license.

No proxy is used and no redirection followed. Nothing follows from an answer but what its signature proves; what is not
signed is at most a sentence for people.
"""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog

from shared.bus import UNREADABLE
from shared.errors import NetworkError
from shared.licensing.key_ring import KeyRing
from shared.licensing.signing import TokenError, opened
from shared.licensing.statements import (
    Activation,
    ActivationRequest,
    Answer,
    AnyRequest,
    Checked,
    CheckRequest,
    Refusal,
    Released,
    ReleaseRequest,
)
from shared.messages.license import LicenseReason

STEP_S: Final = 8.0
"""How long the server may take for each step; with a name to look up and two steps a command's 30 s suffice."""
WHOLE_S: Final = 20.0
"""How long it may take for all of its answer, however it trickles."""
MOST_ANSWER_BYTES: Final = 65_536
SHOWN_CHARACTERS: Final = 200
UNDECODED: Final = "\ufffd"
"""What stands for bytes that are no text."""
PATHS: Final[dict[type, str]] = {
    ActivationRequest: "/v1/activate",
    CheckRequest: "/v1/check",
    ReleaseRequest: "/v1/release",
}
T = TypeVar("T", Activation, Checked, Released)
Heard = Callable[[Any, NetworkError | None], None]
"""Gets the signed statement that answers, or why there is none."""

_encode: Final = msgspec.json.Encoder().encode


class ServerRefusedError(NetworkError):
    """The server said, in words that it did not sign, why it does not do it."""


class Server:
    """Asks. `url` and `ca_file` are read at each question; `post` gives what was heard to the loop."""

    def __init__(
        self,
        ring: KeyRing,
        *,
        url: Callable[[], str],
        ca_file: Callable[[], str],
        post: Callable[[Callable[[], None]], None],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._ring = ring
        self._url = url
        self._ca_file = ca_file
        self._post = post
        self._log = log

    @property
    def is_set(self) -> bool:
        """Whether there is a server to ask."""
        return bool(self._url())

    def ask(self, request: AnyRequest, kind: type[T], heard: Heard) -> None:
        """Send `request`; `heard` gets the statement of `kind`, in the loop's thread."""
        url, ca_file = self._url(), self._ca_file()

        def run() -> None:
            try:
                answer: T | None = exchange(url, ca_file, request, kind, self._ring)
                error = None
            except NetworkError as refused:
                answer, error = None, refused
            self._post(lambda: self._tell(request, answer, error, heard))

        try:
            threading.Thread(target=run, name="server", daemon=True).start()
        except RuntimeError as error:  # the machine has no more of them
            failed = NetworkError("license.server_not_reached", f"It cannot be asked now: {error}")
            self._post(lambda: self._tell(request, None, failed, heard))

    def _tell(self, request: AnyRequest, answer: object, error: NetworkError | None, heard: Heard) -> None:
        ask = type(request).__struct_config__.tag
        if error is None:
            self._log.info("server_answered", ask=ask)
        else:
            self._log.warning("server_did_not", ask=ask, code=error.code, error=error.message)
        heard(answer, error)


def exchange(url: str, ca_file: str, request: AnyRequest, kind: type[T], ring: KeyRing) -> T:
    """Send `request` to the server at `url` and open its answer.

    Raises:
        ServerRefusedError: it refused, and says why.
        NetworkError: it was not reached, or what it answered is not what was asked for, or not signed by the vendor.
    """
    place = "the server"
    try:
        place = urlsplit(url).hostname or place
        status, body = _sent(url, ca_file, PATHS[type(request)], _encode(request))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NetworkError("license.server_not_reached", f"{place}: {_words(error)}") from error
    body = _without_secrets(body, request)
    if status != 200:
        raise _refusal(place, status, body)
    try:
        statement = opened(msgspec.json.decode(body, type=Answer).answer, ring, kind)
    except UNREADABLE as error:
        raise NetworkError("license.server_not_understood", f"{place} is no licence server: {_start(body)}") from error
    except TokenError as error:
        code = "license.unknown_key" if error.reason is LicenseReason.UNKNOWN_KEY else "license.server_lies"
        raise NetworkError(code, f"What {place} answered cannot be trusted. {error.message}") from error
    if statement.nonce != request.nonce:
        raise NetworkError("license.server_lies", f"{place} repeated an old answer.")
    return statement


def _sent(url: str, ca_file: str, path: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("it must be asked by https")
    context = _context(ca_file)
    connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=STEP_S, context=context)
    try:
        headers = {"Content-Type": "application/json", "User-Agent": "restrike-vta"}
        connection.connect()
        with _cut_off(connection.sock, WHOLE_S):
            connection.request("POST", parts.path.rstrip("/") + path, body=body, headers=headers)
            with connection.getresponse() as response:
                return response.status, response.read(MOST_ANSWER_BYTES)
    finally:
        connection.close()


@contextmanager
def _cut_off(sock: socket.socket, after_s: float) -> Iterator[None]:
    """End what is read from `sock` after so long."""

    def cut() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(after_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _without_secrets(body: bytes, request: AnyRequest) -> bytes:
    """What a server answered, without what it repeats of the request: its words are logged and shown."""
    secret = request.key if isinstance(request, ActivationRequest) else request.license
    return re.sub(re.escape(secret.encode()), b"(secret)", body, flags=re.IGNORECASE)


def _context(ca_file: str) -> ssl.SSLContext:
    """Whose certificates are trusted. Raises NetworkError: `ca_file` holds none."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        sentence = f"license.ca_file ({ca_file}) holds no certificate as PEM."
        raise NetworkError("license.ca_file", sentence) from error
    except OSError as error:
        sentence = f"license.ca_file ({ca_file}) cannot be read: {error.strerror}."
        raise NetworkError("license.ca_file", sentence) from error


def _refusal(place: str, status: int, body: bytes) -> NetworkError:
    try:
        refusal = msgspec.json.decode(body, type=Refusal)
    except UNREADABLE:
        if 300 <= status < 400:
            return NetworkError("license.server_not_understood", f"{place} answered {status}, a redirection.")
        return NetworkError("license.server_failed", f"{place} answered {status}: {_start(body)}")
    code = "".join(letter for letter in refusal.code[:60] if letter.isalnum() or letter in "._") or "refused"
    return ServerRefusedError(f"license.server.{code}", _printable(refusal.message))


def _start(body: bytes) -> str:
    return _printable(body.decode("utf-8", "replace")) or "nothing"


def _printable(text: str) -> str:
    shown = (letter if letter.isprintable() and letter != UNDECODED else " " for letter in text[:SHOWN_CHARACTERS])
    return " ".join("".join(shown).split())


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); see license.ca_file"
    if isinstance(error, TimeoutError):
        return f"no answer within {STEP_S:g} s"
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return f"what it sends is no HTTP ({type(error).__name__})"  # its own words may be anything
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
