"""Which journal entry a service is at, so that every line written meanwhile names it; every process.

`<ring>/<entry>` is the id of an event in all services (`ring-1/123`). Setting it costs tens of nanoseconds, as it
happens for every datagram; what it comes to is only worked out when a line is written.
"""

import threading
from collections.abc import Callable
from typing import Any, Final


class Handled:
    """The entry that the loop's thread handles now. Set `ring` (and `match_of`) once a batch, `entry` for each entry;
    the runtime forgets all of it after the handler.
    """

    __slots__ = ("entry", "match_of", "ring")

    def __init__(self) -> None:
        self.ring: str | None = None
        self.entry: int | None = None
        self.match_of: Callable[[], str | None] | None = None

    def forget(self) -> None:
        """No entry is handled any more."""
        if self.ring is not None:
            self.ring = self.entry = self.match_of = None

    def fields(self) -> dict[str, Any]:
        """What a line says of it; nothing in other threads than the loop's."""
        if self.ring is None or threading.current_thread() is not threading.main_thread():
            return {}
        found: dict[str, Any] = {"ring": self.ring}
        if self.entry is not None:
            found["entry"] = self.entry
        match = self.match_of() if self.match_of is not None else None
        if match is not None:
            found["match_id"] = match
        return found


HANDLED: Final = Handled()
"""The one of this process."""
