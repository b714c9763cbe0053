"""How long a licence lasts: calendar months, counted from where the licence began. `restrike-licensor`."""

import calendar
from datetime import UTC, datetime

from msgspec import Struct

from shared.errors import ValidationError
from shared.licensing.statements import DAY_S, Plan

TRIAL_DAYS = 30
"""Of a trial that a vendor gives, where nothing else is said; the one that begins by itself has 14."""
MOST_TRIAL_DAYS = 366


class Term(Struct, frozen=True, kw_only=True):
    """Until when, and how it was counted: months from `counted_from`, so that what began on 31 January ends on a
    31st again after a renewal in February.
    """

    expires_at: int | None
    counted_from: int
    counted_months: int


def months_later(at: int, months: int) -> int:
    """The same time of day (UTC) so many calendar months later; the month's last day where it has no such day."""
    begun = datetime.fromtimestamp(at, tz=UTC)
    year, month = divmod(begun.year * 12 + begun.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return int(begun.replace(year=year, month=month + 1, day=min(begun.day, last)).timestamp())


def first_term(plan: Plan, *, begins_at: int, days: int | None = None) -> Term:
    """The term of a new licence.

    Raises:
        ValidationError: `days` belong to a trial only, and must be 1 to 366.
    """
    return extended(Term(expires_at=begins_at, counted_from=begins_at, counted_months=0), plan, days=days)


def extended(term: Term, plan: Plan, *, days: int | None = None) -> Term:
    """The term with a plan more.

    Raises:
        ValidationError: it has no end, or `days` are not acceptable.
    """
    if days is not None and (plan is not Plan.TRIAL or not 1 <= days <= MOST_TRIAL_DAYS):
        raise ValidationError("plan.days", f"Give --days only with --plan trial, 1 to {MOST_TRIAL_DAYS}.", value=days)
    if term.expires_at is None:
        raise ValidationError("plan.no_end", "This licence has no end: there is nothing to renew.")
    if plan is Plan.PERPETUAL:
        return Term(expires_at=None, counted_from=term.counted_from, counted_months=term.counted_months)
    if plan.months is None:
        end = term.expires_at + (days or TRIAL_DAYS) * DAY_S
        return Term(expires_at=end, counted_from=end, counted_months=0)
    months = term.counted_months + plan.months
    return Term(
        expires_at=months_later(term.counted_from, months), counted_from=term.counted_from, counted_months=months
    )
