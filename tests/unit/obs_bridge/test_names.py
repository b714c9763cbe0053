"""Names of files: whatever a match brings, every file system takes them, and none leaves its folder."""

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from msgspec.structs import replace

from services.obs_bridge import names
from shared.automation.match_view import MatchView, Venue
from shared.messages.obs import RecordingSettings
from shared.messages.pss import AthleteName
from tests.support.happenings import AT_US, VIEW

NASTY = (
    "", ".", "..", "...", "/", "\\", "../../etc", "C:\\Windows", "CON", "con.txt", "LPT1", "a/b", "a\\b", " lead",
    "trail ", "dot.", "tab\there", "line\nbreak", "nul\0", "100%", "%CCYY", "%%", "{player1}", '<>:"|?*',
    "🥋🏆",
    "김태권", "ÑŁČ", "\u202eevil", "a\u200bb", "\ud800", "e\u0301" * 200,
    "x" * 300, "김" * 300, "~", "-", " - ", "$HOME",
    "`ls`", "-rf",
)  # fmt: skip
SETTINGS = RecordingSettings()
RESERVED = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(\.|$)", re.IGNORECASE)


def named(view: MatchView, *, folder: str = SETTINGS.folder, name: str = SETTINGS.file_name, part: int = 1) -> str:
    return names.match_name(folder, name, view, at_us=AT_US, part=part)


def must_be_safe(path: str) -> None:
    assert not PurePosixPath(path).is_absolute()
    assert not PureWindowsPath(path).drive
    assert len(path.encode()) < 255
    for piece in path.split("/"):
        assert piece not in ("", ".", "..")
        assert piece == piece.strip(" .")
        assert not set('<>:"\\|?*') & set(piece)
        assert not RESERVED.match(piece)
        assert not any(unicodedata.category(one)[0] == "C" for one in piece)
        assert len(piece.encode()) <= names.MOST_BYTES + 10


def test_the_usual_name() -> None:
    """Folders of tournament and day, then ring, match and athletes."""
    assert named(VIEW) == "Croatia Open/day 2/ring-1 101 Marija ČAČIĆ CRO - KOR".replace("- KOR", "- D. ĐURIĆ KOR")
    assert named(VIEW, part=2).endswith("KOR part 2")


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_nasty_comes_through(nasty: str) -> None:
    """As any value, and as a pattern itself: one folder per `/` of the pattern, and all of it is a name."""
    athlete = AthleteName(short_name=nasty, long_name=nasty, noc=nasty)
    view = replace(
        VIEW,
        ring=nasty,
        match_number=nasty,
        phase=nasty,
        chong=athlete,
        hong=athlete,
        venue=Venue(tournament=nasty, day=1),
    )
    path = named(view)
    must_be_safe(path)
    assert path.count("/") <= 2
    for part in (1, 2):
        must_be_safe(named(view, folder=nasty, name=nasty, part=part))
        must_be_safe(named(VIEW, folder=nasty + "/x", name=f"{nasty}-{{ring}}. -", part=part))


@pytest.mark.parametrize("name", ["- {player1}", "{player1} -", "_{player1}"])
def test_marks_that_fall_away_leave_no_forbidden_name(name: str) -> None:
    """`- CON` without its mark would be a device of Windows."""
    must_be_safe(named(replace(VIEW, chong=AthleteName(long_name="CON")), name=name))
    must_be_safe(named(replace(VIEW, chong=AthleteName(long_name="x. ")), name=name))


def test_without_a_tournament() -> None:
    """The folder is the day of the calendar; what is not known leaves no gaps."""
    view = MatchView(ring="ring-1", match_number="7")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d/ring-1 7", named(view))
    assert named(MatchView(ring=""), folder="") == names.NO_NAME


def test_the_part_is_always_seen() -> None:
    """However long the name is: a next part has a name of its own."""
    long = replace(VIEW, chong=AthleteName(long_name="김" * 300))
    assert named(long) != named(long, part=2)
    assert named(long, part=2).endswith(" part 2")


def test_for_obs() -> None:
    """OBS takes % for a placeholder."""
    assert names.for_obs("100% %CCYY") == "100%% %%CCYY"
