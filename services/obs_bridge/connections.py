"""All connections to OBS as operators configured them: read from the database, and again when something changed.

The database may not be there yet, or not be readable for a moment: what was read last goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import structlog

from services.obs_bridge import venues
from services.obs_bridge.database import Database
from services.obs_bridge.studio import House, Studio
from services.obs_bridge.venues import Venues
from shared.clock import monotonic_s
from shared.db import obs_config
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError, RestrikeError
from shared.messages.automation import Rule
from shared.messages.obs import ObsConnection, Role
from shared.paths import Paths
from shared.settings.secrets import Secrets

MADE_WITHIN_S: Final = 5.0
"""At the very first start db-writer makes the tables meanwhile."""


class Connections:
    """The studios, by name. `rules_changed` is told of the rules whenever they are others, `changed` that connections
    are.
    """

    def __init__(
        self,
        paths: Paths,
        house: House,
        *,
        rules_changed: Callable[[list[Rule]], None],
        changed: Callable[[], None],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self.database = Database(paths.database)
        """For whoever else of obs-bridge reads it."""
        self._paths = paths
        self._house = house
        self._rules_changed = rules_changed
        self._changed = changed
        self._log = log
        self._studios: dict[str, Studio] = {}
        self._configured: list[tuple[ObsConnection, str]] | None = None
        self._rules: list[Rule] | None = None
        self._begun_s = monotonic_s()
        self._passwords: dict[str, str] = {}
        self._told: set[str] = set()
        self._wrong: set[str] = set()
        self.venues = Venues()
        """The active tournament and its days."""

    def __iter__(self) -> Iterator[Studio]:
        """Every connection, active or not."""
        return iter(self._studios.values())

    def all(self) -> list[Studio]:
        """Every active connection."""
        return [studio for studio in self if studio.config.is_active]

    def serving(self, ring: str, role: Role) -> Sequence[Studio]:
        """Those that are for a ring and have a role, connected or not."""
        return [studio for studio in self.all() if studio.serves(ring) and role in studio.config.roles]

    def named(self, name: str) -> Studio | None:
        """The active connection of that name."""
        studio = self._studios.get(name)
        return studio if studio is not None and studio.config.is_active else None

    def look(self) -> None:
        """Read the configuration, and go on with it."""
        if not self.database.is_there:
            return  # db-writer makes it, at the very first start
        self._wrong = set()
        self._read()
        self._told &= self._wrong  # what is well again is told anew when it comes back

    def _read(self) -> None:
        try:
            found, rules, self.venues = self.database.read(self._said)
        except DatabaseError as error:
            if self.is_read or monotonic_s() - self._begun_s > MADE_WITHIN_S:
                self._tell(f"How OBS is configured cannot be read now: {error}")
            return
        if found != self._configured:
            self._configured = found
            self._configure(found)
            self._changed()
        if rules != self._rules:
            self._rules = rules
            self._rules_changed(rules)

    def _said(self, connection: "sqlite3.Connection") -> tuple[list[tuple[ObsConnection, str]], list[Rule], Venues]:
        configs = obs_config.connections(connection, tell=self._tell)
        found = [(config, self._password(connection, config)) for config in configs]
        return found, obs_config.rules(connection, tell=self._tell), venues.read(connection)

    @property
    def is_read(self) -> bool:
        """Whether the configuration was read once."""
        return self._configured is not None

    @property
    def is_well(self) -> bool:
        """Whether the configuration was read, and all of it could be."""
        return self.is_read and not self._wrong

    def close(self) -> None:
        """End every connection."""
        for studio in self:
            studio.close()

    def _configure(self, found: list[tuple[ObsConnection, str]]) -> None:
        wanted = {config.connection for config, _ in found}
        for config, _ in found:
            self._rename(config, wanted)
        for name in self._studios.keys() - wanted:
            self._studios.pop(name).remove()
        for config, password in found:
            studio = self._studios.get(config.connection)
            if studio is None:
                studio = self._studios[config.connection] = Studio(config, password, self._house)
                studio.open()
            else:
                studio.configure(config, password)

    def _rename(self, config: ObsConnection, wanted: set[str]) -> None:
        """A new name that leads where one led that is gone: the same OBS goes on under it."""
        if config.connection in self._studios:
            return
        for name, studio in self._studios.items():
            there = (studio.config.host, studio.config.port)
            if name not in wanted and there == (config.host, config.port):
                self._studios[config.connection] = self._studios.pop(name)
                return

    def _password(self, connection: "sqlite3.Connection", config: ObsConnection) -> str:
        """Its password; while that cannot be read, the one that was read last."""
        name = config.connection
        try:
            self._passwords[name] = obs_config.password_of(connection, name, Secrets(self._paths)) or ""
        except RestrikeError as error:
            self._tell(f"The password of OBS {name} cannot be read: {error}")
        return self._passwords.get(name, "")

    def _tell(self, sentence: str) -> None:
        """Once: it is looked at every few seconds."""
        self._wrong.add(sentence)
        if sentence not in self._told:
            self._told.add(sentence)
            self._log.warning("obs_configuration", problem=sentence)
