"""Asks an OBS and hears its events, independently of the code under test; one connection with one reading thread."""

import base64
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.wait import eventually

NOT_READY = 207
ALL_EVENTS = 2047
"""All but those that come many times a second."""


class RefusedError(AssertionError):
    """OBS refused a request; `code` is its RequestStatus."""

    def __init__(self, request: str, code: int, comment: str) -> None:
        super().__init__(f"OBS refused {request} with {code} {comment}")
        self.code = code


class Event(NamedTuple):
    """One event, and when it arrived (monotonic s)."""

    kind: str
    data: dict[str, Any]
    at_s: float


class Probe:
    """A client of the websocket at `port` of this machine; authenticated and ready to answer once it is made."""

    def __init__(
        self,
        port: int,
        password: str = "",
        *,
        subscriptions: int = ALL_EVENTS,
        ready: bool = True,
        patience_s: float = 5,
    ) -> None:
        self._exit = ExitStack()
        self._ws = self._exit.enter_context(
            connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None, open_timeout=patience_s, close_timeout=1)
        )
        self._numbers = itertools.count(1)
        self._answers: dict[str, dict[str, Any]] = {}
        self._arrived = threading.Condition()
        self._events: list[Event] = []
        self.frames: list[str | bytes] = []
        """All that came after Identified, as it came."""
        self.closed: ConnectionClosed | None = None
        """Why the connection ended, when OBS ended it."""
        try:
            self._identify(password, subscriptions, patience_s)
        except BaseException:  # whatever it is, the socket must not outlive it
            self._exit.close()
            raise
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        if ready:
            eventually(self._is_ready, within=10, what="OBS is ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._exit.close()
        self._thread.join(5)

    def ask(self, request: str, *, within: float = 10, **data: Any) -> dict[str, Any]:
        """The answer's data; RefusedError with OBS's code, AssertionError when none comes `within` seconds."""
        number = f"probe-{next(self._numbers)}"
        body = {"requestType": request, "requestId": number, "requestData": data}
        with suppress(ConnectionClosed):  # said below
            self._ws.send(json.dumps({"op": 6, "d": body}))
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: number in self._answers or self.closed is not None, within)
            assert arrived, f"OBS did not answer {request} within {within:g} s"
            assert number in self._answers, f"OBS closed the connection instead of answering {request}: {self.closed}"
            answer = self._answers.pop(number)
        status = answer["requestStatus"]
        if not status["result"]:
            raise RefusedError(request, status["code"], status.get("comment", ""))
        found: dict[str, Any] = answer.get("responseData") or {}
        return found

    def events(self, kind: str = "") -> list[Event]:
        """The events of a kind (default: all) so far, oldest first."""
        with self._arrived:
            return [event for event in self._events if kind in ("", event.kind)]

    def wait_for(
        self,
        kind: str,
        where: Callable[[dict[str, Any]], bool] = lambda _: True,
        *,
        within: float = 10,
        after: float = 0,
    ) -> Event:
        """The first event of a kind that fits and arrived later than `after` (monotonic s), now or `within` seconds."""

        def fitting() -> Event | None:
            return next((event for event in self.events(kind) if event.at_s > after and where(event.data)), None)

        found = eventually(fitting, within=within, what=f"event {kind}")
        assert found is not None
        return found

    def recording(self, state: str, *, within: float = 10, after: float = 0) -> Event:
        """The RecordStateChanged of a state: STARTING, STARTED, PAUSED, RESUMED, STOPPING, STOPPED."""
        wanted = f"OBS_WEBSOCKET_OUTPUT_{state}"
        return self.wait_for(
            "RecordStateChanged", lambda data: bool(data["outputState"] == wanted), within=within, after=after
        )

    def _identify(self, password: str, subscriptions: int, patience_s: float) -> None:
        hello = json.loads(self._ws.recv(patience_s))["d"]
        identify: dict[str, Any] = {"rpcVersion": 1, "eventSubscriptions": subscriptions}
        if challenge := hello.get("authentication"):
            identify["authentication"] = _hashed(_hashed(password + challenge["salt"]) + challenge["challenge"])
        self._ws.send(json.dumps({"op": 1, "d": identify}))
        identified = json.loads(self._ws.recv(patience_s))
        assert identified["op"] == 2, f"OBS said {identified} instead of Identified"

    def _is_ready(self) -> bool:
        try:
            self.ask("GetSceneList")
        except RefusedError as refused:
            if refused.code == NOT_READY:
                return False
            raise
        return True

    def _read(self) -> None:
        try:
            for frame in self._ws:
                self._take(frame, time.monotonic())
        except ConnectionClosed as closed:
            self.closed = closed
        with self._arrived:
            self.closed = self.closed or ConnectionClosed(None, None)
            self._arrived.notify_all()

    def _take(self, frame: str | bytes, at_s: float) -> None:
        try:
            message = json.loads(frame)
            operation, body = message["op"], message["d"]
        except (ValueError, KeyError):
            operation = body = None
        with self._arrived:
            self.frames.append(frame)
            if operation == 7:
                self._answers[body["requestId"]] = body
            elif operation == 5:
                self._events.append(Event(body["eventType"], body.get("eventData") or {}, at_s))
            self._arrived.notify_all()


def _hashed(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
