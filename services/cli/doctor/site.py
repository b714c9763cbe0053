"""What the checks of `restrike doctor` look at: a home, its configuration, and what runs in it."""

import os
from functools import cached_property

from services.cli.supervision import holders
from shared.config import Config, in_force, load
from shared.errors import ConfigError, RestrikeError
from shared.messages.commands import GetRings
from shared.messages.service import INGEST
from shared.messages.udp import RingStatus
from shared.paths import Paths
from shared.rpc import Client

ANSWER_S = 1.0


class Site:
    """One home as it is now. Where restrike.json cannot be used, what was accepted last is in force; without
    that the defaults stand in for it.
    """

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.client = Client(paths)
        self.is_root = os.geteuid() == 0
        self.config_error: str | None = None
        try:
            self.config = load(paths.config)
        except ConfigError as error:
            self.config, self.config_error = _accepted(paths), str(error)

    @cached_property
    def running(self) -> dict[str, int]:
        """The services that run: name -> process; none where the home is somebody else's."""
        try:
            return holders(self.paths)
        except RestrikeError:
            return {}

    @cached_property
    def may_ask(self) -> bool:
        """Whether this user may ask the services: their sockets are their owner's alone."""
        return not self.paths.sockets.exists() or os.access(self.paths.sockets, os.W_OK | os.X_OK)

    @cached_property
    def rings(self) -> dict[str, RingStatus]:
        """What udp-ingest says of its rings; none while it is silent."""
        if INGEST not in self.running or not self.may_ask:
            return {}
        try:
            return {ring.ring: ring for ring in self.client.call(GetRings(), deadline_s=ANSWER_S).rings}
        except RestrikeError:
            return {}


def _accepted(paths: Paths) -> Config:
    try:
        return in_force(paths).config
    except ConfigError:
        return Config()
