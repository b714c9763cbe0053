"""Injury times and para timeouts: one object each, with a beginning and one end."""

import pytest

from shared.messages.episodes import Injury, InjuryKind
from shared.messages.match import InjuryChanged, Stage
from tests.unit.pss_parser.feed import Feed


def paused() -> Feed:
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:40;", "clk;01:40;stop;")
    return feed


def told(feed: Feed, *texts: str) -> list[tuple[int, int, str | None]]:
    """Number, athlete and end, of each event."""
    injuries = [event.injury for event in feed.concluded(*texts) if isinstance(event, InjuryChanged)]
    return [(injury.number, injury.athlete, injury.end) for injury in injuries]


def test_an_injury_that_runs_out() -> None:
    """As recorded: shown, ticking without a word, at 0:00 hidden twice, which is one end."""
    feed = paused()
    began_at_us, entry = feed.now_us + 10_000, feed.parser.entry + 1
    assert told(feed, "ij0;01:00;show;") == [(1, 0, None)]
    assert told(feed, *(f"ij0;00:{second:02};" for second in range(59, -1, -1))) == []
    feed.wait(1)
    assert told(feed, "ij0;00:00;hide;", "ij0;0:00;hide;") == [(1, 0, "expired")]
    assert feed.state.injuries == (
        Injury(
            number=1,
            kind=InjuryKind.INJURY,
            athlete=0,
            entry=entry,
            began_at_us=began_at_us,
            round=1,
            clock_ms=100_000,
            left_ms=0,
            ended_at_us=feed.now_us - 10_000,
            end="expired",
        ),
    )


@pytest.mark.parametrize(
    ("texts", "end"),
    [
        (["ij1;00:42;hide;"], "hidden"),
        (["ij1;0:00;hide;"], "hidden"),
        (["ij1;00:01;", "ij1;0:00;hide;"], "expired"),
        (["clk;01:40;start;"], "match_went_on"),
        (["win;BLUE"], "match_ended"),
        (["rnd;2;"], "match_went_on"),
    ],
    ids=["hidden", "hidden-as-zero", "last-tick-lost", "clock", "result", "round"],
)
def test_how_an_injury_ends(texts: list[str], end: str) -> None:
    """Each once; a tick that its end overtook begins none."""
    feed = paused()
    feed.send("ij1;01:00;show;", "ij1;00:59;", "ij1;00:42;")
    assert told(feed, *texts, "ij1;00:41;") == [(1, 1, end)]
    assert feed.state.injury_ms is None
    assert feed.state.stage is not Stage.INJURY


def test_whose_injury_it_is_may_be_said_late() -> None:
    """Side 0 becomes an athlete's; another athlete's is another injury; 0 says nothing new."""
    feed = paused()
    feed.send("ij0;01:00;show;", "ij0;00:59;")
    assert told(feed, "ij2;00:58;") == [(1, 2, None)]
    assert told(feed, "ij0;00:57;", "ij2;00:56;") == []
    assert told(feed, "ij1;01:00;show;") == [(1, 2, "other_athlete"), (2, 1, None)]
    assert feed.state.injury_athlete == 1


def test_a_lost_beginning_and_a_reset() -> None:
    """The first tick begins it; a reset sets its clock, and shows nothing by itself."""
    feed = paused()
    assert told(feed, "ij1;01:00;reset;") == []
    assert told(feed, "ij1;00:55;", "ij1;01:00;reset;", "ij1;x;") == [(1, 1, None)]
    assert feed.state.injuries[0].left_ms == 60_000


def test_a_para_timeout_is_told_apart() -> None:
    """It is numbered with the injuries, covers the pause, and is no injury time."""
    feed = paused()
    assert told(feed, "to1;01:00;show;", "to1;00:59;") == [(1, 1, None)]
    (timeout,) = feed.state.injuries
    assert (timeout.kind, timeout.left_ms) == (InjuryKind.PARA_TIMEOUT, 59_000)
    assert (feed.state.stage, feed.state.injury_ms) == (Stage.INJURY, None)
    assert told(feed, "ij2;01:00;show;") == [(2, 2, None)]
    assert told(feed, "to1;00:00;hide;") == [(1, 1, "hidden")]
    assert feed.state.stage is Stage.INJURY
    assert told(feed, "clk;01:40;start;") == [(2, 2, "match_went_on")]


def test_a_decided_match_has_no_more_injuries() -> None:
    """A tick that the result overtook begins none."""
    feed = paused()
    feed.decide()
    assert told(feed, "ij1;01:00;show;", "to1;00:30;") == []
    assert feed.state.injury_ms is None
