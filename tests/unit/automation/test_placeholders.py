"""Placeholders: every one has a value, what is not known is empty, and nothing else is touched."""

from hypothesis import given
from hypothesis import strategies as st

from shared.automation.filling import filled
from shared.automation.placeholders import CLIP_NAMES, FILE_NAMES, TEXTS, clock_text, fill, text_values, unknown
from shared.messages.episodes import Challenge, ChallengeStatus
from shared.messages.obs_actions import AddChapter, RunCommand, SetScene, SetText, TakeScreenshot
from tests.support.happenings import AT_US, Mat

WON = Challenge(number=3, athlete=0, status=ChallengeStatus.WON, entry=1, requested_at_us=1)


def test_every_placeholder_has_its_value(mat: Mat) -> None:
    """The list of placeholders is what texts are filled with, and holds those of file names and clips."""
    values = text_values(
        mat.happened(challenge=WON, points=2, connection="main", view={"winner": 2, "decision": "PTF"})
    )
    assert set(values) == set(TEXTS)
    assert set(FILE_NAMES) < set(CLIP_NAMES) < set(TEXTS)
    assert [name for name, value in values.items() if not value] == []
    text = (
        "{player1} {country1} {score1}:{score2} R{round} {clock} {rounds1}:{rounds2} {gamjeom2} {weight} {day} {time}"
    )
    assert fill(text, values) == "Marija ČAČIĆ CRO 5:2 R2 1:05 1:0 3 W +73kg 2 23:13:20"
    assert fill("{winner} {winnerCountry} {number} {side} {outcome} {date} {stage} {event}", values) == (
        "D. ĐURIĆ KOR 3 referee won 2023-11-14 running hong body +2"
    )


def test_what_is_not_known_is_empty(mat: Mat) -> None:
    """No None, no zero: nothing."""
    values = text_values(mat.happened(view={"phase": None, "round": None, "clock_ms": None, "winner": None}))
    assert fill("[{phase}{round}{clock}{winner}{number}{outcome}{side}]", values) == "[]"


def test_a_tie_has_no_side(mat: Mat) -> None:
    """Side 0 of a decision is nobody; of a review it is the referee."""
    assert text_values(mat.happened(athlete=0))["side"] == ""
    assert text_values(mat.happened(athlete=2))["side"] == "hong"


def test_a_zone_that_is_not_known(mat: Mat) -> None:
    """A time zone that this machine does not have costs no text."""
    venue = mat.happened().view.venue
    known = text_values(mat.happened(view={"venue": type(venue)(time_zone="Nowhere/Town")}))
    assert len(known["time"]) == 8
    assert AT_US


@given(st.text(), st.dictionaries(st.sampled_from(sorted(TEXTS)), st.text()))
def test_filling_never_fails(template: str, values: dict[str, str]) -> None:
    """Any text can be filled; what is no placeholder stays as it is, and a value is not filled again."""
    assert isinstance(fill(template, values), str)
    assert fill("{" + template, {}) == "{" + template
    assert fill("{ring}", values | {"ring": "{day}"}) == "{day}"


def test_unknown_ones_are_named() -> None:
    """As they are written, each once; braces that are none are left alone."""
    assert unknown("{ring} {Ring} {x1} {x1} {} {a b} {{day}}", TEXTS) == ["{Ring}", "{x1}"]
    assert unknown("{round}", FILE_NAMES) == ["{round}"]


def test_the_clock_as_it_is_read() -> None:
    """Minutes and seconds; a file name has no colon."""
    assert [clock_text(ms) for ms in (None, 0, 59_999, 60_000, 125_000)] == ["", "0:00", "0:59", "1:00", "2:05"]
    assert clock_text(65_000, divider="-") == "1-05"


def test_which_actions_are_filled() -> None:
    """Texts, titles, paths and commands; a scene's name is OBS's own. In a path a value makes no folder."""
    values = {"ring": "a/b\\c:d", "player1": "$(x); rm"}
    assert filled(SetText(source="{ring}", text="{ring}"), values) == SetText(source="{ring}", text="a/b\\c:d")
    assert filled(AddChapter(title="{player1}"), values) == AddChapter(title="$(x); rm")
    assert filled(TakeScreenshot(path="x/{ring}.png"), values) == TakeScreenshot(path="x/a-b-c-d.png")
    assert filled(RunCommand(command=("say", "{player1}")), values) == RunCommand(command=("say", "$(x); rm"))
    assert filled(SetScene(scene="{ring}"), values) == SetScene(scene="{ring}")
