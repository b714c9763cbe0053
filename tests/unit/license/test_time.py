"""Single ways of a licence through time: checks, warnings, days left, wrong first starts."""

from typing import Any, Final

import pytest

from shared.errors import RestrikeError
from shared.licensing.statements import Checks
from shared.messages.license import LicenseReason, LicenseState
from tests.support.licensing.customer import DAY_US, OTHER_MACHINE, Customer, refusal
from tests.support.licensing.happenings import clock, down, install
from tests.support.licensing.vendor import ISSUED_AT

UNLICENSED, TRIAL, VALID, INVALID = (
    LicenseState.UNLICENSED,
    LicenseState.TRIAL,
    LicenseState.VALID,
    LicenseState.INVALID,
)
NOT_CHECKED: Final = LicenseReason.NOT_CHECKED
CHECKS: Final = Checks()


def test_a_server_that_is_away_warns_first_and_recovers(customer: Customer) -> None:
    """Checked daily; due a day after the last check; a warning after 5 more days, the limit after 7; all is well at
    once when it answers again.
    """
    install(checks=CHECKS)(customer)
    down(customer)
    seen = []
    for _ in range(9):
        customer.run(1)
        seen.append((customer.status.state, len(customer.status.warnings)))
    assert seen == [(VALID, 0)] * 5 + [(VALID, 1)] * 2 + [(INVALID, 0)] * 2
    assert "for 8 days" in customer.status.sentence
    assert "no answer within 8 s" in customer.status.sentence
    customer.is_down = False
    customer.run(0.02)
    assert (customer.status.state, customer.status.warnings) == (VALID, ())


def test_months_in_store_are_no_failure_to_reach_the_server(customer: Customer) -> None:
    """Days count from when it was asked and not reached: in a hall without a network there is a week."""
    install(checks=CHECKS)(customer)
    customer.run(1.5)
    down(customer)
    customer.off(60)
    assert (customer.status.state, customer.status.warnings) == (VALID, ())
    customer.run(5.1)
    assert (customer.status.state, len(customer.status.warnings)) == (VALID, 1)
    customer.run(2)
    assert (customer.status.state, customer.status.reason) == (INVALID, NOT_CHECKED)
    assert "restrike license request" in (customer.status.remedy or "")


def test_days_in_store_leave_the_days_of_warning(customer: Customer) -> None:
    """What counts is time that it ran: whoever had one failed check before a month in a case has a week in the next
    hall, with its warning.
    """
    install(checks=CHECKS)(customer)
    customer.run(3)
    down(customer)
    customer.run(1)
    customer.run(0.5)
    customer.off(30)
    assert (customer.status.state, customer.status.warnings) == (VALID, ())
    customer.run(4.5)
    assert (customer.status.state, len(customer.status.warnings)) == (VALID, 1)
    assert "features end after 2 more" in customer.status.warnings[0]
    customer.run(2)
    assert (customer.status.state, customer.status.reason) == (INVALID, NOT_CHECKED)
    assert "for 7 days of running" in customer.status.sentence


def test_tried_in_vain_is_of_one_licence(customer: Customer) -> None:
    """Neither one without checks nor another one brings its days along, and one that comes back has its own again."""
    text = customer.vendor.text(customer.license(license_id="L-2", checks=CHECKS))
    install()(customer)
    down(customer)
    with pytest.raises(RestrikeError):
        customer.check()
    assert customer.office.record.contacts["L-2026-0001"].unreached_since_us is None
    third = customer.vendor.text(customer.license(license_id="L-3", checks=CHECKS))
    customer.install(third)
    for _ in range(7):
        customer.run(1)
    assert len(customer.status.warnings) == 1
    customer.install(text)
    assert customer.status.not_checked is None
    assert not customer.status.warnings
    customer.run(1)
    assert not customer.status.warnings
    customer.install(third)
    assert len(customer.look().warnings) == 1, "its days of before"


def test_the_token_says_how_long(customer: Customer) -> None:
    """Warning and limit are the licence's own."""
    install(checks=Checks(every_hours=48, warn_after_days=1, limit_after_days=2))(customer)
    down(customer)
    customer.run(2.05)
    assert customer.status.unreached_since_us is not None
    customer.run(0.9)
    assert (customer.status.state, customer.status.warnings) == (VALID, ())
    customer.run(0.2)
    assert (customer.status.state, len(customer.status.warnings)) == (VALID, 1)
    customer.run(1)
    assert (customer.status.state, customer.status.reason) == (INVALID, NOT_CHECKED)


def test_a_server_is_asked_as_often_as_the_licence_says(customer: Customer) -> None:
    """Once a day while it answers; every 15 minutes at most while it does not."""
    install(checks=CHECKS)(customer)
    customer.run(10)
    assert len(customer.line.asked) == 10
    down(customer)
    for _ in range(240):
        customer.run(1 / 240)  # six minutes
    assert 0 <= len(customer.line.asked) - 10 <= 2
    customer.run(1)
    before = len(customer.line.asked)
    for _ in range(240):
        customer.run(1 / 240)
    assert 79 <= len(customer.line.asked) - before <= 81  # 18 minutes are the first multiple of 6 after 15


def test_no_server_counts_like_one_that_is_away(customer: Customer) -> None:
    install(checks=CHECKS)(customer)
    customer.line.is_set = False
    customer.run(7)
    assert customer.status.state == VALID
    assert "no server is set" in customer.status.warnings[0]
    customer.run(1.1)
    assert (customer.status.state, customer.status.reason) == (INVALID, NOT_CHECKED)
    assert customer.line.asked == []


def test_installing_the_same_text_again_is_no_check(customer: Customer) -> None:
    """Otherwise a licence that was taken back would hold for ever where the server is kept away."""
    text = customer.vendor.text(customer.license(checks=CHECKS))
    customer.install(text)
    down(customer)
    for _ in range(3):
        customer.run(2)
        customer.install(text)
    assert len(customer.status.warnings) == 1
    customer.run(2.1)
    assert (customer.status.state, customer.status.reason) == (INVALID, NOT_CHECKED)


def test_a_machine_that_was_off_asks_at_its_start(customer: Customer) -> None:
    """Three weeks in a cupboard: the server is asked at once, and all is well."""
    install(checks=CHECKS)(customer)
    customer.off(21)
    assert customer.status.state == VALID


def test_days_left_count_down_to_the_end_of_features(customer: Customer) -> None:
    install()(customer)
    seen = [customer.status.days_left]
    for _ in range(3):
        customer.run(100)
        seen.append(customer.status.days_left)
    assert seen == [365, 265, 165, 65]
    customer.run(50)
    assert not customer.status.warnings
    customer.run(2)
    assert "ends in" in customer.status.warnings[0]


def test_nothing_is_told_twice(customer: Customer) -> None:
    """A restart, and a year of looking, are no news."""
    install()(customer)
    told = len(customer.changes)
    for _ in range(3):
        customer.run(20)
        customer.start()
    assert len(customer.changes) == told


def test_a_refused_licence_changes_nothing(customer: Customer) -> None:
    """Expired, future-dated, of another machine, another product, not activated: what holds goes on."""
    install(days=None)(customer)
    customer.run(400)
    bad: list[tuple[str, dict[str, Any]]] = [
        ("license.expired", {"days": -30}),
        ("license.other_product", {"product": "other"}),
        ("license.other_machine", {"machines": (OTHER_MACHINE,), "seats": 1}),
        ("license.not_activated", {"seats": 3}),
    ]
    for code, more in bad:
        text = customer.vendor.text(customer.license(**{"license_id": "L-9", **more}))
        with pytest.raises(RestrikeError) as refused:
            customer.install(text)
        assert refused.value.code == code
        assert customer.look().license_id == "L-2026-0001"
    customer.true_us += 10 * DAY_US
    ahead = customer.vendor.text(customer.license(license_id="L-9"))
    customer.true_us -= 10 * DAY_US
    with pytest.raises(RestrikeError, match="begins on"):
        customer.install(ahead)
    assert customer.look().state == VALID


# First starts with a wrong clock


def start_anew(customer: Customer, *, wrong: float) -> None:
    """Nothing is remembered, and the clock is wrong by so many days."""
    customer.offset_us = round(wrong * DAY_US)
    customer.paths.license.joinpath("record.sealed").unlink()
    customer.forget()
    customer.made_us = ISSUED_AT * 1_000_000
    customer.start()
    expected = (LicenseState.CLOCK_TAMPERED, None) if wrong < 0 else (TRIAL, 14)
    assert (customer.status.state, customer.status.days_left) == expected


@pytest.mark.parametrize("wrong", [-20_000, -30, 30, 3_000])
def test_a_first_start_with_a_wrong_clock(customer: Customer, wrong: float) -> None:
    """No time zone, no battery, no time server yet: set right, the trial has its 14 days, and no more."""
    start_anew(customer, wrong=wrong)
    customer.run(0.2)
    clock(0)(customer)
    assert (customer.status.state, customer.status.days_left) == (TRIAL, 14)
    customer.run(13)
    assert customer.status.state == TRIAL
    customer.run(1)
    assert customer.status.state == UNLICENSED


def test_a_clock_that_runs_ahead_ends_the_trial(customer: Customer) -> None:
    """It leaps once it was credible for days; set right in time, the rest of the trial is there again."""
    customer.run(5)
    clock(100)(customer)
    assert customer.status.state == UNLICENSED
    assert "is that right?" in customer.status.sentence
    clock(0)(customer)
    assert (customer.status.state, customer.status.days_left) == (TRIAL, 9)


def test_days_that_it_is_off_count(customer: Customer) -> None:
    """Also within the first two days of running."""
    customer.run(0.5)
    customer.off(20)
    assert customer.status.state == UNLICENSED
    customer.run(1)
    assert customer.status.state == UNLICENSED


def test_no_trial_is_longer_for_a_clock_that_leaps(customer: Customer) -> None:
    """Only a first start is excused, not a clock that leaps, and leaps again, in the middle of a trial."""
    customer.run(5)
    for wrong in (5, 20):
        clock(wrong)(customer)
    assert customer.status.state == UNLICENSED


def test_one_failed_check_by_hand_where_checks_are_rare(customer: Customer) -> None:
    """The server is tried until it answers, not when the next check is due: it takes a quarter of an hour."""
    customer.install(customer.vendor.text(customer.license(checks=Checks(every_hours=720))))
    customer.run(1)
    customer.is_down = True
    refusal(customer.check)
    asked = len(customer.line.asked)
    customer.run(1 / 96)
    assert len(customer.line.asked) == asked + 1
    customer.is_down = False
    customer.run(1 / 96)
    assert customer.status.not_checked is None
    customer.run(20)
    assert (customer.status.state, customer.status.warnings) == (VALID, ())
    assert len(customer.line.asked) == asked + 2
