"""The socket of the activation server, with TLS: uvicorn, told how to end. `restrike-licensor serve`."""

import asyncio
import contextlib
import functools
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.licensor.listening import Listening
from services.licensor.server import ActivationServer
from services.licensor.turnstile import Turnstile, files_for
from shared.errors import ConfigError, NetworkError

END_WITHIN_S: Final = 5
"""What is being answered when the server is to end may take so long."""
KEEP_ALIVE_S: Final = 5
MOST_HEADER_BYTES: Final = 16_384


class _Server(uvicorn.Server):
    """Ends with 0 when it is told to end, and reads its certificate anew at SIGHUP."""

    def __init__(self, config: uvicorn.Config, listening: Listening) -> None:
        super().__init__(config)
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._read_certificate)
        with super().capture_signals():
            yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.ssl is not None:  # uvicorn has no option for how long TLS may take; asyncio waits for 60 s
            loop, within_s = asyncio.get_running_loop(), self._listening.handshake_s
            loop.create_server = functools.partial(  # type: ignore[method-assign]  # as above
                loop.create_server, ssl_handshake_timeout=within_s, ssl_shutdown_timeout=within_s
            )
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's own signature
        self.should_exit = True

    def _read_certificate(self) -> None:
        log = structlog.get_logger()
        if self.config.ssl is None:
            return
        try:
            _load(self.config.ssl, self._listening)
        except ConfigError as error:
            log.error("certificate_kept", error=str(error))  # noqa: TRY400  # its sentence says all
        else:
            log.info("certificate_read")


def listen(activation: ActivationServer, listening: Listening) -> dict[str, int]:
    """Serve until the process is told to end. Gives how many connections were closed as too many, by why.

    Raises:
        ConfigError: certificate or key cannot be used.
        NetworkError: the address cannot be bound.
    """
    context = None
    if listening.certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _load(context, listening)
    bound = Turnstile(
        _bound(listening),
        most=files_for(listening.most_open),
        most_per_address=listening.most_per_address if listening.proxy is None else None,
    )
    config = uvicorn.Config(
        activation.app(),
        loop="asyncio",
        http=_protocol(listening.connection_s),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=listening.proxy is not None,
        forwarded_allow_ips=listening.proxy,
        limit_concurrency=listening.most_connections,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=END_WITHIN_S,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        ssl_context_factory=None if context is None else (lambda *_: context),
    )
    scheme, (host, port, *_) = "https" if context else "http", bound.getsockname()
    url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
    structlog.get_logger().info("listening", url=url, proxy=listening.proxy)
    _Server(config, listening).run(sockets=[bound])
    return dict(bound.closed)


def write_logs(*, is_json: bool) -> None:
    """Lines on standard error: JSON, or plain. No request's body is ever in one."""
    renderer: Any = structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer(colors=False)
    first = (
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        structlog.processors.add_log_level,
    )
    structlog.configure(
        processors=[*first, structlog.processors.format_exc_info, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=first))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _protocol(connection_s: float) -> type[asyncio.Protocol]:
    """Connections end after `connection_s`, whatever they wait for: one that says nothing holds no place for long."""

    class Short(H11Protocol):
        _end: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
            super().connection_made(transport)
            self._end = self.loop.call_later(connection_s, transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._end is not None:
                self._end.cancel()
            super().connection_lost(exc)

    return Short


def _bound(listening: Listening) -> socket.socket:
    try:
        found = socket.getaddrinfo(listening.host, listening.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        bound = socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        where = f"{listening.host}:{listening.port}"
        sentence = f"The server cannot listen there ({error.strerror or error}): name another --host or --port."
        raise NetworkError("serve.port", sentence, value=where) from error
    # What is accepted inherits it; asyncio sets it only where the socket names its protocol. Else answers wait 40 ms.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def _load(context: ssl.SSLContext, listening: Listening) -> None:
    try:
        context.load_cert_chain(str(listening.certificate), listening.key and str(listening.key), "")
    except (OSError, ssl.SSLError) as error:
        sentence = f"Certificate and key cannot be used ({error}): give PEM files that belong together."
        raise ConfigError("serve.certificate", sentence, value=str(listening.certificate)) from error
