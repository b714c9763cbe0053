"""A real OBS Studio without a screen or a graphics card, in a home of its own; nothing of it is left afterwards."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import WebSocketException

from tests.support.obs import config
from tests.support.obs.display import Display
from tests.support.obs.probe import Probe
from tests.support.suite import free_port
from tests.support.wait import eventually

needs_obs = pytest.mark.skipif(
    shutil.which("obs") is None or shutil.which("Xvfb") is None, reason="obs (OBS Studio) or Xvfb is not installed"
)
ANSWERS_WITHIN_S = 30
ENDS_WITHIN_S = 5.0


class RealObs:
    """One OBS; it may be started again in the same home at the same port. `records` is where it is told to record."""

    def __init__(self, folder: Path, display: str, options: config.Options) -> None:
        self.options = options
        self.home = folder / "home"
        self.records = folder / "records"
        self.port = options.port or free_port()
        self.password = options.password
        self._display = display
        self._folder = folder
        self._output = folder / "obs.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: list[int] = []
        (folder / "run").mkdir(parents=True, mode=0o700)
        self.records.mkdir()
        self.config = self.home / ".config" / "obs-studio"
        config.write(self.config, options, port=self.port, records=self.records)

    @property
    def pid(self) -> int:
        """Its process; only while it was started."""
        assert self._process is not None, "this OBS was not started"
        return self._process.pid

    def start(self) -> "RealObs":
        """Start it and wait until it answers requests."""
        self.launch()
        if self.options.websocket:
            eventually(self.answers, within=ANSWERS_WITHIN_S, what=f"OBS answers ({self.log()[-2000:]})")
        return self

    def launch(self) -> None:
        """Start it and wait for nothing."""
        assert not self.is_running(), "this OBS runs already"
        command = ["obs", "--multi", "--minimize-to-tray", "--disable-updater", "--disable-missing-files-check"]
        command += ["--disable-shutdown-check", "--websocket_ipv4_only", "--collection", "lab", "--profile", "lab"]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._groups.append(self._process.pid)

    def answers(self) -> bool:
        """Whether it answers a request now; AssertionError when it ended."""
        if not self.is_running():
            raise RuntimeError(f"OBS ended: {self.log()[-2000:]}")
        try:
            with self.probe(subscriptions=0):
                return True
        except WebSocketException as error:  # it closes connections while it starts
            raise AssertionError(f"OBS does not answer yet: {error}") from error

    def probe(self, *, subscriptions: int | None = None) -> Probe:
        """An independent client; close it."""
        if subscriptions is None:
            return Probe(self.port, self.password)
        return Probe(self.port, self.password, subscriptions=subscriptions)

    def is_running(self) -> bool:
        """Whether its process lives, frozen or not."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, within: float = ENDS_WITHIN_S) -> int:
        """Ask it to end, and kill it when it does not (it asks back while it records); its exit code."""
        if self._process is None:
            return 0
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGINT)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            return self.kill()
        finally:
            self._reap()

    def kill(self) -> int:
        """End it without a word, and leave the process alone that writes its file; its exit code."""
        assert self._process is not None, "this OBS was not started"
        self._signal(signal.SIGKILL)
        return self._process.wait(ENDS_WITHIN_S)

    def cut_power(self) -> int:
        """End it and what writes its file, both without a word; its exit code."""
        self._reap()
        return self.kill()

    def freeze(self) -> None:
        """Stop it by SIGSTOP: it hangs, and its sockets stay open."""
        self._signal(signal.SIGSTOP)
        process = psutil.Process(self.pid)
        eventually(lambda: process.status() == psutil.STATUS_STOPPED, within=5, what="OBS is stopped")

    def thaw(self) -> None:
        """Let it go on after freeze()."""
        self._signal(signal.SIGCONT)

    def log(self) -> str:
        """Everything that it wrote to stdout and stderr, over all its starts."""
        return self._output.read_text(encoding="utf-8", errors="replace") if self._output.exists() else ""

    def files(self) -> list[Path]:
        """What lies in `records` and below, by name."""
        return sorted(path for path in self.records.rglob("*") if path.is_file())

    def _signal(self, number: signal.Signals) -> None:
        if self.is_running():
            os.kill(self.pid, number)

    def _reap(self) -> None:
        """Kill what is left of the process groups of all its starts."""
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def _environment(self) -> dict[str, str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_RUNTIME_DIR": str(self._folder / "run"),
            "DISPLAY": self._display,
            "LANG": "C.UTF-8",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "QT_QPA_PLATFORM": "xcb",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        if shutil.which("gcc") is not None:
            environment["LD_PRELOAD"] = str(self._preload())
        return environment

    def _preload(self) -> Path:
        """The library that keeps its socket on loopback; without a compiler it listens on all addresses."""
        library = self._folder / "lobind.so"
        if not library.exists():
            source = Path(__file__).with_name("lobind.c")
            subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
        return library


@contextlib.contextmanager
def real_obs(
    folder: Path, *, display: Display | None = None, started: bool = True, **options: Any
) -> Iterator[RealObs]:
    """An OBS of config.Options in `folder`/obs-N until the block ends; with a screen of its own or the given one."""
    with contextlib.ExitStack() as stack:
        shown = display or stack.enter_context(Display())
        number = len(list(folder.glob("obs-*")))
        obs = RealObs(folder / f"obs-{number}", shown.name, config.Options(**options))
        stack.callback(obs.stop, within=0)
        if started:
            obs.start()
        yield obs
