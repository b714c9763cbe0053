"""A network of two computers on this one: the suite's, and the scoring systems'. Nothing of it is seen outside."""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import pytest
from msgspec import Struct

T = TypeVar("T")
NETWORK: Final = 0x40000000
"""CLONE_NEWNET."""
SUITE_ADDRESS, VENUE_ADDRESS = "198.18.0.1", "198.18.0.2"
"""Of the range that is kept for tests of networks (RFC 2544)."""
SUITE_CARD, VENUE_CARD = "venue0", "mat0"


class Network(Struct, frozen=True):
    """`computer` and `venue` are processes that keep a network each; the suite is to run in the first one's."""

    computer: int
    venue: int

    @property
    def runs_by(self) -> tuple[str, ...]:
        """What to put before a command that shall run on the suite's computer."""
        return ("nsenter", f"--net=/proc/{self.computer}/ns/net", "--")

    def sender(self) -> socket.socket:
        """A UDP socket of a scoring system's computer."""

        def make() -> socket.socket:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((VENUE_ADDRESS, 0))
            return made

        return within(self.venue, make)

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """The suite's network card is switched off."""
        self._ip("link", "set", SUITE_CARD, "down")
        try:
            yield
        finally:
            self._ip("link", "set", SUITE_CARD, "up")

    @contextlib.contextmanager
    def unplugged(self) -> Iterator[None]:
        """The cable is out: the card is on and has no carrier."""
        command = ("nsenter", f"--net=/proc/{self.venue}/ns/net", "ip", "link", "set", VENUE_CARD)
        subprocess.run([*command, "down"], check=True)
        try:
            yield
        finally:
            subprocess.run([*command, "up"], check=True)

    def _ip(self, *words: str) -> None:
        subprocess.run([*self.runs_by, "ip", *words], check=True)


@contextlib.contextmanager
def two_computers() -> Iterator[Network]:
    """Two networks with a cable between them, for as long as the block lasts."""
    if not all(shutil.which(tool) for tool in ("unshare", "nsenter", "ip")):
        pytest.skip("unshare, nsenter or ip (iproute2) is not installed")
    if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "true"], check=False).returncode != 0:
        pytest.skip("this machine does not let us make a network of our own")
    with _keeper() as computer, _keeper() as venue:
        network = Network(computer, venue)
        network._ip("link", "add", SUITE_CARD, "type", "veth", "peer", "name", VENUE_CARD, "netns", str(venue))
        for pid, card, address in ((computer, SUITE_CARD, SUITE_ADDRESS), (venue, VENUE_CARD, VENUE_ADDRESS)):
            own = ("nsenter", f"--net=/proc/{pid}/ns/net", "ip")
            subprocess.run([*own, "link", "set", "lo", "up"], check=True)
            subprocess.run([*own, "address", "add", f"{address}/30", "dev", card], check=True)
            subprocess.run([*own, "link", "set", card, "up"], check=True)
        yield network


def within(pid: int, make: Callable[[], T]) -> T:
    """What `make` gives in the network of process `pid`; sockets stay in the network that they were made in."""
    found: list[T] = []
    errors: list[BaseException] = []

    def enter() -> None:
        own = ctypes.CDLL(None, use_errno=True)
        fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        try:
            assert own.setns(fd, NETWORK) == 0, os.strerror(ctypes.get_errno())
            found.append(make())
        except (OSError, AssertionError) as error:
            errors.append(error)
        finally:
            os.close(fd)

    thread = threading.Thread(target=enter)  # a network is a thread's, so the others stay where they are
    thread.start()
    thread.join(5)
    if errors:
        raise errors[0]
    return found[0]


@contextlib.contextmanager
def _keeper() -> Iterator[int]:
    """A process that does nothing but keep a network of its own."""
    command = ["unshare", "--net", "sh", "-c", "echo; exec cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None, "it was made a pipe"
        assert process.stdout is not None, "it was made a pipe"
        try:
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()
