"""What rules hear of an OBS that connects: each time, for each of its rings, and once more when a ring is met."""

from services.obs_bridge.arrivals import Arrivals
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.messages.obs import LinkState
from tests.support.happenings import AT_US, VIEW


class Camera:
    """An OBS for some rings."""

    def __init__(self, name: str, *rings: str) -> None:
        self.name = name
        self.rings = rings

    def serves(self, ring: str) -> bool:
        return ring in self.rings


def arrivals(told: list[Happened]) -> Arrivals:
    views = [MatchView(ring="ring-1"), MatchView(ring="ring-2")]
    return Arrivals(told.append, session="boot", now_us=lambda: AT_US, views=lambda: views)


def places(told: list[Happened]) -> list[tuple[str | None, str, int]]:
    return [(one.connection, one.ring, one.entry) for one in told]


def test_before_any_ring_was_heard_of() -> None:
    """The suite starts in the morning: OBS is set up at once, not at the first match."""
    told: list[Happened] = []
    arrivals(told).went(Camera("a", "ring-1", "ring-2"), LinkState.CONNECTED)
    assert places(told) == [("a", "ring-1", 1), ("a", "ring-2", 1)]
    assert {one.view.match_id for one in told} == {None}


def test_every_time_and_every_obs_has_a_number_of_its_own() -> None:
    """Two of one ring, and one that comes back or is configured anew: each is another arrival."""
    told: list[Happened] = []
    ours, first, second = arrivals(told), Camera("a", "ring-1"), Camera("b", "ring-1")
    for obs, state in (
        (first, LinkState.CONNECTED),
        (second, LinkState.CONNECTED),
        (first, LinkState.DISCONNECTED),
        (first, LinkState.CONNECTING),
        (first, LinkState.CONNECTED),
        (second, LinkState.NOT_READY),
        (second, LinkState.CONNECTED),
    ):
        ours.went(obs, state)
    assert places(told) == [("a", "ring-1", 1), ("b", "ring-1", 2), ("a", "ring-1", 3)]


def test_a_ring_that_is_met_is_said_with_its_match() -> None:
    """With the same number, so that a rule which fired already does not fire again; and only the first time."""
    told: list[Happened] = []
    ours = arrivals(told)
    ours.went(Camera("a", "ring-1"), LinkState.CONNECTED)
    ours.went(Camera("b", "ring-2"), LinkState.CONNECTED)
    del told[:]
    ours.stands(VIEW)
    ours.stands(VIEW)
    assert places(told) == [("a", "ring-1", 1)]
    assert told[0].view is VIEW
    ours.went(Camera("a", "ring-1"), LinkState.DISCONNECTED)
    ours.stands(MatchView(ring="ring-1"))
    assert len(told) == 1
