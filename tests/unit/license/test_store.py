"""What is stored: sealed, for its owner only, whole or not at all; damage is told, and heals where it can."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from shared.db.sqlite import connect_writer
from shared.licensing.statements import Standing
from shared.messages.license import LicenseReason, LicenseState
from tests.support.licensing.customer import DAY_US, MACHINE, OTHER_MACHINE, Customer, refusal

UNLICENSED, TRIAL, VALID, GRACE, EXPIRED, INVALID, REVOKED, TAMPERED = LicenseState
DAMAGED, UNREADABLE, REPLAYED = LicenseReason.DAMAGED, LicenseReason.UNREADABLE, LicenseReason.REPLAYED
FILES: Final = {"installation.key", "license.sealed", "record.sealed", "verdict"}


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Customer]:
    """An installation with a real outbox and a licence."""
    made = Customer(tmp_path / "home", monkeypatch, is_stored=True)
    made.install(made.vendor.text(made.license()))
    yield made
    made.close()


@pytest.fixture
def held(customer: Customer) -> Customer:
    """An installation with a licence."""
    customer.install(customer.vendor.text(customer.license()))
    return customer


def licence(customer: Customer) -> Path:
    return customer.paths.license / "license.sealed"


def record(customer: Customer) -> Path:
    return customer.paths.license / "record.sealed"


def change_in_the_database(customer: Customer, migrated: bytes, day: str) -> None:
    """What db-writer made of a change of that day."""
    customer.paths.database.write_bytes(migrated)
    into = "INSERT INTO license_changes (change_key, changed_at, act, state, sentence)"
    with closing(connect_writer(customer.paths.database)) as connection:
        connection.execute(f"{into} VALUES ('c', ?, 'judged', 'trial', 'Trial.')", (f"{day}T00:00:00.000000Z",))


# Files


def test_for_their_owner_only(stored: Customer) -> None:
    """0600 in 0700, and nothing half written lies about."""
    assert {path.name for path in stored.paths.license.iterdir()} == FILES
    assert stored.paths.license.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in stored.paths.license.iterdir()} == {0o600}


def test_nothing_is_in_clear(stored: Customer) -> None:
    """Neither the licence nor what is remembered of it: in the sealed files, and in the outbox, whose facts name the
    licence, as the database does, but not its text, its token or its machine. The verdict is what the bus has, too.
    """
    asked = stored.request()
    stored.newer = stored.license(license_id="L-SECRET", customer="Secret Union", seats=1, machines=(MACHINE,))
    stored.activate()
    stored.close()
    text = stored.vendor.text(stored.newer)
    secrets = [
        asked.nonce,
        stored.newer.token_id + '"',
        *text.split(".")[2:],
        MACHINE,
        "first_start_us",
        "trail",
    ]
    for path in (licence(stored), record(stored)):
        assert b"SECRET" not in path.read_bytes().upper()
    for path in (*stored.paths.license.iterdir(), *stored.paths.data.glob("license.db*")):
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, (path.name, secret)
    stored.start()


def test_the_same_content_is_never_sealed_alike(stored: Customer) -> None:
    """A nonce is not used twice."""
    before = record(stored).read_bytes()
    stored.store.keep_record(stored.office.record)
    assert record(stored).read_bytes()[:30] != before[:30]


@pytest.mark.parametrize("name", sorted(FILES))
def test_killed_between_writing_and_renaming(held: Customer, name: str) -> None:
    """What was left half written is nobody's, and is gone with the next write."""
    partial = held.paths.license / f".{name}.partial"
    partial.write_bytes(b"half")
    held.start()
    assert held.status.state == VALID
    held.install(held.vendor.text(held.license()))
    if name != "installation.key":
        assert not partial.exists()
    assert held.status.state == VALID


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def huge(path: Path) -> None:
    path.write_bytes(path.read_bytes() + bytes(20_000_000))


def text_of_something(path: Path) -> None:
    path.write_text("restrike sealed 1\nnot at all")


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILT: Final[list[tuple[Callable[[Path], None], LicenseReason]]] = [
    (cut, DAMAGED),
    (flipped, DAMAGED),
    (emptied, DAMAGED),
    (huge, DAMAGED),
    (text_of_something, DAMAGED),
    (fifo, DAMAGED),
    (link, UNREADABLE),
    (folder, DAMAGED),
]


@pytest.mark.parametrize(("spoil", "reason"), SPOILT)
def test_a_licence_that_does_not_open(held: Customer, spoil: Callable[[Path], None], reason: LicenseReason) -> None:
    """It is told with its path and what to do, by a service that goes on, also over a restart; installing it again
    mends it.
    """
    text = held.office.text or ""
    spoil(licence(held))
    held.lose_copy()
    for look in (held.read, held.start):
        look()
        assert (held.status.state, held.status.reason, held.status.allowed) == (INVALID, reason, ())
        assert str(licence(held)) in held.status.sentence
        words = "noticed within a minute" if reason == UNREADABLE else "restrike license install FILE"
        assert words in (held.status.remedy or "")
    if spoil is folder:
        assert "cannot be written" in str(refusal(lambda: held.install(text)))
        licence(held).rmdir()
    assert held.install(text).state == VALID
    assert licence(held).is_file()
    assert not licence(held).is_symlink()


@pytest.mark.parametrize("spoil", [spoil for spoil, _ in SPOILT])
def test_a_licence_heals_from_its_copy(stored: Customer, spoil: Callable[[Path], None]) -> None:
    """One flipped bit takes no features: in a service that runs, over a restart, and in the file again."""
    spoil(licence(stored))
    assert stored.read().state == VALID
    stored.start()
    assert stored.status.state == VALID
    if spoil is folder:
        licence(stored).rmdir()
    else:
        stored.lose_copy()
        assert stored.read().state == VALID, "it was written again"
    stored.deactivate()
    assert stored.status.state == TRIAL
    stored.start()
    assert stored.status.state == TRIAL, "no copy is left"


def test_a_licence_whose_file_alone_is_lost(stored: Customer) -> None:
    """As by a check of the disk, or a wrong rm: it is taken from its copy; one that was taken away is not."""
    stored.close()
    licence(stored).unlink()
    stored.start()
    assert stored.status.state == VALID
    assert licence(stored).exists()
    stored.deactivate(is_offline=True)
    stored.start()
    assert stored.status.state == TRIAL


def test_a_power_cut_while_it_is_taken_away(stored: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is gone, and nobody noted it yet: no copy brings it back."""

    class PowerCutError(Exception):
        pass

    def cut_short(_: str | None) -> None:
        licence(stored).unlink()
        raise PowerCutError

    monkeypatch.setattr(stored.store, "keep_license", cut_short)
    with pytest.raises(PowerCutError):
        stored.deactivate(is_offline=True)
    stored.start()
    assert stored.status.state == TRIAL


def test_a_licence_that_may_not_be_read(held: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk or the rights fail: unreadable, and well again when it is read again."""
    real = os.open

    def refused(path: object, *arguments: int, **more: int) -> int:
        if str(path).endswith("license.sealed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **more)  # type: ignore[arg-type]  # whatever os.open takes

    held.lose_copy()
    with monkeypatch.context() as patched:
        patched.setattr("services.license.sealing.os.open", refused)
        held.read()
        assert (held.status.state, held.status.reason) == (INVALID, UNREADABLE)
        assert "Permission denied" in held.status.sentence
    held.read()
    assert held.status.state == VALID


@pytest.mark.parametrize("name", sorted(FILES))
def test_files_of_another_installation_or_machine(
    held: Customer, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup, a copied folder: none of them opens here, and the service goes on."""
    other = Customer(tmp_path / "other", monkeypatch)
    other.vendor = held.vendor
    other.start()
    other.install(other.vendor.text(other.license(license_id="L-OTHER", days=None)))
    shutil.copy(other.paths.license / name, held.paths.license / name)
    held.start()
    if name == "installation.key":
        assert (held.status.state, held.status.reason) == (INVALID, DAMAGED)
        assert "another machine or installation" in held.status.sentence
    else:
        assert (held.status.state, held.status.license_id) == (VALID, "L-2026-0001")
    assert held.verdicts.read() == held.status


def test_the_whole_home_on_another_machine(held: Customer) -> None:
    """Nothing of it opens, even one that is bound to no machine."""
    held.machine, held.machine_id = OTHER_MACHINE, "f" * 32
    held.start()
    assert (held.status.state, held.status.reason) == (INVALID, DAMAGED)


def test_without_its_key_nothing_opens(held: Customer) -> None:
    """A new one is made, and installing the licence again mends all."""
    text = held.office.text or ""
    for spoil in (Path.unlink, emptied):
        spoil(held.installation.path)
        held.start()
        assert (held.status.state, held.status.reason) in ((INVALID, DAMAGED), (INVALID, UNREADABLE))
        assert held.install(text).state == VALID
        assert held.verdicts.read().state == VALID
        held.start()
        assert held.status.state == VALID


def test_a_key_that_is_lost_meanwhile(held: Customer) -> None:
    """Whoever installs a licence need not wait until a new one is made."""
    held.installation.path.unlink()
    assert held.install(held.vendor.text(held.license())).state == VALID


def test_a_verdict_that_is_lost_is_written_again(held: Customer) -> None:
    """At the next look, not within the hour: without it the gates would be shut."""
    for spoil in (Path.unlink, emptied):
        spoil(held.verdicts.path)
        held.look()
        assert held.verdicts.read().state == VALID


def test_a_verdict_is_written_anew_when_the_clock_leaps(held: Customer) -> None:
    """Set right by a day and a half, it must not look as if nobody had judged since."""
    held.offset_us = 36 * DAY_US // 24
    held.look()
    assert held.verdicts.read().judged_at_us == held.now_us()


# The record


@pytest.mark.parametrize("spoil", [spoil for spoil, _ in SPOILT] + [Path.unlink])
def test_a_record_heals_from_its_other_copy(stored: Customer, spoil: Callable[[Path], None]) -> None:
    """What was remembered is there again, and written again: here that the licence was taken back."""
    stored.standing = Standing.REVOKED
    stored.check()
    stored.close()
    spoil(record(stored))
    stored.start()
    assert stored.status.state == REVOKED
    if spoil is folder:
        return
    stored.close()
    for path in stored.paths.data.glob("license.db*"):
        path.unlink()
    stored.start()
    assert stored.status.state == REVOKED, "and the other way round"


def test_the_newer_copy_counts(stored: Customer) -> None:
    """An old record that was put back forgets nothing."""
    old = record(stored).read_bytes()
    stored.standing = Standing.REVOKED
    stored.check()
    record(stored).write_bytes(old)
    stored.start()
    assert stored.status.state == REVOKED


def test_losing_everything_begins_no_new_trial(customer: Customer, migrated: bytes) -> None:
    """Record and outbox are gone, and the database remembers when a licence was judged first."""
    change_in_the_database(customer, migrated, "2026-01-01")
    customer.off(20)
    assert customer.status.state == UNLICENSED
    customer.forget()
    for path in customer.paths.license.iterdir():
        path.unlink()
    customer.start()
    assert customer.status.state == UNLICENSED
    assert "ended on 2026-01-15" in customer.status.sentence


def test_a_database_that_is_newer_than_the_clock(customer: Customer, migrated: bytes) -> None:
    """Record and outbox were put back from an old copy, with the clock at that time: the database's rows are later."""
    customer.install(customer.vendor.text(customer.license()))
    customer.run(3)
    saved = {path: path.read_bytes() for path in customer.paths.license.iterdir()}
    kept = customer.outbox.kept()
    customer.run(30)
    change_in_the_database(customer, migrated, "2026-02-03")
    for path, content in saved.items():
        path.write_bytes(content)
    customer.forget(kept)
    customer.offset_us = -30 * DAY_US
    customer.start()
    assert customer.status.state == TAMPERED
    customer.offset_us = 0
    customer.look()
    assert customer.status.state == VALID


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_a_database_that_cannot_be_read_says_nothing(customer: Customer, content: bytes | None) -> None:
    if content is None:
        customer.paths.database.mkdir()
    else:
        customer.paths.database.write_bytes(content)
    customer.start()
    assert customer.status.state == TRIAL


def test_a_licence_that_was_deactivated_cannot_be_put_back(held: Customer) -> None:
    """Neither its text, nor a copy of its file."""
    text, copy = held.office.text or "", licence(held).read_bytes()
    held.deactivate(is_offline=True)
    assert held.status.state == TRIAL
    assert refusal(lambda: held.install(text)).code == "license.replayed"
    licence(held).write_bytes(copy)
    held.start()
    assert (held.status.state, held.status.reason) == (INVALID, REPLAYED)


def test_an_older_licence_cannot_be_put_back(held: Customer) -> None:
    """The newer one may have fewer features or machines."""
    text, copy = held.office.text or "", licence(held).read_bytes()
    held.run(3)
    held.install(held.vendor.text(held.license(features=())))
    assert refusal(lambda: held.install(text)).code == "license.replayed"
    licence(held).write_bytes(copy)
    held.start()
    assert (held.status.state, held.status.reason) == (INVALID, REPLAYED)
