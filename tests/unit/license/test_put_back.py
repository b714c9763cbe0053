"""Files of the licence that are put back, or deleted, after it was deactivated or taken back: what the database
remembers of it.
"""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.db_writer.outboxes.licences import store_license_change
from services.db_writer.outboxes.stamp import Stamp
from shared.db.sqlite import connect_writer
from shared.licensing.statements import Standing
from shared.messages.license import LicenseReason, LicenseState
from tests.support.licensing.customer import DAY_US, Customer, refusal
from tests.support.licensing.vendor import Vendor

VALID, INVALID, REVOKED, TRIAL = LicenseState.VALID, LicenseState.INVALID, LicenseState.REVOKED, LicenseState.TRIAL
REPLAYED = LicenseReason.REPLAYED


@pytest.fixture
def held(customer: Customer) -> Customer:
    """An installation with a licence."""
    customer.install(customer.vendor.text(customer.license()))
    return customer


def stored_changes(customer: Customer, migrated: bytes) -> None:
    """The database has what was told of the licence."""
    if not customer.paths.database.exists():
        customer.paths.database.write_bytes(migrated)
    with closing(connect_writer(customer.paths.database)) as connection:
        connection.execute("BEGIN")
        for fact in customer.changes:
            store_license_change(connection, fact, Stamp(producer="license", at_us=0, at="", now=""))
        connection.execute("COMMIT")


def put_back(customer: Customer, act: Callable[[], object], migrated: bytes) -> None:
    """All of data/license and the outbox is put back as it was before `act`, but not the database."""
    saved = {path: path.read_bytes() for path in customer.paths.license.iterdir()}
    kept = customer.outbox.kept()
    act()
    stored_changes(customer, migrated)
    for path, content in saved.items():
        path.write_bytes(content)
    customer.forget(kept)
    customer.start()


def test_all_files_put_back_after_a_deactivation(held: Customer, migrated: bytes) -> None:
    """The database remembers that it was taken away; an activation is as good as ever."""
    put_back(held, held.deactivate, migrated)
    assert (held.status.state, held.status.reason) == (INVALID, REPLAYED)
    held.run(3)
    assert held.status.state == INVALID
    held.newer = held.license()
    assert held.activate().state == VALID
    held.start()
    assert held.status.state == VALID, "though the database has not heard of it"
    stored_changes(held, migrated)
    held.start()
    assert held.status.state == VALID


def test_all_files_put_back_after_a_revocation(held: Customer, migrated: bytes) -> None:
    """It is still taken back, until the vendor says otherwise."""
    held.standing = Standing.REVOKED
    put_back(held, held.check, migrated)
    assert held.status.state == REVOKED
    held.standing = Standing.GOOD
    assert held.check().state == VALID
    held.start()
    assert held.status.state == VALID


def test_the_vendor_released_it_and_files_are_put_back(held: Customer, migrated: bytes) -> None:
    held.standing = Standing.RELEASED
    put_back(held, held.check, migrated)
    assert (held.status.state, held.status.reason) == (INVALID, REPLAYED)


@pytest.mark.parametrize(("standing", "state"), [(Standing.GOOD, VALID), (Standing.RELEASED, TRIAL)])
def test_the_vendor_is_asked_about_one_that_is_refused(
    held: Customer, migrated: bytes, standing: Standing, state: LicenseState
) -> None:
    """A database of this machine's other home, say, tells of a removal there: what the vendor says decides."""
    put_back(held, lambda: held.deactivate(is_offline=True), migrated)
    assert held.status.reason == REPLAYED
    held.standing = standing
    assert held.check().state == state
    held.start()
    assert held.status.state == state


def test_the_database_of_another_machine_says_nothing(
    held: Customer, migrated: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restored here after the licence moved, it tells that it was taken away there."""
    other = Customer(tmp_path / "other", monkeypatch)
    other.vendor, other.machine_id = held.vendor, "2" * 32
    other.start()
    other.install(other.vendor.text(other.license()))
    other.deactivate()
    stored_changes(other, migrated)
    shutil.copy(other.paths.database, held.paths.database)
    held.start()
    assert held.status.state == VALID


def test_a_lost_record_keeps_nobody_from_a_licence(held: Customer, migrated: bytes) -> None:
    """Moved away and back again, and then record and outbox are lost, but not the database."""
    held.deactivate()
    stored_changes(held, migrated)
    (held.paths.license / "record.sealed").unlink()
    held.forget()
    held.start()
    held.newer = held.license()
    assert held.activate().state == VALID
    held.start()
    assert held.status.state == VALID


def lose_all(customer: Customer, migrated: bytes, *spared: str) -> None:
    """The database has heard of it; all else that knows of the licence is deleted, but what is spared."""
    stored_changes(customer, migrated)
    for path in customer.paths.license.iterdir():
        if path.name not in spared:
            path.unlink()
    customer.forget()
    customer.start()


@pytest.mark.parametrize("spared", [(), ("installation.key",)])
def test_all_files_deleted_after_a_deactivation(held: Customer, migrated: bytes, spared: tuple[str, ...]) -> None:
    """The release file is in hand, so the vendor frees the seat: the same text does not come back."""
    text = held.office.text or ""
    held.deactivate(is_offline=True)
    lose_all(held, migrated, *spared)
    assert held.status.state == TRIAL
    refused = refusal(lambda: held.install(text))
    assert refused.code == "license.replayed"
    assert "restrike license activate" in refused.message
    held.start()
    assert refusal(lambda: held.install(text)).code == "license.replayed"
    held.run(1)
    assert held.install(held.vendor.text(held.license())).state == VALID, "the vendor made a new one"
    held.start()
    assert held.status.state == VALID


def test_all_files_deleted_after_a_revocation(held: Customer, migrated: bytes) -> None:
    """What was taken back is not good until the next check."""
    text, held.standing = held.office.text or "", Standing.REVOKED
    held.check()
    lose_all(held, migrated)
    refused = refusal(lambda: held.install(text))
    assert (refused.code, "took the licence back" in refused.message) == ("license.revoked", True)
    held.run(1)
    assert held.install(held.vendor.text(held.license())).state == VALID, "paid, and issued anew"


@pytest.mark.parametrize("ahead_days", [0, 0.5, 20])
def test_the_vendors_answer_counts_whatever_the_clock_showed(
    held: Customer, migrated: bytes, ahead_days: float
) -> None:
    """It stood ahead of the vendor's when the licence was taken away, and all was lost: nobody is locked out."""
    held.offset_us = round(ahead_days * DAY_US)
    held.deactivate(is_offline=True)
    lose_all(held, migrated)
    held.offset_us = min(held.offset_us, DAY_US)
    held.start()
    answer = held.answer(held.request(), held.license())
    assert held.install(answer).state == VALID, "by file"
    held.start()
    assert held.status.state == VALID
    held.deactivate(is_offline=True)
    lose_all(held, migrated)
    held.newer = held.license()
    assert held.activate().state == VALID, "by its server"
    held.start()
    assert held.status.state == VALID


def test_an_answer_is_not_kept_for_a_record_that_is_put_back(held: Customer, migrated: bytes) -> None:
    """The record of before waits for the answer once more; what is heard of a removal ends that."""
    answer = held.answer(held.request(), held.license())

    def use_up() -> None:
        held.install(answer)
        held.deactivate(is_offline=True)

    put_back(held, use_up, migrated)
    assert refusal(lambda: held.install(answer)).code == "license.replayed"


def test_a_database_of_between_and_a_lost_record(held: Customer, migrated: bytes) -> None:
    """It was moved away and back again; what is installed was made after the removal, and counts."""
    held.deactivate()
    stored_changes(held, migrated)
    between = held.paths.database.read_bytes()
    held.run(1)
    held.newer = held.license()
    held.activate()
    (held.paths.license / "record.sealed").unlink()
    held.forget()
    held.paths.database.write_bytes(between)
    held.start()
    assert held.status.state == VALID


def test_changes_of_another_licence_hide_nothing(held: Customer, migrated: bytes) -> None:
    """However many there are."""
    text = held.office.text or ""
    held.deactivate(is_offline=True)
    held.install(held.vendor.text(held.license(license_id="L-OTHER")))
    held.changes.extend(replace(held.changes[-1], change_id=f"c-{number}") for number in range(600))
    lose_all(held, migrated)
    assert refusal(lambda: held.install(text)).code == "license.replayed"


def test_one_that_does_not_open_is_taken_away_for_good(held: Customer, migrated: bytes) -> None:
    """A release file is made for it, so the database hears of it, too."""
    text, ring = held.office.text or "", held.office.ring
    held.office.ring = Vendor.new("test-2").ring
    held.read()
    assert held.status.reason == LicenseReason.UNKNOWN_KEY
    assert held.deactivate(is_offline=True).release is not None
    assert held.changes[-1].license_id == "L-2026-0001"
    held.office.ring = ring
    assert refusal(lambda: held.install(text)).code == "license.replayed"
    lose_all(held, migrated)
    assert refusal(lambda: held.install(text)).code == "license.replayed"


def revoke(customer: Customer) -> None:
    """The vendor takes it back, for now."""
    customer.standing = Standing.REVOKED
    customer.check()
    customer.standing = Standing.GOOD


def deactivate(customer: Customer) -> None:
    """And keeps the release file."""
    customer.deactivate(is_offline=True)


ACTS = (revoke, deactivate)


@pytest.mark.parametrize("act", ACTS)
def test_a_clock_that_is_set_back_meanwhile(held: Customer, migrated: bytes, act: Callable[[Customer], None]) -> None:
    """It does not make the removal older."""
    text = held.office.text or ""
    act(held)
    held.offset_us = -30 * DAY_US
    lose_all(held, migrated)
    held.offset_us = 0
    held.look()
    assert refusal(lambda: held.install(text)).code in ("license.replayed", "license.revoked")


@pytest.mark.parametrize("act", ACTS)
def test_a_clock_that_was_hours_ahead(held: Customer, migrated: bytes, act: Callable[[Customer], None]) -> None:
    """A file that the vendor makes an hour after all was lost is good."""
    held.offset_us = DAY_US // 2
    act(held)
    held.offset_us = 0
    lose_all(held, migrated)
    held.run(1 / 24)
    assert held.install(held.vendor.text(held.license())).state == VALID


@pytest.mark.parametrize("act", ACTS)
def test_a_clock_that_was_weeks_ahead(held: Customer, migrated: bytes, act: Callable[[Customer], None]) -> None:
    """As soon as the vendor has told the time, the removal is not in the future any more."""
    held.offset_us = 20 * DAY_US
    act(held)
    held.offset_us = 0
    lose_all(held, migrated)
    held.newer = held.license(license_id="L-2")
    held.activate()
    held.run(2)
    assert held.install(held.vendor.text(held.license())).state == VALID


@pytest.mark.parametrize("act", ACTS)
def test_an_activation_after_a_clock_that_was_weeks_ahead(
    held: Customer, migrated: bytes, act: Callable[[Customer], None]
) -> None:
    """It counts at once: the vendor would not have answered otherwise."""
    held.offset_us = 20 * DAY_US
    act(held)
    held.offset_us = 0
    lose_all(held, migrated)
    held.newer = held.license()
    assert held.activate().state == VALID
