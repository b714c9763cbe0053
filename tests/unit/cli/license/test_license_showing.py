"""`restrike license status`, `features` and `fingerprint`: with the service, without it, and in narrow terminals."""

import msgspec
import pytest

from shared.licensing.features import FEATURES
from shared.licensing.fingerprint import fingerprint
from shared.licensing.installation import Installation
from shared.licensing.verdict import VerdictFile
from shared.messages.license import FingerprintPart, LicenseReason, LicenseState, LicenseStatus, MachineFingerprint
from shared.paths import Paths
from tests.unit.cli.conftest import Run
from tests.unit.cli.license.conftest import VALID, Service

MARKS = {LicenseState.TRIAL: "✓", LicenseState.VALID: "✓", LicenseState.GRACE: "!"}


def test_the_service_is_asked(run: Run, service: Service) -> None:
    """The state stands first, then what it means; a document has every field."""
    service.answers["get_license"] = VALID
    done = run("license", "status")
    first, second, *rest = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert (first, second) == ("✓ VALID", f"  {VALID.sentence}")
    rows = dict(line.split("  ", 1) for line in rest if line)
    assert {name: text.strip() for name, text in rows.items()}["refused"] == "Off-site backup"
    assert "12 months" in rows["plan"]
    assert "(349 days left); then it goes on until" in rows["expires"]
    document = run("license", "status", "--json").document
    assert document["is_current"] is True
    assert msgspec.convert(document["license"], LicenseStatus) == VALID


@pytest.mark.parametrize("columns", ["58", "200"])
@pytest.mark.parametrize("state", LicenseState)
def test_every_state_is_told_within_the_terminal(
    run: Run, service: Service, monkeypatch: pytest.MonkeyPatch, state: LicenseState, columns: str
) -> None:
    """With its mark, its remedy and its warnings; it ends with 0 however the licence stands."""
    monkeypatch.setenv("COLUMNS", columns)
    reason = LicenseReason.OTHER_MACHINE if state is LicenseState.INVALID else None
    status = msgspec.structs.replace(
        VALID, state=state, reason=reason, remedy="Renew it with the vendor, then: restrike license check. " * 3
    )
    service.answers["get_license"] = status
    done = run("license", "status")
    headline = done.out.splitlines()[0]
    assert (done.code, headline[0]) == (0, MARKS.get(state, "✗"))
    assert headline[2:].startswith(state.replace("_", " ").upper())
    assert headline.endswith("(other machine)") is (reason is not None)
    assert "  → Renew it" in done.out
    assert max(map(len, done.out.splitlines())) <= min(int(columns), 100)


def test_a_warning_changes_the_mark(run: Run, service: Service) -> None:
    """What still holds and will not for long is seen at a glance."""
    service.answers["get_license"] = msgspec.structs.replace(VALID, warnings=("The licence ends in 3 days.",))
    lines = run("license", "status").out.splitlines()
    assert lines[0] == "! VALID"
    assert lines[2] == "  ! The licence ends in 3 days."


def test_times_that_no_calendar_has(run: Run, service: Service) -> None:
    """Whatever a vendor signs, and whatever it is called, is shown."""
    far = msgspec.structs.replace(
        VALID, expires_at_us=10**18, ends_at_us=10**18, customer="\x1b[2JUnion", plan="perpetual", seats=0
    )
    service.answers["get_license"] = far
    out = run("license", "status").out
    assert f"{10**12} s" in out
    assert "\x1b" not in out
    service.answers["get_license"] = msgspec.structs.replace(far, expires_at_us=None, ends_at_us=None, days_left=None)
    assert "expires     never" in run("license", "status").out


def test_while_it_is_down_the_verdict_counts(run: Run, service: Service, paths: Paths) -> None:
    """And it is said that it is an older one; the exit code is that of a licence that could be told."""
    Installation(paths).make()
    VerdictFile(paths).write(VALID)
    done = run("license", "status")
    assert (done.code, done.out.splitlines()[0]) == (0, "✓ VALID")
    assert "license is not running" in done.err
    assert "restrike up" in done.err
    document = run("license", "status", "--json").document
    assert (document["is_current"], document["license"]["license_id"]) == (False, "L-1")
    listed = run("license", "features")
    assert (listed.code, "found last" in " ".join(listed.err.split())) == (0, True)
    assert "Off-site backup             REFUSED" in listed.out
    assert len(service.asked) == 3


@pytest.mark.parametrize("content", [None, b"", b"x" * 200])
def test_where_nothing_can_be_told(run: Run, service: Service, paths: Paths, content: bytes | None) -> None:
    """No answer and no verdict of this installation: 3, and what to do. What needs a licence is listed all the same."""
    if content is not None:
        Installation(paths).make()
        VerdictFile(paths).path.write_bytes(content)
    done = run("license", "status")
    assert (done.code, done.out, "restrike up" in done.err) == (3, "", True)
    listed = run("license", "features", "--json")
    assert listed.code == 0
    assert [(one["name"], one["allowed"]) for one in listed.document["features"]] == [(name, None) for name in FEATURES]
    assert "unknown" in run("license", "features").out
    assert service.asked


@pytest.mark.parametrize("columns", ["50", "70", "200"])
def test_features(run: Run, service: Service, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    """All of them, each with whether it is allowed here and what happens without, in any terminal."""
    monkeypatch.setenv("COLUMNS", columns)
    service.answers["get_license"] = VALID
    out = run("license", "features").out
    words = " ".join(out.split())
    assert max(map(len, out.splitlines())) <= min(int(columns), 100)
    assert all(one.title in words for one in FEATURES.values())
    assert out.count("allowed") == 3
    assert out.count("REFUSED") == 1
    assert "No licence is ever needed to receive" in words
    found = {one["name"]: one["allowed"] for one in run("license", "features", "--json").document["features"]}
    assert found == {name: name in VALID.allowed for name in FEATURES}


def test_a_fingerprint_without_the_suite(run: Run, service: Service) -> None:
    """It is read here; every trait says when it changes."""
    done = run("license", "fingerprint")
    found = fingerprint()
    assert (done.code, done.out.splitlines()[0]) == (0, found.fingerprint)
    assert done.out.count("changes w") == sum(part.digest is not None or part.value is None for part in found.parts)
    assert msgspec.convert(run("license", "fingerprint", "--json").document, MachineFingerprint) == found
    assert service.asked


def test_a_fingerprint_of_the_service(run: Run, service: Service) -> None:
    """It is the one that counts; how many traits must stay is told, and where there is none, what that means."""
    told = FingerprintPart(name="os", what="number", value="x", digest="0123456789ab")
    silent = FingerprintPart(name="disk", what="serial number", value=None, digest=None)
    service.answers["get_fingerprint"] = MachineFingerprint(fingerprint="os-0123456789ab", parts=(told, silent))
    out = run("license", "fingerprint").out
    assert out.startswith("os-0123456789ab\n")
    assert "not told by this machine" in out
    assert "while its number (os) is" in out
    service.answers["get_fingerprint"] = MachineFingerprint(fingerprint="none", parts=(silent,))
    assert "no number of its own" in run("license", "fingerprint").out
