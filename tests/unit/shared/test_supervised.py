"""supervisord, seen cheaply: whether it started us, whether it is there, whether it answers."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.paths import Paths
from shared.supervised import PID_FILE, answers, fault_of, is_stopped, is_supervised, process_of
from tests.support.wait import eventually

SHORT_S = 0.05


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A home with its folders."""
    found = Paths(tmp_path / "home")
    found.prepare()
    return found


@contextlib.contextmanager
def listening(paths: Paths, *, says: bytes | None) -> Iterator[None]:
    """Somebody at supervisord's socket; one that says None is frozen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(paths.supervisor_socket))
        server.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    asker, _ = server.accept()
                    with asker:
                        assert asker.recv(1000).startswith(b"POST /RPC2 ")
                        asker.sendall(says or b"")

        if says is not None:
            threading.Thread(target=serve, daemon=True).start()
        yield
        server.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def process(home: Path, name: str = "services.supervisord") -> Iterator[int]:
    """A process that looks like supervisord of a home."""
    command = ["/bin/sh", "-c", "read end", name]
    with subprocess.Popen(command, env={"RESTRIKE_HOME": str(home)}, stdin=subprocess.PIPE) as started:
        eventually(lambda: name.encode() in Path(f"/proc/{started.pid}/cmdline").read_bytes(), within=2)
        try:
            yield started.pid
        finally:
            started.kill()


def test_who_started_this_process(paths: Paths) -> None:
    """That of this home says so to its children; that of another home, or nobody, did not."""
    url = f"unix://{paths.supervisor_socket}"
    assert is_supervised(paths, {"SUPERVISOR_SERVER_URL": url})
    assert not is_supervised(paths, {"SUPERVISOR_SERVER_URL": "unix:///elsewhere/supervisor"})
    assert not is_supervised(paths, {"SUPERVISOR_SERVER_URL": "http://localhost:9001"})
    assert not is_supervised(paths, {})


def test_whether_it_answers(paths: Paths) -> None:
    """Nobody there; one that is frozen takes the question and says nothing; one that lives."""
    assert not answers(paths, within_s=SHORT_S)
    with listening(paths, says=None):
        assert not answers(paths, within_s=SHORT_S)
    paths.supervisor_socket.unlink()
    with listening(paths, says=b"HTTP/1.0 200 OK\r\n\r\n"):
        assert answers(paths, within_s=2)


def test_its_process(paths: Paths, tmp_path: Path) -> None:
    """By its number, if that is supervisord's of this home; a number that is somebody else's now is not ended."""
    file = paths.run / PID_FILE
    assert process_of(paths) is None
    with process(paths.home) as pid:
        file.write_text(f"{pid}\n")
        assert process_of(paths) == pid
        assert not is_stopped(pid)
        os.kill(pid, signal.SIGSTOP)
        eventually(lambda: is_stopped(pid), within=2)
    assert process_of(paths) is None
    (tmp_path / "other").mkdir()
    for home, name in ((tmp_path / "other", "services.supervisord"), (paths.home, "services")):
        with process(home, name) as pid:
            file.write_text(str(pid))
            assert process_of(paths) is None


def test_what_is_wrong(paths: Paths) -> None:
    """Nothing where none ever ran, or it ended in order; killed, frozen, and one that lives."""
    assert fault_of(paths) is None
    (paths.run / PID_FILE).write_text("4194305")
    assert (fault_of(paths) or "").startswith("supervisord does not run: ")
    with process(paths.home) as pid, listening(paths, says=b"HTTP/1.0 200 OK\r\n\r\n"):
        (paths.run / PID_FILE).write_text(str(pid))
        assert fault_of(paths) is None
        os.kill(pid, signal.SIGSTOP)
        eventually(lambda: is_stopped(pid), within=2)
        assert (fault_of(paths) or "").startswith(f"supervisord (process {pid}) does not answer: ")
