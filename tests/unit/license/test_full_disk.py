"""A full disk: what is done meanwhile is in force or refused, and nothing is halved."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.licensing.statements import Standing
from shared.messages.license import LicenseState
from tests.support.licensing.customer import Customer, refusal
from tests.support.trouble.disks import full, small_disk

TRIAL, VALID, REVOKED = LicenseState.TRIAL, LicenseState.VALID, LicenseState.REVOKED


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Customer]:
    """An installation with a licence on a disk of its own."""
    with small_disk(tmp_path / "disk", 2) as disk:
        made = Customer(disk / "home", monkeypatch, is_stored=True)
        made.install(made.vendor.text(made.license()))
        yield made
        made.close()


def test_no_licence_is_installed_on_a_full_disk(small: Customer) -> None:
    """Refused with what to do; the old one is in force, also after a restart; well when there is room again."""
    newer = small.vendor.text(small.license(license_id="L-2", days=700))
    with full(small.paths.home.parent):
        refused = refusal(lambda: small.install(newer))
        assert refused.code == "license.not_written"
        assert "(No space left on device). Free space" in refused.message
        assert refused.message.endswith("Nothing was changed.")
        assert small.look().license_id == "L-2026-0001"
        small.start()
        assert (small.status.state, small.status.license_id) == (VALID, "L-2026-0001")
    assert small.install(newer).license_id == "L-2"
    small.start()
    assert small.status.license_id == "L-2"


def test_no_seat_is_taken_for_what_cannot_be_stored(small: Customer) -> None:
    """The vendor is not asked before there is room."""
    small.newer = small.license(license_id="L-2")
    with full(small.paths.home.parent):
        assert refusal(small.activate).code == "license.not_written"
        assert small.line.asked == []
    assert small.activate().license_id == "L-2"
    assert not (small.paths.license / ".room").exists()


def test_record_and_verdict_wait_for_room(small: Customer) -> None:
    """What happens while the disk is full is in force, and written by itself when there is room again."""
    small.standing = Standing.REVOKED
    with full(small.paths.home.parent):
        assert small.check().state == REVOKED
        assert small.store.trouble is not None
        assert small.store.trouble.words == "No space left on device"
        assert small.verdicts.read().state == VALID, "the old one, whole"
    small.look()
    assert small.store.trouble is None
    assert small.verdicts.read().state == REVOKED
    small.start()
    assert small.status.state == REVOKED


def test_deactivating_on_a_full_disk(small: Customer) -> None:
    """Taking away needs no room; that it was spent is not forgotten."""
    text = small.office.text or ""
    with full(small.paths.home.parent):
        assert small.deactivate(is_offline=True).status.state == TRIAL
    small.look()
    small.start()
    assert small.status.state == TRIAL
    assert refusal(lambda: small.install(text)).code == "license.replayed"


def test_a_first_start_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial is told; its record and its verdict are there when there is room."""
    with small_disk(tmp_path / "disk", 2) as disk:
        (disk / "home").mkdir()
        with full(disk):
            made = Customer(disk / "home", monkeypatch)
            assert made.status.state == TRIAL
            assert made.store.trouble
        made.look()
        assert made.store.trouble is None
        assert made.verdicts.read().state == TRIAL
        assert made.install(made.vendor.text(made.license())).state == VALID
        made.close()
