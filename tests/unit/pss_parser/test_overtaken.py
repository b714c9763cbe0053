"""Datagrams that were overtaken, came twice or not at all: what stands is what was said last by whoever sent it."""

from itertools import permutations

import pytest

from shared.messages.match import (
    AnyMatchEvent,
    Corrected,
    CorrectionMade,
    GamJeomsChanged,
    MatchLoaded,
    RoundEnded,
    RoundStarted,
    ScoreChanged,
    Stage,
)
from tests.unit.pss_parser.feed import CHONG, HONG, Feed


def running(*, seconds: float = 10.0) -> Feed:
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:59;")
    feed.wait(seconds)
    return feed


def of_rounds(events: list[AnyMatchEvent]) -> list[AnyMatchEvent]:
    return [event for event in events if isinstance(event, RoundStarted | RoundEnded)]


def test_a_score_whose_message_was_lost_is_known_by_the_rounds_scores() -> None:
    """Once: the other message, when it comes late, is no news."""
    feed = running()
    assert feed.concluded("s11;3;s21;0;s12;0;s22;0;s13;0;s23;0") == [ScoreChanged(athlete=1, before=0, after=3)]
    assert feed.concluded("sc1;3;sc2;0") == []
    assert feed.state.chong.score == 3
    feed.send("rnd;2;")
    assert feed.concluded("s11;3;s21;0;s12;0;s22;2;s13;0;s23;0") == [ScoreChanged(athlete=2, before=0, after=2)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_burst_in_any_order_ends_with_the_newest_score(order: tuple[int, ...]) -> None:
    """Two points within 30 ms. Only where both witnesses of the first come after both of the second is it believed."""
    texts = ["sc1;1;sc2;0", "s11;1;s21;0;", "sc1;4;sc2;0", "s11;4;s21;0;"]
    feed = running()
    feed.send(*(texts[at] for at in order))
    is_hopeless = max(order.index(2), order.index(3)) < min(order.index(0), order.index(1))
    assert feed.state.chong.score == (1 if is_hopeless else 4)
    assert feed.state.chong.round_scores[0] == (1 if is_hopeless else 4)


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 2, 1, 3), (1, 2, 0, 3), (1, 2, 3, 0), (0, 2, 3, 1), (0, 1, 3, 2)])
def test_a_datagram_that_is_overtaken_is_no_correction(order: tuple[int, ...]) -> None:
    """One of the four of two points, wherever it comes: each score is told once, and none goes down."""
    texts = ["sc1;1;sc2;0", "s11;1;s21;0;", "sc1;4;sc2;0", "s11;4;s21;0;"]
    feed = running()
    assert feed.concluded(*(texts[at] for at in order)) == [
        ScoreChanged(athlete=1, before=0, after=1),
        ScoreChanged(athlete=1, before=1, after=4),
    ]


def test_a_lower_score_is_believed_when_it_is_confirmed() -> None:
    """At once by the other witness, or by being said again later than a second after the rise; not by its own twin."""
    feed = running()
    assert feed.concluded("sc1;4;sc2;0", "sc1;3;sc2;0", "sc1;3;sc2;0") == [ScoreChanged(athlete=1, before=0, after=4)]
    expected = [
        ScoreChanged(athlete=1, before=4, after=3),
        CorrectionMade(what=Corrected.SCORE, round=1, athlete=1, before=4, after=3),
    ]
    assert feed.concluded("s11;3;s21;0;") == expected
    feed = running()
    feed.send("sc1;4;sc2;0", "sc1;3;sc2;0")
    feed.wait(1)
    assert feed.concluded("sc1;3;sc2;0") == expected


def test_gam_jeoms_are_held_back_too() -> None:
    """They have one witness: a lower number counts when it is said later."""
    feed = running()
    assert feed.concluded("wg1;2;wg2;0;", "wg1;1;wg2;0;") == [GamJeomsChanged(athlete=1, before=0, after=2)]
    feed.wait(1)
    assert feed.concluded("wg1;1;wg2;0;") == [
        GamJeomsChanged(athlete=1, before=2, after=1),
        CorrectionMade(what=Corrected.GAM_JEOMS, round=1, athlete=1, before=2, after=1),
    ]


def test_a_late_tick_does_not_move_the_clock_back() -> None:
    """Up to 3 s of a clock that runs; more is the operator's doing without a word."""
    feed = running()
    feed.send("clk;01:49;", "clk;01:48;", "clk;01:49;")
    assert feed.state.clock_ms == 108_000
    feed.send("clk;01:55;")
    assert feed.state.clock_ms == 115_000


@pytest.mark.parametrize("end", ["clk;01:49;stop;", "clk;0:00;stopEnd;"])
def test_a_tick_that_a_stop_overtook_starts_nothing(end: str) -> None:
    """Neither the clock nor the round; whatever is lower a second later runs."""
    feed = running()
    feed.send("clk;01:50;", end)
    stage, clock_ms = feed.state.stage, feed.state.clock_ms
    assert feed.concluded("clk;01:50;", "clk;01:50;") == []
    assert (feed.state.stage, feed.state.clock_ms, feed.state.clock_running) == (stage, clock_ms, False)


def test_a_start_that_its_first_tick_overtook_starts_the_round_once() -> None:
    """They are 16 ms apart."""
    feed = Feed()
    feed.load()
    assert of_rounds(feed.concluded("clk;01:59;", "clk;02:00;start;", "clk;01:58;")) == [RoundStarted(round=1)]
    feed.wait(118)
    assert of_rounds(feed.concluded("clk;0:00;stop;")) == [RoundEnded(round=1, fought_ms=120_000)]


def test_a_round_whose_number_was_lost_is_the_next_one() -> None:
    """The clock starts after a break: scores restart, and a finding says why."""
    feed = running()
    feed.send(
        "sc1;3;sc2;0", "wg1;1;wg2;0;", "clk;01:49;stop;", "clk;0:00;stopEnd;", "wrd;rd1;1;rd2;0;rd3;0", "brk;00:59;"
    )
    feed.wait(59)
    assert of_rounds(feed.concluded("clk;02:00;start;")) == [RoundStarted(round=2)]
    state = feed.state
    assert (state.round, state.chong.score, state.chong.gam_jeoms, state.clock_ms) == (2, 0, 0, 120_000)
    assert [finding.rule for finding in feed.findings()].count("round_not_announced") == 1


def test_a_break_tick_that_the_round_overtook_says_nothing() -> None:
    """Neither the break goes on, nor is another round inferred."""
    feed = running()
    feed.send("clk;01:49;stop;", "clk;0:00;stopEnd;", "brk;00:59;")
    feed.wait(59)
    feed.send("rnd;2;", "brk;00:00;")
    assert (feed.state.stage, feed.state.break_ms) == (Stage.READY, None)
    assert of_rounds(feed.concluded("clk;02:00;start;", "brk;0:00;stopEnd;")) == [RoundStarted(round=2)]
    assert feed.state.stage is Stage.RUNNING


def test_a_round_that_goes_back_is_a_correction() -> None:
    """Without a load."""
    feed = Feed()
    feed.load(round_number=2)
    assert feed.concluded("rnd;1;") == [CorrectionMade(what=Corrected.ROUND, round=1, before=2, after=1)]


def test_a_corrected_clock_is_told_once() -> None:
    """With what it showed before; said twice it is no news."""
    feed = running()
    feed.send("clk;01:49;stop;")
    assert feed.concluded("clk;01:52;corr;", "clk;01:52;corr;") == [
        CorrectionMade(what=Corrected.CLOCK, round=1, before=109_000, after=112_000)
    ]


MCH = "mch;101;Final;M -68kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;3;120;cntDown;20;5;"


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_a_load_whose_beginning_was_overtaken_is_one_match(place: int) -> None:
    """`pre` in the midst of its burst, at the first load and when the match is loaded again."""
    feed = Feed()
    rest = [f"at1;{CHONG};at2;{HONG};", MCH, "sc1;0;sc2;0", "clk;02:00;", "rnd;1;", "rdy;FightReady;"]
    for _ in range(2):
        feed.send(*rest[:place], "pre;FightLoaded;", *rest[place:])
        feed.wait(60)
    loads = [event for event in feed.events() if isinstance(event, MatchLoaded)]
    assert {load.match_id for load in loads} == {"ring-1.session-.1"}
    assert (feed.state.round, feed.state.match_number, feed.state.stage) == (1, "101", Stage.READY)


def test_a_round_number_that_comes_after_its_load_restarts_nothing() -> None:
    """`rdy` overtook `rnd`: the scores of the load stand."""
    feed = Feed()
    feed.send("pre;FightLoaded;", f"at1;{CHONG};at2;{HONG};", MCH, "wg1;1;wg2;0;", "sc1;7;sc2;2", "clk;01:10;")
    feed.send("rdy;FightReady;", "rnd;2;")
    state = feed.state
    assert (state.round, state.chong.score, state.hong.score, state.chong.gam_jeoms) == (2, 7, 2, 1)


def test_a_load_whose_round_number_was_lost_has_one() -> None:
    """The round that it was, else the one after those that are won."""
    feed = running()
    feed.send("clk;01:49;stop;", "rnd;2;")
    load = ["pre;FightLoaded;", f"at1;{CHONG};at2;{HONG};", MCH, "clk;01:10;", "rdy;FightReady;"]
    feed.send(*load, "clk;01:10;start;")
    assert feed.state.round == 2
    feed = Feed()
    feed.send(*load[:3], "wrd;rd1;1;rd2;0;rd3;0", *load[3:])
    assert of_rounds(feed.concluded("clk;01:10;start;")) == [RoundStarted(round=2)]
