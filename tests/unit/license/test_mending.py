"""What is wrong with the files of a licence is told, and is well again once somebody, or the service, mended it."""

import errno
import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from services.license import witness
from shared.db.sqlite import connect_writer
from shared.messages.license import LicenseReason, LicenseState
from shared.paths import Paths
from tests.support.licensing.customer import Customer, refusal

TRIAL, VALID, INVALID, UNREADABLE = (
    LicenseState.TRIAL,
    LicenseState.VALID,
    LicenseState.INVALID,
    LicenseReason.UNREADABLE,
)


@pytest.fixture
def held(customer: Customer) -> Customer:
    """An installation with a licence."""
    customer.install(customer.vendor.text(customer.license()))
    return customer


def licence(customer: Customer) -> Path:
    return customer.paths.license / "license.sealed"


def test_what_cannot_be_written_is_told(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gates go by the file: who reads the status hears that it grows old, before anything is refused."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr(customer.verdicts, "write", refuse)
        customer.run(0.1)
        (warning,) = customer.status.warnings
        assert warning == "data/license cannot be written (Read-only file system). Features end within a day."
        assert (customer.status.remedy or "").startswith("The disk of data/ is read-only")
    customer.run(0.1)
    assert customer.status.warnings == ()


def test_who_asks_hears_what_holds_now(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be written for an hour: it is tried when the status is asked for, and told as it is found."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    customer.run(1 / 1440)
    with monkeypatch.context() as patched:
        patched.setattr(customer.verdicts, "write", refuse)
        customer.run(1 / 1440)
        asked = customer.office.look(is_asked=True)
        assert "(Permission denied)" in asked.warnings[0]
        assert "restrike doctor --only permissions" in (asked.remedy or "")
        assert "Free space" not in (asked.remedy or "")
    customer.run(1 / 1440)
    assert customer.office.look(is_asked=True).warnings == ()


def test_a_check_of_a_licence_that_is_damaged(held: Customer) -> None:
    """There is one; what is wrong with it is said, and what to do."""
    licence(held).write_bytes(b"damaged")
    held.lose_copy()
    held.read()
    refused = refusal(held.check)
    assert refused.code == "license.cannot_be_checked"
    assert "restrike license install FILE" in refused.message


def test_a_key_file_that_others_may_read_is_closed_again(customer: Customer) -> None:
    """As after chmod -R: nothing else would open any more."""
    customer.installation.path.chmod(0o640)
    customer.run(0.1)
    assert customer.installation.path.stat().st_mode & 0o777 == 0o600
    assert customer.verdicts.read().state == customer.status.state


def test_a_row_of_the_database_that_holds_no_time(tmp_path: Path) -> None:
    """It says nothing, and keeps nothing from starting."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    with closing(connect_writer(paths.database)) as connection:
        connection.execute("CREATE TABLE raw_datagrams (id INTEGER PRIMARY KEY, received_at)")
        connection.execute("INSERT INTO raw_datagrams (received_at) VALUES (x'00')")
        connection.commit()
    assert witness.testimony(paths) == witness.Testimony()


def test_a_folder_that_was_removed_is_made_anew(customer: Customer) -> None:
    """With all that lies in it, at the next look; the record comes from its other place, if its key is there."""
    shutil.rmtree(customer.paths.license)
    customer.run(0.1)
    customer.run(0.1)
    assert (customer.status.state, customer.status.warnings) == (TRIAL, ())
    assert customer.paths.license.stat().st_mode & 0o777 == 0o700
    assert customer.install(customer.vendor.text(customer.license())).state == VALID


def test_what_was_mended_is_noticed_at_the_next_look(held: Customer) -> None:
    """Nobody has to restart anything."""
    aside = licence(held).rename(licence(held).with_name("aside"))
    licence(held).symlink_to(aside)
    held.lose_copy()
    held.read()
    assert (held.status.state, held.status.reason) == (INVALID, UNREADABLE)
    aside.replace(licence(held))
    assert held.look().state == VALID


def test_one_that_does_not_open_is_not_deactivated_without_a_word(held: Customer) -> None:
    """Its seat would stay taken, and nobody would know."""
    licence(held).write_bytes(b"spoilt")
    held.lose_copy()
    held.read()
    error = refusal(held.deactivate)
    assert error.code == "license.cannot_be_told"
    assert "ask the vendor to free the seat" in error.message
    released = held.deactivate(is_offline=True)
    assert (released.release, released.status.state) == (None, TRIAL)
