"""The licence as health sees it, by what the license service really says."""

from typing import Any

import msgspec
import pytest

from services.license.contact import Contact
from services.license.judging import Case, judge
from services.license.record import Record
from shared.alerts.defaults import DEFAULTS
from shared.licensing.statements import DAY_S, Checks, License, Plan
from shared.messages.health import Condition, HealthItem, Subject
from shared.messages.license import LicenseReason, LicenseState, LicenseStatus
from tests.support.health_picture import World
from tests.support.licensing.vendor import ISSUED_AT, Vendor

OK, DEGRADED, UNKNOWN = Condition.OK, Condition.DEGRADED, Condition.UNKNOWN
RECORD = Record.first(ISSUED_AT * 1_000_000, made_us=0)
VENDOR = Vendor.new()


def _judged(day: float, license: License | None = None, **record: Any) -> HealthItem:  # noqa: A002  # what it is
    """How health sees it so many days after 2026-01-01, which was the first start, too."""
    now_us = int((ISSUED_AT + day * DAY_S) * 1_000_000)
    known = msgspec.structs.replace(RECORD, **record)
    return _seen(judge(Case(now_us=now_us, record=known, machine="os-1.board-1.disk-1", license=license)))


def _seen(status: LicenseStatus | None) -> HealthItem:
    world = World()
    world.picture.license = status
    return world.item(Subject.LICENCE, "licence")


def test_a_trial() -> None:
    """Three days before its end somebody should look; afterwards there is one item with its remedy, and no failure."""
    assert [_judged(day).condition for day in (0, 10.9, 11.1, 13.9)] == [OK, OK, DEGRADED, DEGRADED]
    over = _judged(14.1)
    assert over.condition is DEGRADED
    assert (over.reason or "").startswith("There is no licence; the trial ended on 2026-01-15.")
    assert "restrike license activate" in (over.remedy or "")


@pytest.mark.parametrize(
    ("plan", "days", "ok_until"), [(Plan.YEAR, 365, 351), (Plan.MONTH, 31, 24), (Plan.TRIAL, 30, 27)]
)
def test_a_licence_that_ends(plan: Plan, days: int, ok_until: int) -> None:
    """It is told in time, then that it goes on in its days of grace, then that it expired."""
    licence = VENDOR.license(plan=plan, expires_at=ISSUED_AT + days * DAY_S, grace_days=14)
    assert [_judged(day, licence).condition for day in (1, ok_until - 0.1, ok_until + 0.1)] == [OK, OK, DEGRADED]
    assert "goes on until" in (_judged(days + 1, licence).reason or "")
    over = _judged(days + 15, licence)
    assert over.condition is DEGRADED
    assert "expired" in (over.reason or "")


def test_a_licence_for_ever_is_well() -> None:
    assert _judged(30_000, VENDOR.license(plan=Plan.PERPETUAL, expires_at=None)).condition is OK


def test_a_server_that_is_not_reached() -> None:
    """From the day on which the service warns; the warning is the reason."""
    licence = VENDOR.license(checks=Checks())

    def tried(days: float) -> dict[str, Contact]:
        contact = Contact(unreached_since_us=1, why="no answer in time", waited_us=int(days * DAY_S * 1_000_000))
        return {licence.license_id: contact}

    assert _judged(20, licence, contacts=tried(4.9)).condition is OK
    late = _judged(20, licence, contacts=tried(5.1))
    assert late.condition is DEGRADED
    assert (late.reason or "").startswith("The vendor's server could not be asked for 5 days of running (no answer in")
    assert late.remedy is not None


@pytest.mark.parametrize("state", sorted(set(LicenseState) - {LicenseState.TRIAL, LicenseState.VALID}))
def test_features_that_are_limited_are_no_failure(state: LicenseState) -> None:
    """Reason and remedy are what the service says."""
    status = LicenseStatus(
        state=state, judged_at_us=1, sentence="It is not.", remedy="Mend it.", reason=LicenseReason.DAMAGED
    )
    item = _seen(status)
    assert (item.condition, item.reason, item.remedy) == (DEGRADED, "It is not.", "Mend it.")


def test_a_service_that_is_not_heard() -> None:
    """Nobody knows; that is told once, and nothing ends by it."""
    world = World()
    world.mute.add("license")
    world.pass_s(5)
    assert world.condition(Subject.LICENCE, "licence") is UNKNOWN
    assert _seen(None).condition is UNKNOWN


def test_there_is_one_rule_for_it() -> None:
    """And it waits: at a start nobody is told of what is over in a moment."""
    rules = [rule for rule in DEFAULTS.values() if rule.metric == "health.licence"]
    assert [(rule.name, rule.severity) for rule in rules] == [("license.attention", "warning")]
    assert rules[0].for_s >= 30
