"""What `restrike doctor` says of the licence: never a failure, and one sentence for all that it refuses."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from services.cli.doctor.licence import SEE, judge_licence, look_at_licence
from services.cli.doctor.result import Outcome
from services.cli.doctor.site import Site
from shared.clock import unix_ns
from shared.licensing.features import FEATURES
from shared.licensing.installation import Installation
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseState, LicenseStatus
from shared.paths import Paths

NOW_US = 1_772_357_400_000_000
DAY_US = 86_400_000_000
VALID = LicenseStatus(
    state=LicenseState.VALID, judged_at_us=NOW_US, sentence="Valid until 2027-03-01.", allowed=tuple(FEATURES)
)
OVER = LicenseStatus(
    state=LicenseState.UNLICENSED,
    judged_at_us=NOW_US,
    sentence="There is no licence; the trial ended on 2026-02-01.",
    remedy="Activate one: restrike license activate.",
    refused=tuple(FEATURES),
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    paths = Paths(tmp_path / "home")
    paths.prepare()
    return Site(paths)


def test_a_licence_that_allows_everything() -> None:
    (found,) = judge_licence(VALID, now_us=NOW_US)
    assert (found.outcome, found.found) == (Outcome.OK, "Valid until 2027-03-01.")


def test_a_licence_without_one_feature_is_well() -> None:
    """That it was not bought is said, and nobody is nagged."""
    (found,) = judge_licence(replace(VALID, refused=("offsite_backup",)), now_us=NOW_US)
    assert (found.outcome, found.found) == (Outcome.OK, "Valid until 2027-03-01. Not allowed: Off-site backup.")


def test_no_licence_is_one_warning() -> None:
    """It names what is refused and what to do; a warning of the service is told, too."""
    (found,) = judge_licence(OVER, now_us=NOW_US)
    assert (found.outcome, found.fix) == (Outcome.WARNING, OVER.remedy)
    assert all(feature.title in found.found for feature in FEATURES.values())
    (late,) = judge_licence(replace(VALID, warnings=("The server is away.",)), now_us=NOW_US)
    assert (late.outcome, late.found, late.fix) == (
        Outcome.WARNING,
        "Valid until 2027-03-01. The server is away.",
        SEE,
    )


def test_what_was_judged_long_ago_says_nothing_of_today() -> None:
    """The suite was down; the gates do not go by it either."""
    (found,) = judge_licence(OVER, now_us=NOW_US + DAY_US + 1)
    assert found.outcome is Outcome.SKIPPED
    assert "2026-03-01 09:30 UTC" in found.found


def test_what_was_judged_in_the_future_says_nothing_either() -> None:
    """The clock was wrong then, or is now."""
    (found,) = judge_licence(OVER, now_us=NOW_US - DAY_US - 1)
    assert found.outcome is Outcome.SKIPPED


def test_a_suite_that_is_down(site: Site) -> None:
    """A new home has no verdict; later it is what the license service left; one that was made elsewhere is told."""
    assert look_at_licence(site)[0].outcome is Outcome.SKIPPED
    Installation(site.paths).make()
    file = VerdictFile(site.paths)
    file.write(replace(OVER, judged_at_us=unix_ns() // 1000))
    assert look_at_licence(site)[0].found.startswith(OVER.sentence)
    file.path.write_bytes(file.path.read_bytes()[:-1] + b"!")
    (found,) = look_at_licence(site)
    assert found.outcome is Outcome.WARNING
    assert "not one of this installation" in found.found
