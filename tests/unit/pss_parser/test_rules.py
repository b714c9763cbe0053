"""The rules, applied to settled numbers: who wins a round and the match, and when nothing follows."""

import msgspec
import pytest

from services.pss_parser.rules import Facts, derive_match, derive_round, is_golden
from shared.messages.results import Method
from shared.messages.rules import TieBreak
from shared.rules import shipped

RULES = shipped()
BEST = RULES["wt-2022"]
SUMMED = RULES["wt-2018"]
Pair = tuple[int, int]
NONE = (0, 0, 0, 0, 0)


def facts(
    chong: int,
    hong: int,
    *,
    gam_jeoms: Pair | None = (0, 0),
    techniques: tuple[tuple[int, ...], tuple[int, ...]] | None = (NONE, NONE),
    hits: Pair = (0, 0),
    winner: int | None = None,
    is_golden: bool = False,
) -> Facts:
    """A round."""
    return Facts(
        score=(chong, hong),
        gam_jeoms=gam_jeoms,
        techniques=techniques,
        hits=hits,
        winner=winner,
        is_golden=is_golden,
    )


@pytest.mark.parametrize(
    ("one", "winner", "method"),
    [
        (facts(4, 3), 1, Method.POINTS),
        (facts(3, 4), 2, Method.POINTS),
        (facts(13, 2), 1, Method.POINTS),
        (facts(2, 14), 2, Method.POINT_GAP),
        (facts(9, 4, gam_jeoms=(5, 0)), 2, Method.GAM_JEOMS),
        (facts(0, 12, gam_jeoms=(0, 5)), 1, Method.GAM_JEOMS),
    ],
)
def test_a_round_is_won_by_points_gap_or_gam_jeoms(one: Facts, winner: int, method: Method) -> None:
    """The gam-jeom limit goes before the gap, the gap before the points."""
    derived = derive_round(BEST, one)
    assert derived is not None
    assert (derived.winner, derived.method) == (winner, method)


@pytest.mark.parametrize(
    ("one", "criterion"),
    [
        (facts(4, 4, techniques=((0, 2, 0, 0, 0), (0, 0, 0, 1, 0))), TieBreak.TURNING_POINTS),
        (facts(3, 3, techniques=((1, 1, 0, 0, 0), (0, 0, 1, 0, 0))), TieBreak.HEAD_KICKS),
        (facts(2, 2, techniques=((2, 0, 0, 0, 0), (0, 1, 0, 0, 0))), TieBreak.BODY_KICKS),
        (facts(1, 1, gam_jeoms=(0, 1), techniques=(NONE, (1, 0, 0, 0, 0))), TieBreak.PUNCHES),
        (facts(1, 1, gam_jeoms=(1, 0)), TieBreak.GAM_JEOMS),
        (facts(0, 0, hits=(1, 2)), TieBreak.HITS),
    ],
)
def test_equal_scores_are_told_apart_in_the_order_of_the_rules(one: Facts, criterion: TieBreak) -> None:
    """Hong is superior in that criterion, and chong in none before it; hits alone are no sure ground."""
    derived = derive_round(BEST, one)
    assert derived is not None
    assert (derived.winner, derived.method, derived.criterion) == (2, Method.SUPERIORITY, criterion)
    assert derived.is_sure is (criterion is not TieBreak.HITS)


def test_what_the_officials_decide_does_not_follow() -> None:
    """Where everything is equal, and where a count is not known, nobody is derived."""
    assert derive_round(BEST, facts(3, 3)) is None
    assert derive_round(BEST, facts(3, 3, techniques=None)) is None
    assert derive_round(BEST, facts(4, 3, gam_jeoms=None)) is None
    assert derive_round(BEST, Facts(score=None, gam_jeoms=(0, 0))) is None


def test_a_best_of_three_is_won_by_rounds() -> None:
    """Two rounds win it, whatever their scores; one does not."""
    rounds = [facts(12, 11, winner=1), facts(0, 0, winner=2), facts(2, 1, winner=1)]
    assert derive_match(BEST, rounds[:2]) is None
    derived = derive_match(BEST, rounds)
    assert derived is not None
    assert (derived.winner, derived.method) == (1, Method.ROUNDS)


def test_a_tied_round_of_summed_rounds_is_nobodys() -> None:
    """It does not go by superiority: the match does."""
    derived = derive_round(SUMMED, facts(3, 3, techniques=((3, 0, 0, 0, 0), (0, 0, 1, 0, 0))))
    assert derived is not None
    assert (derived.winner, derived.method) == (0, Method.POINTS)


@pytest.mark.parametrize(
    ("rounds", "winner", "method"),
    [
        ([facts(5, 4), facts(0, 3), facts(1, 0)], 2, Method.POINTS),
        ([facts(19, 0), facts(1, 0)], 1, Method.POINT_GAP),
        ([facts(4, 5, gam_jeoms=(5, 0)), facts(9, 5, gam_jeoms=(5, 1))], 2, Method.GAM_JEOMS),
        ([facts(1, 1), facts(1, 1), facts(0, 0), facts(0, 2, is_golden=True)], 2, Method.GOLDEN_POINT),
        (
            [
                facts(1, 1, techniques=((1, 0, 0, 0, 0), NONE), gam_jeoms=(1, 0)),
                facts(0, 0),
                facts(0, 0),
                facts(0, 0, is_golden=True),
            ],
            1,
            Method.SUPERIORITY,
        ),
    ],
)
def test_summed_rounds(rounds: list[Facts], winner: int, method: Method) -> None:
    """Sums, the gap from the second round on, gam-jeoms of the whole match, the golden round, superiority."""
    derived = derive_match(SUMMED, rounds)
    assert derived is not None
    assert (derived.winner, derived.method) == (winner, method)


def test_summed_rounds_that_are_not_over() -> None:
    """No gap in the first round, no result before the third, none after a tie that a golden round follows."""
    assert derive_match(SUMMED, [facts(20, 0)]) is None
    assert derive_match(SUMMED, [facts(5, 4), facts(5, 4)]) is None
    assert derive_match(SUMMED, [facts(1, 1)] * 3) is None
    assert derive_match(SUMMED, [facts(1, 0), Facts(score=None), facts(1, 0)]) is None


@pytest.mark.parametrize(
    ("rules", "number", "total_rounds", "is_golden_round"),
    [
        ("wt-2017", 3, None, False),
        ("wt-2017", 4, None, True),
        ("wt-2017", 3, 2, True),
        ("wt-2017", 2, 2, False),
        ("wt-2022", 4, None, False),
        ("wt-2022", 3, 2, False),
    ],
)
def test_the_golden_round_is_the_one_after_all_others(
    rules: str,
    number: int,
    total_rounds: int | None,
    is_golden_round: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    """The match's own number of rounds goes before that of the rule set; a best of three has no golden round."""
    assert is_golden(RULES[rules], number, total_rounds) is is_golden_round


def test_without_golden_points_there_is_no_golden_round() -> None:
    """Summed rounds alone do not make one."""
    assert not is_golden(msgspec.structs.replace(SUMMED, golden_points=None), 4)
