"""A tiny producer of facts in the place of obs-bridge: numbers them by what it keeps in its outbox.

`python -P -m tests.support.producer [EVERY_S]`
"""

import sys
from typing import ClassVar

from shared.messages.requests import Command
from shared.messages.service import BRIDGE
from shared.outbox import Outbox
from shared.runtime import Runtime, serve
from tests.support.facts import fired

COUNT = "count"


class Tell(Command[int], frozen=True, kw_only=True):
    """Add `count` facts, `at_once` in each transaction; the number of the last one that was ever added."""

    name: ClassVar[str] = "tell"
    service: ClassVar[str] = BRIDGE
    reply: ClassVar[type] = int
    count: int = 0
    at_once: int = 1
    rule: str = "rule"


class Hush(Command[int], frozen=True, kw_only=True):
    """Tell nothing of your own any more; the number of the last fact."""

    name: ClassVar[str] = "hush"
    service: ClassVar[str] = BRIDGE
    reply: ClassVar[type] = int


class Waiting(Command[int], frozen=True, kw_only=True):
    """How many facts wait in memory."""

    name: ClassVar[str] = "waiting"
    service: ClassVar[str] = BRIDGE
    reply: ClassVar[type] = int


class Producer:
    """Adds facts to its outbox, each in one transaction with the count of all of them."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._is_hushed = False

    @property
    def count(self) -> int:
        """How many facts there are, as the outbox remembers it."""
        return int(self._outbox.kept().get(COUNT, b"0"))

    def tell(self, command: Tell) -> int:
        for begun in range(0, command.count, command.at_once):
            self._add(min(command.at_once, command.count - begun), rule=command.rule)
        return self.count

    def hush(self, _: Hush) -> int:
        self._is_hushed = True
        return self.count

    def go_on(self) -> None:
        """Add one fact, and now and then three at once."""
        if self._is_hushed:
            return
        self._add(3 if self.count % 7 == 0 else 1)

    def _add(self, many: int, *, rule: str = "rule") -> None:
        last = self.count + many
        facts = [fired(number, rule=rule) for number in range(last - many + 1, last + 1)]
        self._outbox.add(facts, kept={COUNT: b"%d" % last})


def build(runtime: Runtime) -> None:
    """Open the outbox, register the commands."""
    outbox = Outbox.of(runtime, runtime.wire())
    producer = Producer(outbox)
    runtime.on_command(Tell, producer.tell)
    runtime.on_command(Hush, producer.hush)
    runtime.on_command(Waiting, lambda _: outbox.waiting())
    for every_s in sys.argv[1:]:
        runtime.every(float(every_s), producer.go_on)


if __name__ == "__main__":
    serve(BRIDGE, build)
