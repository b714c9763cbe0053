"""The activation server: what comes by HTTP goes through the door to the desk. `restrike-licensor serve`.

The books are read and written in a few threads, with a connection for each act; one activation at a time is served of
an address, so that its wrong keys are counted before the next one is tried.
"""

import asyncio
import functools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.licensor.books import Books
from services.licensor.chest import Chest
from services.licensor.desk import UNKNOWN_KEY, Desk
from services.licensor.door import Door
from services.licensor.home import Home
from services.licensor.limits import Limits, address_of
from services.licensor.records import Trace
from services.licensor.refusals import RefusedError
from shared.clock import monotonic_s, unix_ns
from shared.db.sqlite import sqlite3
from shared.errors import RestrikeError
from shared.licensing.statements import (
    ActivationRequest,
    Answer,
    AnyRequest,
    CheckRequest,
    Refusal,
    ReleaseRequest,
)

THREADS: Final = 4
"""An act takes a few milliseconds, most of it waiting for the disk."""
HEALTHY_FOR_S: Final = 5.0
"""So long it is not looked again whether all is well, however often somebody asks."""
HEALTH: Final = "/v1/health"
ASKED: Final[dict[str, type[AnyRequest]]] = {
    "/v1/activate": ActivationRequest,
    "/v1/check": CheckRequest,
    "/v1/release": ReleaseRequest,
}
R = TypeVar("R")


class ActivationServer:
    """Answers installations."""

    def __init__(
        self,
        home: Home,
        chest: Chest,
        limits: Limits,
        *,
        now: Callable[[], int] = lambda: unix_ns() // 1_000_000_000,
        steady_s: Callable[[], float] = monotonic_s,
    ) -> None:
        self._home = home
        self._chest = chest
        self._now = now
        self._steady_s = steady_s
        self._log = structlog.get_logger()
        self._door = Door(limits, steady_s)
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="books")
        self._well_until_s = 0.0
        self._counts: Counter[str] = Counter()

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route(path, functools.partial(self._post, kind=kind), methods=["POST"]) for path, kind in ASKED.items()
        ]
        routes.append(Route(HEALTH, self._health, methods=["GET"]))
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._no_page, 500: self._fault})
        app.router.redirect_slashes = False  # a path with a slash more is none, too
        return app

    def look(self) -> None:
        """Raises RestrikeError, sqlite3.Error, OSError: books or key cannot be used."""
        with self._books() as books:
            self._chest.signing(books)

    def counts(self) -> dict[str, int]:
        """Answers by path and code since the start."""
        return {**self._counts, "addresses_forgotten": self._door.forgotten}

    def close(self) -> None:
        """Write what is left to be written. Nobody is served any more."""
        self._pool.shutdown()
        left = [self._flood(*one) for one in self._door.left_to_note()]
        if left:
            self._note(left)

    async def _post(self, request: Request, *, kind: type[AnyRequest]) -> Response:
        began_s, address = self._steady_s(), _address(request)
        try:
            self._door.admit(address)
            text, trace = await self._served(address, await self._door.read(request, kind))
        except RefusedError as error:
            await self._note_refusal(address, error)
            self._tell(request, error.status, error.code, began_s)
            return _refusal(error)
        except (sqlite3.Error, RestrikeError, OSError) as error:
            self._log.error("not_able", error=str(error)[:300])
            self._tell(request, 503, "server.unable", began_s)
            sentence = "The vendor's server cannot do it now: try again in some minutes."
            return _refusal(RefusedError("server.unable", sentence, status=503, retry_after_s=60))
        self._tell(request, 200, "done", began_s, license=trace.license_id, detail=trace.detail)
        return _json(msgspec.json.encode(Answer(answer=text)), 200)

    async def _served(self, address: str, asked: AnyRequest) -> tuple[str, Trace]:
        answer = functools.partial(self._answer, address, asked)
        if not isinstance(asked, ActivationRequest):
            return await self._in_thread(answer)
        line = self._lines.get(address)
        if line is None:
            line = self._lines[address] = asyncio.Lock()
        async with line:
            self._door.admit_key(address)
            try:
                return await self._in_thread(answer)
            except RefusedError as error:
                if error.code == UNKNOWN_KEY:
                    self._door.wrong_key(address)
                raise

    def _answer(self, address: str, asked: AnyRequest) -> tuple[str, Trace]:
        with self._books() as books:
            desk = Desk(books, self._chest.signing(books), who=address, now=self._now())
            return desk.answer(asked), desk.trace

    async def _note_refusal(self, address: str, error: RefusedError) -> None:
        times = self._door.times_to_note(address, error)
        if times:
            try:
                await self._in_thread(functools.partial(self._note, [self._flood(address, error.code, times)]))
            except (sqlite3.Error, RestrikeError, OSError) as failed:  # it is refused all the same
                self._log.error("not_noted", error=str(failed)[:300])

    def _flood(self, address: str, code: str, times: int) -> Trace:
        return Trace(at=self._now(), who=address, act="ask", outcome=code, times=times)

    def _note(self, traces: list[Trace]) -> None:
        with self._books() as books, books.writing():
            for trace in traces:
                books.note(trace)

    def _books(self) -> "closing[Books]":
        self._home.require_books()
        return closing(Books.open(self._home.books_file))

    async def _in_thread(self, act: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

    async def _health(self, _: Request) -> Response:
        if self._steady_s() >= self._well_until_s:
            try:
                await self._in_thread(self.look)
            except (sqlite3.Error, RestrikeError, OSError) as error:
                self._log.error("not_able", error=str(error)[:300])
                return _json(b'{"status":"unable"}', 503)
            self._well_until_s = self._steady_s() + HEALTHY_FOR_S
        return _json(b'{"status":"ok"}', 200)

    async def _no_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        refused = RefusedError(
            "request.path", f"There is only POST {', '.join(ASKED)}, and GET {HEALTH}.", status=status
        )
        await self._note_refusal(_address(request), refused)
        self._tell(request, status, refused.code, self._steady_s())
        return _refusal(refused)

    async def _fault(self, request: Request, _: Exception) -> Response:
        self._tell(request, 500, "server.fault", self._steady_s())
        return _refusal(RefusedError("server.fault", "The vendor's server failed: tell the vendor.", status=500))

    def _tell(self, request: Request, status: int, code: str, began_s: float, **more: object) -> None:
        path = request.url.path if request.url.path in (*ASKED, HEALTH) else "other"
        self._counts[f"{path} {code}"] += 1
        took_ms = round((self._steady_s() - began_s) * 1000, 1)
        address = _address(request)
        self._log.info("asked", path=path, address=address, status=status, code=code, took_ms=took_ms, **more)


def _address(request: Request) -> str:
    return address_of(request.client.host) if request.client else "unknown"


def _refusal(error: RefusedError) -> Response:
    body = msgspec.json.encode(Refusal(code=error.code, message=error.message))
    return _json(body, error.status, retry_after_s=error.retry_after_s)


def _json(body: bytes, status: int, *, retry_after_s: int | None = None) -> Response:
    headers = {"Cache-Control": "no-store"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return Response(body, status_code=status, media_type="application/json", headers=headers)
