"""Who led, who came back: by hand."""

import pytest

from services.db_writer.leads import ScoreRow, leads


def scores(*changes: tuple[int, int], round_pk: int = 1) -> list[ScoreRow]:
    """One datagram for each (chong, hong)."""
    return [
        (round_pk, f"t{number}", athlete, score)
        for number, both in enumerate(changes)
        for athlete, score in enumerate(both, 1)
    ]


@pytest.mark.parametrize(
    ("rows", "winner", "expected"),
    [
        (scores(), 1, (0, 0)),
        (scores((3, 0), (3, 2)), 1, (0, 0)),
        (scores((0, 3), (3, 3), (5, 3)), 1, (1, 3)),
        (scores((0, 3), (3, 3), (3, 5)), 2, (0, 0)),
        (scores((0, 1), (2, 1), (2, 4), (5, 4)), 1, (3, 2)),
        (scores((0, 1), (2, 1), (2, 4), (5, 4)), 2, (3, 1)),
        (scores((0, 6), (5, 6)), 1, (0, 0)),
        (scores((0, 2), (2, 2), (2, 8)), 1, (0, 2)),
        (scores((0, 4), (4, 4)), 0, (0, 0)),
        (scores((0, 4), (4, 4)), None, (0, 0)),
        (scores((0, 4), (6, 4), round_pk=2), 1, (0, 0)),
        (scores((0, 5), (0, 0), (3, 0)), 1, (1, 0)),
        (scores((0, 7), (0, 2), (3, 2)), 1, (1, 2)),
        (scores((0, 3), (3, 3), (3, 8), (3, 3), (4, 3)), 1, (1, 3)),
        (scores((0, 7), (3, 7), (3, 6), (7, 6)), 1, (1, 6)),
    ],
    ids=[
        *("nothing", "never_behind", "back", "level_only", "to_and_fro", "other_winner", "never_back"),
        *("back_then_lost", "tie", "undecided", "not_over"),
        *("a_mistake", "a_part_of_it", "a_mistake_after_a_comeback", "a_point_taken_away"),
    ],
)
def test_leads(rows: list[ScoreRow], winner: int | None, expected: tuple[int, int]) -> None:
    """A comeback is one to level or beyond, of the winner; a tie between does not change the lead. Points that were
    taken away from the other were not made up.
    """
    assert leads(rows, {1: winner}) == expected


def test_what_one_datagram_changed_is_one_change() -> None:
    """Both sides rise at once: nobody was ahead between."""
    assert leads([(1, "a", 1, 1), (1, "a", 2, 1), (1, "b", 2, 2), (1, "b", 1, 3)], {1: 1}) == (0, 0)


def test_rounds_are_apart() -> None:
    """Each begins at nothing; the greatest comeback of all counts."""
    rows = [*scores((0, 1), (2, 1)), *scores((0, 5), (6, 5), round_pk=2)]
    assert leads(rows, {1: 1, 2: 1}) == (2, 5)
