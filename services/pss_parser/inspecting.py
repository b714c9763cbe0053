"""inspecting; pss-parser."""

from collections.abc import Callable
from typing import Any, Final

from services.pss_parser.state import RingState
from shared.messages.pss import Reading


def pass_time(state: RingState) -> None:
    """Called with each entry, before its messages: what waited long enough is told."""


WATCHERS: Final[dict[type[Reading], Callable[[RingState, Any], None]]] = {}
