"""The scoring system of one ring, worked by hand: matches as short or as long as a test wants them."""

import threading
from typing import Self

from tests.support.suite import Suite

ROUND_S = 120


class Mat:
    """Sends what a mat sends; while the clock runs, a tick each second, as a real one does. `sent` is all of it."""

    def __init__(self, suite: Suite, ring: str = "ring-1") -> None:
        self.ring = ring
        self.sent: list[bytes] = []
        self._sender = suite.sender(ring)
        self._lock = threading.Lock()
        self._runs = threading.Event()
        self._over = threading.Event()
        self._left_s = ROUND_S
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        self._sender.__exit__()

    def send(self, *bodies: bytes) -> None:
        """Send these datagrams."""
        with self._lock:
            for body in bodies:
                self._sender.send(body)
                self.sent.append(body)

    def load(self, number: int) -> None:
        """Load a match, up to `ready`."""
        self._runs.clear()
        self._left_s = ROUND_S
        self.send(
            b"pre;FightLoaded;",
            b"at1;F. STORM;Ferenc STORM;JOR;at2;G. NOVAK;Grga NOVAK;MEX;",
            b"mch;%d;Final;M -54kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Under 21;3;120;cntDown;21;5;" % number,
            b"wg1;0;wg2;0;",
            b"wrd;rd1;0;rd2;0;rd3;0",
            b"s11;0;s21;0;s12;0;s22;0;s13;0;s23;0",
            b"sc1;0;sc2;0",
            b"clk;02:00;",
            b"rnd;1;",
            b"rdy;FightReady;",
        )

    def start_clock(self) -> None:
        """The round begins, or goes on."""
        self.send(b"clk;%s;start;" % self._clock())
        self._runs.set()

    def stop_clock(self) -> None:
        """The round is stopped."""
        self._runs.clear()
        self.send(b"clk;%s;stop;" % self._clock())

    def fight(self, number: int) -> None:
        """Load a match and start its clock."""
        self.load(number)
        self.start_clock()

    def decide(self) -> None:
        """The match is over: hong wins."""
        self.stop_clock()
        self.send(b"win;RED", b"wmh;Grga NOVAK;2-0 PTF;")

    def _clock(self) -> bytes:
        return b"%02d:%02d" % divmod(self._left_s, 60)

    def _tick(self) -> None:
        while not self._over.wait(1):
            if self._runs.is_set():
                self._left_s = max(1, self._left_s - 1)
                self.send(b"clk;%s;" % self._clock())
