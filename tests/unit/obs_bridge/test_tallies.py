"""What is asked of OBS is counted by what came of it; so are connections, recordings, clips and rules that fired."""

import pytest
from msgspec.structs import replace

from services.obs_bridge.tallies import Tallies
from shared.messages.recordings import ClipReady, RecordingChanged, RecordingState
from shared.meters import Meters
from tests.support.facts import fired
from tests.support.obs.fake import FakeObs
from tests.support.obs.linked import Linked
from tests.support.obs.steps import Silence, refuse

Told = dict[tuple[str, ...], float]


def told(meters: Meters, *, but: str = "latency_unusable_total") -> Told:
    """Every count that is not 0, by its name and the values of its labels."""
    counters = meters.read().counters
    return {(c.name, *(value for _, value in c.labels)): c.value for c in counters if c.value and c.name != but}


def measured(meters: Meters, name: str) -> tuple[int, float]:
    """How many a histogram holds, and how long they took in all (s)."""
    found = [histogram for histogram in meters.read().histograms if histogram.name == name]
    return sum(sum(one.counts) for one in found), sum(one.sum for one in found)


@pytest.mark.slow
def test_requests_of_a_link(fake: FakeObs, ours: Linked) -> None:
    """Done, refused, without an answer: each once, and what was answered has its time. Then the link is made anew."""
    meters = Meters("obs-bridge")
    tallies = Tallies(meters, lambda: [("main", ours.link)])
    ours.on_reply = tallies.replies("main")
    ours.connect()
    fake.on("SaveReplayBuffer", refuse(604, "Replay buffer is not available."))
    assert ours.fails("SaveReplayBuffer") == "obs.refused"
    fake.on("StartRecord", Silence())
    assert ours.fails("StartRecord") == "obs.no_answer"
    found = told(meters)
    assert found["obs_requests_total", "main", "refused"] == found["obs_requests_total", "main", "no_answer"] == 1
    assert found["obs_connects_total", "main"] == found["obs_losses_total", "main"] == 1
    answered, took_s = measured(meters, "obs_request_seconds")
    assert answered == found["obs_requests_total", "main", "done"] > 0
    assert 0 < took_s < 5


def test_facts() -> None:
    """A recording's states, a clip, a firing with its latency; one before the datagram came is no latency."""
    meters = Meters("obs-bridge")
    tallies = Tallies(meters, list)
    change = RecordingChanged(
        video_id="v",
        connection="main",
        ring="ring-1",
        match_id="m",
        before=RecordingState.IDLE,
        state=RecordingState.RECORDING,
        at_us=1,
    )
    tallies.told(change)
    tallies.told(replace(change, state=RecordingState.FAILED))
    tallies.told(replace(fired(1), latency_ms=12.5))
    tallies.told(replace(fired(2), latency_ms=None))
    tallies.told(replace(fired(3), latency_ms=-3_600_000.0))
    tallies.ready(
        ClipReady(
            video_id="c",
            connection="main",
            ring="ring-1",
            match_id="m",
            challenge=1,
            athlete=1,
            round=1,
            clock_ms=None,
            obs_path="x",
            path=None,
            duration_ms=None,
            decisive_ms=None,
            saved_at_us=1,
        )
    )
    assert told(meters, but="") == {
        ("obs_recordings_total", "main", "recording"): 1,
        ("obs_recordings_total", "main", "failed"): 1,
        ("obs_firings_total", "done"): 3,
        ("obs_clips_total", "main"): 1,
        ("latency_unusable_total", "acted"): 1,
    }
    count, took_s = measured(meters, "latency_seconds")
    assert (count, round(took_s, 6)) == (1, 0.0125)
