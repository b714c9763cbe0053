"""systemd is told in its own words over its own socket, and nobody is told where there is none."""

import socket
from pathlib import Path

import pytest

from shared.systemd import ALIVE, READY, Systemd


def test_words_arrive(tmp_path: Path) -> None:
    """A path and an abstract address, words a line each."""
    for address, bound in ((str(tmp_path / "notify"), str(tmp_path / "notify")), ("@restrike-x", "\0restrike-x")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(bound)
            systemd.settimeout(2)
            notifier = Systemd({"NOTIFY_SOCKET": address})
            notifier.tell(READY, "STATUS=all well")
            assert systemd.recv(100) == b"READY=1\nSTATUS=all well"


@pytest.mark.parametrize(("limit_us", "every_s"), [("30000000", 5.0), ("", None), ("0", None), ("soon", None)])
def test_signs_of_life_come_often_within_the_limit(limit_us: str, every_s: float | None) -> None:
    """WATCHDOG_USEC says how long systemd waits."""
    assert Systemd({"WATCHDOG_USEC": limit_us}).alive_every_s == every_s


def test_a_systemd_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    """No address, nobody at it, and one that takes nothing: each time it just goes on."""
    Systemd({}).tell(ALIVE)
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell(ALIVE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full:
        full.bind(str(tmp_path / "full"))
        for _ in range(2000):
            Systemd({"NOTIFY_SOCKET": str(tmp_path / "full")}).tell(ALIVE)
