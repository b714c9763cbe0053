"""What an operator would see of a fault, with the moment at which it could be seen."""

import contextlib
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, Self

import msgspec
import zmq
from msgspec import Struct

from services.registry import SERVICES
from shared.clock import monotonic_s
from shared.errors import RestrikeError
from shared.messages.alerts import AlertChanged, AlertState
from shared.messages.commands import GetHealth
from shared.messages.health import Condition, GetHealthReport, HealthItem, HealthReport, Subject
from shared.messages.incidents import ServiceIncident, ServiceKilled
from shared.messages.topic import Topic
from shared.messages.topics import ALERT_CHANGED, SERVICE_KILLED, SYSTEM_HEALTH, SYSTEM_INCIDENT
from shared.rpc import Client
from tests.support.suite import Suite
from tests.support.wait import eventually

LOOK_EVERY_S: Final = 0.05
ANSWERS_WITHIN_S: Final = 0.5
KNOWN_AFTER_S: Final = 15.0
LINGERS: Final = (Subject.SERVICE, Subject.CLOCK, Subject.MACHINE)
"""What is degraded of these tells for a minute what was."""
HEARD: Final = (SYSTEM_HEALTH, ALERT_CHANGED, SERVICE_KILLED, SYSTEM_INCIDENT)


class Sight(Struct, frozen=True, kw_only=True):
    """Something that is wrong was seen at `at_s` (monotonic). `by` is what told it; `about` names what it is about."""

    at_s: float
    by: str
    about: str
    text: str


class Watch:
    """Hears the bus, and asks cpu-monitor, which answers without the bus, too; both in threads of their own."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._over = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._hear, self._ask)]
        self._wrong: dict[str, str] = {}
        self._report: HealthReport | None = None
        self.sights: list[Sight] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(5)

    def told(self, since_s: float, *words: str, within: float) -> Sight:
        """The first sight since then that is about one of `words`."""

        def look() -> list[Sight]:
            return [sight for sight in list(self.sights) if sight.at_s >= since_s and _is_about(sight, words)]

        return eventually(look, within=within, what=f"a sight of {words}")[0]

    def wrong(self) -> set[str]:
        """What is not well now by cpu-monitor's last answer, `subject name`."""
        assert self._report is not None, "cpu-monitor has not answered yet"
        return {_name(item) for item in self._report.items if _is_wrong(item)}

    def settled(self) -> set[str]:
        """What is not ok when nobody made a fault: this machine has no time server, for example."""
        eventually(self.all_answer, within=KNOWN_AFTER_S, what="all services answering")
        with contextlib.suppress(AssertionError):  # what this machine never tells is unknown for ever
            eventually(self._is_known, within=KNOWN_AFTER_S, what="a report of cpu-monitor")
        return self.wrong()

    def _is_known(self) -> bool:
        items = () if self._report is None else self._report.items
        unknown = {item.subject for item in items if item.condition is Condition.UNKNOWN}
        return bool(items) and unknown <= {Subject.CLOCK}

    def all_answer(self) -> bool:
        """Whether each service answers at once."""
        for name in SERVICES:
            self._suite.client.call(GetHealth(), service=name, deadline_s=ANSWERS_WITHIN_S)
        return True

    # What is seen

    def _hear(self) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        socket = context.socket(zmq.SUB)
        socket.set(zmq.RECONNECT_IVL, 10)
        for topic in HEARD:
            socket.subscribe(topic.prefix)
        socket.connect(self._suite.paths.socket("broker.sub"))
        while not self._over.is_set():
            if socket.poll(20):
                frame, body = socket.recv_multipart()
                self._take(frame, msgspec.msgpack.decode(body)["event"])
        socket.close(linger=0)
        context.term()

    def _take(self, frame: bytes, event: dict[str, Any]) -> None:
        for topic in HEARD:
            if frame.startswith(topic.prefix):
                _TAKES[topic](self, msgspec.convert(event, topic.type))

    def _take_alert(self, alert: AlertChanged) -> None:
        if alert.state is AlertState.RAISED:
            self._see(f"alert {alert.rule}", alert.subject, alert.message)

    def _take_killed(self, killed: ServiceKilled) -> None:
        self._see(f"service.killed by {killed.by}", killed.service, f"silent for {killed.silent_s:.0f} s")

    def _take_incident(self, incident: ServiceIncident) -> None:
        self._see(f"incident {incident.kind}", incident.service, incident.detail or "")

    def _take_report(self, report: HealthReport) -> None:
        now = {_name(item): item for item in report.items if item.condition in (Condition.DEGRADED, Condition.FAILED)}
        for name, item in now.items():
            if self._wrong.get(name) != _words(item):
                self._see(f"health {item.subject} {item.condition}", item.name, item.reason or "")
        self._wrong = {name: _words(item) for name, item in now.items()}
        self._report = report

    def _see(self, by: str, about: str, text: str) -> None:
        self.sights.append(Sight(at_s=monotonic_s(), by=by, about=about, text=text))

    def _ask(self) -> None:
        client = Client(self._suite.paths)
        while not self._over.wait(LOOK_EVERY_S):
            with contextlib.suppress(RestrikeError):
                self._take_report(client.call(GetHealthReport(), deadline_s=ANSWERS_WITHIN_S))


_TAKES: Final[dict[Topic, Callable[[Watch, Any], None]]] = {
    SYSTEM_HEALTH: Watch._take_report,
    ALERT_CHANGED: Watch._take_alert,
    SERVICE_KILLED: Watch._take_killed,
    SYSTEM_INCIDENT: Watch._take_incident,
}


def _name(item: HealthItem) -> str:
    return f"{item.subject} {item.name}"


def _words(item: HealthItem) -> str:
    """What is said of it, without the numbers, which change from second to second."""
    return re.sub(r"[\d.]+", "", f"{item.condition} {item.reason}")


def _is_wrong(item: HealthItem) -> bool:
    if item.subject in LINGERS:
        return item.condition is Condition.FAILED
    return item.condition is not Condition.OK


def _is_about(sight: Sight, words: Iterable[str]) -> bool:
    told = f"{sight.by} {sight.about} {sight.text}".lower()
    return any(word.lower() in told for word in words)
