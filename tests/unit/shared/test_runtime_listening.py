"""How a service's loop takes events: when they come, or together now and then; of all keys, or of those it names."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.bus import DRAIN_LIMIT, Publisher
from shared.config import in_force
from shared.messages.service import ServiceFault
from shared.messages.topics import SERVICE_FAULT
from shared.paths import Paths
from shared.runtime import Runtime
from tests.support.wait import eventually

EVERY_S = 0.1


class Loop:
    """A runtime whose loop is turned by hand, and the one socket of the broker that it hears."""

    def __init__(self, home: Path) -> None:
        paths = Paths(home)
        paths.prepare()
        self.runtime = Runtime("tiny", paths=paths, following=in_force(paths), last_alive_us=None)
        endpoint = paths.socket("broker.sub")
        self.broker = Publisher.of_wire(self.runtime.context, endpoint, service="tiny", boot_id="b1")
        self.heard: list[str] = []
        self.turns = 0

    def listen(self, *keys: str) -> None:
        self.runtime.on(SERVICE_FAULT, *keys)(lambda fault: self.heard.append(fault.service))
        self.turn_until(lambda: bool(self.broker.subscriptions))

    def publish(self, key: str, count: int = 1) -> None:
        self.broker.read_subscriptions()
        event = ServiceFault(service=key, where="here", error="none", count=1)
        for _ in range(count):
            self.broker.publish(SERVICE_FAULT, key, event)

    def turn_until(self, seen: Callable[[], bool]) -> None:
        def look() -> bool:
            self.runtime._turn()
            self.broker.read_subscriptions()
            self.turns += 1
            return seen()

        eventually(look, within=5)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    made = Loop(tmp_path)
    made.runtime.every(EVERY_S, lambda: None)
    yield made
    made.runtime.context.destroy(linger=0)
    made.runtime._bell.close()


def test_only_the_keys_that_are_named_wake_the_loop(loop: Loop) -> None:
    """What others say is not even sent."""
    loop.listen("db-writer", "pss-parser")
    for key in ("license", "pss-parser", "license", "db-writer"):
        loop.publish(key)
    loop.turn_until(lambda: len(loop.heard) == 2)
    assert loop.heard == ["pss-parser", "db-writer"]
    assert loop.broker.sent == 2


def test_what_is_taken_now_and_then_does_not_wake_the_loop(loop: Loop) -> None:
    """All that came meanwhile in one turn, before what else is done then; more than one turn takes in the next one."""
    loop.runtime.listens_every_s = EVERY_S
    loop.listen()
    judged: list[int] = []
    loop.runtime.every(EVERY_S, lambda: judged.append(len(loop.heard)))
    loop.turn_until(lambda: bool(judged))
    loop.publish("db-writer", 5)
    loop.turns = 0
    loop.turn_until(lambda: bool(loop.heard))
    assert (len(loop.heard), loop.turns <= 2, judged[-1]) == (5, True, 5)
    loop.publish("db-writer", DRAIN_LIMIT + 1)
    calls = len(judged)
    loop.turn_until(lambda: len(loop.heard) == 5 + DRAIN_LIMIT + 1)
    assert len(judged) - calls <= 2


def test_what_does_not_fit_the_contract_holds_nothing_up(loop: Loop) -> None:
    """A full drain is one, whatever was in it: the rest is taken in the next turn, and does not wait for a timer."""
    loop.runtime.listens_every_s = EVERY_S
    loop.listen()
    judged: list[int] = []
    loop.runtime.every(EVERY_S, lambda: judged.append(len(loop.heard)))
    loop.turn_until(lambda: bool(judged))
    drains = 6
    for _ in range(drains):
        loop.broker.socket.send_multipart((SERVICE_FAULT.frame("db-writer"), b"\xff"))
        loop.publish("db-writer", DRAIN_LIMIT - 1)
    calls = len(judged)
    loop.turn_until(lambda: len(loop.heard) == drains * (DRAIN_LIMIT - 1))
    assert len(judged) - calls < drains - 2
