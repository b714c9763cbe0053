"""Answers queries as TK-Strike does: with its last packet of the kind that was asked for, from another source port."""

import select
import socket
from collections.abc import Sequence
from typing import Final

from shared.clock import monotonic_s
from shared.errors import NetworkError

STREAMS: Final = {
    b"clock": b"clk",
    b"break": b"brk",
    b"period": b"rnd",
    b"scores": b"sc1",
    b"gam-jeom": b"wg1",
    b"informations": b"mch",
    b"athletes": b"at1",
    b"winmatch": b"wmh",
    b"referees": b"ref",
    b"winperiods;": b"wrd",
}
"""The stream that each query asks for. They have no `;`, but for one."""
LONGEST_QUERY_BYTES: Final = 1024


class Responder:
    """A UDP port of `address` (0: a free one) that takes queries; remembers what was sent last of each stream."""

    def __init__(self, address: str, port: int) -> None:
        self._last: dict[bytes, bytes] = {}
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._ear.bind((address, port))
            self._mouth.bind((address, 0))
        except OSError as error:
            self.close()
            raise NetworkError(
                "simulate.port_taken", f"Queries cannot be taken on {address}:{port}: {error.strerror}."
            ) from error
        self._ear.setblocking(False)
        self.place = "{}:{}".format(*self._ear.getsockname())

    def close(self) -> None:
        """Take no more queries."""
        self._ear.close()
        self._mouth.close()

    def fileno(self) -> int:
        """For `select`."""
        return self._ear.fileno()

    def remember(self, body: bytes) -> None:
        """A datagram was sent."""
        self._last[body.partition(b";")[0]] = body

    def answer(self) -> None:
        """Answer every query that waits; one that means nothing, or whose stream was not sent yet, gets no answer."""
        while True:
            try:
                query, asker = self._ear.recvfrom(LONGEST_QUERY_BYTES)
            except BlockingIOError:
                return
            body = self._last.get(STREAMS.get(query.strip(), b""))
            if body is not None:
                self._mouth.sendto(body, asker)


def serve(responders: Sequence[Responder], seconds: float) -> None:
    """Let that time pass, and answer whoever asks meanwhile."""
    until_s = monotonic_s() + seconds
    while True:
        asked, _, _ = select.select(responders, (), (), max(0.0, until_s - monotonic_s()))
        for responder in asked:
            responder.answer()
        if monotonic_s() >= until_s:
            return
