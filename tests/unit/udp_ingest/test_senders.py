"""Which ring a sender belongs to, and the client table of a port."""

import pytest

from services.udp_ingest.senders import Routing, Senders
from shared.config import Ring
from shared.messages.wire import Origin

FIRST = Ring(name="first", source="10.0.0.1")
SECOND = Ring(name="second", source="10.0.0.2", allow=["10.0.0.2"])
REST = Ring(name="rest", allow=["10.0.1.0/24", "10.0.0.9"])
ALL = [FIRST, SECOND, REST]


def table(*listening: str) -> Senders:
    made = Senders()
    made.route(Routing(ALL, listening=listening))
    return made


@pytest.mark.parametrize(
    ("address", "ring", "refused_by"),
    [
        ("10.0.0.1", "first", None),
        ("10.0.0.2", "second", None),
        ("10.0.0.9", "rest", None),
        ("10.0.1.200", "rest", None),
        ("10.0.0.3", None, "rest"),
    ],
)
def test_a_source_has_one_ring(address: str, ring: str | None, refused_by: str | None) -> None:
    """The ring with that source, else the one without any, if its list allows it."""
    record = table("first", "second", "rest").meet((address, 1))
    assert (record.ring, record.refused_by) == (ring, refused_by)


def test_where_every_ring_names_its_source_a_stranger_is_nobodys() -> None:
    """Neither heard nor refused by a ring."""
    record = Routing([FIRST, SECOND], listening=("first", "second")).meet("10.0.0.3", 1)
    assert (record.ring, record.refused_by) == (None, None)


def test_a_ring_that_does_not_listen_keeps_its_source() -> None:
    """Its datagrams are nobody's; the ring for all others does not get them."""
    for listening in (("rest", "second"), ("rest",)):
        assert table(*listening).meet(("10.0.0.1", 1)).ring is None


def test_a_change_of_rings_moves_only_whom_it_concerns() -> None:
    """A ring stops: its senders are met anew, as nobody's; the others keep their counts. It starts: met anew again."""
    senders = table("first", "second", "rest")
    for source in (("10.0.0.1", 1), ("10.0.0.2", 1), ("10.0.0.3", 1)):
        senders.meet(source).packets = 5
    senders.route(Routing(ALL, listening=("second", "rest")))
    assert {record.address: record.packets for record in senders.records.values()} == {"10.0.0.2": 5, "10.0.0.3": 5}
    assert senders.meet(("10.0.0.1", 1)).ring is None
    senders.route(Routing(ALL, listening=("first", "second", "rest")))
    assert senders.meet(("10.0.0.1", 1)).ring == "first"
    assert [record.packets for record in senders.of_ring("second")] == [5]


def test_a_replay_stays_one() -> None:
    """Whatever its address; while its ring does not listen it is nobody's, and never live."""
    senders = table("first", "second", "rest")
    senders.expect_replay("first", ("10.0.1.1", 7), now_us=3)
    record = senders.records[("10.0.1.1", 7)]
    assert (record.ring, record.origin, record.first_seen_us) == ("first", Origin.REPLAY, 3)
    senders.route(Routing(ALL, listening=("rest",)))
    assert senders.records[("10.0.1.1", 7)] is record
    assert record.ring is None


def test_replays_that_are_over_stay_counted() -> None:
    """Their packets and bytes add up under the ring; ending what never began is no error."""
    senders = table("first", "rest")
    for port, packets in ((7, 3), (8, 4)):
        senders.expect_replay("first", ("10.0.0.1", port), now_us=port)
        senders.records[("10.0.0.1", port)].packets = packets
        assert senders.end_replay(("10.0.0.1", port))
    assert not senders.end_replay(("10.0.0.1", 7))
    ended = senders.ended["first"]
    assert (ended.packets, ended.port, ended.first_seen_us) == (7, 8, 7)
    assert senders.of_ring("first") == []


def test_senders_without_end_share_a_record() -> None:
    """A scan, or spoofed sources: memory is bounded, and nothing is refused for it."""
    senders = table("first", "rest")
    senders.most = 3
    for port in range(10):
        record = senders.meet(("10.0.0.1", port))
        record.packets += 1
        assert record.ring == "first"
    assert len(senders.records) == 3
    assert sum(record.packets for record in senders.of_ring("first")) == 10


def test_a_crowd_says_who_refused_it() -> None:
    """Refused and nobody's senders are told apart beyond the limit too, and when other rings start or stop."""
    senders = table("rest")
    senders.most = 0
    refused, nobodys = senders.meet(("10.0.0.3", 1)), senders.meet(("10.0.0.1", 1))
    assert (refused.refused_by, nobodys.refused_by) == ("rest", None)
    senders.route(Routing(ALL, listening=("first", "rest")))
    assert senders.meet(("10.0.0.4", 9)) is refused


def test_answers_are_no_second_sender() -> None:
    """Within the time, who is met at the asked address answers; whoever was heard before, or is elsewhere, is live."""
    senders = table("first", "rest")
    known = senders.meet(("10.0.0.1", 1))
    senders.expect_answers("10.0.0.1", until_s=100, queries=10)
    senders.end_answers(now_s=100)
    answer = senders.meet(("10.0.0.1", 2))
    assert (answer.ring, answer.origin) == ("first", Origin.ANSWER)
    assert senders.meet(("10.0.0.9", 2)).origin is Origin.LIVE
    assert known.origin is Origin.LIVE
    senders.end_answers(now_s=101)
    assert senders.meet(("10.0.0.1", 2)).origin is Origin.LIVE
    assert senders.asked == {}


def test_answers_stay_counted() -> None:
    """Those of every question add up, and are gone with the ring's session."""
    senders = table("first", "rest")
    for until_s in (1, 2):
        senders.expect_answers("10.0.0.1", until_s=until_s, queries=10)
        senders.meet(("10.0.0.1", 5)).packets = 3
        senders.end_answers(now_s=until_s + 1)
    (summed,) = senders.summed_up("first")
    assert (summed.packets, summed.origin) == (6, Origin.ANSWER)
    assert senders.of_ring("first") == []
    senders.route(Routing(ALL, listening=("rest",)))
    assert senders.summed_up("first") == []


def test_nobodys_answers() -> None:
    """The asked address belongs to no ring any more: what comes from there is nobody's, and no answer."""
    senders = table("rest")
    senders.expect_answers("10.0.0.1", until_s=100, queries=10)
    record = senders.meet(("10.0.0.1", 2))
    assert (record.ring, record.origin) == (None, Origin.LIVE)


def test_more_than_the_answers_is_a_scoring_system() -> None:
    """Each query has one answer at most, from whatever ports; who sends more is live at once, before the time is over;
    a further question has answers again.
    """
    senders = table("first", "rest")
    senders.expect_answers("10.0.0.1", until_s=100, queries=3)
    first, second = senders.meet(("10.0.0.1", 2)), senders.meet(("10.0.0.1", 3))
    first.packets, second.packets = 2, 1
    assert [senders.take_answer(record) for record in (first, second, first)] == [True, True, True]
    assert senders.meet(("10.0.0.1", 4)).origin is Origin.LIVE
    assert not senders.take_answer(first)
    assert [record.packets for record in senders.summed_up("first")] == [3]
    assert senders.asked == {}
    assert senders.meet(("10.0.0.1", 2)).origin is Origin.LIVE
    senders.expect_answers("10.0.0.1", until_s=200, queries=1)
    assert senders.take_answer(senders.meet(("10.0.0.1", 5)))
