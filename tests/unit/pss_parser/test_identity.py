"""Which match a load is: loaded again, with others between, after a result, hours later, half lost."""

import pytest

from services.pss_parser.ring import RingParser
from shared.messages.match import MatchLoaded, Stage
from shared.messages.pss import AthleteName
from tests.unit.pss_parser.feed import CHONG, HONG, Feed


def loads(feed: Feed) -> list[MatchLoaded]:
    return [event for event in feed.events() if isinstance(event, MatchLoaded)]


def test_a_load_names_a_match_after_its_first_entry() -> None:
    """Ring, session and entry of the first load make the id; it is settled as soon as both halves are there."""
    feed = Feed()
    feed.send("clk;1:00;", "pre;FightLoaded;", f"at1;{CHONG};at2;{HONG};")
    assert feed.state.match_id is None
    assert feed.state.stage is Stage.LOADING
    (message,) = feed.send("mch;101;Final;M -68kg;0;#0000ff;#FFFFFF;#ff0000;#000000;null;Seniors;3;120;cntDown;20;5;")
    assert message.match_id == feed.state.match_id == "ring-1.session-.2"
    assert message.score == (0, 0)
    assert message.events[0] == (
        MatchLoaded(
            match_id="ring-1.session-.2",
            load_entry=2,
            is_reload=False,
            match_number="101",
            phase="Final",
            weight_class="M -68kg",
            division="Seniors",
            total_rounds=3,
            round_ms=120_000,
            countdown_type="cntDown",
            chong=AthleteName(short_name="M. ČAČIĆ", long_name="Marija ČAČIĆ", noc="CRO"),
            hong=AthleteName(short_name="D. ĐURIĆ", long_name="Dunja ĐURIĆ", noc="CRO"),
            colours=("#0000ff", "#FFFFFF", "#ff0000", "#000000"),
        )
    )
    assert feed.state.stage is Stage.LOADED
    assert feed.parser.at_boundary
    feed.send("rdy;FightReady;")
    assert feed.state.stage is Stage.READY
    assert len(loads(feed)) == 1
    assert not feed.parser.at_boundary


def test_loaded_again_before_the_result_is_one_match() -> None:
    """A load of the same match keeps its id and says so."""
    feed = Feed()
    first = feed.load()
    feed.send("clk;02:00;start;", "clk;01:59;", "clk;01:59;stop;")
    again = feed.load()
    assert (first.is_reload, again.is_reload) == (False, True)
    assert again.match_id == first.match_id
    assert again.load_entry > first.load_entry


def test_other_loads_between_do_not_make_a_second_match() -> None:
    """A, B, A, C, B are three matches."""
    feed = Feed()
    ids = [feed.load(number).match_id for number in ("A", "B", "A", "C", "B")]
    assert ids[0] == ids[2]
    assert ids[1] == ids[4]
    assert len(set(ids)) == 3
    assert [load.is_reload for load in loads(feed)] == [False, False, True, False, True]


def test_after_a_result_the_same_number_is_a_new_match() -> None:
    """Either half of the result is one."""
    for result in ("win;TIE", "wmh;;0-1 WDR;"):
        feed = Feed()
        first = feed.load()
        feed.send(result)
        second = feed.load()
        assert not second.is_reload
        assert second.match_id != first.match_id
        assert feed.state.winner is None
        assert feed.state.decision is None


def test_a_match_is_remembered_for_twelve_hours() -> None:
    """After that the same number is a new match, though it has no result."""
    feed = Feed()
    first = feed.load()
    feed.wait(12 * 3600 - 60)
    second = feed.load()
    assert second.match_id == first.match_id
    feed.wait(12 * 3600 + 1)
    assert feed.load().match_id != first.match_id


@pytest.mark.parametrize(
    "other",
    [
        {"number": "102"},
        {"weight": "M -74kg"},
        {"chong": "M. ČAČIĆ;Marko ČAČIĆ;CRO"},
        {"hong": "D. ĐURIĆ;Dunja ĐURIĆ;SRB"},
    ],
    ids=lambda value: next(iter(value)),
)
def test_another_number_weight_or_athlete_is_another_match(other: dict[str, str]) -> None:
    """Two people who share a short name stay two."""
    feed = Feed()
    first = feed.load()
    second = feed.load(**other)  # type: ignore[arg-type]  # only the texts of a load
    assert second.match_id != first.match_id
    assert not second.is_reload
    assert feed.load().match_id == first.match_id


def test_parts_that_a_cut_message_lacks_are_none() -> None:
    """A load whose `at1` lost its end is a match all the same; what is missing is None, and it says so."""
    feed = Feed()
    feed.send("pre;FightLoaded;", "at1;M. ČAČIĆ;Marija ČAČIĆ;CRO;at2;D. ĐURIĆ;Dunja ĐURIĆ;C")
    feed.send("mch;101;Final;M -68kg;")
    (load,) = loads(feed)
    assert load.hong == AthleteName(short_name="D. ĐURIĆ", long_name="Dunja ĐURIĆ")
    assert load.athletes_partial
    assert load.total_rounds is None
    feed.send("pre;FightLoaded;", "at1;M. ČAČIĆ")
    feed.send("mch;101;Final;M -68kg;")
    assert loads(feed)[1].hong == AthleteName()
    assert loads(feed)[1].match_id != load.match_id


def test_a_lost_half_is_settled_at_ready_or_at_the_clock() -> None:
    """What there is decides; with the half that is known it is the match that was loaded before."""
    feed = Feed()
    first = feed.load()
    feed.send("pre;FightLoaded;", f"at1;{CHONG};at2;{HONG};", "rdy;FightReady;")
    assert loads(feed)[-1].match_id == first.match_id
    feed.send("pre;FightLoaded;", "mch;101;Final;M -68kg;", "clk;2:00;")
    assert loads(feed)[-1].match_id == first.match_id
    feed.wait(2)
    feed.send("pre;FightLoaded;", "mch;102;Final;M -68kg;", "clk;2:00;")
    assert loads(feed)[-1].match_id != first.match_id
    feed.wait(2)
    feed.send("pre;FightLoaded;", "rdy;FightReady;")
    assert not loads(feed)[-1].is_reload
    assert len({load.match_id for load in loads(feed)}) == 3


def test_the_half_that_comes_late_completes_the_match() -> None:
    """It is told again, with the same id."""
    feed = Feed()
    feed.send("pre;FightLoaded;", f"at1;{CHONG};at2;{HONG};", "rdy;FightReady;", "mch;101;Final;M -68kg;")
    first, second = loads(feed)
    assert (first.match_number, second.match_number) == (None, "101")
    assert first.match_id == second.match_id
    assert feed.load().match_id == first.match_id


def test_a_lost_pre_does_not_give_one_match_the_events_of_another() -> None:
    """Other athletes than those of the loaded match, or any after a result, begin a load of their own."""
    feed = Feed()
    first = feed.load()
    burst = (f"at1;{HONG};at2;{CHONG};", "mch;101;Final;M -68kg;", "rdy;FightReady;")
    feed.send(*burst)
    second = loads(feed)[-1]
    assert second.match_id != first.match_id
    feed.send("win;RED")
    feed.send(*burst)
    assert loads(feed)[-1].match_id not in {first.match_id, second.match_id}
    assert feed.state.winner is None
    repeated = len(loads(feed))
    feed.send(*burst)
    assert len(loads(feed)) == repeated


def test_a_suite_that_starts_in_mid_match_knows_no_match() -> None:
    """Without a load there is no match, but the clock and the score are followed."""
    feed = Feed()
    changed = feed.concluded("clk;01:10;", "clk;01:09;", "sc1;3;sc2;1", "wg1;1;wg2;0;", "sup;1")
    state = feed.state
    assert state.match_id is None
    assert (state.clock_ms, state.clock_running, state.stage) == (69_000, True, Stage.RUNNING)
    assert (state.chong.score, state.hong.score, state.chong.gam_jeoms, state.superiority) == (3, 1, 1, 1)
    assert changed == []
    assert feed.results[-1].messages[0].score == (3, 1)


def test_two_loads_in_one_datagram_are_two_matches() -> None:
    """The id of the second one is not that of the first."""
    feed = Feed()
    feed.send(
        f"pre;FightLoaded;at1;{CHONG};at2;{HONG};mch;1;Final;M -68kg;rdy;\r\n"
        f"pre;FightLoaded;at1;{CHONG};at2;{HONG};mch;2;Final;M -68kg;"
    )
    first, second = loads(feed)
    assert first.match_id == "ring-1.session-.1"
    assert second.match_id == "ring-1.session-.1-6"


def test_an_entry_number_that_comes_again_is_another_match() -> None:
    """A journal that was put back from a copy gives its numbers again, in another session."""
    first, second = Feed(), Feed()
    first.session, second.session = "0a1b2c3d4e5f", "f5e4d3c2b1a0"
    assert first.load().match_id == "ring-1.0a1b2c3d.1"
    assert second.load().match_id == "ring-1.f5e4d3c2.1"


def test_a_load_that_a_new_session_ends_has_the_id_of_its_beginning() -> None:
    """Also when the parser was saved between them."""
    feed = Feed()
    feed.session = "0a1b2c3d4e5f"
    feed.send("pre;FightLoaded;")
    resumed = Feed(RingParser.load(feed.parser.dump()))
    resumed.session = "f5e4d3c2b1a0"
    resumed.send("rdy;FightReady;")
    assert resumed.state.match_id == "ring-1.0a1b2c3d.1"


def test_unloading_forgets_the_match_at_once() -> None:
    """From `pre` until it is settled nothing belongs to the match before."""
    feed = Feed()
    feed.load(score="sc1;4;sc2;2")
    (message,) = feed.send("pre;FightLoaded;")
    assert (message.match_id, message.round, message.clock_ms, message.score) == (None, None, None, None)
    assert feed.state.match_number is None
