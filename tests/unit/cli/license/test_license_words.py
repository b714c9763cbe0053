"""How `restrike events tail license` words the licence."""

import msgspec

from services.cli.event_words import words_of
from shared.messages.license import LicenseAct, LicenseChanged, LicenseState
from tests.unit.cli.license.conftest import VALID

CHANGED = LicenseChanged(
    change_id="c",
    at_us=0,
    act=LicenseAct.ACTIVATED,
    state=LicenseState.VALID,
    state_before=LicenseState.TRIAL,
    sentence="Valid for ever.",
    author="ana",
)


def test_how_it_stands() -> None:
    """State, sentence, warnings."""
    assert words_of(VALID) == f"valid: {VALID.sentence}"
    warned = msgspec.structs.replace(
        VALID, state=LicenseState.CLOCK_TAMPERED, sentence="The clock is wrong.", warnings=("Look.", "Now.")
    )
    assert words_of(warned) == "clock tampered: The clock is wrong. Look. Now."


def test_what_changed() -> None:
    """By whom, from what to what; by itself and without a change of state it is shorter."""
    assert words_of(CHANGED) == "activated by ana, trial -> valid: Valid for ever."
    judged = msgspec.structs.replace(CHANGED, act=LicenseAct.JUDGED, author=None, state_before=LicenseState.VALID)
    assert words_of(judged) == "judged, valid: Valid for ever."
    assert words_of(msgspec.structs.replace(judged, state_before=None)) == "judged, valid: Valid for ever."
