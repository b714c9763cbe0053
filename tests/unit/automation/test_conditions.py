"""Conditions of rules: each one holds and fails by itself."""

from typing import Any

import pytest

from shared.automation.conditions import met
from shared.automation.happenings import Happened
from shared.messages.automation import Conditions
from shared.messages.episodes import Challenge, ChallengeStatus
from tests.support.happenings import Mat

WON = Challenge(number=1, athlete=2, status=ChallengeStatus.WON, entry=1, requested_at_us=1)
REVIEW = {"challenge": WON}
CASES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("rings", ("ring-1", "ring-2"), ("ring-2",), {}),
    ("tournaments", ("croatia*",), ("Cup",), {}),
    ("days", (2,), (1, 3), {}),
    ("phases", ("*FINAL*",), ("final",), {}),
    ("weights", ("w +73KG",), ("M*",), {}),
    ("divisions", ("under*",), ("Senior",), {}),
    ("rounds", (1, 2), (1, 3), {}),
    ("is_golden", False, True, {}),
    ("athlete", 2, 1, {"athlete": 2}),
    ("athlete", 2, 0, REVIEW),
    ("leader", 1, 0, {}),
    ("difference_at_least", 3, 4, {}),
    ("difference_at_most", 3, 2, {}),
    ("score_at_least", 5, 6, {}),
    ("score_at_least", 2, 3, {"athlete": 2}),
    ("points", 2, 3, {"points": 2}),
    ("gam_jeoms_at_least", 3, 4, {}),
    ("gam_jeoms_at_least", 1, 2, {"athlete": 1}),
    ("clock_at_least_ms", 65_000, 65_001, {}),
    ("clock_at_most_ms", 65_000, 64_999, {}),
    ("outcomes", ("lost", "Won"), ("lost",), REVIEW),
    ("stages", ("running", "paused"), ("break",), {}),
    ("scenes", ("Match",), ("Break",), {}),
]
UNKNOWN: list[tuple[str, Any, dict[str, Any]]] = [
    ("phases", ("*",), {"phase": None}),
    ("rounds", (1,), {"round": None}),
    ("clock_at_least_ms", 0, {"clock_ms": None}),
    ("clock_at_most_ms", 999_999, {"clock_ms": None}),
    ("stages", ("running",), {"stage": None}),
]


def test_every_condition_is_tried() -> None:
    """No condition is left out below."""
    assert {name for name, *_ in CASES} == set(Conditions.__struct_fields__)


@pytest.mark.parametrize(("name", "holds", "fails", "more"), CASES)
def test_a_condition_holds_and_fails(name: str, holds: object, fails: object, more: dict[str, Any]) -> None:
    """With the one value it is met, with the other not; nothing else decides."""
    happened = Mat().happened(**more)
    assert met(_only(name, holds), happened, {"Match"})
    assert not met(_only(name, fails), happened, {"Match"})


@pytest.mark.parametrize(("name", "asked", "view"), UNKNOWN)
def test_what_is_not_known_meets_nothing(name: str, asked: object, view: dict[str, Any]) -> None:
    """A match without a phase is in none of them, not in all."""
    assert not met(_only(name, asked), Mat().happened(view=view))


def test_points_and_outcomes_need_one() -> None:
    """What is no point has no value, what is no review has no outcome."""
    happened = Mat().happened()
    assert not met(Conditions(points=1), happened)
    assert not met(Conditions(outcomes=("won",)), happened)


def test_all_conditions_count() -> None:
    """One that fails is enough."""
    happened: Happened = Mat().happened(points=3)
    assert met(Conditions(rounds=(2,), points=3, leader=1), happened)
    assert not met(Conditions(rounds=(2,), points=3, leader=2), happened)


def test_scenes_that_nobody_knows() -> None:
    """In a dry run there is no OBS: a condition on the scene does not hold a rule back, the others do."""
    happened = Mat().happened()
    assert met(Conditions(scenes=("Winner",)), happened, None)
    assert not met(Conditions(scenes=("Winner",)), happened, set())
    assert not met(Conditions(scenes=("Winner",), rounds=(9,)), happened, None)


def _only(name: str, value: object) -> Conditions:
    return Conditions(**{name: value})  # type: ignore[arg-type]  # its name comes from the table
