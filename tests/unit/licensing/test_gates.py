"""Verdict and gates: whose verdict counts, for how long, and what happens where there is none."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from shared.licensing.features import FEATURES, OBS_AUTOMATION, OFFSITE_BACKUP, REPLAY_CLIPS
from shared.licensing.gate import FIRST_WITHIN_S, HOLDS_S, LOOK_EVERY_S, STALE_WITHIN_S, Gates
from shared.licensing.installation import Installation
from shared.licensing.verdict import DIGEST_BYTES, VerdictError, VerdictFile
from shared.messages.license import LicenseReason, LicenseState, LicenseStatus
from shared.paths import Paths
from tests.support.licensing.machine import Machine
from tests.support.licensing.vendor import ISSUED_AT

NOW_US: Final = ISSUED_AT * 1_000_000
VALID: Final = LicenseStatus(
    state=LicenseState.VALID, judged_at_us=NOW_US, sentence="Valid.", license_id="L-1", allowed=("obs_automation",)
)
EXPIRED: Final = LicenseStatus(
    state=LicenseState.EXPIRED, judged_at_us=NOW_US, sentence="It expired on 2026-03-01.", remedy="Renew it."
)


class Place:
    """A home on a machine, with a verdict and gates on clocks of the test."""

    def __init__(self, folder: Path, *, machine: str | None = None) -> None:
        self.paths = Paths(folder / "home")
        self.paths.prepare()
        root = Machine(folder / "root")
        if machine is not None:
            root.write("etc/machine-id", machine)
        self.root = root.root
        self.installation = Installation(self.paths, root=self.root)
        self.installation.make()
        self.verdicts = VerdictFile(self.paths, self.installation)
        self.now_us = NOW_US
        self.steady_s = 1000.0
        self.gates = self.start()

    def start(self) -> Gates:
        """Gates of a process that starts now."""
        self.gates = Gates(
            self.paths, verdicts=self.verdicts, now_us=lambda: self.now_us, steady_s=lambda: self.steady_s
        )
        return self.gates

    def say(self, status: LicenseStatus) -> None:
        """Write a verdict, and let the gates look again."""
        self.verdicts.write(msgspec.structs.replace(status, judged_at_us=self.now_us))
        self.wait(LOOK_EVERY_S)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.steady_s += seconds
        self.now_us += round(seconds * 1e6)

    def refusal(self, **more: Any) -> str | None:
        """Why OBS automation is refused."""
        found = self.gates.refusal(OBS_AUTOMATION, **more)
        return None if found is None else found.message


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# The verdict


def test_a_verdict_is_read_as_it_was_written(place: Place) -> None:
    """For its owner only, and without a trace of the one before it."""
    for status in (VALID, EXPIRED):
        place.verdicts.write(status)
        assert place.verdicts.read() == status
    assert place.verdicts.path.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in place.paths.license.iterdir()} == {"installation.key", "verdict"}


def test_killed_while_a_verdict_was_written(place: Place) -> None:
    """What was half written is in nobody's way."""
    place.verdicts.write(VALID)
    (place.paths.license / ".verdict.partial").write_bytes(b"half")
    assert place.verdicts.read() == VALID
    place.verdicts.write(EXPIRED)
    assert place.verdicts.read() == EXPIRED


def forged(place: Place) -> None:
    content = place.verdicts.path.read_bytes()
    place.verdicts.path.write_bytes(content.replace(b'"expired"', b'"valid" '))


def made_up(place: Place) -> None:
    body = msgspec.json.encode(VALID)
    place.verdicts.path.write_bytes(bytes(DIGEST_BYTES) + body)


def of_another_home(place: Place) -> None:
    other = Place(place.paths.home.parent / "2")
    other.verdicts.write(VALID)
    shutil.copy(other.verdicts.path, place.verdicts.path)


def of_another_machine(place: Place) -> None:
    """The whole home was copied."""
    other = Place(place.paths.home.parent / "2", machine="ffffffffffffffffffffffffffffffff")
    other.verdicts.write(VALID)
    shutil.rmtree(place.paths.license)
    shutil.copytree(other.paths.license, place.paths.license)


def cut_short(place: Place) -> None:
    place.verdicts.path.write_bytes(place.verdicts.path.read_bytes()[:-1])


def empty(place: Place) -> None:
    place.verdicts.path.write_bytes(b"")


def huge(place: Place) -> None:
    place.verdicts.path.write_bytes(bytes(10_000_000))


def a_folder(place: Place) -> None:
    place.verdicts.path.unlink()
    place.verdicts.path.mkdir()


def a_fifo(place: Place) -> None:
    """Whoever opened it as a file would wait for ever."""
    place.verdicts.path.unlink()
    os.mkfifo(place.verdicts.path)


def a_link(place: Place) -> None:
    aside = place.paths.home / "verdict"
    place.verdicts.write(VALID)
    place.verdicts.path.rename(aside)
    place.verdicts.path.symlink_to(aside)


def without_its_key(place: Place) -> None:
    place.installation.path.unlink()


@pytest.mark.parametrize(
    "spoil",
    [forged, made_up, of_another_home, of_another_machine, cut_short, empty, huge, a_folder, a_fifo, a_link,
     without_its_key],
)  # fmt: skip
def test_no_other_verdict_counts(place: Place, spoil: Callable[[Place], None]) -> None:
    """It is as if there was none; nobody waits, and no gate raises anything."""
    place.say(EXPIRED)
    spoil(place)
    with pytest.raises(VerdictError) if spoil is not without_its_key else pytest.raises(Exception, match="cannot be"):
        place.verdicts.read()
    place.wait(FIRST_WITHIN_S)
    assert "Nobody has judged the licence" in (place.refusal() or "")


# The gates


def test_what_is_allowed_and_what_is_not(place: Place) -> None:
    """A licence allows what it names; the sentence of a refusal names feature, state and what to do."""
    place.say(VALID)
    assert place.refusal() is None
    refused = place.gates.refusal(OFFSITE_BACKUP)
    assert refused is not None
    assert refused.code == "license.refused.offsite_backup"
    assert refused.message == (
        "Off-site backup: not allowed by the licence (valid). The licence L-1 does not include it."
        " Ask the vendor for one that does."
    )
    place.say(EXPIRED)
    assert (
        place.refusal() == "OBS automation: not allowed by the licence (expired). It expired on 2026-03-01. Renew it."
    )


@pytest.mark.parametrize("state", LicenseState)
@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_each_feature_in_each_state(place: Place, feature: Any, state: LicenseState) -> None:
    """A gate goes by the features that the verdict names, and says in which state it is."""
    is_held = state in (LicenseState.TRIAL, LicenseState.VALID, LicenseState.GRACE)
    status = LicenseStatus(
        state=state,
        judged_at_us=0,
        sentence="So it stands.",
        reason=LicenseReason.DAMAGED if state is LicenseState.INVALID else None,
        allowed=tuple(FEATURES) if is_held else (),
    )
    place.say(status)
    found = place.gates.refusal(feature)
    assert (found is None) == is_held
    if found is not None:
        assert found.message.startswith(f"{feature.title}: not allowed by the licence ({state.replace('_', ' ')}).")


def test_a_verdict_holds_for_a_day(place: Place) -> None:
    """A license service that is down on finals day stops nothing; one that is kept from judging gains a day."""
    place.say(VALID)
    place.wait(HOLDS_S - LOOK_EVERY_S - 1)
    assert place.refusal() is None
    place.wait(10)
    assert place.refusal() is None, "a service that was off, too, judges within a minute"
    place.wait(STALE_WITHIN_S)
    assert "was not judged since 2026-01-01T00:00:00" in (place.refusal() or "")
    place.say(VALID)
    assert place.refusal() is None


def test_a_verdict_that_cannot_be_read_for_a_moment(place: Place) -> None:
    """What it said last holds until it must be there again."""
    place.say(VALID)
    assert place.refusal() is None
    place.verdicts.path.unlink()
    place.wait(LOOK_EVERY_S)
    place.wait(FIRST_WITHIN_S)
    assert place.refusal() is None
    place.wait(STALE_WITHIN_S)
    assert "Nobody has judged" in (place.refusal() or "")


def test_nobody_is_refused_by_an_old_look(place: Place) -> None:
    """What was allowed a moment ago is allowed, whenever the file was looked at last."""
    place.say(EXPIRED)
    assert place.refusal() is not None
    place.verdicts.write(msgspec.structs.replace(VALID, judged_at_us=place.now_us))
    assert place.refusal() is None


def test_a_process_alone_waits_for_nobody(place: Place) -> None:
    """With the suite down nobody judges anew: neither no verdict nor an old one lets anything pass."""
    gates = Gates(
        place.paths,
        is_alone=True,
        verdicts=place.verdicts,
        now_us=lambda: place.now_us,
        steady_s=lambda: place.steady_s,
    )
    assert gates.refusal(OBS_AUTOMATION) is not None
    place.say(VALID)
    assert gates.refusal(OBS_AUTOMATION) is None
    place.wait(HOLDS_S + 1)
    assert gates.refusal(OBS_AUTOMATION) is not None


def test_a_verdict_of_the_future_does_not_hold_until_then(place: Place) -> None:
    """It was made while the clock was wrong."""
    place.say(VALID)
    place.now_us -= 10 * 365 * 86_400_000_000
    assert place.refusal() is None
    place.wait(STALE_WITHIN_S)
    assert "was not judged since 2026" in (place.refusal() or "")


def test_without_a_verdict_a_minute_is_free(place: Place) -> None:
    """At the very first start judge and asker start together."""
    assert place.refusal() is None
    place.wait(FIRST_WITHIN_S - 1)
    assert place.refusal() is None
    place.wait(1)
    assert "the service license must run" in (place.refusal() or "")
    place.say(VALID)
    assert place.refusal() is None
    place.say(EXPIRED)
    place.start()
    assert "expired" in (place.refusal() or ""), "a new process has its minute only where there is no verdict"


def test_what_is_under_way_goes_on(place: Place) -> None:
    """To its end: of one ring, not of another; what begins later is refused."""
    place.say(VALID)
    assert place.refusal(subject="ring-1") is None
    place.say(EXPIRED)
    assert place.refusal(subject="ring-1", under_way=True) is None
    assert place.refusal(subject="ring-2", under_way=True) is not None
    place.wait(3 * HOLDS_S)
    assert place.refusal(subject="ring-1", under_way=True) is None
    assert place.gates.refusal(REPLAY_CLIPS, subject="ring-1", under_way=True) is not None
    assert place.refusal(subject="ring-1") is not None, "the next one"
    assert place.refusal(subject="ring-1", under_way=True) is not None, "which did not begin"


def test_what_went_on_before_a_restart_goes_on(place: Place) -> None:
    place.say(EXPIRED)
    place.start().hold(OBS_AUTOMATION, "ring-1")
    assert place.refusal(subject="ring-1", under_way=True) is None


def test_the_file_is_looked_at_every_two_seconds_at_most(place: Place) -> None:
    """So that a gate may be asked at each event."""
    place.say(VALID)
    assert place.refusal() is None
    place.verdicts.write(EXPIRED)
    assert place.refusal() is None
    place.wait(LOOK_EVERY_S)
    assert place.refusal() is not None
