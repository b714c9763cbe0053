"""A tiny service on `shared.runtime`, which does on request what a service must survive.

`python -P -m tests.support.tiny NAME [--say-every=S] [--say-count=N] [--say-bytes=N] [--sleep-every=S] [--hear=1]
[--stuck-after-s=S]`
"""

import argparse
import threading
from typing import ClassVar

from shared.clock import monotonic_s, wait_s
from shared.errors import ValidationError
from shared.messages.requests import Command
from shared.messages.service import ServiceFault
from shared.messages.topics import SERVICE_FAULT
from shared.rpc import Later
from shared.runtime import STUCK_AFTER_S, Runtime, serve


class Do(Command[str], frozen=True, kw_only=True):
    """`what` is a method of `Tiny`; the answer is `text`, or what that method says instead."""

    name: ClassVar[str] = "do"
    service: ClassVar[str] = "tiny"
    reply: ClassVar[type] = str
    what: str
    text: str = ""


class Tiny:
    """What can be asked for with `Do`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def do(self, command: Do) -> object:
        said = getattr(self, command.what)(command.text)
        return command.text if said is None else said

    def echo(self, _: str) -> None:
        """Only answer."""

    def refuse(self, _: str) -> None:
        raise ValidationError("tiny.refused", "This is refused.", value=42)

    def fail(self, _: str) -> None:
        raise RuntimeError("as asked")

    def fail_later(self, _: str) -> None:
        self._runtime.post(_fail)

    def answer_nonsense(self, _: str) -> object:
        return object()

    def sleep(self, _: str) -> None:
        wait_s(1.0)

    def stick(self, _: str) -> None:
        self._runtime.post(_stick)

    def answer_later(self, text: str) -> Later:
        later = Later()
        self._runtime.after(0.5, lambda: later.answer(text))
        return later

    def never_answer(self, _: str) -> Later:
        later = Later()
        cancelled = self._runtime.after(0.2, lambda: later.answer("too early"))
        self._runtime.after(0.1, cancelled.cancel)
        return later

    def post_from_a_thread(self, text: str) -> None:
        """Half a second later, so that nothing else wakes the loop; the log says how long it took to be done."""

        def post() -> None:
            wait_s(0.5)
            began_s = monotonic_s()
            self._runtime.post(lambda: self._runtime.log.info("posted", text=text, took_s=monotonic_s() - began_s))

        threading.Thread(target=post).start()


def build(runtime: Runtime) -> None:
    """Register what the command line asks for."""
    arguments = _arguments()
    event = ServiceFault(service=runtime.service, where="tiny", error="." * arguments.say_bytes, count=0)

    def say() -> None:
        for _ in range(arguments.say_count):
            runtime.bus.publish(SERVICE_FAULT, runtime.service, event)

    runtime.on_command(Do, Tiny(runtime).do)
    if arguments.say_every:
        runtime.every(arguments.say_every, say)
    if arguments.sleep_every:
        runtime.every(arguments.sleep_every, lambda: _sleep(runtime))
    if arguments.hear:
        runtime.on(SERVICE_FAULT)(lambda _: None)


def _fail() -> None:
    raise RuntimeError("as asked, later")


def _sleep(runtime: Runtime) -> None:
    runtime.log.info("sleeping")
    wait_s(0.4)
    runtime.log.info("slept")


def _stick() -> None:
    while True:
        wait_s(60)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--say-every", type=float, default=0)
    parser.add_argument("--say-count", type=int, default=1)
    parser.add_argument("--say-bytes", type=int, default=10)
    parser.add_argument("--sleep-every", type=float, default=0)
    parser.add_argument("--hear", type=bool, default=False)
    parser.add_argument("--stuck-after-s", type=float, default=STUCK_AFTER_S)
    return parser.parse_args()


if __name__ == "__main__":
    serve(_arguments().name, build, stuck_after_s=_arguments().stuck_after_s)
