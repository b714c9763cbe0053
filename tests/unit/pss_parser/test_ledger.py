"""Points against scores: each point counts once, and what finds no partner is told."""

import msgspec

from services.pss_parser import counting, ledger
from services.pss_parser.ledger import Moment
from services.pss_parser.tallies import RoundTally, Side
from shared.messages.pss import GamJeomsShown, PointScored, Technique
from shared.rules import shipped

RULES = shipped()["wt-2022"]
MS = 1000
KICK = PointScored(athlete=1, technique=Technique.BODY, value=2)
HEAD = PointScored(athlete=1, technique=Technique.HEAD, value=3)
WILD = PointScored(athlete=1, value=6)


def at(ms: int) -> Moment:
    """A moment."""
    return Moment(ms, 1_000_000 + ms * MS, RULES)


def point(side: Side, reading: PointScored, ms: int) -> tuple[Side, list[str]]:
    """The side after a point, and the rules of the findings."""
    side, found = ledger.point_said(side, reading, at(ms), athlete=1)
    return side, [finding.rule for finding in found]


def left(side: Side) -> list[str]:
    """What is told of a side when everything has waited long enough."""
    return [finding.rule for finding in ledger.expired(side, at(60_000).now_us, athlete=1)[1]]


def kicks(side: Side) -> int:
    """Kicks to the body."""
    return side.techniques[1]


def test_score_and_point_explain_each_other_in_either_order() -> None:
    """Nothing is left, and the technique counts once."""
    for order in ((0, 14), (14, 0)):
        side = Side()
        for ms in sorted(order):
            side = ledger.score_said(side, 2, at(ms)) if ms == order[0] else point(side, KICK, ms)[0]
        assert (kicks(side), side.level, left(side)) == (1, 2, [])


def test_the_same_datagram_twice_counts_once() -> None:
    """The second has no rise of its own: an information, and no doubt."""
    side = ledger.score_said(Side(), 2, at(0))
    side, _ = point(side, KICK, 27)
    side, found = point(side, KICK, 35)
    assert found == ["duplicate_point"]
    assert (kicks(side), left(side)) == (1, [])


def test_the_same_technique_twice_counts_twice() -> None:
    """Each has its own rise, however close they are; that is normal, and an information."""
    side, _ = point(ledger.score_said(Side(), 2, at(0)), KICK, 27)
    side, found = point(ledger.score_said(side, 4, at(60)), KICK, 87)
    assert found == ["rapid_points"]
    assert (kicks(side), left(side)) == (2, [])


def test_a_lost_point_is_told_once() -> None:
    """The score rose and nothing says why."""
    side = ledger.score_said(Side(), 3, at(0))
    assert ledger.expired(side, at(1999).now_us, athlete=1) == (side, [])
    assert left(side) == ["score_without_point"]
    side, _ = ledger.expired(side, at(2000).now_us, athlete=1)
    assert left(side) == []


def test_a_lost_score_is_told_and_made_up_for_by_the_next() -> None:
    """The next score holds both points: the sums agree again, and nothing more is told."""
    side, _ = point(Side(), HEAD, 0)
    side, found = ledger.expired(side, at(3000).now_us, athlete=1)
    assert [finding.rule for finding in found] == ["point_without_score"]
    side, _ = point(ledger.score_said(side, 5, at(5000)), KICK, 5027)
    assert left(side) == []
    assert ledger.explained(side, 0, RULES) == side.level == 5


def test_a_gam_jeom_gives_the_opponent_a_point() -> None:
    """It explains a rise; without one it is told."""
    side = ledger.gam_jeoms_given(ledger.score_said(Side(), 1, at(0)), 1, at(30))
    assert left(side) == []
    assert left(ledger.gam_jeoms_given(Side(), 1, at(0))) == ["gam_jeom_without_score"]


def test_a_wild_point_explains_any_rise() -> None:
    """Kind 6 is no technique of ours, and its points count."""
    side, _ = point(ledger.score_said(Side(), 4, at(0)), WILD, 27)
    assert (left(side), side.unnamed_points) == ([], 4)
    assert ledger.explained(side, 0, RULES) == 4


def test_a_score_that_goes_down_is_a_correction() -> None:
    """It is no doubt, and what is explained goes down with it; so does a gam-jeom that was taken back."""
    side, _ = point(ledger.score_said(Side(), 3, at(0)), HEAD, 27)
    lower = ledger.score_said(side, 1, at(9000))
    assert (left(lower), ledger.explained(lower, 0, RULES)) == ([], 1)
    given = ledger.gam_jeoms_given(ledger.score_said(Side(), 1, at(0)), 1, at(30))
    back = ledger.gam_jeoms_given(ledger.score_said(given, 0, at(9000)), -1, at(9030))
    assert (left(back), back.lowered, ledger.explained(back, 0, RULES)) == ([], 0, 0)


def test_an_overtaken_score_is_no_correction() -> None:
    """The value before, within 100 ms of the change, is late; later it is meant."""
    side = ledger.score_said(ledger.score_said(Side(), 2, at(0)), 5, at(70))
    assert ledger.score_said(side, 2, at(100)) == side
    assert ledger.score_said(side, 2, at(400)).level == 2


def test_counts_there_and_back() -> None:
    """Published counts and ours are the same numbers; one that is missing makes all unknown."""
    numbers = (1, 2, 3, 4, 5)
    counts = ledger.as_counts(numbers, 6)
    assert (counts.punch, counts.body, counts.head, counts.technical_body, counts.technical_head) == numbers
    assert ledger.as_numbers(counts) == numbers
    assert ledger.as_numbers(msgspec.structs.replace(counts, head=None)) is None


def test_what_waits_stays_bounded() -> None:
    """Points without a score, and scores without points: the last sixteen of each wait, and no more."""
    pointed = raised = Side()
    for number in range(1, 50):
        pointed, _ = point(pointed, KICK, 3000 * number)
        raised = ledger.score_said(raised, number, at(3000 * number))
    assert (len(pointed.causes), len(raised.rises)) == (ledger.MOST_WAITING, ledger.MOST_WAITING)
    assert pointed.causes[-1].entry == raised.rises[-1].entry == 3000 * 49
    assert kicks(pointed) == 49


def test_a_clock_that_steps_back_hides_nothing() -> None:
    """What comes at an earlier time than what it follows is neither late, nor the same again, nor close to it."""
    side, _ = point(ledger.score_said(Side(), 2, at(9000)), KICK, 9030)
    side, found = point(side, KICK, 1000)
    assert (found, kicks(side)) == ([], 2)
    assert ledger.score_said(side, 0, at(1000)).level == 0
    given = RoundTally(number=1)
    for value, ms in ((1, 9000), (0, 1000)):
        given, _ = counting.gam_jeoms(given, GamJeomsShown(chong=value, hong=0), at(ms))
    assert given.sides[0].gam_jeoms == 0
