"""The machine's clock is set back: it is told once, and nothing is judged by a time that is yet to come."""

import pytest

from shared.messages.episodes import ChallengeStatus
from shared.messages.match import ChallengeChanged, CorrectionMade, Finding, Severity, Stage
from shared.messages.wire import Origin
from tests.unit.pss_parser.feed import Feed

HOUR_S = 3600


def set_back(feed: Feed, seconds: float = HOUR_S) -> None:
    feed.wait(-seconds)


def fought() -> Feed:
    """A round in which both scored."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;")
    for second in range(59, 49, -1):
        feed.wait(1)
        feed.send(f"clk;01:{second};")
    feed.send("sc1;3;sc2;2", "s11;3;s21;2;", "pt1;3;", "pt2;2;")
    return feed


def rules_since(feed: Feed, before: int) -> list[str]:
    return [event.rule for event in feed.events(before) if isinstance(event, Finding)]


def test_a_clock_that_was_set_back_is_told_once() -> None:
    """By how much, and with which entry."""
    feed = fought()
    before = len(feed.results)
    set_back(feed)
    feed.send("clk;01:49;")
    feed.wait(1)
    feed.send("clk;01:48;")
    (finding,) = (event for event in feed.events(before) if isinstance(event, Finding))
    assert (finding.rule, finding.severity) == ("clock_stepped_back", Severity.WARNING)
    assert finding.evidence == {"back_us": 3_599_990_000, "entry": feed.parser.entry - 1}
    assert "3600.0 s" in finding.explanation


@pytest.mark.parametrize("seconds", [0.5, 0.9])
def test_an_ordinary_correction_of_the_clock_is_not_told(seconds: float) -> None:
    """Time servers do that."""
    feed = fought()
    before = len(feed.results)
    set_back(feed, seconds)
    feed.send("clk;01:49;")
    assert rules_since(feed, before) == []


def test_the_match_goes_on_without_a_false_warning() -> None:
    """Ticks, a point, the round's end, the break and the next round."""
    feed = fought()
    feed.wait(1)
    set_back(feed)
    before = len(feed.results)
    feed.send("clk;01:49;")
    assert rules_since(feed, before) == ["clock_stepped_back"]
    before = len(feed.results)
    feed.wait(1)
    feed.send("clk;01:48;", "sc1;5;sc2;2", "s11;5;s21;2;", "pt1;2;", "clk;01:48;stop;")
    feed.wait(5)
    feed.send("clk;0:00;stopEnd;", "wrd;rd1;1;rd2;0;rd3;0", "s11;5;s21;2;", "rst;1;", "rsr;", "brk;01:00;")
    feed.wait(1)
    feed.send("brk;00:59;", "brk;0:00;stopEnd;", "rnd;2;", "clk;02:00;start;")
    assert (feed.state.stage, feed.state.round, feed.state.clock_ms) == (Stage.RUNNING, 2, 120_000)
    false = {"round_not_announced", "clock_jumped", "clock_rose", "clock_stood", "late_datagram", "two_senders"}
    false |= {"score_without_point", "point_without_score", "clock_stepped_back", "start_unseen", "stop_unseen"}
    assert not false & set(rules_since(feed, before))


def test_a_correction_is_taken_at_once() -> None:
    """A score below one that rose a moment ago is doubted; this one did not rise a moment ago."""
    feed = fought()
    set_back(feed)
    corrections = [event for event in feed.concluded("sc1;2;sc2;2") if isinstance(event, CorrectionMade)]
    assert [(one.before, one.after) for one in corrections] == [(3, 2)]
    assert feed.state.chong.score == 2


def test_a_review_is_another_one() -> None:
    """Neither its request is said twice, nor its answer a late one of the review before."""
    feed = fought()
    feed.send("clk;01:50;stop;", "ch1;", "ch1;0;")
    set_back(feed)
    events = [event for event in feed.concluded("ch1;") if isinstance(event, ChallengeChanged)]
    assert [(one.challenge.number, one.challenge.status) for one in events] == [(2, ChallengeStatus.REQUESTED)]


def test_an_injury_is_another_one() -> None:
    """Its tick was not overtaken by the end of the one before."""
    feed = fought()
    feed.send("clk;01:50;stop;", "ij1;1:00;show;", "ij1;0:00;hide;")
    set_back(feed)
    feed.send("ij1;0:59;")
    assert len(feed.state.injuries) == 2


def test_what_waits_is_told_in_time() -> None:
    """A score without a point, from before: it need not wait until the clock is where it was."""
    feed = fought()
    feed.wait(5)
    feed.send("sc1;6;sc2;2", "s11;6;s21;2;")
    set_back(feed)
    before = len(feed.results)
    feed.send("clk;01:44;")
    feed.wait(3)
    feed.send("clk;01:41;")
    assert "score_without_point" in rules_since(feed, before)


def test_another_sender_is_not_beside_the_one_from_before() -> None:
    """When that one sent last is not known any more. An answer shows the step, too."""
    feed = fought()
    set_back(feed)
    before = len(feed.results)
    feed.send("clk;01:49;", origin=Origin.ANSWER, port=1)
    feed.send("clk;01:49;", address="192.0.2.77")
    assert rules_since(feed, before) == ["clock_stepped_back"]


def test_a_late_answer_is_of_another_review() -> None:
    """It is not known how long ago the one before ended."""
    feed = fought()
    feed.send("clk;01:50;stop;", "ch1;", "ch1;0;")
    set_back(feed)
    feed.send("ch1;1;")
    assert [one.status for one in feed.state.challenges] == [ChallengeStatus.REJECTED, ChallengeStatus.ACCEPTED]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("clk;01:49;",), "clk;01:47;"),
        (("clk;01:49;stop;", "clk;0:00;stopEnd;", "brk;01:00;", "brk;00:59;"), "brk;00:58;"),
        (("clk;01:49;stop;", "ij1;1:00;show;", "ij1;0:59;"), "ij1;0:58;"),
    ],
    ids=["round", "break", "injury"],
)
def test_a_running_clock_goes_on(before: tuple[str, ...], after: str) -> None:
    """It did not jump."""
    feed = fought()
    feed.send(*before)
    set_back(feed)
    since = len(feed.results)
    feed.send(after)
    assert {"clock_stepped_back"} <= set(rules_since(feed, since)) <= {"clock_stepped_back", "ticks_missing"}


def test_a_clock_that_stands_is_followed() -> None:
    """What it shows now was not overtaken by its stop."""
    feed = fought()
    feed.send("clk;01:49;stop;")
    set_back(feed)
    feed.send("clk;01:51;")
    assert feed.state.clock_ms == 111_000


def test_a_break_after_a_called_round_is_shown() -> None:
    """Its tick was not overtaken by `rnd`."""
    feed = fought()
    feed.send("clk;01:49;stop;", "clk;0:00;stopEnd;", "brk;00:59;", "rnd;2;")
    set_back(feed)
    feed.send("brk;00:58;")
    assert (feed.state.stage, feed.state.break_ms) == (Stage.BREAK, 58_000)


def test_another_load_is_another_load() -> None:
    """Its `pre` was not overtaken by the `at1` of the one before."""
    feed = Feed()
    feed.load()
    feed.send("pre;FightLoaded;", "at1;A. B;Ana B;CRO;at2;C. D;Cvita D;CRO;", "clk;02:00;start;")
    set_back(feed)
    feed.send("pre;FightLoaded;")
    assert feed.state.stage is Stage.LOADING
