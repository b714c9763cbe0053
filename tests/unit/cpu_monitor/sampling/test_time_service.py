"""By how much the clock is off: a time server on this machine is asked, and what it may answer."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from services.cpu_monitor.sampling import time_service
from services.cpu_monitor.sampling.time_service import _place, ask_time
from shared.clock import unix_ns

Answer = Callable[[bytes], list[bytes]]
BEFORE_1970_S = 2_208_988_800


def _stamp(offset_s: float) -> bytes:
    seconds, rest = divmod(unix_ns() + int(offset_s * 1e9), 10**9)
    return struct.pack("!II", (seconds + BEFORE_1970_S) % 2**32, rest * 2**32 // 10**9)


def _packet(request: bytes, offset_s: float, *, first: int = 0x24, stratum: int = 2) -> bytes:
    stamp = _stamp(offset_s)
    return bytes([first, stratum, 6, 0xEC]) + bytes(12) + stamp + request[40:48] + stamp + stamp


@contextmanager
def _server(answer: Answer) -> Iterator[str]:
    """A time server; `answer` makes its datagrams of a request."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as serving:
        serving.bind(("127.0.0.1", 0))
        serving.settimeout(5)

        def serve() -> None:
            while (got := serving.recvfrom(512))[0] != b"end":
                for packet in answer(got[0]):
                    serving.sendto(packet, got[1])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{serving.getsockname()[1]}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"end", serving.getsockname())
            thread.join()


@pytest.mark.parametrize("offset_s", [0.0, 1.5, -3_600.0, 86_400.0 * 365 * 30])
def test_a_server_says_how_right_the_clock_is(offset_s: float) -> None:
    """By any amount, both ways, over the end of the era of 2036, too: no kernel tells more than half a second."""
    with _server(lambda request: [_packet(request, offset_s)]) as server:
        told = ask_time(server)
    assert told.error is None
    assert told.offset_ms == pytest.approx(offset_s * 1000, abs=100)


def test_a_lost_datagram_and_a_forged_one_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again; an answer to another question is passed over."""
    monkeypatch.setattr(time_service, "WITHIN_S", 0.1)
    asked: list[bytes] = []

    def answer(request: bytes) -> list[bytes]:
        asked.append(request)
        return [_packet(bytes(48), 99.0), b"short", _packet(request, 0.7)] if len(asked) > 1 else []

    with _server(answer) as server:
        assert ask_time(server).offset_ms == pytest.approx(700, abs=80)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"first": 0xE4}, "does not know"), ({"stratum": 0}, "does not know"), ({"stratum": 16}, "does not know")],
)
def test_a_server_that_does_not_know_is_not_believed(changes: dict[str, int], word: str) -> None:
    """Not set itself, or sending us away."""
    with _server(lambda request: [_packet(request, 5.0, **changes)]) as server:
        told = ask_time(server)
    assert told.offset_ms is None
    assert word in (told.error or "")


def test_a_server_that_is_silent_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a sentence, and no wait without an end."""
    monkeypatch.setattr(time_service, "WITHIN_S", 0.02)
    with _server(lambda _: []) as server:
        assert ask_time(server).error == f"The time server {server} does not answer."
    assert "cannot be asked" in (ask_time("127.0.0.1:99999").error or "")


def test_where_a_server_is() -> None:
    """With and without a port, by name or by either kind of address."""
    found = [_place(one) for one in ("ntp.example.org", "10.0.0.1:1123", "[::1]:1123", "fe80::1", "[::1]")]
    assert found == [
        ("ntp.example.org", 123),
        ("10.0.0.1", 1123),
        ("::1", 1123),
        ("fe80::1", 123),
        ("::1", 123),
    ]
