"""Where everything lies: the home of one installation, its sockets, and what ships with the program."""

import contextlib
import errno
import hashlib
import os
import stat
import tempfile
from pathlib import Path

PROGRAM_ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `services/`, `shared/`, `migrations/`, `flags/` and `supervisord.conf`: a checkout's root, or
site-packages of an installed wheel."""

MAX_SOCKET_PATH_BYTES = 95
"""A Unix socket path may have 107 bytes; the longest name that we add after `run/` has 12 left."""


class Paths:
    """The files and folders of one home. Nothing is created before `prepare`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.config = home / "restrike.json"
        self.data = home / "data"
        self.database = self.data / "restrike.db"
        self.journal = self.data / "journal.db"
        self.parser_states = self.data / "parser"
        self.config_history = self.data / "config"
        self.license = self.data / "license"
        self.run = home / "run"
        self.logs = home / "log"
        self.backups = home / "backups"
        self.archive = home / "archive"
        self.rules = home / "rules"
        self.own_flags = home / "flags"
        self.migrations = PROGRAM_ROOT / "migrations"
        self.supervisord_conf = PROGRAM_ROOT / "supervisord.conf"
        self.sockets = self.run if _fits(self.run) else _short_socket_folder(home)

    @classmethod
    def from_environment(cls) -> "Paths":
        """The home that `RESTRIKE_HOME` names, else `var/` of the checkout, else `~/.local/state/restrike`."""
        named = os.environ.get("RESTRIKE_HOME")
        if named:
            return cls(Path(named).expanduser().absolute())
        if (PROGRAM_ROOT / "pyproject.toml").exists():
            return cls(PROGRAM_ROOT / "var")
        return cls(Path.home() / ".local" / "state" / "restrike")

    def prepare(self) -> None:
        """Create the folders, readable by their owner only.

        Raises:
            OSError: one cannot be created, or the one for sockets belongs to somebody else.
        """
        for folder in (
            self.home,
            self.data,
            self.parser_states,
            self.license,
            self.run,
            self.backups,
            self.sockets,
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # a service starts without a place for its log; cpu-monitor tells of it
            self.logs.mkdir(mode=0o700, exist_ok=True)
        if self.sockets != self.run:
            found = self.sockets.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
                raise PermissionError(errno.EPERM, "is not a folder of yours alone", str(self.sockets))

    def socket(self, name: str) -> str:
        """The ZeroMQ endpoint of a socket of this home: `ipc://…/run/<name>`."""
        return f"ipc://{self.sockets / name}"

    def command_socket(self, service: str) -> str:
        """Where `service` answers commands."""
        return self.socket(f"{service}.cmd")

    def wire_socket(self, service: str) -> str:
        """Where `service` publishes its `wire.*` stream."""
        return self.socket(f"{service}.wire")

    def leave_sockets(self, service: str) -> None:
        """Take the sockets of `service` away. Only for the service itself, at its end, while it still holds its lock: a
        successor binds its own only once it has that lock.
        """
        for path in self.sockets.glob(f"{service}.*"):
            with contextlib.suppress(OSError):  # one that is left behind does no harm: the next to bind replaces it
                if path.is_socket():
                    path.unlink()

    def outbox(self, service: str) -> Path:
        """The file of `service`'s own outbox: what must be stored, and what it must remember."""
        return self.data / f"{service}.db"

    def lock(self, service: str) -> Path:
        """The file that a running `service` holds locked; its modification time says when it was last alive."""
        return self.run / f"{service}.lock"

    @property
    def supervisor_socket(self) -> Path:
        """Supervisord's own control socket."""
        return self.sockets / "supervisor"


def _fits(run: Path) -> bool:
    return len(os.fsencode(run / "supervisor.12345")) <= MAX_SOCKET_PATH_BYTES


def _short_socket_folder(home: Path) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    return Path(runtime) / f"restrike-{digest}"
