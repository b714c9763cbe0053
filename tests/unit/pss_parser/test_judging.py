"""The judge: what is declared beside what follows, and each finding where it belongs."""

import pytest

from services.pss_parser.ring import RingParser
from shared.messages.edits import Changes
from shared.messages.facts import EditMade
from shared.messages.match import Finding, ResultAssessed, Severity
from shared.messages.pss import TechniqueCounts
from shared.messages.results import Method, Result, RoundResult, Standing
from shared.messages.wire import Entry
from tests.support.golden import CAPTURES, JOURNAL_ID, RING, entries, parse
from tests.unit.pss_parser.feed import Feed

NOTHING = "0;0;0;0;0;0"
OURS = {
    "rapid_points",
    "duplicate_point",
    "score_without_point",
    "point_without_score",
    "gam_jeom_without_score",
    "gam_jeoms_jumped",
    "statistics_disagree",
    "round_undetermined",
    "round_winner_contradicts_score",
    "superiority_disagrees",
    "winner_contradicts_rounds",
    "rounds_contradict_winners",
    "rounds_leave_out_given",
    "winner_name_unknown",
    "winner_name_contradicts_winner",
    "decision_unknown",
    "result_incomplete",
    "gap_reached",
    "gam_jeom_limit_reached",
    "point_outside_round",
}


class Ring(Feed):
    """A ring in which a match is fought."""

    def __init__(self) -> None:
        super().__init__()
        self.load()

    def start(self, number: int = 1) -> None:
        """A round's clock runs."""
        if number > 1:
            self.wait(60)
            self.send(f"rnd;{number};")
        self.send("clk;02:00;start;")

    def score(self, chong: int, hong: int, *after: str, number: int = 1) -> None:
        """A score as it is sent; 5 s pass before."""
        self.wait(5)
        self.send(f"sc1;{chong};sc2;{hong}", f"s1{number};{chong};s2{number};{hong}", *after)

    def end(self, winners: str, *, chong: int, hong: int, number: int = 1, rst: str | None = None) -> None:
        """A round's end and report."""
        self.wait(5)
        self.send("clk;0:00;stopEnd;", "clk;00:00;stop;")
        self.wait(5)
        rounds = ";".join(f"rd{at};{winner}" for at, winner in enumerate(winners, 1))
        self.send(f"wrd;{rounds}", f"s1{number};{chong};s2{number};{hong}")
        if rst is not None:
            self.send(f"rst;{number};{rst}", "rsr;")

    def win_by_two(self) -> None:
        """Chong wins two rounds, 1-0 each, by a punch."""
        for number, winners in ((1, "100"), (2, "110")):
            self.start(number)
            self.score(1, 0, "pt1;1;", number=number)
            self.end(winners, chong=1, hong=0, number=number, rst=f"st1;0;0;1;0;0;0;st2;{NOTHING};")
        self.wait(5)

    @property
    def told(self) -> list[str]:
        """The judge's findings so far."""
        return [finding.rule for finding in self.findings() if finding.rule in OURS]

    @property
    def result(self) -> Result:
        """The result."""
        assert self.state.result is not None
        return self.state.result

    @property
    def first(self) -> RoundResult:
        """The first round."""
        return self.state.rounds[0]


@pytest.mark.parametrize(
    ("capture", "rules"),
    [
        ("bo3-1-2-ptf-scores-gamjeom", {"winner_contradicts_rounds", "rapid_points"}),
        ("break-full-wdr-tie", {"rounds_leave_out_given"}),
        ("injury-expired-wdr-tie", {"rounds_leave_out_given"}),
    ],
)
def test_captures(capture: str, rules: set[str]) -> None:
    """What was recorded holds one contradiction, which is told with the rule that it breaks, and two informations."""
    parser = RingParser(RING, JOURNAL_ID)
    results = parse(entries(capture), parser)
    events = [event for result in results for event in result.events]
    events += [event for result in results for message in result.messages for event in message.events]
    findings = [event for event in events if isinstance(event, Finding) and event.rule in OURS]
    assert {finding.rule for finding in findings} == rules
    serious = [finding for finding in findings if finding.severity is not Severity.INFORMATION]
    assert [finding.rule for finding in serious] == [rule for rule in rules if rule == "winner_contradicts_rounds"]
    assert all("wt-2022" in finding.explanation and "Best of three" in finding.explanation for finding in serious)
    assert parser.state().result is not None
    assert len(CAPTURES) == 3


def test_a_round_is_assessed_with_its_numbers() -> None:
    """Score, techniques and gam-jeoms as counted and as the statistics say; declared and derived agree."""
    ring = Ring()
    ring.start()
    ring.score(2, 0, "pt1;2;")
    ring.score(3, 0, "wg1;0;wg2;1;")
    ring.score(3, 3, "pt2;3;")
    ring.score(3, 2)
    ring.send("clk;01:30;")
    ring.end("100", chong=3, hong=2, rst="st1;1;0;0;0;0;0;st2;0;1;0;0;0;1;")
    assert ring.first == RoundResult(
        round=1,
        standing=Standing.AGREED,
        score=(3, 2),
        gam_jeoms=(0, 1),
        chong=TechniqueCounts(body=1, head=0, punch=0, technical_body=0, technical_head=0, gam_jeoms=0),
        hong=TechniqueCounts(body=0, head=1, punch=0, technical_body=0, technical_head=0, gam_jeoms=1),
        winner=1,
        declared_winner=1,
        derived_winner=1,
        method=Method.POINTS,
        fought_ms=30_000,
    )
    assert ring.told == []


def test_a_match_that_agrees() -> None:
    """No finding, and both halves of the result."""
    ring = Ring()
    ring.win_by_two()
    ring.send("win;BLUE", "wmh;Marija ČAČIĆ;2-0 PTF;")
    ring.wait(10)
    ring.send("rsr;")
    assert ring.told == []
    assert (ring.result.standing, ring.result.winner, ring.result.decision) == (Standing.AGREED, 1, "PTF")
    assert (ring.result.rounds_won, ring.result.method) == ((2, 0), Method.ROUNDS)


@pytest.mark.parametrize(
    ("said", "rules", "winner"),
    [
        (("win;RED", "wmh;Dunja ĐURIĆ;0-2 PTF;"), ["winner_contradicts_rounds"], 2),
        (("win;BLUE", "wmh;Marija ČAČIĆ;2-1 PTF;"), ["rounds_contradict_winners"], 1),
        (("win;BLUE", "wmh;Marija ČAČIĆ;1-0 DSQ;"), ["rounds_leave_out_given"], 1),
        (("win;BLUE", "wmh;Ada NEXT;2-0 PTF;"), ["winner_name_unknown"], 1),
        (("win;BLUE", "wmh;Dunja ĐURIĆ;2-0 PTF;"), ["winner_name_contradicts_winner"], None),
        (("win;BLUE", "wmh;marija čačić;2-0 PTF;"), [], 1),
        (("win;BLUE", "wmh;Marija ČA;2-0 PTF;"), [], 1),
        (("win;BLUE", "wmh;Marija ČAČIĆ;2-0 XYZ;"), ["decision_unknown"], 1),
        (("wmh;Marija ČAČIĆ;2-0 PT", "win;BLUE"), ["decision_unknown"], 1),
        (("win;BLUE",), ["result_incomplete"], 1),
        (("wmh;Marija ČAČIĆ;2-0 PTF;",), ["result_incomplete"], 1),
        (("wmh;;2-0 PTF;",), ["result_incomplete"], 1),
    ],
)
def test_results_that_do_not_add_up(said: tuple[str, ...], rules: list[str], winner: int | None) -> None:
    """One finding for each, and a winner wherever one witness is left that nobody contradicts."""
    ring = Ring()
    ring.win_by_two()
    ring.send(*said)
    ring.wait(10)
    ring.send("rsr;")
    assert (ring.told, ring.result.winner) == (rules, winner)
    assert (ring.result.standing is Standing.UNDETERMINED) is (winner is None)


def test_a_round_winner_other_than_the_score() -> None:
    """It stands as declared, and the disagreement is told when the next round begins."""
    ring = Ring()
    ring.start()
    ring.score(2, 0, "pt1;2;")
    ring.end("200", chong=2, hong=0, rst=f"st1;1;0;0;0;0;0;st2;{NOTHING};")
    assert (ring.first.standing, ring.first.winner, ring.first.derived_winner) == (Standing.CONTRADICTED, 2, 1)
    assert ring.told == []
    ring.start(2)
    assert ring.told == ["round_winner_contradicts_score"]


def test_superiority_that_does_not_follow() -> None:
    """A kick to the head goes before three punches, whatever is declared."""
    ring = Ring()
    ring.start()
    ring.score(3, 0, "pt1;3;")
    for hong in (1, 2, 3):
        ring.score(3, hong, "pt2;1;")
    ring.send("sup;2")
    ring.end("200", chong=3, hong=3, rst="st1;0;1;0;0;0;0;st2;0;0;3;0;0;0;")
    ring.start(2)
    assert (ring.told, ring.first.method) == (["superiority_disagrees"], Method.SUPERIORITY)


def test_a_lost_point_is_found_in_the_statistics() -> None:
    """The score rose without a point: that is told, and the statistics say what it was."""
    ring = Ring()
    ring.start()
    ring.score(3, 0)
    ring.end("100", chong=3, hong=0, rst=f"st1;0;1;0;0;0;0;st2;{NOTHING};")
    assert ring.told == ["score_without_point"]
    assert ring.first.chong is not None
    assert (ring.first.chong.head, ring.first.standing) == (1, Standing.AGREED)


def test_a_lost_point_without_statistics_is_not_guessed() -> None:
    """Its technique is not known, and that is told at the match's end."""
    ring = Ring()
    ring.start()
    ring.score(3, 0)
    ring.end("100", chong=3, hong=0)
    assert (ring.first.score, ring.first.chong) == ((3, 0), None)
    ring.send("win;BLUE", "wmh;Marija ČAČIĆ;0-0 WDR;")
    assert ring.told == ["score_without_point", "round_undetermined", "rounds_leave_out_given"]


def test_statistics_that_are_others() -> None:
    """Two whole witnesses that make the same score out of other techniques: neither is believed."""
    ring = Ring()
    ring.start()
    ring.score(2, 0, "pt1;2;")
    ring.end("100", chong=2, hong=0, rst=f"st1;0;0;2;0;0;0;st2;{NOTHING};")
    assert (ring.first.chong, ring.first.doubts) == (None, ("round_undetermined", "statistics_disagree"))
    ring.send("win;BLUE", "wmh;Marija ČAČIĆ;1-0 PTF;")
    assert "statistics_disagree" in ring.told


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        (("sc1;13;sc2;0",), "gap_reached"),
        (("sc1;0;sc2;5", "wg1;5;wg2;0;"), "gam_jeom_limit_reached"),
    ],
)
def test_a_round_that_should_have_ended(texts: tuple[str, ...], rule: str) -> None:
    """It is told once, after 5 s of running clock."""
    ring = Ring()
    ring.start()
    ring.send("clk;01:59;", *texts)
    for seconds in range(58, 53, -1):
        ring.send(f"clk;01:{seconds};")
    assert rule not in ring.told
    ring.send("clk;01:53;", "clk;01:52;")
    assert ring.told.count(rule) == 1


def test_points_outside_the_rounds() -> None:
    """Before the first start and after the result; they are not counted."""
    ring = Ring()
    ring.send("pt1;2;")
    assert ring.told == ["point_outside_round"]
    ring.win_by_two()
    ring.send("win;BLUE", "wmh;Marija ČAČIĆ;2-0 PTF;", "pt2;2;")
    assert ring.told == ["point_outside_round"] * 2


def test_gam_jeoms_that_jump() -> None:
    """Two at once, and none of them gave a point."""
    ring = Ring()
    ring.start()
    ring.send("wg1;0;wg2;2;")
    ring.wait(3)
    ring.send("clk;01:55;")
    assert ring.told == ["gam_jeoms_jumped", "gam_jeom_without_score"]


def test_a_person_decides() -> None:
    """An edit lies over what was declared, in the rounds and in the result."""
    ring = Ring()
    ring.win_by_two()
    ring.send("win;RED", "wmh;Dunja ĐURIĆ;0-2 PTF;")
    match_id = ring.state.match_id or ""
    changes = Changes(winner=1, decision="SUP", round_winners=(None, 2))
    fact = EditMade(match_id=match_id, author="A. Person", reason="protest", changes=changes)
    ring.put(Entry(ring.now_us, ring.now_us, fact=fact))
    result = ring.result
    assert (result.standing, result.winner, result.decision) == (Standing.EDITED, 1, "SUP")
    assert (result.declared_winner, result.declared_decision) == (2, "PTF")
    assert [(one.standing, one.winner) for one in ring.state.rounds] == [(Standing.AGREED, 1), (Standing.EDITED, 2)]
    assert isinstance(ring.events()[-1], ResultAssessed)


def test_a_match_that_comes_back_goes_on() -> None:
    """Loaded away in its first round it is undetermined; loaded again, its counts are still there."""
    ring = Ring()
    ring.start()
    ring.score(2, 0, "pt1;2;")
    ring.wait(5)
    ring.load("102")
    said = [event.result for event in ring.events() if isinstance(event, ResultAssessed)]
    assert [result.standing for result in said] == [Standing.UNDETERMINED]
    ring.wait(5)
    ring.load("101", score="sc1;2;sc2;0", clock="01:55")
    assert ring.state.match_id == said[0].match_id
    ring.send("clk;01:55;start;")
    ring.end("100", chong=2, hong=0, rst=f"st1;1;0;0;0;0;0;st2;{NOTHING};")
    assert (ring.first.standing, ring.told) == (Standing.AGREED, [])
