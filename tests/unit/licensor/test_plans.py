"""Terms of licences are calendar months, whatever the month's length."""

from datetime import UTC, datetime

import pytest

from services.licensor.plans import Term, extended, first_term, months_later
from shared.errors import ValidationError
from shared.licensing.statements import DAY_S, Plan


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("begun", "months", "ends"),
    [
        ("2026-11-22T10:30", 1, "2026-12-22T10:30"),
        ("2026-11-22T10:30", 12, "2027-11-22T10:30"),
        ("2028-02-29T00:00", 12, "2029-02-28T00:00"),
        ("2028-02-29T00:00", 48, "2032-02-29T00:00"),
        ("2026-01-31T23:59", 1, "2026-02-28T23:59"),
        ("2028-01-31T23:59", 1, "2028-02-29T23:59"),
        ("2026-08-31T12:00", 6, "2027-02-28T12:00"),
        ("2026-12-31T12:00", 60, "2031-12-31T12:00"),
    ],
)
def test_months_are_those_of_the_calendar(begun: str, months: int, ends: str) -> None:
    """The same day of a later month, or its last one; never a fixed number of days."""
    assert months_later(at(begun), months) == at(ends)


@pytest.mark.parametrize(("plan", "ends"), [("1", "2028-03-29"), ("12", "2029-02-28"), ("36", "2031-02-28")])
def test_a_plan_of_the_leap_day(plan: str, ends: str) -> None:
    """What is bought on 29 February ends on the last day of February, or on the 29th."""
    term = first_term(Plan(plan), begins_at=at("2028-02-29T09:00"))
    assert term.expires_at == at(f"{ends}T09:00")


def test_renewals_do_not_wander() -> None:
    """A month from 31 January ends on 28 February, and its renewal on 31 March: the day of the beginning is kept."""
    term = first_term(Plan.MONTH, begins_at=at("2026-01-31T08:00"))
    ends = []
    for _ in range(12):
        term = extended(term, Plan.MONTH)
        ends.append(term.expires_at)
    assert ends[0] == at("2026-03-31T08:00")
    assert ends[10] == at("2027-01-31T08:00")
    assert ends[11] == at("2027-02-28T08:00")


def test_trials_are_days_and_for_ever_is_no_end() -> None:
    """A trial has 30 days or those that are given; what is bought after it is counted from its end."""
    begun = at("2026-01-01T00:00")
    assert first_term(Plan.TRIAL, begins_at=begun).expires_at == begun + 30 * DAY_S
    term = first_term(Plan.TRIAL, begins_at=begun, days=7)
    assert term.expires_at == at("2026-01-08T00:00")
    assert extended(term, Plan.YEAR).expires_at == at("2027-01-08T00:00")
    assert extended(term, Plan.PERPETUAL).expires_at is None


@pytest.mark.parametrize(
    ("plan", "days", "code"),
    [(Plan.YEAR, 5, "plan.days"), (Plan.TRIAL, 0, "plan.days"), (Plan.TRIAL, 367, "plan.days")],
)
def test_days_that_make_no_sense(plan: Plan, days: int, code: str) -> None:
    """Days belong to trials, and are 1 to 366."""
    with pytest.raises(ValidationError) as refused:
        first_term(plan, begins_at=0, days=days)
    assert refused.value.code == code


def test_what_has_no_end_is_not_renewed() -> None:
    """There would be nothing to count from."""
    with pytest.raises(ValidationError) as refused:
        extended(Term(expires_at=None, counted_from=0, counted_months=0), Plan.YEAR)
    assert refused.value.code == "plan.no_end"
