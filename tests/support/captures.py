"""The recorded matches in tests/corpus, and sending them as a foreign scoring system would."""

import json
import socket
import time
from pathlib import Path
from typing import Self

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
CAPTURES = CORPUS / "captures"
NAMES = ("bo3-1-2-ptf-scores-gamjeom", "break-full-wdr-tie", "injury-expired-wdr-tie")


def capture(name: str) -> list[tuple[float, bytes]]:
    """A capture's datagrams: seconds since the first, bytes."""
    lines = (CAPTURES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    datagrams = [(float(line["t"]), str(line["data"]).encode()) for line in map(json.loads, lines)]
    assert datagrams, f"{name} is empty"
    return datagrams


class Sender:
    """A plain UDP sender, as the scoring system of one ring."""

    def __init__(self, address: tuple[str, int], *, source: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((source, 0))
        self._socket.connect(address)
        self.source: tuple[str, int] = self._socket.getsockname()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, body: bytes) -> None:
        """Send one datagram; one that the port refuses for a moment (nobody listens) is sent all the same."""
        try:
            self._socket.send(body)
        except ConnectionRefusedError:
            self._socket.send(body)

    def send_all(self, datagrams: list[tuple[float, bytes]], *, speed: float | None = None) -> None:
        """Send with the recorded pace divided by `speed`; without one, as fast as a socket buffer surely takes."""
        started = time.monotonic()
        for number, (at, body) in enumerate(datagrams):
            if speed is not None:
                time.sleep(max(0.0, started + at / speed - time.monotonic()))
            elif number % 50 == 49:
                time.sleep(0.002)
            self.send(body)
