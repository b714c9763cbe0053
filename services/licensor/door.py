"""Who is let in, and how much is listened to: before anybody looks at the books. `restrike-licensor`: its server."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from services.licensor.limits import Budgets, Limits, Sums
from services.licensor.refusals import RefusedError
from shared.licensing.statements import AnyRequest

TOO_MANY_WRONG: Final = "key.too_many_wrong"


class Door:
    """Refuses what comes too often, is too much, or is no request."""

    def __init__(self, limits: Limits, steady_s: Callable[[], float]) -> None:
        self._limits = limits
        self._steady_s = steady_s
        self._requests = Budgets(limits.per_minute)
        self._wrong_keys = Budgets(limits.wrong_keys_per_minute)
        self._sums = Sums()

    def admit(self, address: str) -> None:
        """Raises RefusedError: too many requests came from there."""
        now_s = self._steady_s()
        if wait_s := self._requests.wait_s(address, now_s):
            raise _flood("request.too_many", "Too many requests came from this address", wait_s)
        self._requests.spend(address, now_s)

    def admit_key(self, address: str) -> None:
        """Raises RefusedError: too many wrong activation keys came from there."""
        if wait_s := self._wrong_keys.wait_s(address, self._steady_s()):
            raise _flood(TOO_MANY_WRONG, "Too many wrong activation keys came from this address", wait_s)

    def wrong_key(self, address: str) -> None:
        """One came from there."""
        self._wrong_keys.spend(address, self._steady_s())

    def times_to_note(self, address: str, error: RefusedError) -> int:
        """For how many refusals the audit gets a line now. Those of the desk have theirs already."""
        is_ours = error.code.startswith("request.") or error.code == TOO_MANY_WRONG
        return self._sums.add(address, error.code, self._steady_s()) if is_ours else 0

    def left_to_note(self) -> list[tuple[str, str, int]]:
        """Address, code and number of the refusals without a line."""
        return self._sums.rest()

    @property
    def forgotten(self) -> int:
        """Addresses whose budget was forgotten, as there were too many."""
        return self._requests.forgotten + self._wrong_keys.forgotten

    async def read(self, request: Request, kind: type[AnyRequest]) -> AnyRequest:
        """The request in the body.

        Raises:
            RefusedError: it is too large, too slow, or no such request.
        """
        try:
            async with asyncio.timeout(self._limits.request_s):
                body = await self._body(request)
        except (TimeoutError, ClientDisconnect) as error:
            raise RefusedError("request.slow", "The request did not come to its end in time.", status=408) from error
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            sentence = "This is no request of the suite that this server understands."
            raise RefusedError("request.malformed", sentence, status=400) from error

    async def _body(self, request: Request) -> bytes:
        most, body = self._limits.most_body_bytes, bytearray()
        said = request.headers.get("content-length", "0")
        if len(said) < 20 and said.isdecimal() and int(said) <= most:
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    break
            else:
                return bytes(body)
        raise RefusedError("request.too_large", f"A request has up to {most} bytes.", status=413)


def _flood(code: str, what: str, wait_s: int) -> RefusedError:
    return RefusedError(code, f"{what}: try again in {wait_s} s.", status=429, retry_after_s=wait_s)
