"""A fake OBS websocket v5 server: a small OBS unless a test scripts what a real one cannot be made to do."""

import base64
import contextlib
import hashlib
import json
import logging
import os
import socket
import threading
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from tests.support.obs.steps import (
    AfterNext,
    Answer,
    AsUsual,
    Close,
    Drop,
    Late,
    Raw,
    Silence,
    Step,
    Twice,
    WrongId,
)
from tests.support.obs.studio import Data, RefusalError, Studio
from tests.support.suite import free_port
from tests.support.wait import eventually

HELLO, IDENTIFY, IDENTIFIED, REIDENTIFY, EVENT, REQUEST, RESPONSE = 0, 1, 2, 3, 5, 6, 7
PASSWORD = "the password of the fake"  # noqa: S105  # of a server that lives for one test
NOT_IDENTIFIED, WRONG_PASSWORD = 4007, 4009
Handshake = Literal["normal", "deaf", "mute", "unidentified"]
"""`deaf`: TCP is accepted and nothing more; `mute`: no Hello; `unidentified`: Hello, but no Identified."""
_quiet = logging.getLogger("tests.fake_obs")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class Received(NamedTuple):
    """One request that came: from the client of this number (1 is the first), at monotonic s."""

    request: str
    data: Data
    at_s: float
    client: int


class Client:
    """One identified connection; it keeps answers back while a test wants them out of order."""

    def __init__(self, number: int, ws: ServerConnection) -> None:
        self.number = number
        self.ws = ws
        self.subscriptions: int | None = None
        self.held: list[str] = []

    def send(self, op: int, body: Data) -> None:
        """Send one message; nothing when the client has gone."""
        self.raw(json.dumps({"op": op, "d": body}))

    def raw(self, frame: str | bytes) -> None:
        """Send one frame as it is."""
        with contextlib.suppress(ConnectionClosed, OSError):
            self.ws.send(frame)

    def drop(self) -> None:
        """Break the connection without a close frame."""
        with contextlib.suppress(OSError):
            self.ws.socket.shutdown(socket.SHUT_RDWR)


class FakeObs:
    """Serves at `port` from its `__enter__` (or start()) on. `studio` is the state of the OBS that it plays."""

    def __init__(self, *, password: str = PASSWORD, port: int = 0, records: Path | None = None) -> None:
        self.password = password
        self.port = port or free_port()
        self.handshake: Handshake = "normal"
        self.studio = Studio(tell=self.send_event, later=self._later, records=records)
        self._received: list[Received] = []
        self._scripts: dict[str, deque[Step]] = defaultdict(deque)
        self._always: dict[str, Step] = {}
        self._clients: list[Client] = []
        self._served = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._timers: set[threading.Timer] = set()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.die()

    def start(self) -> Self:
        """Listen at `port`; again after die()."""
        self._stopped.clear()
        self._server = serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self._upgrade,
            compression=None,
            max_size=None,
            ping_interval=None,
            close_timeout=1,
            logger=_quiet,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def die(self) -> None:
        """End as a killed process does: nobody listens, all connections break, nothing that was planned happens."""
        self._stopped.set()
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join(5)
        with self._lock:
            timers, clients = list(self._timers), list(self._clients)
        for timer in timers:
            timer.cancel()
        for client in clients:
            client.drop()
        eventually(lambda: not self._clients, within=5, what="the fake's connections ended")
        self._server = None

    # What a test scripts and sees

    def on(self, request: str, *steps: Step) -> None:
        """Take these steps for the next requests of this name, one for each; after them everything is as usual."""
        with self._lock:
            self._scripts[request].extend(steps)

    def always(self, request: str, step: Step) -> None:
        """Take this step for all requests of this name that `on` has no step for; AsUsual() ends it."""
        with self._lock:
            self._always[request] = step

    @property
    def requests(self) -> list[Received]:
        """All requests so far, in order of arrival."""
        with self._lock:
            return list(self._received)

    def asked(self, request: str) -> list[Received]:
        """The requests of one name so far."""
        return [received for received in self.requests if received.request == request]

    @property
    def clients(self) -> int:
        """How many clients are identified now."""
        with self._lock:
            return sum(client.subscriptions is not None for client in self._clients)

    def send_event(self, kind: str, data: Data | None = None) -> None:
        """Tell all identified clients that subscribed to anything."""
        body = {"eventType": kind, "eventIntent": 1, "eventData": data or {}}
        for client in self._identified():
            if client.subscriptions:
                client.send(EVENT, body)

    def send_raw(self, frame: str | bytes) -> None:
        """Send one frame as it is, garbage or huge, to all identified clients."""
        for client in self._identified():
            client.raw(frame)

    def close_all(self, code: int = 1001) -> None:
        """Close all connections in order; the server goes on."""
        for client in self._identified():
            client.ws.close(code)

    def drop_all(self) -> None:
        """Break all connections without a close frame; the server goes on."""
        for client in self._identified():
            client.drop()

    def _identified(self) -> list[Client]:
        with self._lock:
            return [client for client in self._clients if client.subscriptions is not None]

    # One connection

    def _upgrade(self, connection: ServerConnection, _: Request) -> Response | None:
        if self.handshake == "deaf":
            self._stopped.wait()
            connection.socket.shutdown(socket.SHUT_RDWR)
        return None

    def _serve(self, ws: ServerConnection) -> None:
        with self._lock:
            self._served += 1
            client = Client(self._served, ws)
            self._clients.append(client)
        try:
            if self._identify(client):
                for frame in ws:
                    self._take(client, json.loads(frame))
        except (ConnectionClosed, OSError):
            pass
        finally:
            with self._lock:
                self._clients.remove(client)

    def _identify(self, client: Client) -> bool:
        """Greet and hear who it is; False when it is not let in."""
        if self.handshake == "mute":
            client.ws.recv()
            return False
        salt, challenge = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
        hello: Data = {"obsWebSocketVersion": self.studio.version["obsWebSocketVersion"], "rpcVersion": 1}
        if self.password:
            hello["authentication"] = {"challenge": challenge, "salt": salt}
        client.send(HELLO, hello)
        message = json.loads(client.ws.recv())
        if message["op"] != IDENTIFY:
            client.ws.close(NOT_IDENTIFIED)
            return False
        given = message["d"].get("authentication")
        if self.password and given != _hashed(_hashed(self.password + salt) + challenge):
            client.ws.close(WRONG_PASSWORD, "Authentication failed.")
            return False
        if self.handshake == "unidentified":
            client.ws.recv()
            return False
        client.subscriptions = message["d"].get("eventSubscriptions", 2047)
        client.send(IDENTIFIED, {"negotiatedRpcVersion": 1})
        return True

    def _take(self, client: Client, message: Data) -> None:
        body = message["d"]
        if message["op"] == REIDENTIFY:
            client.subscriptions = body.get("eventSubscriptions", client.subscriptions)
            client.send(IDENTIFIED, {"negotiatedRpcVersion": 1})
        elif message["op"] == REQUEST:
            request, data = body["requestType"], body.get("requestData") or {}
            with self._lock:
                self._received.append(Received(request, data, time.monotonic(), client.number))
                script = self._scripts[request]
                step = script.popleft() if script else self._always.get(request, AsUsual())
                held, client.held = client.held, []
            self._act(client, step, body)
            for answer in held:
                client.raw(answer)

    # What it does with a request

    def _act(self, client: Client, step: Step, body: Data) -> None:
        match step:
            case AsUsual():
                client.raw(self._usual(body))
            case Answer():
                for told in step.before:
                    self.send_event(*told)
                client.raw(_response(body, step.data, code=step.code, comment=step.comment))
                for told in step.after:
                    self.send_event(*told)
            case Late(after_s, then):
                self._later(after_s, lambda: self._act(client, then, body))
            case Raw(frame):
                client.raw(frame)
            case Close(code):
                client.ws.close(code)
            case Drop():
                client.drop()
            case _:
                self._answer_oddly(client, step, body)

    def _answer_oddly(self, client: Client, step: Silence | AfterNext | WrongId | Twice, body: Data) -> None:
        """Let it happen as `then` says, and treat its answer as the step wants."""
        spoken = _Mouth(client)
        if step.then is not None:
            asked = body | {"requestId": "nobody-asked"} if isinstance(step, WrongId) else body
            self._act(spoken, step.then, asked)
        answers = spoken.frames
        match step:
            case AfterNext():
                with self._lock:
                    client.held.extend(answers)
            case Twice():
                answers = answers * 2
        if not isinstance(step, Silence | AfterNext):
            for answer in answers:
                client.raw(answer)

    def _usual(self, body: Data) -> str:
        try:
            data = self.studio.answer(body["requestType"], body.get("requestData") or {})
        except RefusalError as refusal:
            return _response(body, {}, code=refusal.code, comment=str(refusal))
        except KeyError as missing:
            return _response(body, {}, code=300, comment=f"Your request is missing the {missing} field.")
        return _response(body, data)

    def _later(self, after_s: float, act: Any) -> None:
        """Do something in `after_s` seconds, unless it died before."""

        def run() -> None:
            with self._lock:
                self._timers.discard(timer)
            if not self._stopped.is_set():
                act()

        timer = threading.Timer(after_s, run)
        timer.daemon = True
        with self._lock:
            self._timers.add(timer)
        timer.start()


class _Mouth(Client):
    """A client whose answers are kept instead of sent."""

    def __init__(self, client: Client) -> None:
        super().__init__(client.number, client.ws)
        self.frames: list[str] = []

    def raw(self, frame: str | bytes) -> None:
        self.frames.append(frame if isinstance(frame, str) else frame.decode())


def _response(body: Data, data: Data, *, code: int = 100, comment: str = "") -> str:
    status: Data = {"result": code == 100, "code": code}
    if comment:
        status["comment"] = comment
    answer: Data = {"requestType": body["requestType"], "requestId": body["requestId"], "requestStatus": status}
    if data:
        answer["responseData"] = data
    return json.dumps({"op": RESPONSE, "d": answer})


def _hashed(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
