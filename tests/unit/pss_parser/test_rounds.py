"""Rounds, clocks, breaks and injury times."""

import pytest

from shared.messages.match import AnyMatchEvent, MatchDecided, RoundEnded, RoundStarted, RoundWon, Stage
from tests.unit.pss_parser.feed import Feed


def loaded(**load: object) -> Feed:
    feed = Feed()
    feed.load(**load)  # type: ignore[arg-type]  # the arguments of a load
    return feed


def rounds(events: list[AnyMatchEvent]) -> list[AnyMatchEvent]:
    return [event for event in events if isinstance(event, RoundStarted | RoundEnded)]


def test_a_round_starts_once_and_ends_once() -> None:
    """A pause is no end; the end is said twice by the sender and once by us."""
    feed = loaded()
    assert feed.concluded("clk;02:00;start;") == [RoundStarted(round=1)]
    assert feed.state.stage is Stage.RUNNING
    assert feed.concluded("clk;01:59;", "clk;01:58;stop;") == []
    assert (feed.state.stage, feed.state.clock_running) == (Stage.PAUSED, False)
    assert feed.concluded("clk;01:58;start;", "clk;00:01;", "clk;00:00;") == []
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=120_000)]
    assert feed.parser.at_boundary
    assert feed.concluded("clk;00:00;stop;") == []
    assert (feed.state.stage, feed.state.clock_running) == (Stage.ROUND_ENDED, False)


def test_a_point_gap_counts_what_was_fought() -> None:
    """The 0:00 of `stopEnd` is not the clock's when it was stopped above zero."""
    feed = loaded()
    feed.send("clk;02:00;start;", "clk;01:36;", "clk;01:36;stop;")
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=24_000)]
    assert feed.state.clock_ms == 0


def test_lost_last_ticks_do_not_shorten_the_round() -> None:
    """A clock that ran at 0:02 when `stopEnd` came went to its end; one that ran at 1:36 did not."""
    feed = loaded()
    feed.send("clk;02:00;start;", "clk;00:02;")
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=120_000)]
    feed = loaded()
    feed.send("clk;02:00;start;", "clk;01:36;")
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=24_000)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["clk;00:00;stop;"], [RoundEnded(round=1, fought_ms=120_000)]),
        (["brk;00:59;", "brk;00:58;"], [RoundEnded(round=1, fought_ms=119_000)]),
        (["wrd;rd1;2;rd2;0;rd3;0"], [RoundEnded(round=1, fought_ms=119_000), RoundWon(round=1, winner=2)]),
        (["rnd;2;"], [RoundEnded(round=1, fought_ms=119_000)]),
        (["win;RED"], [RoundEnded(round=1, fought_ms=119_000), MatchDecided(winner=2)]),
    ],
    ids=["stop", "brk", "wrd", "rnd", "win"],
)
def test_what_comes_next_ends_a_round_whose_end_was_lost(texts: list[str], expected: list[AnyMatchEvent]) -> None:
    """A stop at zero, a break, its winner, another round or a result."""
    feed = loaded()
    feed.send("clk;02:00;start;")
    feed.wait(119)
    feed.send("clk;00:01;")
    assert feed.concluded(*texts) == expected
    assert rounds(feed.concluded("clk;0:00;stopEnd;", "clk;00:00;stop;")) == []


def test_a_lost_start_is_seen_by_the_running_clock() -> None:
    """Where the clock had been standing is where it started, and a round's first seconds tell it; else nobody knows
    what was fought.
    """
    feed = loaded()
    assert feed.concluded("clk;01:59;") == [RoundStarted(round=1)]
    assert feed.concluded("clk;01:50;stop;", "clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=10_000)]
    feed.send("rnd;2;")
    assert feed.concluded("clk;01:59;", "clk;01:58;") == [RoundStarted(round=2)]
    feed.wait(2)
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=2, fought_ms=2_000)]
    feed.send("rnd;3;")
    assert feed.concluded("clk;01:50;", "clk;01:49;") == [RoundStarted(round=3)]
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=3, fought_ms=None)]


def test_an_end_whose_start_was_not_heard_is_told() -> None:
    """Once, and without what was fought."""
    feed = Feed()
    feed.load(round_number=2, clock="01:10")
    assert feed.concluded("clk;0:00;stopEnd;", "clk;0:00;stopEnd;") == [RoundEnded(round=2, fought_ms=None)]


def test_a_late_tick_does_not_open_an_ended_round() -> None:
    """A datagram that was overtaken by the break starts nothing."""
    feed = loaded()
    feed.send("clk;02:00;start;")
    feed.wait(24)
    feed.send("clk;01:36;", "brk;00:59;")
    assert feed.concluded("clk;01:35;") == []


def test_a_round_that_is_played_again_starts_and_ends_again() -> None:
    """After its end, or when its clock starts from the beginning."""
    feed = loaded()
    feed.send("clk;02:00;start;", "clk;01:00;", "clk;01:00;stop;", "clk;0:00;stopEnd;")
    feed.send("clk;02:00;", "rnd;1;")
    assert feed.state.stage is Stage.READY
    assert feed.concluded("clk;02:00;start;") == [RoundStarted(round=1)]
    feed.send("clk;01:59;", "clk;01:59;stop;")
    assert feed.concluded("clk;02:00;start;") == [RoundStarted(round=1)]
    assert feed.concluded("clk;01:50;stop;", "clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=10_000)]


def test_loading_again_in_mid_round_goes_on_with_it() -> None:
    """The round is neither ended nor started by the load; what was fought before it counts."""
    feed = loaded()
    feed.send("clk;02:00;start;", "clk;01:10;", "clk;01:10;stop;")
    feed.load(clock="01:10")
    assert feed.concluded("clk;01:10;start;", "clk;01:00;", "clk;01:00;stop;") == []
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=60_000)]


def test_another_match_between_does_not_end_the_round_of_the_first() -> None:
    """The rounds of one match are no business of another."""
    feed = loaded()
    feed.send("clk;02:00;start;", "clk;01:10;")
    feed.load("102")
    assert rounds(feed.concluded("brk;0:59;", "win;RED")) == []


def test_a_correction_is_not_fought() -> None:
    """The operator puts the clock back by 20 s: what was fought is what ran down."""
    feed = loaded()
    feed.send("clk;02:00;start;", "clk;01:10;", "clk;01:10;stop;", "clk;01:30;corr;", "clk;01:30;start;")
    assert feed.state.clock_ms == 90_000
    assert feed.concluded("clk;00:00;", "clk;0:00;stopEnd;") == [RoundEnded(round=1, fought_ms=140_000)]


def test_a_break_goes_on_and_ends() -> None:
    """Its clock is there while it lasts."""
    feed = loaded()
    feed.send("clk;02:00;start;")
    feed.wait(120)
    feed.send("clk;0:00;stopEnd;", "brk;00:59;")
    assert (feed.state.stage, feed.state.break_ms) == (Stage.BREAK, 59_000)
    feed.send("brk;00:30;stop;")
    assert (feed.state.break_ms, feed.state.break_stands) == (30_000, True)
    feed.send("brk;00:29;")
    assert (feed.state.break_ms, feed.state.break_stands) == (29_000, False)
    feed.send("brk;0:00;stopEnd;")
    assert (feed.state.stage, feed.state.break_ms) == (Stage.READY, None)
    feed.send("brk;00:59;", "rnd;2;")
    assert (feed.state.stage, feed.state.break_ms, feed.state.round) == (Stage.READY, None, 2)


def test_an_injury_covers_the_pause() -> None:
    """Injury time shows until it is hidden or the clock runs."""
    feed = loaded()
    feed.send("clk;02:00;start;", "ij1;01:00;show;", "ij1;00:59;", "clk;01:51;stop;")
    assert (feed.state.stage, feed.state.injury_ms, feed.state.injury_athlete) == (Stage.INJURY, 59_000, 1)
    feed.send("ij1;00:30;reset;")
    assert feed.state.injury_ms == 30_000
    feed.send("ij1;00:00;hide;", "ij1;0:00;hide;", "ij1;1:00;reset;")
    after = feed.state
    assert (after.stage, after.injury_ms, after.injury_athlete) == (Stage.PAUSED, None, None)
    feed.send("ij0;00:58;", "clk;01:51;start;")
    after = feed.state
    assert (after.stage, after.injury_ms) == (Stage.RUNNING, None)


def test_a_result_is_the_end_until_the_next_load() -> None:
    """Nothing that still comes opens a decided match."""
    feed = loaded()
    feed.decide()
    for text in ("ij0;0:10;", "brk;0:10;", "clk;1:00;start;", "rdy;"):
        feed.send(text)
        assert feed.state.stage is Stage.DECIDED
    feed.load()
    assert feed.state.stage is Stage.READY


def test_faulty_clocks_keep_what_stood() -> None:
    """A time that cannot be read changes no clock; its action still counts."""
    feed = loaded()
    assert feed.concluded("clk;x;", "rnd;x;", "brk;x;") == []
    assert feed.concluded("clk;;start;") == [RoundStarted(round=1)]
    assert feed.state.clock_ms == 120_000


def test_a_clock_that_counts_up_is_followed() -> None:
    """The first tick might be a late one; from the second on each is taken."""
    feed = Feed()
    feed.load(clock="00:00")
    feed.send("clk;00:00;start;")
    shown = []
    for second in range(1, 6):
        feed.wait(1)
        feed.send(f"clk;00:0{second};")
        shown.append(feed.state.clock_ms)
    assert shown == [0, 2000, 3000, 4000, 5000]


def test_late_ticks_of_a_clock_that_counts_down_are_not_taken() -> None:
    """Each of them is the only one."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:59;", "clk;01:57;", "clk;01:58;", "clk;01:56;", "clk;01:59;")
    assert feed.state.clock_ms == 116_000
