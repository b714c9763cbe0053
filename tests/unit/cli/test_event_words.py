"""Every conclusion of the parser has words for a person."""

from typing import get_args

import pytest

from services.cli.event_words import WORDS, words_of
from shared.messages.edits import Changes
from shared.messages.episodes import Challenge, ChallengeStatus, Injury, InjuryKind
from shared.messages.match import (
    AnyMatchEvent,
    ChallengeChanged,
    Corrected,
    CorrectionMade,
    DialectDetected,
    EditUndone,
    InjuryChanged,
    MatchClosed,
    MatchEdited,
    ResultAssessed,
    RoundAssessed,
    Stage,
    StageChanged,
)
from shared.messages.results import Method, Result, RoundResult, Standing
from shared.messages.rules import Dialect

REVIEW = Challenge(number=2, athlete=0, status=ChallengeStatus.LOST, entry=1, requested_at_us=0)
INJURY = Injury(number=1, kind=InjuryKind.INJURY, athlete=1, entry=1, began_at_us=0, left_ms=59_000)


def test_all_have_words() -> None:
    """None falls back to its bare fields."""
    assert {event.__name__ for event in get_args(AnyMatchEvent)} - {kind.__name__ for kind in WORDS} == set()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (StageChanged(before=None, after=Stage.LOADING), "loading"),
        (
            StageChanged(before=Stage.ROUND_ENDED, after=Stage.BREAK, lasted_ms=1_540),
            "round ended -> break after 1.5 s",
        ),
        (CorrectionMade(what=Corrected.CLOCK, round=2, before=61_000, after=70_000), "R2 clock 01:01 -> 01:10"),
        (CorrectionMade(what=Corrected.GAM_JEOMS, round=1, athlete=2, before=2, after=1), "R1 hong gam jeoms 2 -> 1"),
        (CorrectionMade(what=Corrected.ROUND, after=3), "round ? -> 3"),
        (ChallengeChanged(challenge=REVIEW), "review 2 of referee lost"),
        (InjuryChanged(injury=INJURY), "injury 1 of chong, 00:59 left"),
        (DialectDetected(dialect=Dialect.A, reason="a banner"), "dialect a: a banner"),
        (
            RoundAssessed(result=RoundResult(round=1, standing=Standing.UNDETERMINED, doubts=("round_undetermined",))),
            "R1 no winner (undetermined) [round_undetermined]",
        ),
        (
            RoundAssessed(
                result=RoundResult(
                    round=2,
                    standing=Standing.EDITED,
                    score=(3, 5),
                    winner=1,
                    declared_winner=2,
                    derived_winner=2,
                    method=Method.POINT_GAP,
                )
            ),
            "R2 3-5 chong (edited) declared hong the rules say hong by point gap",
        ),
        (
            ResultAssessed(
                result=Result(match_id="m", standing=Standing.AGREED, winner=2, decision="PTF", rounds_won=(1, 2))
            ),
            "hong PTF (agreed), rounds 1-2",
        ),
        (
            MatchEdited(
                edit_id="e",
                match_id="m",
                author="ana",
                reason="video",
                changes=Changes(winner=0, round_winners=(None, 1), decision="DSQ"),
            ),
            "m by ana: R2 chong, winner tie, decision DSQ (video)",
        ),
        (EditUndone(edit_id="e", match_id="m", author="ivo", reason="no"), "e of m by ivo (no)"),
        (MatchClosed(match_id="m", author="ana", reason="abandoned"), "m by ana (abandoned)"),
    ],
)
def test_words(event: AnyMatchEvent, words: str) -> None:
    """What is essential, in a few words."""
    assert words_of(event) == words
