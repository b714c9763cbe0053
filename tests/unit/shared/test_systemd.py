"""systemd is told in its own words over its own socket, and nobody is told where there is none."""

import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from shared import systemd as module
from shared.paths import Paths
from shared.runtime import Runtime
from shared.systemd import ALIVE, READY, Systemd
from tests.support.wait import eventually


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


@pytest.mark.parametrize(("is_child", "is_whole"), [(True, False), (True, True), (False, False)])
def test_no_sign_of_life_without_supervisord(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_child: bool, is_whole: bool
) -> None:
    """One that is frozen while a service is missing: systemd hears nothing more after the start, and starts all anew. A
    whole suite goes on, and a service that supervisord did not start needs none.
    """
    paths, asked, told = Paths(tmp_path), list[bool](), list[str]()
    monkeypatch.setattr(module, "is_locked", lambda lock: is_whole or "db-writer" not in lock.name)
    is_alive = False
    monkeypatch.setenv("SUPERVISOR_SERVER_URL", f"unix://{paths.supervisor_socket}" if is_child else "")

    def answers(_: Paths) -> bool:
        asked.append(is_alive)
        return is_alive

    monkeypatch.setattr(module, "answers", answers)
    starts, timers = list[Callable[[], None]](), list[Callable[[], None]]()
    runtime = SimpleNamespace(paths=paths, on_start=starts.append, every=lambda _, callback: timers.append(callback))
    systemd = Systemd({"WATCHDOG_USEC": "600000"})
    monkeypatch.setattr(systemd, "tell", told.append)
    systemd.give_signs_of_life(cast(Runtime, runtime), ["broker", "db-writer"])
    for look in (*starts, *timers):
        look()
    if is_whole or not is_child:
        assert (told, asked) == ([ALIVE, ALIVE], [])
        return
    eventually(lambda: asked, equals=[False], within=2)
    assert told == [ALIVE]
    is_alive = True
    timers[0]()
    eventually(lambda: told, equals=[ALIVE, ALIVE], within=2)
