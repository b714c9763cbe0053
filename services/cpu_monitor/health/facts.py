"""What cannot be heard and is looked up now and then, by a thread that may wait: backups, interfaces; cpu-monitor."""

import threading
from contextlib import closing, suppress
from typing import Final

from services.cpu_monitor.picture import BackupFacts, Picture
from shared.clock import unix_us
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import DatabaseError
from shared.interfaces import detect
from shared.messages.facts import NetworkInterface
from shared.runtime import Runtime

INTERFACES_EVERY_S: Final = 5.0
BACKUPS_EVERY: Final = 12
"""Looks at interfaces between two at the database: a minute."""

_NEWEST: Final = "SELECT max(taken_at) FROM backups WHERE format = 'database' AND status = 'present'"
_BIRTH: Final = "SELECT min(applied_at) FROM schema_version"
_LAST: Final = """
SELECT status, error FROM jobs WHERE kind = 'backup' AND status IN ('done', 'failed') ORDER BY begun_at DESC LIMIT 1
"""


class Facts:
    """Looks up, and puts into the picture what it found."""

    def __init__(self, runtime: Runtime, picture: Picture) -> None:
        self._runtime = runtime
        self._picture = picture
        self._is_looking = False
        self._looks = 0

    def look(self) -> None:
        """Begin to look, unless the last look still waits for a disk."""
        if self._is_looking:
            return
        self._is_looking = True
        with_backups = self._looks % BACKUPS_EVERY == 0
        self._looks += 1
        try:
            threading.Thread(target=self._fetch, args=(with_backups,), name="facts", daemon=True).start()
        except RuntimeError:  # there are no threads left just now
            self._is_looking = False

    def look_soon(self) -> None:
        """Look at the database, too, the next time: there is one now, or another."""
        self._looks = 0

    def _fetch(self, with_backups: bool) -> None:  # noqa: FBT001  # a thread's argument
        interfaces: dict[str, NetworkInterface] = {}
        backups: BackupFacts | None = None
        try:
            with suppress(OSError):
                interfaces = {one.address: one for one in detect()}
            if with_backups:
                backups = self._backups()
        finally:

            def take() -> None:
                self._is_looking = False
                self._picture.interfaces = interfaces or self._picture.interfaces
                if with_backups:
                    self._picture.backups = backups
                    if backups is None:
                        self.look_soon()

            self._runtime.post(take)

    def _backups(self) -> BackupFacts | None:
        try:
            with closing(connect_reader(self._runtime.paths.database, timeout_s=1.0)) as connection:
                newest = connection.execute(_NEWEST).fetchone()[0]
                birth = connection.execute(_BIRTH).fetchone()[0]
                last = connection.execute(_LAST).fetchone()
            newest_us, birth_us = (unix_us(at) if at else None for at in (newest, birth))
        except (DatabaseError, sqlite3.Error, ValueError, TypeError):  # the last two: no times, or no rows
            return None
        failure = last[1] or "it does not say why" if last is not None and last[0] == "failed" else None
        since_us = newest_us if newest_us is not None else birth_us
        return BackupFacts(newest_us=newest_us, since_us=since_us, failure=failure)
