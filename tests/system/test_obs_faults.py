"""What may go wrong with OBS while a match is recorded: the suite answers all the while, says what is wrong within 5 s,
records again within 5 s after the cause is gone, and what is stored of the match is true.
"""

import threading
from collections.abc import Iterator

import pytest

from shared.messages.obs_actions import SaveReplay, StartRecording, StopRecording
from shared.messages.obs_commands import ActionDone, ActOnObs
from shared.rpc import Client
from tests.support.obs.real import needs_obs
from tests.support.obs_answers import Pretended, pretended
from tests.support.obs_faults import FAULTS, quick_matches
from tests.support.obs_ringside import RESPONSIVE_S, SOON_S, Ringside, ringside
from tests.support.wait import eventually, lenient

QUICK_MATCHES = 5
SHORT = [
    ("StartRecord", "never answered, not done"),
    ("StartRecord", "never answered, done"),
    ("StartRecord", "answered after 1 s"),
    ("StartRecord", "closed in mid-request"),
    ("StopRecord", "never answered, done"),
    ("StopRecord", "broken off in mid-request"),
    ("StopRecord", "answered with another's number"),
    ("GetStats", "answered out of order"),
    ("GetRecordStatus", "answered with half a message"),
]
"""Of all answers to all requests, those that differ most."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ringside]:
    """One suite and one OBS for all faults of this process."""
    with ringside(tmp_path_factory.mktemp("ringside")) as place:
        yield place


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pretended]:
    """One suite with a pretended OBS for all odd answers of this process."""
    with pretended(tmp_path_factory.mktemp("pretended")) as stage:
        yield stage


@needs_obs
@pytest.mark.parametrize("fault", FAULTS)
def test_real_obs(place: Ringside, fault: str) -> None:
    """The fault is made on a real OBS, on the running suite, with a match on the mat."""
    place.proves(FAULTS[fault])


@needs_obs
def test_next_match_right_after_the_last(place: Ringside) -> None:
    """Matches of a second and a half, each loaded within 1 ms of the decision before: each has its file, or says
    that OBS had no picture for it yet.
    """
    place.proves(lambda place: quick_matches(place, QUICK_MATCHES))


@needs_obs
def test_everything_at_once(place: Ringside) -> None:
    """Two reviews and two saves by hand within 5 ms, and two starts and stops by hand at once: each is answered, each
    review has a clip that plays.
    """
    place.proves(everything_at_once)


def everything_at_once(place: Ringside) -> None:
    """Of one match."""
    number = place.recorded(for_s=3)
    eventually(lambda: place.suite.status().outputs.is_replay_on, within=SOON_S, what="the replay buffer")  # type: ignore[union-attr]  # it is connected
    place.mat.send(b"ch1;", b"ch2;")
    saved = at_once(place, SaveReplay(), SaveReplay())
    assert all(done.confirmed for done in saved)
    started = at_once(place, StartRecording(), StartRecording())
    assert [done.details["was_running"] for done in started] == [True, True]
    place.over()
    place.assert_true(place.videos())
    clips = place.clips(2)
    assert {(clip.challenge, clip.athlete) for clip in clips} == {(1, 1), (2, 2)}
    assert place.number == number
    assert max(place.watch.slowest_s.values()) < lenient(RESPONSIVE_S)
    stopped = at_once(place, StopRecording(), StopRecording())
    assert [done.details["was_running"] for done in stopped] == [False, False]


def at_once(place: Ringside, *actions: SaveReplay | StartRecording | StopRecording) -> list[ActionDone]:
    """Have them done by as many clients at the same time; what each was answered."""
    answers: list[ActionDone] = []
    ready = threading.Barrier(len(actions))

    def act(action: SaveReplay | StartRecording | StopRecording) -> None:
        client = Client(place.suite.paths)
        ready.wait(SOON_S)
        answers.append(client.call(ActOnObs(action=action, author="ana")))

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * SOON_S)
    assert len(answers) == len(actions), "not each was answered"
    return answers


@pytest.mark.parametrize(("request_", "answer"), SHORT)
def test_odd_answers(stage: Pretended, request_: str, answer: str) -> None:
    """A pretended OBS answers one request of a recording late, oddly or not at all: the match is recorded once, its
    recording ends, and its row is true.
    """
    print(stage.match(request_, answer))
