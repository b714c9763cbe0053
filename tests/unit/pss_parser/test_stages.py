"""How far a match is: each stage, from when, and how long the one before lasted."""

import msgspec
import pytest

from shared.messages.facts import InterpretationChosen
from shared.messages.match import RoundStarted, Stage, StageChanged
from shared.messages.rules import Interpretation
from shared.rules import shipped
from tests.unit.pss_parser.feed import CHONG, HONG, Feed


def stages(feed: Feed, since: int = 0) -> list[tuple[Stage | None, Stage]]:
    """The stages as they were told."""
    return [(event.before, event.after) for event in feed.events(since) if isinstance(event, StageChanged)]


def stage_of(feed: Feed) -> Stage | None:
    """The stage as it is now."""
    return feed.state.stage


def test_a_match_goes_through_its_stages() -> None:
    """From nothing to the result; each change is told once, and begins where the one before ended."""
    feed = Feed()
    assert stage_of(feed) is Stage.NOT_LOADED
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:59;")
    feed.wait(119)
    feed.send("clk;00:00;stop;", "clk;0:00;stopEnd;", "wrd;rd1;1;rd2;0;rd3;0", "brk;00:59;", "rnd;2;")
    feed.decide()
    expected = [
        *(Stage.LOADING, Stage.LOADED, Stage.READY, Stage.RUNNING, Stage.ROUND_ENDED, Stage.ROUND_DECIDED),
        *(Stage.BREAK, Stage.READY, Stage.DECIDED),
    ]
    assert stages(feed) == list(zip([None, *expected[:-1]], expected, strict=True))


def test_a_stage_says_how_long_the_one_before_lasted() -> None:
    """In milliseconds of the entries' times; the state says since when it is as it is."""
    feed = Feed()
    feed.load()
    feed.wait(4.99)
    feed.send("clk;02:00;start;")
    (event,) = [event for event in feed.events(12) if isinstance(event, StageChanged)]
    assert event == StageChanged(before=Stage.READY, after=Stage.RUNNING, lasted_ms=5000)
    assert feed.state.stage_since_us == feed.now_us
    feed.send("clk;01:59;")
    assert feed.state.stage_since_us == feed.now_us - 10_000


def test_loaded_lasts_until_the_sender_is_ready() -> None:
    """Both halves make it loaded; `rdy` makes it ready."""
    feed = Feed()
    feed.send("pre;FightLoaded;", f"at1;{CHONG};at2;{HONG};")
    assert stage_of(feed) is Stage.LOADING
    feed.send("mch;101;Final;M -68kg;")
    assert stage_of(feed) is Stage.LOADED
    feed.send("rdy;FightReady;")
    assert stage_of(feed) is Stage.READY


def test_a_winner_that_is_taken_back_undecides_the_round() -> None:
    """The round is ended again, and a break stays a break."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;0:00;stopEnd;", "wrd;rd1;2;rd2;0;rd3;0")
    assert stage_of(feed) is Stage.ROUND_DECIDED
    feed.send("wrd;rd1;0;rd2;0;rd3;0")
    assert stage_of(feed) is Stage.ROUND_ENDED
    feed.wait(2)
    feed.send("brk;00:59;", "wrd;rd1;2;rd2;0;rd3;0")
    assert stage_of(feed) is Stage.BREAK


def test_a_review_and_an_injury_cover_the_pause() -> None:
    """The injury comes first; what is beneath comes back."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:50;stop;", "ch1;")
    assert stage_of(feed) is Stage.REVIEW
    feed.send("ij2;01:00;show;")
    assert stage_of(feed) is Stage.INJURY
    feed.send("ij2;00:50;hide;")
    assert stage_of(feed) is Stage.REVIEW
    feed.send("ch1;-1;")
    assert stage_of(feed) is Stage.PAUSED
    feed.send("to1;01:00;show;")
    assert (feed.state.stage, feed.state.injury_ms) == (Stage.INJURY, None)
    feed.send("clk;01:50;start;")
    assert stage_of(feed) is Stage.RUNNING


@pytest.mark.parametrize(("rules", "is_golden"), [("wt-2018", True), ("wt-2022", False)])
def test_a_golden_round_follows_all_others(rules: str, is_golden: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Only where rounds are summed."""
    feed = Feed()
    feed.happens(InterpretationChosen(interpretation=Interpretation(rule_set=shipped()[rules])))
    feed.load(round_number=3)
    assert not feed.state.is_golden
    assert feed.concluded("clk;02:00;start;") == [RoundStarted(round=3)]
    feed.send("clk;0:00;stopEnd;", "rnd;4;")
    assert feed.concluded("clk;01:00;start;") == [RoundStarted(round=4, is_golden=is_golden)]
    assert feed.state.is_golden is is_golden


def test_the_state_names_the_rules_in_force() -> None:
    """The default until somebody chooses; said again it changes nothing."""
    feed = Feed()
    assert feed.state.rule_set == "wt-2022"
    chosen = InterpretationChosen(interpretation=Interpretation(rule_set=shipped()["wt-2017"]))
    feed.happens(chosen)
    assert feed.parser.changed
    before = feed.state
    feed.happens(chosen)
    assert not feed.parser.changed
    assert msgspec.structs.replace(feed.state, entry=before.entry) == before
    assert feed.state.rule_set == "wt-2017"
