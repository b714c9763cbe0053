"""Who looks at a message after it changed the state: the judges of rounds and matches, and the inspectors of the ring.

A watcher sees the state after the message, and in `state.events` what followed from it; pss-parser.
"""

from collections.abc import Callable
from typing import Any, Final

from services.pss_parser import inspecting, judging
from services.pss_parser.state import RingState
from shared.messages.pss import Reading

Watcher = Callable[[RingState, Any], None]


def _merged(*tables: dict[type[Reading], Watcher]) -> dict[type[Reading], tuple[Watcher, ...]]:
    kinds = dict.fromkeys(kind for table in tables for kind in table)
    return {kind: tuple(table[kind] for table in tables if kind in table) for kind in kinds}


WATCHERS: Final = _merged(inspecting.WATCHERS, judging.WATCHERS)
