"""Follows restrike.json: notices that it changed, takes what is sound, refuses what is not. Every service has one.

No socket, no clock: it is asked to look once a second. A bad file leaves in force what was accepted last, also for a
service that starts meanwhile.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from shared.config.checking import lacking_in
from shared.config.environment import overrides
from shared.config.history import History
from shared.config.model import Config
from shared.config.reading import Examined, checksum_of, examine, read, refusal
from shared.errors import ConfigError
from shared.paths import Paths

PATIENCE_LOOKS: Final = 3
"""A bad file is told when it stayed as it is for so many looks: an editor may be at it, which empties a file before it
writes, or takes it away for a moment."""
AGAIN_LOOKS: Final = 5
"""A file that only lacks what it refers to (a rule set, a key) is tried again after so many looks."""
GONE: Final = "It is gone; for the defaults write {} into it."

Signature = tuple[int, ...] | None


class Source(StrEnum):
    """Where the configuration in force comes from."""

    FILE = "file"
    ACCEPTED = "accepted"
    DEFAULTS = "defaults"


class Following:
    """`config` is in force; `version` its checksum, None for the defaults; `faults` say why the file is not;
    `environment` are the variables that set something.
    """

    def __init__(self, path: Path, history: History, *, rules: Path, environment: Mapping[str, str]) -> None:
        self.path = path
        self.config = Config()
        self.version: str | None = None
        self.source = Source.DEFAULTS
        self.faults: tuple[str, ...] = ()
        self.refused: str | None = None
        self._history = history
        self._rules = rules
        self.environment = overrides(environment)
        self._wanted: bytes | None = None
        self._kept: bytes | None = None
        self._is_lacking = False
        self._judged: Signature = None
        self._seen: Signature = None
        self._looks = 0

    def start(self) -> None:
        """Find what to go by at a start: the file, else what was accepted last, else the defaults.

        Raises:
            ConfigError: the file cannot be used and nothing was accepted before.
        """
        self._judged = self._seen = _signature(self.path)
        try:
            text = read(self.path)
        except ConfigError as error:
            if not self._fall_back((error.message,), None):
                raise
            return
        found = self._examine(text)
        lacking = self._lacking(found)
        if found.config is None:
            faults = (*found.sentences, *lacking)
            if not self._fall_back(faults, text):
                raise refusal(self.path, list(faults))
        elif text is None:
            if not self._fall_back((GONE,), None):
                self.config = found.config
        else:
            newest = self._history.last()
            is_new = newest is not None and newest.checksum != checksum_of(text)
            if not (lacking and is_new and self._fall_back(lacking, text)):
                self._take(found.config, text, lacking)
        self._is_lacking = found.config is not None and bool(lacking)

    def look(self) -> bool:
        """Look whether the file changed, and go by it; True when that made a difference."""
        now = _signature(self.path)
        if now == self._judged:
            self._looks = 0 if not self._is_lacking else self._looks + 1
            return self._looks >= AGAIN_LOOKS and self._judge(now)
        if now != self._seen:
            self._seen, self._looks = now, 0
            return False
        self._looks += 1
        return self._judge(now, is_patient=self._looks < PATIENCE_LOOKS)

    def reload(self) -> bool:
        """Go by the file as it is now; True when that made a difference."""
        return self._judge(_signature(self.path))

    @property
    def is_kept(self) -> bool:
        """Whether what was accepted is in the history."""
        return self._wanted is None or self._wanted == self._kept

    def keep(self) -> None:
        """Keep what was accepted in the history; when another process is at it, `is_kept` stays False. May be called
        by another thread. Raises OSError.
        """
        text = self._wanted
        if _signature(self.path) != self._judged:
            return  # somebody changed it: whoever read that already may have kept it
        if text is not None and text != self._kept and self._history.keep(text, most=self.config.history):
            self._kept = text

    def _judge(self, signature: Signature, *, is_patient: bool = False) -> bool:
        before = self._standing()
        try:
            text = read(self.path)
        except ConfigError as error:
            return self._refuse((error.message,), None, signature, before, is_patient=is_patient)
        found = self._examine(text)
        lacking = self._lacking(found)
        if text is None and self.version is not None:
            return self._refuse((GONE,), None, signature, before, is_patient=is_patient)
        if found.config is None or lacking:
            faults = (*found.sentences, *lacking)
            is_changed = self._refuse(faults, text, signature, before, is_patient=is_patient)
            self._is_lacking = found.config is not None and bool(lacking)
            return is_changed
        self._judged, self._looks = signature, 0
        if text is not None:
            self._take(found.config, text, ())
        return before != self._standing()

    def _refuse(
        self,
        faults: tuple[str, ...],
        text: bytes | None,
        signature: Signature,
        before: tuple[object, ...],
        *,
        is_patient: bool,
    ) -> bool:
        if is_patient:
            return False
        self._judged, self._looks, self._is_lacking = signature, 0, False
        checksum = None if text is None else checksum_of(text)
        is_in_force = checksum is not None and checksum == self.version  # it only lacks what it refers to
        self.faults, self.refused = faults, None if is_in_force else checksum
        if not is_in_force:
            self.source = Source.DEFAULTS if self.version is None else Source.ACCEPTED
        return before != self._standing()

    def _take(self, config: Config, text: bytes, lacking: tuple[str, ...]) -> None:
        self._is_lacking = bool(lacking)
        self._wanted = self._wanted if lacking else text
        self.config, self.version = config, checksum_of(text)
        self.source, self.faults, self.refused = Source.FILE, lacking, None

    def _fall_back(self, faults: tuple[str, ...], text: bytes | None) -> bool:
        """Go by what was accepted last; False when there is nothing."""
        newest = self._history.last()
        accepted = None if newest is None else newest.text()
        config = None if accepted is None else self._examine(accepted).config
        if config is None or accepted is None:
            return False
        self.config, self.version = config, checksum_of(accepted)
        self._wanted = self._kept = accepted
        self.source, self.faults = Source.ACCEPTED, faults
        self.refused = None if text is None else checksum_of(text)
        return True

    def _standing(self) -> tuple[object, ...]:
        return (self.version, self.config, self.faults, self.source)

    def _examine(self, text: bytes | None) -> Examined:
        return examine(text, self.environment)

    def _lacking(self, found: Examined) -> tuple[str, ...]:
        return tuple(lacking_in(found, self._rules))


def in_force(paths: Paths, environment: Mapping[str, str] = os.environ) -> Following:
    """What a service of this home that starts now goes by, with that environment.

    Raises:
        ConfigError: the file cannot be used, and nothing was accepted before.
    """
    following = Following(paths.config, History(paths.config_history), rules=paths.rules, environment=environment)
    following.start()
    return following


def _signature(path: Path) -> Signature:
    """What changes when the file does: also by a rename, and when its rights change."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
