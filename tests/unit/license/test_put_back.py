"""Files of the licence that are put back after it was deactivated or taken back: what the database remembers of it."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from services.db_writer.outboxes.licences import store_license_change
from services.db_writer.outboxes.stamp import Stamp
from shared.db.sqlite import connect_writer
from shared.licensing.statements import Standing
from shared.messages.license import LicenseReason, LicenseState
from tests.support.licensing.customer import Customer

VALID, INVALID, REVOKED = LicenseState.VALID, LicenseState.INVALID, LicenseState.REVOKED
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
        for fact in customer.changes:
            store_license_change(connection, fact, Stamp(producer="license", at_us=0, at="", now=""))


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


def test_the_database_of_another_machine_says_nothing(
    held: Customer, migrated: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restored here after the licence moved, it tells that it was taken away there."""
    other = Customer(tmp_path / "other", monkeypatch)
    other.vendor = held.vendor
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
