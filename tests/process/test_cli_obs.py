"""`restrike obs` as operators have it: the password on a terminal, an OBS that is not there, and a real one."""

import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.obs_config import password_of
from shared.db.sqlite import connect_reader
from shared.settings.secrets import Secrets
from tests.support.cli import WITHIN_S, Home, home_in, restrike
from tests.support.obs.real import RealObs, needs_obs
from tests.support.suite import free_port
from tests.support.wait import eventually

CLEAR = "chong-hong-4711"
SERVICES = ("broker", "db-writer", "obs-bridge")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        yield home


def _password(home: Home) -> str | None:
    with closing(connect_reader(home.paths.database)) as connection:
        return password_of(connection, "main", Secrets(home.paths))


def _on_a_terminal(home: Home, *arguments: str, typed: str) -> str:
    """Run a command on a terminal of its own, type a line when it asks, and return all that is to be seen there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        restrike(*arguments),
        env=home.environment,
        cwd=home.paths.home,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=lambda: os.login_tty(theirs),  # noqa: PLW1509  # the only way to give it a terminal of its own
    ) as process:
        seen = b""
        while b"): " not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, typed.encode() + b"\n")
        assert process.wait(WITHIN_S) == 0, seen
        os.set_blocking(ours, False)
        while True:
            try:
                seen += os.read(ours, 1000)
            except (BlockingIOError, OSError):
                break
    os.close(theirs)
    os.close(ours)
    return seen.decode()


def test_the_password_is_asked_for_and_not_echoed(home: Home) -> None:
    """On a terminal, once; what is typed is stored encrypted and is not to be seen. Enter alone is no password."""
    seen = _on_a_terminal(home, "obs", "add", "main", typed=CLEAR)
    assert "empty: it has none" in seen
    assert "with a password" in seen
    assert CLEAR not in seen
    assert _password(home) == CLEAR
    seen = _on_a_terminal(home, "obs", "edit", "main", "--password", typed="")
    assert "no password" in seen
    assert _password(home) is None


def test_a_secret_is_in_no_file_and_no_output(home: Home) -> None:
    """By standard input, with the suite's services running: not in the database, the journal of changes or any log."""
    home.start(*SERVICES)
    done = home.run("obs", "add", "main", "--port", str(free_port()), "--password-stdin", text=f"{CLEAR}\n")
    assert done.returncode == 0, done.stderr
    assert _password(home) == CLEAR
    eventually(lambda: home.document("obs", "status")["connections"], within=WITHIN_S, what="obs-bridge knows it")
    shown = [home.run(*words).stdout for words in (("obs", "list", "--json"), ("obs", "status"), ("query", "audit"))]
    assert not any(CLEAR in text for text in shown)
    files = [path for path in home.paths.home.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if CLEAR.encode() in path.read_bytes()] == []


def test_no_obs_at_all(home: Home) -> None:
    """One quiet line with the reason; `connect` and `test` say why and end with 1, an act is refused."""
    home.start(*SERVICES)
    port = str(free_port())
    home.document("obs", "add", "main", "--port", port)
    refused = home.run("obs", "connect", "main", "--within", "2")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"Nothing listens on 127.0.0.1:{port}" in refused.stderr
    (line,) = home.run("obs", "status").stdout.splitlines()
    assert line.startswith("main: disconnected since ")
    (line,) = [line for line in home.run("status").stdout.splitlines() if "OBS" in line]
    assert line.startswith(f"OBS main: disconnected (Nothing listens on 127.0.0.1:{port}")
    tested = home.run("obs", "test", "main")
    assert (tested.returncode, "Nothing listens" in tested.stdout) == (1, True)
    acted = home.run("obs", "record", "start")
    assert (acted.returncode, len(acted.stderr.splitlines())) == (1, 1)
    assert home.run("obs", "disconnect", "main").returncode == 0
    assert home.run("obs", "status").stdout == "main: off. To have it: restrike obs connect main\n"
    assert home.run("obs", "remove", "main").returncode == 0
    eventually(lambda: home.document("obs", "status")["connections"] == [], within=WITHIN_S, what="it is forgotten")
    assert "OBS: no connection. Make one with: restrike obs add NAME" in home.run("status").stdout


@needs_obs
def test_a_real_obs_by_hand(home: Home, obs: RealObs) -> None:
    """Connected, tested, recorded with, seen in the status, and let go, each confirmed by OBS."""
    home.start(*SERVICES)
    added = home.run("obs", "add", "main", "--port", str(obs.port), "--password-stdin", text=obs.password)
    assert added.returncode == 0, added.stderr
    assert "main is connected: OBS " in home.run("obs", "connect", "main").stdout
    tested = home.run("obs", "test", "main")
    assert "ok connected" in tested.stdout, tested.stderr
    scenes = home.document("obs", "scene", "list")["answer"]
    other = next(name for name in scenes["scenes"] if name != scenes["program"])
    assert "confirmed in" in home.run("obs", "scene", "set", other).stdout
    assert home.run("obs", "scene", "current").stdout == f"{other}\n"
    started = home.run("obs", "record", "start")
    assert started.returncode == 0, started.stderr
    assert started.stdout.startswith("OBS main ")
    assert "confirmed in" in started.stdout
    now = eventually(
        lambda: [one for one in home.document("obs", "status")["connections"] if one["outputs"]["is_recording"]],
        within=WITHIN_S,
        what="the status has it",
    )
    assert now[0]["program_scene"] == other
    stopped = home.document("obs", "record", "stop")
    assert stopped["confirmed"] is True
    assert [str(path) for path in obs.files()] == [stopped["details"]["path"]]
    assert home.run("obs", "record", "stop").returncode in (0, 1)
    refused = home.run("obs", "scene", "set", "No such scene")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
