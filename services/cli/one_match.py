"""Which of a ring's datagrams belong to one match; for `restrike udp capture --match`."""

from typing import Final

from shared.messages.match import MatchLoaded, Stage, StageChanged
from shared.messages.wire import Entry, ParsedEntry

AFTER_US: Final = 3_000_000
"""What a scoring system says after a match's end follows within a second."""
ENDED: Final = frozenset({Stage.DECIDED, Stage.CLOSED})


class OneMatch:
    """Takes what pss-parser made of a ring's entries, gives the datagrams of the first match that is loaded.

    A match that is loaded again while it is on is the same one; it ends 3 s after its decision, or where another is
    loaded.
    """

    def __init__(self) -> None:
        self.match_id: str | None = None
        self.is_over = False
        self._held: list[Entry] | None = None
        self._is_on = False
        self._ended_us: int | None = None

    def take(self, parsed: ParsedEntry) -> list[Entry]:
        """The entries that are known to be the match's with this one."""
        events = [*parsed.events, *(event for message in parsed.messages for event in message.events)]
        stages = {event.after for event in events if isinstance(event, StageChanged)}
        loaded = next((event.match_id for event in events if isinstance(event, MatchLoaded)), None)
        entry = parsed.entry
        self.pass_time(entry.received_at_us)
        if self.is_over:
            return []
        if Stage.LOADING in stages:
            # Whose load it is shows only when the match is named.
            self._held = [*(self._held or []), entry]
            return []
        if self._held is not None or loaded is not None:
            return self._while_loading(entry, loaded)
        if not self._is_on:
            return []
        if stages & ENDED:
            self._ended_us = entry.received_at_us
        elif stages:
            self._ended_us = None  # the decision was taken back
        return [entry]

    def _while_loading(self, entry: Entry, loaded: str | None) -> list[Entry]:
        held = [*(self._held or []), entry]
        if loaded is None:
            self._held = held
            return []
        self._held = None
        if self.match_id not in (None, loaded):
            self.is_over = True
            return []
        self.match_id, self._is_on, self._ended_us = loaded, True, None
        return held

    def pass_time(self, now_us: int) -> None:
        """Say how late it is: a match that ended a while ago is over though nothing more is said."""
        if self._ended_us is not None and now_us > self._ended_us + AFTER_US:
            self.is_over = True
