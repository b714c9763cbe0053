"""States and transitions, over simulated years: a row each, and every pair of states has one."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest

from services.license import judging
from shared.licensing.features import FEATURES
from shared.licensing.statements import Checks, Plan, Standing
from shared.messages.license import LicenseReason, LicenseState
from tests.support.licensing.customer import DAY_US, OTHER_MACHINE, Customer
from tests.support.licensing.happenings import (
    Act,
    activate,
    asleep,
    checked,
    clock,
    damage,
    days_of_work,
    deactivate,
    down,
    hours,
    install,
    machine,
    off,
    put_back,
    renew,
    restarts,
    run,
    take_away,
)
from tests.support.licensing.vendor import Vendor

UNLICENSED, TRIAL, VALID, GRACE, EXPIRED, INVALID, REVOKED, TAMPERED = LicenseState
DAMAGED, OTHER, NOT_CHECKED = LicenseReason.DAMAGED, LicenseReason.OTHER_MACHINE, LicenseReason.NOT_CHECKED


class Row(NamedTuple):
    """After all acts but the last the licence is `before`, after the last it is `after`, with that reason."""

    before: LicenseState
    after: LicenseState
    why: str
    acts: tuple[Act, ...]
    reason: LicenseReason | None = None


CHECKS: Final = Checks()
REVOKE: Final = checked(Standing.REVOKED)
YEAR: Final = install()
OVER: Final = run(15)
"""The trial of the first 14 days."""
TABLE: Final = (
    # Without a licence
    Row(TRIAL, TRIAL, "the trial goes on", (run(6), run(7))),
    Row(TRIAL, UNLICENSED, "14 days are over", (run(13.9), run(0.2))),
    Row(TRIAL, UNLICENSED, "14 days are over while it is off", (off(10), off(20))),
    Row(TRIAL, VALID, "installed", (run(3), YEAR)),
    Row(TRIAL, VALID, "activated", (run(3), activate())),
    Row(TRIAL, GRACE, "a licence to try ends", (install(plan=Plan.TRIAL, days=30), run(31))),
    Row(TRIAL, EXPIRED, "a licence to try without grace ends", (install(plan=Plan.TRIAL, days=30, grace=0), run(31))),
    Row(TRIAL, INVALID, "its file is damaged", (install(plan=Plan.TRIAL, days=30), damage), DAMAGED),
    Row(TRIAL, REVOKED, "a licence to try is taken back", (install(plan=Plan.TRIAL, days=30), REVOKE)),
    Row(TRIAL, TAMPERED, "the clock is set back by days", (run(6), clock(-3))),
    Row(TRIAL, TRIAL, "the clock is set back by a time zone", (run(6), clock(-1))),
    Row(UNLICENSED, UNLICENSED, "for years", (OVER, run(2000))),
    Row(UNLICENSED, TRIAL, "a licence to try is installed", (OVER, install(plan=Plan.TRIAL, days=30))),
    Row(UNLICENSED, VALID, "installed", (OVER, YEAR)),
    Row(UNLICENSED, VALID, "activated", (OVER, activate())),
    Row(UNLICENSED, GRACE, "one in its days of grace is put back", (OVER, YEAR, take_away, run(370), put_back)),
    Row(UNLICENSED, EXPIRED, "one that expired is put back", (OVER, YEAR, take_away, run(400), put_back)),
    Row(
        UNLICENSED,
        INVALID,
        "one is put back on another machine",
        (OVER, activate(), take_away, machine(OTHER_MACHINE), put_back),
        OTHER,
    ),
    Row(UNLICENSED, REVOKED, "one that was taken back is put back", (OVER, YEAR, REVOKE, take_away, put_back)),
    Row(UNLICENSED, TAMPERED, "the clock is set back into the trial", (OVER, clock(-10))),
    # With a licence that holds
    Row(VALID, VALID, "for years, where it is for ever", (install(days=None), run(20_000))),
    Row(
        VALID,
        VALID,
        "it was off for two years, and is checked at its start",
        (install(days=None, checks=CHECKS), run(20), off(700)),
    ),
    Row(VALID, VALID, "the server is away for 7 days", (install(checks=CHECKS), down, run(7.9))),
    Row(
        VALID,
        VALID,
        "a check failed once, then it was off for 30 days",
        (install(checks=CHECKS), run(3), down, run(1.5), off(30)),
    ),
    Row(
        VALID,
        VALID,
        "off each night for two weeks, with no server",
        (install(checks=CHECKS), run(3), down, run(1), days_of_work(14)),
    ),
    Row(
        VALID,
        INVALID,
        "off each night for three weeks, with no server",
        (install(checks=CHECKS), run(3), down, run(1), days_of_work(21)),
        NOT_CHECKED,
    ),
    Row(
        VALID,
        INVALID,
        "started anew each hour for 8 days, with no server",
        (install(checks=CHECKS), run(3), down, run(1), restarts(8 * 24)),
        NOT_CHECKED,
    ),
    Row(VALID, VALID, "the lid is closed for 30 days", (install(checks=CHECKS), run(3), down, run(1.5), asleep(30))),
    Row(VALID, VALID, "the clock does not matter to one for ever", (install(days=None), run(30), clock(-20))),
    Row(VALID, UNLICENSED, "deactivated", (OVER, YEAR, deactivate)),
    Row(VALID, UNLICENSED, "released at the vendor's", (OVER, YEAR, checked(Standing.RELEASED))),
    Row(VALID, TRIAL, "deactivated within the first 14 days", (run(2), YEAR, deactivate)),
    Row(VALID, GRACE, "its end is over", (YEAR, run(364.9), run(0.2))),
    Row(VALID, EXPIRED, "its days of grace are over while it is off", (YEAR, off(400))),
    Row(VALID, EXPIRED, "its end is over, and it has no grace", (install(grace=0), run(366))),
    Row(VALID, INVALID, "its file is damaged", (YEAR, damage), DAMAGED),
    Row(VALID, INVALID, "the disk is put into another machine", (activate(), machine(OTHER_MACHINE)), OTHER),
    Row(VALID, INVALID, "the server is away for 8 days", (install(checks=CHECKS), down, run(8.1)), NOT_CHECKED),
    Row(VALID, REVOKED, "taken back", (YEAR, REVOKE)),
    Row(VALID, TAMPERED, "the clock is set back", (YEAR, run(100), clock(-3))),
    Row(VALID, TAMPERED, "the vendor says that it is later", (YEAR, run(3), clock(0), off(90), clock(-60), checked())),
    Row(GRACE, GRACE, "its days of grace go on", (YEAR, run(366), run(12))),
    Row(GRACE, UNLICENSED, "deactivated", (YEAR, run(366), deactivate)),
    Row(GRACE, TRIAL, "deactivated within the first 14 days", (install(days=3), run(5), deactivate)),
    Row(GRACE, VALID, "renewed by the check", (YEAR, run(370), renew())),
    Row(GRACE, VALID, "renewed by a file", (YEAR, run(370), YEAR)),
    Row(GRACE, EXPIRED, "its days of grace are over", (YEAR, run(378.9), run(0.2))),
    Row(GRACE, INVALID, "its file is damaged", (YEAR, run(370), damage), DAMAGED),
    Row(GRACE, REVOKED, "taken back", (YEAR, run(370), REVOKE)),
    Row(GRACE, TAMPERED, "the clock is set back before its end", (YEAR, run(370), clock(-10))),
    # With a licence that does not
    Row(EXPIRED, EXPIRED, "for years", (YEAR, run(400), run(4000))),
    Row(EXPIRED, UNLICENSED, "deactivated", (YEAR, run(400), deactivate)),
    Row(EXPIRED, TRIAL, "deactivated within the first 14 days", (install(days=2, grace=1), run(5), deactivate)),
    Row(EXPIRED, VALID, "renewed by the check", (YEAR, run(400), renew())),
    Row(EXPIRED, VALID, "renewed by another key", (YEAR, run(400), activate(license_id="L-2"))),
    Row(EXPIRED, GRACE, "issued anew with more days of grace", (YEAR, run(400), renew(days=-35, grace=60))),
    Row(EXPIRED, INVALID, "its file is damaged", (YEAR, run(400), damage), DAMAGED),
    Row(EXPIRED, REVOKED, "taken back", (YEAR, run(400), REVOKE)),
    Row(EXPIRED, TAMPERED, "the clock is set back before its end", (YEAR, run(400), clock(-100))),
    Row(INVALID, INVALID, "nobody does anything", (YEAR, damage, run(300)), DAMAGED),
    Row(INVALID, UNLICENSED, "what does not open is taken away", (OVER, YEAR, damage, deactivate)),
    Row(INVALID, TRIAL, "what does not open is taken away in time", (YEAR, damage, deactivate)),
    Row(INVALID, VALID, "its file is whole again", (YEAR, damage, put_back)),
    Row(INVALID, VALID, "installed again", (YEAR, damage, YEAR)),
    Row(INVALID, VALID, "the server is back", (install(checks=CHECKS), down, run(20), checked())),
    Row(INVALID, VALID, "it comes by file", (install(checks=CHECKS), down, run(20), install(checks=CHECKS))),
    Row(
        INVALID,
        VALID,
        "a newer text comes by file, long after the last check",
        (install(checks=CHECKS), run(3), down, run(20), install(checks=CHECKS)),
    ),
    Row(INVALID, GRACE, "its file is whole again", (YEAR, damage, run(370), put_back)),
    Row(INVALID, EXPIRED, "not checked, then its end", (install(checks=CHECKS), down, run(20), off(380))),
    Row(INVALID, REVOKED, "the server is back, and takes it back", (install(checks=CHECKS), down, run(20), REVOKE)),
    Row(
        INVALID,
        TAMPERED,
        "the clock is set back to the last check",
        (install(checks=CHECKS), down, run(20), clock(-15)),
    ),
    Row(REVOKED, REVOKED, "for years", (YEAR, REVOKE, run(2000))),
    Row(REVOKED, UNLICENSED, "deactivated", (OVER, YEAR, REVOKE, deactivate)),
    Row(REVOKED, TRIAL, "deactivated within the first 14 days", (YEAR, REVOKE, deactivate)),
    Row(REVOKED, VALID, "given back", (YEAR, REVOKE, checked())),
    Row(REVOKED, VALID, "issued anew, by file", (YEAR, REVOKE, run(1), YEAR)),
    Row(REVOKED, VALID, "another one is activated", (YEAR, REVOKE, activate(license_id="L-2"))),
    Row(REVOKED, GRACE, "given back in its days of grace", (YEAR, REVOKE, run(370), checked())),
    Row(REVOKED, EXPIRED, "given back when it is over", (YEAR, REVOKE, run(400), checked())),
    Row(REVOKED, INVALID, "its file is damaged", (YEAR, REVOKE, damage), DAMAGED),
    Row(REVOKED, TAMPERED, "given back, and the clock is behind", (YEAR, run(50), REVOKE, clock(-20), checked())),
    # With a clock that was set back
    Row(TAMPERED, TAMPERED, "nobody does anything", (YEAR, run(100), clock(-50), run(20))),
    Row(TAMPERED, UNLICENSED, "set right, without a licence", (OVER, clock(-10), clock(0))),
    Row(TAMPERED, TRIAL, "set right in the trial", (run(6), clock(-3), clock(0))),
    Row(TAMPERED, VALID, "set right", (YEAR, run(100), clock(-3), clock(0))),
    Row(
        TAMPERED,
        VALID,
        "it was ahead for long, and the vendor says what time it is",
        (YEAR, clock(100), run(5), clock(0), checked()),
    ),
    Row(TAMPERED, VALID, "it was ahead for long, and a key is activated", (clock(100), run(5), clock(0), activate())),
    Row(TAMPERED, VALID, "it went on to that time by itself", (YEAR, down, run(100), clock(-5), hours(120))),
    Row(TAMPERED, GRACE, "set right", (YEAR, run(370), clock(-10), clock(0))),
    Row(TAMPERED, EXPIRED, "set right", (YEAR, run(400), clock(-100), clock(0))),
    Row(TAMPERED, INVALID, "its file is damaged", (YEAR, run(100), clock(-3), damage), DAMAGED),
    Row(TAMPERED, REVOKED, "the vendor takes it back", (YEAR, run(100), clock(-3), REVOKE)),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.before} - {row.after}: {row.why}")
def test_each_transition(customer: Customer, row: Row) -> None:
    """And what is told of it: a sentence, what to do unless all is well, and exactly the features that are allowed."""
    *first, last = row.acts
    for act in first:
        act(customer)
    assert customer.status.state == row.before, customer.status
    last(customer)
    found = customer.status
    assert (found.state, found.reason) == (row.after, row.reason), found
    assert found.sentence
    assert bool(found.allowed) == (row.after in (TRIAL, VALID, GRACE))
    assert {*found.allowed, *found.refused} == set(FEATURES)
    assert found.remedy or row.after in (TRIAL, VALID)
    assert customer.verdicts.read().state == row.after
    if row.before != row.after:
        told = customer.changes[-1]
        assert (told.state_before, told.state, told.reason) == (row.before, row.after, row.reason)


def test_every_pair_of_states_has_a_row() -> None:
    """And the table of states in services/license/judging.py names the same states; each of them can become each."""
    named = re.findall(r"\| (\w+) \|$", judging.__doc__ or "", flags=re.MULTILINE)
    assert set(named) - {"state"} == set(LicenseState)
    pairs = {(before, after) for before in LicenseState for after in LicenseState}
    assert pairs - {(row.before, row.after) for row in TABLE} == set()


# Why a licence is invalid: what was stored by another version, on another machine, or by somebody else


def put(change: Callable[[Customer], str]) -> Act:
    """The text that is stored is that one."""

    def act(customer: Customer) -> None:
        customer.store.keep_license(change(customer))
        customer.read()

    return act


def of_tomorrow(customer: Customer) -> str:
    customer.true_us += 30 * DAY_US
    text = customer.vendor.text(customer.license(license_id="L-8", days=None))
    customer.true_us -= 30 * DAY_US
    return text


def altered(customer: Customer) -> str:
    head, key, body, signature = customer.vendor.text(customer.license()).split(".")
    return f"{head}.{key}.{body[:-1]}{'A' if body[-1] != 'A' else 'Q'}.{signature}"


def unreadable(customer: Customer) -> None:
    path = customer.paths.license / "license.sealed"
    path.unlink()
    path.symlink_to(path)
    customer.lose_copy()
    customer.read()


def spend(customer: Customer) -> None:
    """It is deactivated, and its file put back."""
    content = (path := customer.paths.license / "license.sealed").read_bytes()
    customer.deactivate(is_offline=True)
    path.write_bytes(content)
    customer.read()


REASONS: Final[tuple[tuple[LicenseReason, str, tuple[Act, ...]], ...]] = (
    (LicenseReason.DAMAGED, "damaged", (YEAR, damage)),
    (LicenseReason.DAMAGED, "no licence text", (put(lambda _: "nothing"),)),
    (LicenseReason.FORGED, "Its signature is wrong", (put(altered),)),
    (LicenseReason.UNKNOWN_KEY, "a key (another)", (put(lambda c: Vendor.new("another").text(c.license())),)),
    (
        LicenseReason.OTHER_PRODUCT,
        "for restrike-score",
        (put(lambda c: c.vendor.text(c.license(product="restrike-score"))),),
    ),
    (LicenseReason.OTHER_MACHINE, "for another machine", (activate(), machine(OTHER_MACHINE))),
    (LicenseReason.TOO_NEW, "a newer version of the suite", (put(lambda c: c.vendor.text(c.license(version=2))),)),
    (LicenseReason.NOT_YET, "begins on 2026-01-31; the clock says 2026-01-01", (put(of_tomorrow),)),
    (LicenseReason.REPLAYED, "deactivated on this machine", (YEAR, spend)),
    (
        LicenseReason.NOT_ACTIVATED,
        "not activated for this machine",
        (put(lambda c: c.vendor.text(c.license(seats=2))),),
    ),
    (LicenseReason.NOT_CHECKED, "could not be asked for 19 days", (install(checks=CHECKS), down, run(20))),
    (LicenseReason.UNREADABLE, "cannot be read", (YEAR, unreadable)),
)


@pytest.mark.parametrize(("reason", "words", "acts"), REASONS, ids=[f"{row[0]}: {row[1]}" for row in REASONS])
def test_each_reason(customer: Customer, reason: LicenseReason, words: str, acts: tuple[Act, ...]) -> None:
    """Told with its reason and what to do; nothing is allowed; it stays so over a restart, and a licence that holds
    ends it.
    """
    for act in acts:
        act(customer)
    for _ in range(2):
        found = customer.status
        assert (found.state, found.reason, found.allowed) == (INVALID, reason, ())
        assert words in found.sentence
        assert found.remedy
        customer.is_down = True
        customer.start()
    customer.is_down = False
    activate(license_id="L-3")(customer)
    assert customer.status.state == VALID


def test_every_reason_has_a_row() -> None:
    assert {reason for reason, _, _ in REASONS} == set(LicenseReason)
