"""A ring is not silent because udp-ingest, which hears for us, was away."""

from shared.messages.health import Condition, Subject
from shared.messages.match import Stage
from tests.support.health_picture import World

OK, FAILED = Condition.OK, Condition.FAILED


def _ring(world: World) -> Condition:
    return world.condition(Subject.RING, "ring-1")


def test_an_ear_that_is_frozen_is_no_silence_of_the_ring() -> None:
    """udp-ingest stops with the last datagram: it is the one that is blamed, at no time the scoring system."""
    world = World()
    world.stage(Stage.RUNNING)
    world.datagram()
    world.mute.add("udp-ingest")
    for _ in range(20):
        world.pass_s(0.5)
        assert "silent" not in (world.item(Subject.RING, "ring-1").reason or "")


def test_an_ear_that_began_a_moment_ago_has_not_missed_anything() -> None:
    """udp-ingest was killed and is back: what was sent meanwhile is lost, and the next datagram is awaited first."""
    world = World()
    world.stage(Stage.RUNNING)
    world.datagram()
    world.mute.add("udp-ingest")
    world.pass_s(2)
    world.mute.clear()
    for uptime_s in (0.2, 0.7):
        world.set_health("udp-ingest", uptime_s=uptime_s)
        world.pass_s(0.5)
        assert _ring(world) is OK
    world.set_health("udp-ingest", uptime_s=2.2)
    world.pass_s(0.5)
    assert _ring(world) is FAILED
