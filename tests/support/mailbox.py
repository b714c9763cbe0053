"""A real mail server on a free port of loopback, for tests: keeps what it gets, or refuses it."""

import asyncio
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "desk", "let me in"


class Mailbox:
    """`mails` are those that were taken. `refuse` is what it answers to a mail instead of taking it; `unknown` are
    addresses that it does not know. With `tls` it offers STARTTLS and asks for a login.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, refuse: str | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = refuse
        self.unknown: set[str] = set()
        self.port = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        serving = self._loop.create_server(self._connection, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result(5)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _connection(self) -> SMTP:
        if self._tls is None:
            return SMTP(self, loop=self._loop)
        return SMTP(
            self,
            loop=self._loop,
            tls_context=self._tls,
            require_starttls=True,
            auth_required=True,
            authenticator=_authenticate,
        )

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whether it knows an address."""
        if address in self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's names
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """A mail."""
        if self.refuse is not None:
            return self.refuse
        content = envelope.content
        mail: Any = message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.default)
        self.mails.append(mail)
        return "250 2.0.0 kept as number 1"


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: Any) -> AuthResult:
    is_right = isinstance(login, LoginPassword) and (login.login, login.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)
