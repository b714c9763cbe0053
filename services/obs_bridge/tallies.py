"""What obs-bridge asked of each OBS and what came of it, counted for /metrics; obs-bridge."""

from collections.abc import Callable, Iterable

from services.obs_bridge.execution import Reply
from services.obs_bridge.link import Link
from shared.messages.automation import RuleFired
from shared.messages.outbox import ObsStored
from shared.messages.recordings import ClipReady, RecordingChanged
from shared.meter_list import (
    OBS_CLIPS,
    OBS_CONNECTS,
    OBS_FIRINGS,
    OBS_LOSSES,
    OBS_RECORDINGS,
    OBS_REQUEST,
    OBS_REQUESTS,
)
from shared.meters import Meters

OUTCOMES = {"obs.refused": "refused", "obs.no_answer": "no_answer"}
"""What an error of a request is called; any other is `failed`."""


class Tallies:
    """All counts. `links` gives the connections as they are then, by name."""

    def __init__(self, meters: Meters, links: Callable[[], Iterable[tuple[str, Link]]]) -> None:
        self._meters = meters
        self._acted = meters.latency("acted")
        meters.follow_each(OBS_CONNECTS, lambda: {(name,): link.counts.connects for name, link in links()})
        meters.follow_each(OBS_LOSSES, lambda: {(name,): link.counts.losses for name, link in links()})

    def replies(self, connection: str) -> Callable[[Reply], None]:
        """What counts the answers of one OBS."""
        took = self._meters.histogram(OBS_REQUEST, connection)

        def count(reply: Reply) -> None:
            if reply.sent_ns is None:
                return  # it did not go out
            outcome = "done" if reply.error is None else OUTCOMES.get(reply.error.code, "failed")
            self._meters.counter(OBS_REQUESTS, connection, outcome).value += 1
            if reply.answered_ns is not None:
                took.observe((reply.answered_ns - reply.sent_ns) / 1_000_000_000)

        return count

    def told(self, fact: ObsStored) -> None:
        """Count a fact that is stored: recordings, and rules that fired with how long after the datagram OBS was
        asked. A clock that was set meanwhile makes that no latency.
        """
        if isinstance(fact, RecordingChanged):
            self._meters.counter(OBS_RECORDINGS, fact.connection, fact.state.value).value += 1
        elif isinstance(fact, RuleFired):
            self._meters.counter(OBS_FIRINGS, fact.outcome.value).value += 1
            if fact.latency_ms is not None:
                self._acted.took(round(fact.latency_ms * 1000))

    def ready(self, clip: ClipReady) -> None:
        """Count a clip that can be watched."""
        self._meters.counter(OBS_CLIPS, clip.connection).value += 1
