"""What operators and programs are told of OBS, and when; and whether the suite answers all the while."""

import json
import threading
import time
from typing import Any, NamedTuple, Self

import msgspec
import zmq

from shared.errors import RestrikeError
from shared.messages.commands import GetHealth
from shared.messages.obs_commands import GetObsStatus
from shared.messages.requests import Command
from shared.rpc import Client
from tests.support.suite import Suite
from tests.support.wait import eventually, lenient

PROBES_S = 0.05
SERVICES = ("obs-bridge", "udp-ingest", "pss-parser", "db-writer")
SENTENCES = {"obs.link": "reason", "obs.alarm": "message", "obs.recording": "reason", "obs.video": "problem"}
"""Which field of an event holds a sentence for people."""


class Heard(NamedTuple):
    """An event of the bus, at monotonic s."""

    at_s: float
    topic: str
    event: dict[str, Any]

    @property
    def sentence(self) -> str:
        """What it says to people; "" for nothing."""
        if self.topic == "obs.alarm" and not self.event["is_raised"]:
            return ""
        return self.event.get(SENTENCES.get(self.topic, ""), "") or ""


class Watch:
    """Hears everything about OBS, and asks the services all the time how they are."""

    def __init__(self, suite: Suite) -> None:
        self.heard: list[Heard] = []
        self.slowest_s: dict[str, float] = {}
        """The longest that each question took to be answered."""
        self.lag_ms = 0.0
        """The most that obs-bridge's loop was late."""
        self._suite = suite
        self._over = threading.Event()
        self._ready = threading.Event()
        self._threads = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._probe, daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        assert self._ready.wait(lenient(5)), "nothing is published"
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)

    def forget(self) -> None:
        """Begin anew: what was heard and measured is of another fault."""
        self.heard = []
        self.slowest_s = {}
        self.lag_ms = 0.0

    def of(self, topic: str, since_s: float = 0.0) -> list[dict[str, Any]]:
        """The events of a topic."""
        return [heard.event for heard in self.heard if heard.topic == topic and heard.at_s >= since_s]

    def told(self, words: str, *, since_s: float, within: float) -> tuple[float, str]:
        """Wait for the first sentence with `words`; how long after `since_s` it came, and the sentence."""

        def first() -> Heard | None:
            said = (h for h in list(self.heard) if h.at_s >= since_s and words.lower() in h.sentence.lower())
            return next(said, None)

        left_s = max(within - (time.monotonic() - since_s), 0.1)
        found = eventually(first, within=left_s, what=f"{words!r} among {self.sentences(since_s)}")
        assert found is not None
        return found.at_s - since_s, found.sentence

    def sentences(self, since_s: float = 0.0) -> list[str]:
        """Every sentence, with its topic, in order."""
        return [f"{h.topic}: {h.sentence}" for h in list(self.heard) if h.at_s >= since_s and h.sentence]

    def log(self) -> list[dict[str, Any]]:
        """The lines of obs-bridge's log."""
        lines = (self._suite.paths.logs / "obs-bridge.log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def _listen(self) -> None:
        context: zmq.Context[Any] = zmq.Context()
        socket = context.socket(zmq.SUB)
        socket.set(zmq.RCVHWM, 0)
        socket.subscribe(b"obs.")
        socket.subscribe(b"review.")
        socket.subscribe(b"service.health/obs-bridge/")
        socket.connect(self._suite.events_endpoint)
        while not self._over.is_set():
            if socket.poll(20):
                frame, body = socket.recv_multipart()
                topic, event = frame.decode().partition("/")[0], msgspec.msgpack.decode(body)["event"]
                if topic == "service.health":
                    self._ready.set()
                else:
                    self.heard.append(Heard(time.monotonic(), topic, event))
        socket.close(linger=0)
        context.term()

    def _probe(self) -> None:
        client = Client(self._suite.paths)
        while not self._over.wait(PROBES_S):
            self._ask(client, "status", GetObsStatus(), "obs-bridge")
            for service in SERVICES:
                health = self._ask(client, service, GetHealth(), service)
                if service == "obs-bridge" and health is not None:
                    self.lag_ms = max(self.lag_ms, health.loop_lag_ms)

    def _ask(self, client: Client, what: str, command: Command[Any], service: str) -> Any:
        before_s = time.monotonic()
        found = None
        try:
            found = client.call(command, service=service, deadline_s=5.0)
        except RestrikeError:
            took_s = 5.0
        else:
            took_s = time.monotonic() - before_s
        self.slowest_s[what] = max(self.slowest_s.get(what, 0.0), took_s)
        return found
