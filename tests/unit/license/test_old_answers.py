"""Answers that are old or of another machine, and what the vendor is asked by itself."""

import pytest

from shared.licensing.statements import Checked, Checks, Standing
from shared.messages.license import CheckLicense, LicenseReason, LicenseState
from tests.support.licensing.customer import DAY_US, MACHINE, OTHER_MACHINE, Customer, outcome, refusal
from tests.support.licensing.vendor import Vendor

VALID, INVALID, TAMPERED = LicenseState.VALID, LicenseState.INVALID, LicenseState.CLOCK_TAMPERED


@pytest.fixture
def held(customer: Customer) -> Customer:
    """An installation with an activated licence that is to be checked."""
    customer.newer = customer.license(seats=2, machines=(MACHINE,), checks=Checks())
    customer.activate()
    customer.newer = None
    return customer


def test_an_answer_that_was_kept_for_months_is_too_old(customer: Customer) -> None:
    """It would turn the time back to when it was made."""
    customer.install(customer.vendor.text(customer.license(license_id="L-1")))
    text = customer.answer(customer.request(), customer.license(license_id="L-2"))
    customer.run(70)
    assert refusal(lambda: customer.install(text)).code == "license.replayed"


def test_an_answer_about_another_machine(held: Customer) -> None:
    """Another machine's question cannot be put in the place of this one's."""
    held.line.says = lambda request: Checked(
        nonce=request.nonce,
        at=held.true_us // 1_000_000,
        license_id=held.status.license_id or "",
        machine=OTHER_MACHINE,
        standing=Standing.GOOD,
    )
    assert refusal(held.check).code == "license.server_lies"


def test_activating_with_a_clock_that_is_ahead(customer: Customer) -> None:
    """It is said what is wrong; the licence is neither expired nor refused for good."""
    customer.newer = customer.license(seats=1, machines=(MACHINE,))
    customer.offset_us = 500 * DAY_US
    refused = refusal(customer.activate)
    assert refused.code == "license.clock"
    assert "set its clock right" in refused.message
    customer.offset_us = 0
    customer.look()
    assert customer.activate().state == VALID


def test_a_vendor_who_is_asked_what_time_it_is(held: Customer) -> None:
    """A clock that was believed while it was ahead is healed by itself, as soon as it is right."""
    held.is_down = True
    held.offset_us = 30 * DAY_US
    for _ in range(3 * 24):
        held.run(1 / 24)
    held.offset_us = 0
    assert held.look().state == TAMPERED
    assert "restrike license check" in (held.status.remedy or "")
    held.is_down = False
    held.run(0.02)
    assert held.status.state == VALID


def test_without_a_licence_the_remedy_is_one_that_works(customer: Customer) -> None:
    """There is nothing to check: an activation says what time it is, too."""
    customer.offset_us = 30 * DAY_US
    customer.run(5)
    customer.offset_us = 0
    assert customer.look().state == TAMPERED
    assert "restrike license activate" in (customer.status.remedy or "")
    assert "license check" not in (customer.status.remedy or "")


def test_a_text_of_a_key_that_is_gone_is_exchanged(held: Customer) -> None:
    """After a release that knows only newer keys, the vendor is asked at once, and has a newer text."""
    newer = Vendor.new("test-2")
    license_id = held.status.license_id or ""
    held.office.ring = newer.ring
    held.line.says = lambda request: Checked(
        nonce=request.nonce,
        at=held.true_us // 1_000_000,
        license_id=license_id,
        machine=MACHINE,
        standing=Standing.GOOD,
        license=newer.text(held.license(license_id=license_id, seats=2, machines=(MACHINE,))),
    )
    held.read()
    assert (held.status.state, held.status.reason) == (INVALID, LicenseReason.UNKNOWN_KEY)
    held.run(0.02)
    assert held.status.state == VALID


def test_the_vendor_is_asked_one_thing_at_a_time(held: Customer) -> None:
    """Whoever is impatient does not make a thread with each try."""
    held.line.is_slow = True
    asked = held.acts.check(CheckLicense(author="ana"))
    for again in (held.check, held.activate, held.deactivate):
        assert refusal(again).code == "license.busy"
    held.line.deliver()
    assert outcome(asked).state == VALID
    held.line.is_slow = False
    assert held.check().state == VALID


@pytest.mark.parametrize(("wrong", "words"), [(10, "10.0 days ahead"), (-10, "10.0 days behind")])
def test_a_clock_that_differs_from_the_vendors_is_told(held: Customer, wrong: int, words: str) -> None:
    """Signed, and of now: until it is set right."""
    held.offset_us = wrong * DAY_US
    held.check()
    assert any(words in warning for warning in held.look().warnings)
    held.run(1)
    assert any(words in warning for warning in held.status.warnings)
    held.offset_us = 0
    held.run(0.1)
    assert (held.status.state, held.status.warnings) == (VALID, ())


def test_a_check_in_vain_is_shown(held: Customer) -> None:
    """Long before it is a warning: since when, and why."""
    held.is_down = True
    held.run(1.1)
    assert (held.status.state, held.status.warnings) == (VALID, ())
    assert "no answer within 8 s" in (held.status.not_checked or "")
    assert held.status.unreached_since_us is not None
    held.is_down = False
    held.run(0.1)
    assert held.look().not_checked is None


def test_a_warning_says_what_to_do(held: Customer) -> None:
    """Not only that something is wrong."""
    held.is_down = True
    held.run(1.1)
    held.run(5.1)
    assert len(held.status.warnings) == 1
    assert "license.server_url" in (held.status.remedy or "")
