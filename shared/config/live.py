"""A service's configuration while it runs: what is taken over live, what needs a restart, and what is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from shared.clock import unix_ns
from shared.config.differences import differences, touches, value_at
from shared.messages.configuration import ConfigurationState, GetConfigurationState, ReloadConfiguration
from shared.messages.topics import SERVICE_CONFIGURATION

if TYPE_CHECKING:
    from shared.config.following import Following
    from shared.config.model import Config
    from shared.runtime import Runtime

LOOK_EVERY_S: Final = 1.0
"""A change is taken when it stayed for one look: in force after one to two seconds."""


class LiveConfig:
    """`config` is in force. What a service declares neither live nor fixed is none of its business."""

    def __init__(self, runtime: Runtime, following: Following) -> None:
        self.config: Config = following.config
        self._runtime = runtime
        self._following = following
        self._began_with = following.config
        self._live: list[tuple[str, Callable[[Any], None]]] = []
        self._fixed: list[str] = []
        self._changed: tuple[str, ...] = ()
        self._taken_over_at_us = unix_ns() // 1000
        self._error = ""
        self._keeper: threading.Thread | None = None
        runtime.on_command(GetConfigurationState, lambda _: self.state())
        runtime.on_command(ReloadConfiguration, self._reload)
        runtime.every(LOOK_EVERY_S, self._look)

    def on(self, path: str, callback: Callable[[Any], None]) -> None:
        """Call `callback` with what stands at `path`: now, and whenever it changed."""
        callback(value_at(self.config, path))
        self._live.append((path, callback))

    def fix(self, *paths: str) -> None:
        """Note what this service takes over at its start only."""
        for path in paths:
            value_at(self.config, path)
        self._fixed += paths

    def begin(self) -> None:
        """The service is built, so what it began with is sound: keep it, and say what is wrong with the file."""
        self._keep_now()
        if self._following.faults:
            self._tell_refusal()

    def state(self) -> ConfigurationState:
        """What this service goes by."""
        following = self._following
        return ConfigurationState(
            service=self._runtime.service,
            version=following.version,
            source=following.source,
            faults=following.faults,
            refused=following.refused,
            changed=self._changed,
            needs_restart=self._needs_restart(),
            taken_over_at_us=self._taken_over_at_us,
            overrides=following.environment,
        )

    def _reload(self, _: ReloadConfiguration) -> ConfigurationState:
        if self._following.reload():
            self._went_on()
        return self.state()

    def _look(self) -> None:
        if self._following.look():
            self._went_on()
        if not self._following.is_kept and (self._keeper is None or not self._keeper.is_alive()):
            # A thread: the disk may be slow, and nobody waits for it.
            self._keeper = threading.Thread(target=self._keep_now, name="configuration", daemon=True)
            self._keeper.start()

    def _went_on(self) -> None:
        """The file was taken over or refused."""
        before, self.config = self.config, self._following.config
        changes = [change.path for change in differences(before, self.config)]
        if changes:
            mine = [path for path, _ in self._live]
            self._changed = tuple(path for path in changes if any(touches(path, one) for one in mine))
            self._taken_over_at_us = unix_ns() // 1000
            for path, callback in self._live:
                value = value_at(self.config, path)
                if value != value_at(before, path):
                    self._runtime.guard(callback, value)
        if self._following.faults:
            self._tell_refusal()
        else:
            self._runtime.log.info(
                "configuration_taken_over",
                version=self._following.version,
                changed=list(self._changed) if changes else [],
                needs_restart=list(self._needs_restart()),
            )
        self._runtime.bus.publish(SERVICE_CONFIGURATION, self._runtime.service, self.state())

    def _needs_restart(self) -> tuple[str, ...]:
        changed = [change.path for change in differences(self._began_with, self.config)]
        return tuple(path for path in changed if any(touches(path, one) for one in self._fixed))

    def _tell_refusal(self) -> None:
        following = self._following
        self._runtime.log.error(
            "configuration_refused",
            file=str(following.path),
            faults=list(following.faults),
            in_force=following.version,
            help="Mend the file, or go back with `restrike config rollback`; until then what was accepted is in force.",
        )

    def _keep_now(self) -> None:
        try:
            self._following.keep()
        except OSError as error:
            if self._error != str(error):
                self._error = str(error)
                self._runtime.log.warning("configuration_not_kept", error=self._error)
