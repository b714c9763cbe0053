"""When a real OBS does what a datagram led to, as a client of its own hears of it.

The events are matched to the datagrams by their order; the client stamps them with the monotonic clock.
"""

from collections.abc import Callable
from typing import Any

from shared.clock import NS_PER_S
from tests.bench.acting import RING, WITHIN_S, Mat, assert_sound
from tests.bench.bouts import Script
from tests.bench.loaded import LoadedSuite
from tests.support.obs.probe import Event, Probe
from tests.support.wait import eventually

Fits = Callable[[dict[str, Any]], bool]


def anyway(_: dict[str, Any]) -> bool:
    """Every event of its kind."""
    return True


def started(data: dict[str, Any]) -> bool:
    """RecordStateChanged, when OBS records."""
    return bool(data["outputState"] == "OBS_WEBSOCKET_OUTPUT_STARTED")


def reported(
    suite: LoadedSuite, probe: Probe, mat: Mat, script: Script, *, event: str, fits: Fits, rate: float
) -> list[float]:
    """Play `script` to the suite's first ring; milliseconds from each timed datagram to its event of OBS."""
    before = len(probe.events())
    port, *others = suite.suite.ports.values()
    played = mat.play(script, port, others, rate=rate)
    assert_sound(suite)
    count = len(script.timed)

    def complete() -> list[Event]:
        found = [one for one in probe.events()[before:] if one.kind == event and fits(one.data)]
        assert len(found) == count, f"{len(found)} of {count} {event}{suite.suite.logs()}"
        return found

    found = eventually(complete, within=WITHIN_S, what=f"{event} of {RING}")
    sent_s = [played.stamps[place] / NS_PER_S for place in script.timed]
    return [(one.at_s - at_s) * 1000 for one, at_s in zip(found, sent_s, strict=True)]
