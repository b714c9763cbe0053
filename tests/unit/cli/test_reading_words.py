"""How `restrike events tail` words what came with the complete protocol."""

import pytest

from services.cli.event_words import words_of
from shared.messages.pss import (
    AnyReading,
    AthleteVideoTimeSet,
    Banner,
    BannerReceived,
    ChallengeSignalled,
    HardwareTested,
    InjuryAction,
    ParaTimeoutTicked,
    PointScored,
    PssEvent,
    ResultKind,
    Technique,
)


def worded(data: AnyReading, kind: ResultKind = ResultKind.RECOGNIZED) -> str:
    return words_of(
        PssEvent(
            ring="ring-1",
            entry=1,
            index=0,
            received_at_us=0,
            match_id=None,
            round=None,
            clock_ms=None,
            score=None,
            kind=kind,
            raw="as sent",
            data=data,
        )
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ChallengeSignalled(athlete=1), "chong asks for a review"),
        (ChallengeSignalled(athlete=0, accepted=1), "referee review accepted"),
        (ChallengeSignalled(athlete=2, accepted=1, won=1), "hong review accepted, won"),
        (ChallengeSignalled(athlete=2, accepted=1, won=0), "hong review accepted, lost"),
        (ChallengeSignalled(athlete=1, accepted=0), "chong review rejected"),
        (ChallengeSignalled(athlete=1, accepted=-1), "chong review closed"),
        (ParaTimeoutTicked(athlete=1, clock_ms=59_000, action=InjuryAction.SHOW), "chong 00:59 show"),
        (AthleteVideoTimeSet(number=30), "video time 30"),
        (HardwareTested(value=0), "test 0"),
        (BannerReceived(banner=Banner.HEL, text="x;y"), "hel x;y"),
        (BannerReceived(banner=Banner.BYE), "bye"),
        (PointScored(athlete=1, technique=Technique.HEAD, value=3, points=3), "chong head +3"),
        (PointScored(athlete=1, value=5, points=5), "chong +5"),
        (PointScored(athlete=2, technique=Technique.TECHNICAL_BODY, value=4), "hong technical body +4"),
        (PointScored(athlete=2, value=6), "hong technique 6"),
    ],
)
def test_words(data: AnyReading, words: str) -> None:
    """Each form of the newer readings in the words that a person reads."""
    assert worded(data) == words


def test_what_is_deprecated_is_worded_too() -> None:
    """An older form says as much as a newer one; what could not be read shows its text."""
    assert worded(HardwareTested(value=1), ResultKind.DEPRECATED) == "test 1"
    assert worded(HardwareTested(faults=("value:missing",)), ResultKind.PARTIAL) == "partial value:missing: as sent"
