"""The ready-made rules: they name only what the scene collection has, and do the right thing in recorded matches."""

from pathlib import Path

import pytest

from services.cli.captures import read_capture
from services.cli.obs.rules.dry_run import Would, would_fire
from shared.automation.match_view import Venue
from shared.automation.named import Kind, named_by
from shared.automation.packs import PACKS
from shared.automation.scene_names import LOWER_THIRD, MESSAGE, SCENE_SOURCES, SCENES, SCORE, WINNER_TEXT
from shared.messages.obs_actions import SetScene, SetText
from tests.support.captures import CAPTURES


def would(pack: str, capture: str) -> list[Would]:
    recorded = read_capture(Path(CAPTURES / f"{capture}.jsonl"))
    return would_fire(list(PACKS[pack].rules), recorded, ring="ring-1", venue=Venue())


def scenes(found: list[Would]) -> list[tuple[int, str]]:
    """The seconds at which scenes change."""
    return [(one.at_ms // 1000, act.scene) for one in found for act in one.actions if isinstance(act, SetScene)]


def texts(found: list[Would]) -> list[str]:
    return [act.text for one in found for act in one.actions if isinstance(act, SetText)]


def test_packs_name_only_what_the_collection_has() -> None:
    """Every scene and source of a pack is made by `build_scenes`, the source in the scene where it is looked for."""
    rules = [rule for pack in PACKS.values() for rule in pack.rules]
    assert len({rule.rule for rule in rules}) == len(rules)
    assert all(rule.pack == name for name, pack in PACKS.items() for rule in pack.rules)
    named = [one for rule in rules for one in named_by(rule)]
    assert {one.kind for one in named} == {Kind.SCENE, Kind.SOURCE, Kind.INPUT}
    for one in named:
        places = {
            Kind.SCENE: SCENES,
            Kind.INPUT: (SCORE, LOWER_THIRD, WINNER_TEXT, MESSAGE),
            Kind.SOURCE: SCENE_SOURCES[one.within] if one.within else [],
        }
        assert one.name in places[one.kind], one


def test_the_scene_follows_the_match() -> None:
    """Load, rounds, breaks, the winner, and idle ten seconds later; a clock that stops changes nothing."""
    assert scenes(would("scenes", "bo3-1-2-ptf-scores-gamjeom")) == [
        (0, "Match"),
        (93, "Match"),
        (153, "Match"),
        (273, "Break"),
        (295, "Match"),
        (329, "Break"),
        (337, "Match"),
        (468, "Winner"),
        (478, "Idle"),
    ]


def test_the_scene_of_an_injury() -> None:
    """An injury has its scene until it ends."""
    assert scenes(would("scenes", "injury-expired-wdr-tie"))[1:6] == [
        (12, "Match"),
        (20, "Injury"),
        (80, "Match"),
        (84, "Injury"),
        (144, "Match"),
    ]


@pytest.mark.slow
def test_the_lower_third_hides_again() -> None:
    """It is shown at the load with both names, and hidden after 15 s or at the first clock, whichever is first."""
    found = would("lower-third", "bo3-1-2-ptf-scores-gamjeom")
    assert [(one.at_ms, one.rule) for one in found] == [
        (39, "lower-third: show"),
        (15_039, "lower-third: hide"),
        (93_947, "lower-third: clock"),
    ]
    assert texts(found) == ["Marija ČAČIĆ (CRO) - Dunja ĐURIĆ (CRO)\nW +73kg  Semifinals"]
    early = would("lower-third", "injury-expired-wdr-tie")
    assert [one.rule for one in early] == ["lower-third: show", "lower-third: clock", "lower-third: hide"]


@pytest.mark.parametrize(
    ("capture", "text"),
    [("bo3-1-2-ptf-scores-gamjeom", "Dunja ĐURIĆ CRO\n2 : 1"), ("break-full-wdr-tie", " \n0 : 2")],
)
def test_the_winner_is_shown(capture: str, text: str) -> None:
    """Text first, then the scene; of a tie there is no name."""
    (found,) = would("winner", capture)
    assert [type(one) for one in found.actions] == [SetText, SetScene]
    assert texts([found]) == [text]


def test_the_score_as_it_stands() -> None:
    """Each change is written, with the score after it; a new round begins at nothing."""
    found = texts(would("score", "bo3-1-2-ptf-scores-gamjeom"))
    assert found[0].split("  ") == ["CRO Marija ČAČIĆ", "0 : 0", "Dunja ĐURIĆ CRO"]
    assert [text.split("  ")[1] for text in found[2:6]] == ["0 : 3", "0 : 5", "2 : 5", "4 : 5"]
    assert [text.split("  ")[1] for text in found[-4:]] == ["0 : 0", "0 : 1", "1 : 1", "2 : 1"]
