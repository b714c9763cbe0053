"""The judge over several loads, with names that are alike, and in a flood: what is told stays right and bounded."""

import pytest

from services.pss_parser.ledger import MOST_WAITING
from services.pss_parser.results import named_athletes, named_winner
from services.pss_parser.tallies import Declared
from services.pss_parser.telling import MOST_TOLD, WINDOW_US
from shared.messages.edits import Changes
from shared.messages.facts import CloseAsked, EditMade, EditTakenBack, InterpretationChosen
from shared.messages.match import MatchEdited, RoundStarted
from shared.messages.results import Method, Standing
from shared.messages.rules import Interpretation
from shared.rules import shipped
from tests.unit.pss_parser.feed import Feed


def rules(feed: Feed) -> list[str]:
    """The rules of all findings so far."""
    return [finding.rule for finding in feed.findings()]


def edit(feed: Feed, match_id: str, winner: int) -> str:
    """A person edits the result; the edit's id."""
    changes = Changes(winner=winner)
    feed.happens(EditMade(match_id=match_id, author="A. Person", reason="protest", changes=changes))
    return next(event.edit_id for event in reversed(feed.events()) if isinstance(event, MatchEdited))


def test_an_edit_of_a_match_that_is_away_is_seen_when_it_comes_back() -> None:
    """And one that was taken back while it was away again is not."""
    feed = Feed()
    match_id = feed.load("101").match_id
    feed.send("clk;02:00;start;", "clk;01:50;stop;")
    feed.load("102")
    edit_id = edit(feed, match_id, 2)
    feed.load("101", clock="01:50")
    assert feed.state.match_id == match_id
    assert feed.state.result is not None
    assert (feed.state.result.standing, feed.state.result.winner) == (Standing.EDITED, 2)
    feed.load("102")
    feed.happens(EditTakenBack(match_id=match_id, author="A. Person", reason="mistake", edit_id=edit_id))
    feed.load("101", clock="01:50")
    state = feed.state
    assert state.match_id == match_id
    assert state.result is None


def test_no_point_is_outside_of_a_match_that_is_not_known() -> None:
    """Joined in its midst, or closed by a person: nothing is known of its rounds. After a result it is told."""
    feed = Feed()
    feed.send("clk;01:20;start;", "pt1;2;")
    match_id = feed.load().match_id
    feed.happens(CloseAsked(match_id=match_id, author="A. Person", reason="never fought"))
    feed.send("pt1;2;")
    assert "point_outside_round" not in rules(feed)
    feed.load("102")
    feed.decide()
    feed.send("pt1;2;")
    assert rules(feed).count("point_outside_round") == 1


def test_a_flood_of_points_is_told_in_bounds() -> None:
    """A round in which no score is heard, and points after the result: twenty findings of a rule, the rest counted; and
    the state stays small.
    """
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;")
    for _ in range(60):
        feed.wait(1.5)
        feed.send("pt1;2;")
    small = len(feed.parser.dump())
    for _ in range(60):
        feed.wait(0.5)
        feed.send("pt1;2;")
    assert len(feed.parser.dump()) < small + 100
    side = feed.parser._now.memory.tallies.tallied[0].sides[0]
    assert len(side.causes) == MOST_WAITING
    feed.decide()
    for _ in range(60):
        feed.send("pt1;2;")
    told = rules(feed)
    for rule in ("rapid_points", "point_without_score", "point_outside_round"):
        assert told.count(rule) == MOST_TOLD
    feed.wait(WINDOW_US / 1e6)
    feed.send("pt1;2;")
    withheld = [finding.evidence for finding in feed.findings() if finding.rule == "findings_withheld"]
    assert {"rule": "point_outside_round", "count": 40} in [
        {name: evidence[name] for name in ("rule", "count")} for evidence in withheld
    ]


def test_the_round_after_a_match_of_two_rounds_is_golden() -> None:
    """The shown state, the round's start and its result say so alike, and the match is judged by two rounds."""
    feed = Feed()
    chosen = Interpretation(rule_set=shipped()["wt-2017"])
    feed.happens(InterpretationChosen(interpretation=chosen))
    feed.load()
    feed.send("mch;101;Final;M -68kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;2;120;cntDown;20;5;")
    for number in (1, 2, 3):
        feed.wait(60)
        feed.send(f"rnd;{number};", "clk;02:00;start;")
        if number == 3:
            feed.send("sc1;1;sc2;0", "pt1;1;")
        feed.wait(5)
        feed.send("clk;0:00;stopEnd;", "clk;00:00;stop;")
    feed.send("win;BLUE", "wmh;Marija ČAČIĆ;1-0 GDP;")
    started = [event.is_golden for event in feed.events() if isinstance(event, RoundStarted)]
    assert started == [one.is_golden for one in feed.state.rounds] == [False, False, True]
    assert feed.state.is_golden
    assert feed.state.result is not None
    assert (feed.state.result.method, feed.state.result.winner) == (Method.GOLDEN_POINT, 1)


@pytest.mark.parametrize(
    ("said", "athletes"),
    [
        ("KIM", (1,)),
        ("kim j", (2,)),
        ("KIM J LONG", (1, 2)),
        ("KI", (1, 2)),
        ("LEE", ()),
    ],
)
def test_the_name_itself_goes_before_names_that_begin_like_it(said: str, athletes: tuple[int, ...]) -> None:
    """Only where nobody is called just that, it may have been cut, and then it may mean both."""
    declared = Declared(name=said, names=(("KIM",), ("KIM J",)))
    assert named_athletes(declared) == athletes
    assert named_winner(declared) == (athletes[0] if len(athletes) == 1 else None)


def test_a_name_that_may_mean_both_contradicts_nothing() -> None:
    """It is neither unknown nor another's; `win` decides."""
    feed = Feed()
    feed.load(chong="KIM;KIM;KOR", hong="KIM J;KIM J;KOR")
    feed.send("clk;02:00;start;", "win;RED", "wmh;KIM J LONG;0-2 PTF;")
    assert [rule for rule in rules(feed) if rule.startswith("winner_name")] == []
    assert feed.state.result is not None
    assert feed.state.result.winner == 2
