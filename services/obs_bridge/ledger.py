"""What one turn of the loop has to keep and tell: committed at its end in one transaction of the outbox, before
anything is asked of OBS and before anybody hears of it; obs-bridge.
"""

from collections.abc import Callable

from shared.bus import Publisher
from shared.messages.automation import RuleFired
from shared.messages.outbox import AnyStored
from shared.messages.recordings import RecordingChanged, VideoEventsPlaced, VideoStored
from shared.messages.topics import OBS_RECORDING, OBS_RULE_FIRED, OBS_VIDEO, OBS_VIDEO_EVENTS, Topic
from shared.outbox import Outbox

TOPICS: dict[type, Topic] = {
    RecordingChanged: OBS_RECORDING,
    VideoStored: OBS_VIDEO,
    VideoEventsPlaced: OBS_VIDEO_EVENTS,
    RuleFired: OBS_RULE_FIRED,
}
"""On which topic a stored fact is published."""


class Ledger:
    """`keepers` are asked at each commit what else has to be kept with it (how far the rings are)."""

    def __init__(self, outbox: Outbox, bus: Publisher) -> None:
        self._outbox = outbox
        self._bus = bus
        self._facts: list[AnyStored] = []
        self._kept: dict[str, bytes | None] = {}
        self._then: list[Callable[[], None]] = []
        self.keepers: list[Callable[[], dict[str, bytes]]] = []
        self.stamp: Callable[[VideoStored], VideoStored] = lambda video: video
        """Adds to what is told of a video what was decided about it meanwhile."""

    def tell(self, fact: AnyStored) -> None:
        """Store `fact`, then publish it."""
        self._facts.append(self.stamp(fact) if isinstance(fact, VideoStored) else fact)

    def keep(self, key: str, value: bytes | None) -> None:
        """Keep `value` under `key` (None: forget it)."""
        self._kept[key] = value

    def then(self, callback: Callable[[], None]) -> None:
        """Call `callback` once all this is stored: what it asks of OBS is an intent that survives us."""
        self._then.append(callback)

    def commit(self) -> None:
        """Store and publish what the turn brought, then do what waited for it; at the end of each turn."""
        facts, kept, then = self._facts, self._kept, self._then
        if not (facts or kept or then):
            return
        self._facts, self._kept, self._then = [], {}, []
        if facts or kept:
            for keeper in self.keepers:
                kept |= keeper()
            self._outbox.add(facts, kept=kept)
        for callback in then:
            callback()
        for fact in facts:
            key = fact.connection if isinstance(fact, RecordingChanged) else fact.ring
            self._bus.publish(TOPICS[type(fact)], key, fact)
