"""What one turn of the loop has to keep and tell: committed at its end in one transaction of the outbox, before
anything is asked of OBS and before anybody hears of it; obs-bridge.
"""

from collections.abc import Callable
from typing import Final

from shared.bus import Publisher
from shared.messages.automation import RuleFired
from shared.messages.outbox import ObsStored
from shared.messages.recordings import RecordingChanged, VideoEventsPlaced, VideoStored
from shared.messages.topic import Topic
from shared.messages.topics import OBS_RECORDING, OBS_RULE_FIRED, OBS_VIDEO, OBS_VIDEO_EVENTS
from shared.outbox import Outbox

TOPICS: Final[dict[type, Topic]] = {
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
        self._facts: list[ObsStored] = []
        self._kept: dict[str, bytes | None] = {}
        self._latest: dict[str, Callable[[], bytes]] = {}
        self._then: list[Callable[[], object]] = []
        self.keepers: list[Callable[[], dict[str, bytes]]] = []
        self.told: Callable[[ObsStored], None] = lambda _: None
        """Is called with each fact that is stored."""
        self.stamp: Callable[[VideoStored], VideoStored] = lambda video: video
        """Adds to what is told of a video what was decided about it meanwhile."""

    def tell(self, fact: ObsStored) -> None:
        """Store `fact`, then publish it."""
        self._facts.append(self.stamp(fact) if isinstance(fact, VideoStored) else fact)

    def keep(self, key: str, value: bytes | None) -> None:
        """Keep `value` under `key` (None: forget it)."""
        self._latest.pop(key, None)
        self._kept[key] = value

    def keep_latest(self, key: str, encode: Callable[[], bytes]) -> None:
        """Keep under `key` what `encode` gives at the end of the turn: it agrees with all that is told in it."""
        self._latest[key] = encode

    def then(self, callback: Callable[[], object]) -> None:
        """Call `callback` once all this is stored: what it asks of OBS is an intent that survives us."""
        self._then.append(callback)

    def commit(self) -> None:
        """Store what the turn brought, do what waited for that, then publish; at the end of each turn. What is told
        meanwhile is stored at the end of the next one.
        """
        facts, then = self._facts, self._then
        kept = self._kept | {key: encode() for key, encode in self._latest.items()}
        if not (facts or kept or then):
            return
        self._facts, self._kept, self._latest, self._then = [], {}, {}, []
        if facts or kept:
            for keeper in self.keepers:
                kept |= keeper()
            self._outbox.add(facts, kept=kept)
        try:
            while then:
                then.pop(0)()
        finally:  # one that is at fault keeps nothing else from being done and told
            self._then = then + self._then
            self._publish(facts)

    def _publish(self, facts: list[ObsStored]) -> None:
        for fact in facts:
            key = fact.connection if isinstance(fact, RecordingChanged) else fact.ring
            self._bus.publish(TOPICS[type(fact)], key, fact)
            self.told(fact)
