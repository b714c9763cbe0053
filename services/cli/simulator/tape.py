"""One sender's datagrams in their time. It says one thing after the other: what comes at once is 12 to 15 ms apart."""

from collections.abc import Callable, Iterable
from random import Random

from services.cli.captures import Datagram


class Tape:
    """What was said until `now_ms`, the time in the hall since the match's first datagram."""

    def __init__(self, random: Random, *, encoded: Callable[[str], bytes]) -> None:
        self.datagrams: list[Datagram] = []
        self.now_ms = 0
        self._free_ms = 0
        self._random = random
        self._encoded = encoded

    def pass_ms(self, duration_ms: int) -> None:
        """Let time pass in the hall."""
        self.now_ms += duration_ms

    def pass_s(self, low: float, high: float) -> None:
        """Let some time between two bounds pass."""
        self.now_ms += self._random.randint(round(low * 1000), round(high * 1000))

    def say(self, *texts: str) -> None:
        """Send these, one datagram each, as soon as the sender is free."""
        for text in texts:
            at_ms = max(self.now_ms, self._free_ms)
            self.datagrams.append(Datagram(at_ms / 1000, self._encoded(text)))
            self._free_ms = at_ms + self._random.randint(12, 15)

    def say_all(self, texts: Iterable[str]) -> None:
        """Send these, and let the hall wait until they are out."""
        self.say(*texts)
        self.now_ms = max(self.now_ms, self._free_ms)
