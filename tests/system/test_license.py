"""The whole way of a licence: a vendor's build of the suite, the vendor's own server with TLS, and an operator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.licensing.features import FEATURES, OFFSITE_BACKUP
from shared.messages.license import CheckLicense, GetLicense, LicenseState, LicenseStatus
from shared.messages.settings import ChangeSettings, SettingValue
from tests.support.captures import capture
from tests.support.licensing.build import PUBLIC_KEYS, build, environment
from tests.support.licensing.licensor import Licensor
from tests.support.suite import Suite
from tests.support.wait import eventually

ANA = "ana"
CAPTURE = "bo3-1-2-ptf-scores-gamjeom"
_ACTS = "SELECT act, state FROM license_changes WHERE author IS NOT NULL ORDER BY id"
_DONE = [
    ("activated", "valid"),
    ("checked", "valid"),
    ("checked", "revoked"),
    ("checked", "valid"),
    ("deactivated", "trial"),
]


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Licensor:
    """A vendor with a key."""
    return Licensor(tmp_path_factory.mktemp("vendor"))


@pytest.fixture(scope="module")
def suite(vendor: Licensor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A suite of this vendor's build, in its trial, with the vendor's server in its settings."""
    folder = tmp_path_factory.mktemp("customer")
    program = build(folder / "program")
    vendor.run("keys", "publish", "--to", program / PUBLIC_KEYS)
    made = Suite(folder / "home")
    made.environment = environment(program, made.environment)
    with vendor.serving() as address, made:
        values: dict[str, SettingValue] = {"license.server_url": address, "license.ca_file": str(vendor.certificate)}
        made.call(ChangeSettings(author=ANA, values=values))
        yield made


def test_a_licence_over_the_network(suite: Suite, vendor: Licensor) -> None:
    """Trial, activated by key, revoked, given back, deactivated: and nothing but the gated is ever refused."""
    assert suite.call(GetLicense()).state is LicenseState.TRIAL
    license_id, key = _issued(vendor)
    activated = suite.restrike("license", "activate", "-", "--author", ANA, text=f"{key.lower()}\n").stdout
    assert activated.startswith("Activated.\n✓ VALID\n")
    assert all(feature.title in " ".join(activated.split()) for feature in FEATURES.values())
    assert (_checked(suite).state, vendor.seats(license_id)) == (LicenseState.VALID, 1)

    vendor.run("revoke", license_id, "--why", "not paid")
    revoked = suite.json("license", "check")["license"]
    assert (revoked["state"], revoked["allowed"]) == ("revoked", [])
    refused = suite.restrike("backup", "push", "any", check=False)
    assert refused.returncode == 1
    assert f"{OFFSITE_BACKUP.title}: not allowed by the licence (revoked)" in refused.stderr
    assert "not paid" in refused.stderr
    _is_kept_and_exported(suite)

    vendor.run("restore", license_id)
    assert _checked(suite).allowed == tuple(FEATURES)
    suite.restrike("license", "deactivate", "--yes")
    assert (suite.call(GetLicense()).state, vendor.seats(license_id)) == (LicenseState.TRIAL, 0)
    eventually(lambda: suite.rows(_ACTS), within=10, equals=_DONE, what="what was done with the licence, stored")
    said = _everything(suite.paths.logs) + vendor.log.read_text(encoding="utf-8")
    assert not any(form in said for form in (key[5:], key[5:].replace("-", "")))


def test_a_licence_by_file(suite: Suite, vendor: Licensor, tmp_path: Path) -> None:
    """A request goes out, the vendor's answer comes in and holds; a release goes out, and the seat is free."""
    request, answer, release = (tmp_path / name for name in ("request.json", "answer.license", "release.json"))
    license_id, key = _issued(vendor)
    suite.restrike("license", "request", "-", "-o", str(request), text=key)
    assert request.stat().st_mode & 0o777 == 0o600
    vendor.run("answer", request, "--out", answer)
    assert suite.json("license", "install", str(answer))["license"]["license_id"] == license_id
    assert (suite.call(GetLicense()).state, vendor.seats(license_id)) == (LicenseState.VALID, 1)
    suite.restrike("license", "deactivate", "--offline", "--yes", "-o", str(release))
    assert vendor.seats(license_id) == 1
    vendor.run("answer", release)
    assert (suite.call(GetLicense()).state, vendor.seats(license_id)) == (LicenseState.TRIAL, 0)


def _issued(vendor: Licensor) -> tuple[str, str]:
    """A new licence of one seat: its id and its key."""
    issued = vendor.document("issue", "--customer", "Taekwondo Union", "--plan", "12", "--seats", "1")
    return issued["license"]["license_id"], issued["activation_key"]


def _checked(suite: Suite) -> LicenseStatus:
    checked: LicenseStatus = suite.call(CheckLicense(author=ANA))
    return checked


def _is_kept_and_exported(suite: Suite) -> None:
    """A match is received, understood, stored and exported."""
    with suite.sender() as sender:
        sender.send_all(capture(CAPTURE))
    suite.stored()
    ((matches,),) = suite.rows("SELECT count(*) FROM pss_matches")
    assert matches > 0
    assert len(suite.restrike("export", "results", "--format", "csv").stdout.splitlines()) == 1 + matches


def _everything(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
