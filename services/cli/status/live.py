"""The live screen of `restrike status`: draws four times a second until q or Ctrl-C, then puts the terminal back."""

import contextlib
import os
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from typing import Any, Final

import zmq
from rich.console import Console
from rich.live import Live

from services.cli import output
from services.cli.status import plain
from services.cli.status.feed import Feed
from services.cli.status.look import Look
from services.cli.status.scene import Heard
from services.cli.status.screen import drawn
from shared.clock import monotonic_s, unix_ns
from shared.paths import Paths

REFRESH_MS: Final = 250
ENDS: Final = b"qQ\x03\x04"
"""q, and Ctrl-C and Ctrl-D where the terminal makes no signals of them."""
_HINT: Final = "q ends this.   More: restrike health, restrike match show"


def show_once(seen: Look) -> None:
    """Draw it once, and go on below; plain where the terminal can do no more."""
    console = Console()
    if console.is_dumb_terminal:
        for line in plain.lines(seen):
            output.line(line)
        return
    scene = Heard(seen, now_s=monotonic_s()).scene(now_s=monotonic_s())
    console.print(drawn(scene, width=console.width, height=None, now_us=unix_ns() // 1000))


def show(paths: Paths, seen: Look) -> None:
    """Draw until somebody ends it."""
    console = Console()
    if console.is_dumb_terminal:
        show_once(seen)
        return
    feed = Feed(paths, seen)
    try:
        with _ended_in_order() as asked, _keys() as keys, _screen(console) as live:
            _follow(feed, live, console, asked, keys)
    except (KeyboardInterrupt, OSError):
        pass  # how it is ended; or the terminal is gone
    finally:
        feed.close()


def _follow(feed: Feed, live: Live, console: Console, asked: list[int], keys: int | None) -> None:
    poller = zmq.Poller()
    if keys is not None:
        poller.register(keys, zmq.POLLIN)
    while not asked:
        size = console.size
        scene = feed.scene()
        screen = drawn(scene, width=size.width, height=size.height, now_us=unix_ns() // 1000, hint=_HINT)
        live.update(screen, refresh=True)
        if poller.poll(REFRESH_MS) and keys is not None:
            pressed = os.read(keys, 64)
            if not pressed or any(key in ENDS for key in pressed):
                return


def _screen(console: Console) -> Live:
    return Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)


@contextlib.contextmanager
def _ended_in_order() -> Iterator[list[int]]:
    """Signals that would end the program end the screen, so that the terminal is put back."""
    asked: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.signal(number, lambda number, _: asked.append(number)) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _keys() -> Iterator[int | None]:
    """Keys one by one and unseen, as a descriptor; None: they do not come from a terminal."""
    if not sys.stdin.isatty():
        yield None
        return
    descriptor = sys.stdin.fileno()
    before: list[Any] = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield descriptor
    finally:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
