"""What the parts of obs-bridge see of a connection to OBS, each no more than it needs."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from services.obs_bridge.execution import Outcome
from services.obs_bridge.procedure import Procedure
from shared.messages.obs import Role
from shared.messages.obs_actions import AnyAction


class Named(Protocol):
    """A connection."""

    @property
    def name(self) -> str:
        """Its name."""


class Asked(Named, Protocol):
    """One that can be asked."""

    @property
    def is_connected(self) -> bool:
        """Whether it can be asked now."""

    def run(self, procedure: Procedure[Any], then: Callable[[Outcome[Any]], None], *, what: str) -> object:
        """Do `procedure`, then call `then` once with what came of it, never before this returns."""


class Acting(Named, Protocol):
    """One that rules act on."""

    @property
    def program_scene(self) -> str | None:
        """The scene that is on the air, as far as it is known."""

    def act(self, action: AnyAction, then: Callable[[Outcome[Any]], None]) -> object:
        """Do `action` and call `then` once with what came of it, never before this returns."""


class Connections(Protocol):
    """The connections to OBS."""

    def serving(self, ring: str, role: Role) -> Sequence[Acting]:
        """Those that are for a ring and have a role, connected or not."""

    def named(self, name: str) -> Acting | None:
        """The active connection of that name."""
