"""How much a service writes: its level, and those of its subsystems, changeable while it runs; every process."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from shared.errors import ValidationError
from shared.log.subsystems import LEVELS, LIBRARIES, subsystems_of
from shared.messages.logs import LogLevels

NUMBERS: Final = {level: getattr(logging, level.upper()) for level in LEVELS}


class Levels:
    """The levels of one service. `changed` is called whenever one may be another now.

    What was set while running stands until the service starts anew or it is set back (None); a level that was set for
    the service stands over the configured ones of its subsystems, one of a subsystem over both.
    """

    def __init__(self, service: str, *, level: str, of_all: Mapping[str, str], changed: Callable[[], None]) -> None:
        self._service = service
        self._changed = changed
        self._set: str | None = None
        self._set_subsystems: dict[str, str] = {}
        self._configured = level
        self._configured_subsystems: dict[str, str] = {}
        self._take(level, of_all)

    @property
    def known(self) -> tuple[str, ...]:
        """The service's subsystems."""
        return subsystems_of(self._service)

    def level(self, subsystem: str | None) -> str:
        """What is in force for a subsystem, or for all that belongs to none."""
        own = None
        if subsystem is not None:
            own = self._set_subsystems.get(subsystem)
            if own is None and self._set is None:
                own = self._configured_subsystems.get(subsystem)
            if own is None and subsystem == LIBRARIES:
                own = max(self._set or self._configured, "warning", key=LEVELS.index)
        return own or self._set or self._configured

    def read(self) -> LogLevels:
        """All of them."""
        general = self.level(None)
        different = {name: level for name in self.known if (level := self.level(name)) != general}
        return LogLevels(level=general, configured=self._configured, subsystems=different, known=self.known)

    def set(self, level: str | None, subsystem: str | None) -> LogLevels:
        """Set a level for as long as the service runs; None: as configured. Raises ValidationError."""
        if level is not None and level not in LEVELS:
            known = ", ".join(LEVELS)
            raise ValidationError("log.level_unknown", f"A level is one of {known}, not {level!r}.", value=level)
        if subsystem is not None and subsystem not in self.known:
            known = ", ".join(self.known)
            sentence = f"{self._service} has no subsystem {subsystem!r}. Known: {known}."
            raise ValidationError("log.subsystem_unknown", sentence, value=subsystem)
        if subsystem is None:
            self._set = level
            self._set_subsystems = {} if level is None else self._set_subsystems
        elif level is None:
            self._set_subsystems.pop(subsystem, None)
        else:
            self._set_subsystems[subsystem] = level
        self._changed()
        return self.read()

    def configure(self, level: str, of_all: Mapping[str, str]) -> None:
        """What restrike.json says now: `log_level` and `log_levels`."""
        self._take(level, of_all)
        self._changed()

    def _take(self, level: str, of_all: Mapping[str, str]) -> None:
        self._configured = of_all.get(self._service, level)
        mine = f"{self._service}."
        self._configured_subsystems = {
            name.removeprefix(mine): found for name, found in of_all.items() if name.startswith(mine)
        }
