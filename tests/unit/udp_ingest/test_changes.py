"""What a changed configuration asks of the rings."""

from msgspec.structs import replace

from services.udp_ingest.changes import Plan, plan_of
from shared.config import Ring

ONE, TWO = Ring(name="one"), Ring(name="two", port=9)
NOTHING = Plan(removed=(), added=(), moved=(), reread=(), wanted=())


def _plan(before: list[Ring], after: list[Ring]) -> Plan:
    return plan_of({ring.name: ring for ring in before}, {ring.name: ring for ring in after})


def test_what_did_not_change_is_left_alone() -> None:
    """Whatever its place in the list."""
    assert _plan([ONE, TWO], [TWO, ONE]) == NOTHING


def test_rings_that_come_and_go() -> None:
    assert _plan([ONE], [TWO]) == replace(NOTHING, removed=("one",), added=("two",))


def test_only_another_place_is_a_new_session() -> None:
    """Port, address and source; a larger buffer or another allow-list change the socket that there is."""
    for other in (replace(ONE, port=1), replace(ONE, bind="auto"), replace(ONE, source="10.0.0.1")):
        assert _plan([ONE, TWO], [other, TWO]) == replace(NOTHING, moved=("one",))
    for other in (replace(ONE, allow=["10.0.0.1"]), replace(ONE, receive_buffer_bytes=8192)):
        assert _plan([ONE], [other]) == NOTHING


def test_how_a_ring_is_read_is_told_to_its_stream() -> None:
    """Unless it moves: then its new session says it."""
    other = replace(ONE, rules="wt-2018")
    assert _plan([ONE], [other]) == replace(NOTHING, reread=("one",))
    assert _plan([ONE], [replace(other, port=1)]) == replace(NOTHING, moved=("one",))
    assert _plan([ONE], [replace(ONE, resync_port=7)]) == NOTHING


def test_a_ring_that_is_to_start_by_itself() -> None:
    """Switched on it starts; switched off it goes on until it is stopped."""
    off = replace(ONE, auto_start=False)
    assert _plan([off], [ONE]) == replace(NOTHING, wanted=("one",))
    assert _plan([ONE], [off]) == NOTHING
