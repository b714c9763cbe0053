"""A tiny service on `shared.runtime`, which does on request what a service must survive.

`python -P -m tests.support.tiny NAME [--say-every=S] [--say-count=N] [--say-bytes=N] [--sleep-every=S]
[--hear=QUEUE] [--stuck-after-s=S]`
"""

import argparse
import threading
from typing import ClassVar

from shared.clock import wait_s
from shared.errors import ValidationError
from shared.messages.commands import Command
from shared.messages.service import ServiceFault
from shared.messages.topics import SERVICE_FAULT
from shared.runtime import STUCK_AFTER_S, Runtime, serve


class Do(Command[str], frozen=True, kw_only=True):
    """`what`: echo, refuse, raise, raise-later, post (from another thread), nonsense, sleep, stick."""

    name: ClassVar[str] = "do"
    service: ClassVar[str] = "tiny"
    reply: ClassVar[type] = str
    what: str
    text: str = ""


def build(runtime: Runtime) -> None:
    """Register what is asked for."""
    arguments = _arguments()
    said: list[str] = []

    def do(command: Do) -> object:
        match command.what:
            case "refuse":
                raise ValidationError("tiny.refused", "This is refused.", value=42)
            case "raise":
                raise RuntimeError("as asked")
            case "raise-later":
                runtime.post(_fail)
            case "post":
                threading.Thread(target=runtime.post, args=(lambda: said.append(command.text),)).start()
            case "said":
                return " ".join(said)
            case "nonsense":
                return object()
            case "sleep":
                wait_s(1.0)
            case "stick":
                runtime.post(_stick)
        return command.text

    def say() -> None:
        event = ServiceFault(service=runtime.service, where="tiny", error="." * arguments.say_bytes, count=0)
        for _ in range(arguments.say_count):
            runtime.bus.publish(SERVICE_FAULT, runtime.service, event)

    runtime.on_command(Do, do)
    if arguments.say_every:
        runtime.every(arguments.say_every, say)
    if arguments.sleep_every:
        runtime.every(arguments.sleep_every, lambda: _sleep(runtime))
    if arguments.hear:
        shared.bus.PUBLISH_QUEUE = arguments.hear
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
    parser.add_argument("--stuck-after-s", type=float, default=STUCK_AFTER_S)
    parser.add_argument("--sleep-every", type=float, default=0)
    parser.add_argument("--hear", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    serve(_arguments().name, build, stuck_after_s=_arguments().stuck_after_s)
