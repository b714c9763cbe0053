"""Witnesses of a round weighed against each other: the number that is borne out, or none."""

import msgspec

from services.pss_parser import ledger
from services.pss_parser.figures import settle
from services.pss_parser.tallies import RoundTally, Side
from shared.messages.pss import TechniqueCounts
from shared.rules import shipped

RULES = shipped()["wt-2022"]
BODY = (0, 1, 0, 0, 0)
HEAD = (0, 0, 1, 0, 0)
NONE = (0, 0, 0, 0, 0)


def side(score: int, techniques: tuple[int, ...] = NONE, *, listed: int | None = None, gam_jeoms: int = 0) -> Side:
    """A side whose score `sc` told, and `s` if `listed` is given."""
    return Side(level=score, shown=score, listed=listed, techniques=techniques, gam_jeoms=gam_jeoms)


def reporting(one: Side, techniques: tuple[int, ...], gam_jeoms: int = 0) -> Side:
    """The same with its statistics."""
    reported: TechniqueCounts = ledger.as_counts(techniques, gam_jeoms)
    return msgspec.structs.replace(one, reported=reported)


def over(chong: Side, hong: Side, *, is_listed: bool = True, is_whole: bool = True) -> RoundTally:
    """A round that is over."""
    return RoundTally(
        number=1, sides=(chong, hong), is_begun=True, is_over=True, is_listed=is_listed, is_whole=is_whole
    )


def test_two_witnesses_that_agree() -> None:
    """`sc` and the last `s` say the same: that is the score, whatever was counted."""
    figures = settle(over(side(3, listed=3), side(0, listed=0)), RULES)
    assert figures.score == (3, 0)
    assert figures.techniques == (None, NONE)


def test_the_last_report_is_borne_out_by_what_was_counted() -> None:
    """The last `sc` was lost; the techniques make up what `s` says."""
    assert settle(over(side(0, BODY, listed=2), side(0, listed=0)), RULES).score == (2, 0)


def test_the_last_report_is_borne_out_by_the_statistics() -> None:
    """All of the last burst was lost; the statistics make up what `s` says, and tell the technique."""
    figures = settle(over(reporting(side(0, listed=3), HEAD), reporting(side(0, listed=0), NONE)), RULES)
    assert (figures.score, figures.techniques, figures.disagreeing) == ((3, 0), (HEAD, NONE), (1,))


def test_witnesses_of_which_none_is_borne_out() -> None:
    """`s` says another score than `sc`, and nothing else says either: it is not known."""
    figures = settle(over(side(2, listed=5), side(0, listed=0)), RULES)
    assert (figures.score, figures.techniques[0]) == (None, None)


def test_without_the_last_report() -> None:
    """`sc` alone is believed where techniques or statistics make it up, and not where they do not."""
    assert settle(over(side(2, BODY), side(0), is_listed=False), RULES).score == (2, 0)
    assert settle(over(side(2), side(0), is_listed=False), RULES).score is None
    told = over(reporting(side(2), BODY), reporting(side(0), NONE), is_listed=False)
    assert settle(told, RULES).score == (2, 0)


def test_a_lost_gam_jeom_is_in_the_statistics() -> None:
    """They were said after the round; without them, it is only known where the score bears it out."""
    chong, hong = side(1, listed=1), side(0, listed=0)
    assert settle(over(reporting(chong, NONE), reporting(hong, NONE, 1)), RULES).gam_jeoms == (0, 1)
    assert settle(over(chong, hong), RULES).gam_jeoms is None
    assert settle(over(chong, side(0, listed=0, gam_jeoms=1)), RULES).gam_jeoms == (0, 1)


def test_what_was_joined_in_its_midst_is_not_all() -> None:
    """Our counts say nothing then; the statistics do."""
    chong, hong = side(2, BODY, listed=2), side(0, listed=0)
    assert settle(over(chong, hong, is_whole=False), RULES).techniques == (None, None)
    told = over(reporting(chong, BODY), reporting(hong, NONE), is_whole=False)
    assert settle(told, RULES).techniques == (BODY, NONE)


def test_after_a_point_was_taken_back_statistics_may_hold_it_or_not() -> None:
    """Those without it make up the score as it is, those with it the score before. Ours are not sure then, unless the
    statistics say the same.
    """
    taken = msgspec.structs.replace(side(0, BODY, listed=0), lowered=2)
    hong = reporting(side(0, listed=0), NONE)
    without = settle(over(reporting(taken, NONE), hong), RULES)
    assert (without.score, without.techniques) == ((0, 0), (None, NONE))
    assert settle(over(reporting(taken, HEAD), hong), RULES).techniques == (None, NONE)
    assert settle(over(reporting(taken, BODY), hong), RULES).techniques == (BODY, NONE)


def test_corrected_statistics_bear_out_the_last_report() -> None:
    """The last `sc` was lost after a correction: the statistics, which hold it, make up what `s` says."""
    chong = msgspec.structs.replace(side(0, BODY, listed=3), lowered=2)
    figures = settle(over(reporting(chong, HEAD), reporting(side(0, listed=0), NONE)), RULES)
    assert (figures.score, figures.techniques[0]) == ((3, 0), HEAD)
