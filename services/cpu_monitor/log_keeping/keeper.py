"""The thread that keeps the logs in order; cpu-monitor. Everything that a full or slow disk can hold up is in it."""

import contextlib
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.cpu_monitor.log_keeping.archive import compress, forget
from services.cpu_monitor.log_keeping.holders import held_by, own_supervisor, reopen
from services.cpu_monitor.log_keeping.setting_aside import Rotation
from services.cpu_monitor.picture import Picture
from shared.clock import monotonic_s, unix_ns
from shared.log.files import set_aside
from shared.runtime import Runtime
from shared.settings.monitor_keys import LOG_ARCHIVE_DAYS, LOG_ARCHIVE_MIB, LOG_FILE_MIB

LOOK_EVERY_S: Final = 2.0
"""A service that writes all that a disk takes at `debug` makes some 20 MiB in that time."""
PROBE_EVERY_S: Final = 5.0
FULL_AGAIN_S: Final = 30.0
"""After a disk was full: each try costs processor time, and the last bytes of the disk, for which the journal waits."""
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
NICE: Final = 10
"""Compressing may wait; OBS's encoder may not."""
PROBE: Final = ".probe"


class Limits(Struct, frozen=True, kw_only=True):
    """A file is set aside at `file_bytes`; archives are kept for `keep_days`, and all of them are `archive_bytes`."""

    file_bytes: int
    keep_days: int
    archive_bytes: int


class Report(Struct, frozen=True, kw_only=True):
    """What one turn did: the names of the files that were archived and forgotten, and why something could not be."""

    archived: list[str] = []
    forgotten: list[str] = []
    error: str | None = None


class Keeper:
    """Sets aside, compresses and forgets the logs of one folder; `supervisor` is the process that writes them."""

    def __init__(self, logs: Path, *, rotation: Rotation, supervisor: Callable[[], int | None]) -> None:
        self._logs = logs
        self._rotation = rotation
        self._supervisor = supervisor
        self._is_clean = False
        self._probe_at_s = 0.0
        self._probe_error: str | None = None
        self._compress_at_s = 0.0
        self._full_error: str | None = None

    def turn(self, limits: Limits, *, now_us: int, now_s: float) -> Report:
        """Do what is due. Never raises OSError: what could not be done is in the report, and is tried again."""
        archived: list[str] = []
        forgotten: list[str] = []
        errors: list[str] = []
        fresh: list[Path] = []
        if now_s >= self._probe_at_s:
            self._probe_at_s = now_s + PROBE_EVERY_S
            self._probe_error = self._probed()
        try:
            if not self._is_clean:
                self._rotation.clean()
                self._is_clean = True
            fresh = self._rotation.set_aside(now_us=now_us, most_bytes=limits.file_bytes)
            self._tell_supervisor()
        except OSError as error:
            errors.append(_said(error))
        try:  # first of all, for this makes room
            found = forget(self._logs, now_us=now_us, keep_days=limits.keep_days, most_bytes=limits.archive_bytes)
            forgotten = [path.name for path in found]
        except OSError as error:
            errors.append(_said(error))
        try:
            archived = self._compress(errors, fresh, now_s=now_s)
        except OSError as error:
            errors.append(_said(error))
        return Report(
            archived=archived, forgotten=forgotten, error=self._probe_error or (errors[0] if errors else None)
        )

    def _tell_supervisor(self) -> None:
        """Have supervisord write into the new files, also when somebody before us was killed before telling it."""
        pid = self._supervisor()
        if self._held(pid):
            reopen(pid)

    def _held(self, pid: int | None) -> set[Path]:
        """Of the files that are set aside, those that supervisord still writes into."""
        files = set_aside(self._logs)
        held = held_by(pid) if files else set()
        return {file.path for file in files if _identity(file.path) in held}

    def _compress(self, errors: list[str], fresh: list[Path], *, now_s: float) -> list[str]:
        """Archive what nobody writes into any more. What was set aside just now waits a turn: a service that outlived
        supervisord may be about to write its line.
        """
        if now_s < self._compress_at_s:
            errors += [self._full_error] if self._full_error is not None else []
            return []
        held = self._held(self._supervisor())
        archived = []
        for file in set_aside(self._logs):
            # A `.1` that supervisord made just now is renamed in the next turn.
            is_ours = not file.path.suffix.removeprefix(".").isdigit()
            if is_ours and file.path not in held and file.path not in fresh:
                try:
                    name = compress(file, self._logs)
                except OSError as error:
                    errors.append(_said(error))
                    if error.errno in FULL:
                        self._compress_at_s, self._full_error = now_s + FULL_AGAIN_S, errors[-1]
                        break
                else:
                    archived += [name.name] if name is not None else []
        return archived

    def _probed(self) -> str | None:
        """Why nothing can be written here, or None."""
        probe = self._logs / PROBE
        try:
            self._logs.mkdir(mode=0o700, exist_ok=True)
            probe.write_bytes(b"\n")
            probe.unlink()
        except OSError as error:
            return f"{self._logs}: {error.strerror}"
        return None


def _identity(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def _said(error: OSError) -> str:
    place = f"{Path(str(error.filename)).name}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def keep_logs(runtime: Runtime, picture: Picture) -> None:
    """Register the thread."""
    keeping = _Keeping(runtime, picture)
    runtime.on_setting(LOG_FILE_MIB, keeping.take_file_mib)
    runtime.on_setting(LOG_ARCHIVE_DAYS, keeping.take_days)
    runtime.on_setting(LOG_ARCHIVE_MIB, keeping.take_archive_mib)
    runtime.on_start(keeping.start)
    runtime.on_stop(keeping.stop)


class _Keeping:
    """The thread, what it is told, and what it tells."""

    def __init__(self, runtime: Runtime, picture: Picture) -> None:
        self._runtime = runtime
        self._picture = picture
        self._log = runtime.logger("logs")
        self._mib = {"file": LOG_FILE_MIB.default, "archive": LOG_ARCHIVE_MIB.default}
        self._days = LOG_ARCHIVE_DAYS.default
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-keeping", daemon=True)

    def take_file_mib(self, value: int) -> None:
        self._mib["file"] = value

    def take_archive_mib(self, value: int) -> None:
        self._mib["archive"] = value

    def take_days(self, value: int) -> None:
        self._days = value

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()  # it is not waited for: being killed at any moment costs nothing

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        paths = self._runtime.paths
        keeper = Keeper(paths.logs, rotation=Rotation(paths.logs), supervisor=lambda: own_supervisor(paths))
        wait_s = 0.0  # files of another day, or of a suite that was killed, are there at the start
        while not self._stop.wait(wait_s):
            wait_s = LOOK_EVERY_S
            mib, days = dict(self._mib), self._days
            limits = Limits(file_bytes=mib["file"] << 20, keep_days=days, archive_bytes=mib["archive"] << 20)
            report = keeper.turn(limits, now_us=unix_ns() // 1000, now_s=monotonic_s())
            if report != Report(error=self._picture.log_error):
                self._runtime.post(lambda report=report: self._tell(report))  # type: ignore[misc]  # the loop's report

    def _tell(self, report: Report) -> None:
        if report.error != self._picture.log_error:
            self._picture.log_error = report.error
            if report.error is not None:
                self._log.error("logs_not_kept", error=report.error, help="See who may write to log/, and its disk.")
            else:
                self._log.info("logs_kept_again")
        if report.archived:
            self._log.info("logs_archived", files=report.archived)
        if report.forgotten:
            self._log.info("logs_forgotten", files=report.forgotten)
