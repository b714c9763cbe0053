"""What a vendor does with licences: what is accepted, what is not, and what machines get of it."""

from typing import Any

import pytest

from services.licensor.office import Change
from services.licensor.plans import months_later
from services.licensor.records import Condition
from shared.errors import ValidationError
from shared.licensing.signing import opened
from shared.licensing.statements import Checks, License, Plan
from tests.support.licensing.shop import NOW, Shop, at, machine, plain


def test_the_conditions_of_a_licence_over_the_years(shop: Shop) -> None:
    """Comes, holds, has its days of grace, is over; one without an end never is."""
    entry, _ = shop.issue(begins_at=at(10), plan=Plan.YEAR, grace_days=14)
    days = {9.999: "begins later", 10: "good", 374.9: "good", 375: "grace", 388.9: "grace", 389: "expired"}
    assert {day: entry.condition(at(day)).value for day in days} == days
    forever, _ = shop.issue(plan=Plan.PERPETUAL)
    assert forever.condition(at(36_500)) == Condition.GOOD


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"customer": " "}, "license.customer"),
        ({"customer": "a" * 201}, "license.customer"),
        ({"customer": "two\nlines"}, "license.customer"),
        ({"features": ("flying",)}, "license.features"),
        ({"seats": -1}, "license.seats"),
        ({"seats": 1001}, "license.seats"),
        ({"grace_days": 367}, "license.grace"),
        ({"checks": Checks(warn_after_days=8, limit_after_days=7)}, "license.checks"),
        ({"machines": ("none",)}, "machine.malformed"),
        ({"machines": (machine(1), machine(2))}, "license.machines"),
        ({"seats": 0, "machines": (machine(1),)}, "license.machines"),
        ({"days": 5}, "plan.days"),
    ],
)
def test_orders_that_are_refused(shop: Shop, order: dict[str, Any], code: str) -> None:
    """And leave nothing in the books."""
    with pytest.raises(ValidationError) as refused:
        shop.issue(**order)
    assert refused.value.code == code
    with shop.books() as books:
        assert books.licenses() == []
    assert shop.audit() == []


def test_an_offline_licence_of_three_machines(shop: Shop) -> None:
    """One text for all of them, which takes their seats; a fourth machine activates the fourth seat by key."""
    machines = tuple(machine(number) for number in (1, 2, 3))
    entry, key = shop.issue(seats=4, machines=machines, checks=None)
    with shop.office() as office:
        text = office.text(entry.license_id, shop.chest_key())
    found = opened(text, shop.ring(), License)
    assert (found.machines, found.checks, found.seats) == (machines, None, 4)
    assert shop.activate(key, machine(4)).machines == (machine(4),)
    with shop.books() as books:
        assert books.taken() == {entry.license_id: 4}
    shop.release(text, machine(2), day=1)
    assert shop.check(text, machine(2), day=2).standing == "released"
    assert shop.check(text, machine(3), day=2).standing == "good"


def test_a_text_of_a_hundred_machines_is_not_too_long(shop: Shop) -> None:
    """The most that one may be for can be read by an installation."""
    entry, _ = shop.issue(seats=100, machines=tuple(machine(number) for number in range(1, 101)))
    with shop.office() as office:
        text = office.text(entry.license_id, shop.chest_key())
    assert len(opened(text, shop.ring(), License).machines) == 100


def test_a_text_needs_machines(shop: Shop) -> None:
    """One with seats that nobody took would be for nobody; one without seats is for all."""
    entry, _ = shop.issue(seats=2)
    with shop.office() as office, pytest.raises(ValidationError) as refused:
        office.text(entry.license_id, shop.chest_key())
    assert refused.value.code == "license.no_machines"
    free, _ = shop.issue(seats=0)
    with shop.office() as office:
        assert opened(office.text(free.license_id, shop.chest_key()), shop.ring(), License).machines == ()


def test_no_text_of_what_does_not_hold(shop: Shop) -> None:
    """Revoked or over: a text of today would be taken for its restoration. What begins later is signed."""
    entry, _ = shop.issue(plan=Plan.MONTH, grace_days=5, machines=(machine(1),))
    key = shop.chest_key()
    with shop.office(1) as office:
        office.revoke(entry.license_id, why="charged back")
        with pytest.raises(ValidationError, match="restore it first"):
            office.text(entry.license_id, key)
        office.restore(entry.license_id)
        office.text(entry.license_id, key)
    with shop.office(36) as office, pytest.raises(ValidationError, match="renew it first"):
        office.text(entry.license_id, key)
    assert shop.audit()[-1] == ("anna", "sign", "done")
    with shop.books() as books:
        assert len(books.tokens(entry.license_id)) == 1
    later, _ = shop.issue(begins_at=at(10), machines=(machine(2),))
    with shop.office() as office:
        assert opened(office.text(later.license_id, key), shop.ring(), License).issued_at == at(10)


def test_renewals_count_from_the_end_or_from_now(shop: Shop) -> None:
    """While it lasts, and in its days of grace, from its end; when it is over, from now."""
    entry, _ = shop.issue(plan=Plan.YEAR)
    with shop.office(100) as office:
        assert office.renew(entry.license_id, Plan.YEAR).expires_at == months_later(NOW, 24)
    with shop.office(735) as office:
        assert office.renew(entry.license_id, Plan.MONTH).expires_at == months_later(NOW, 25)
    with shop.office(2000) as office:
        late = office.renew(entry.license_id, Plan.THREE_YEARS)
    assert late.expires_at == months_later(at(2000), 36)
    assert (late.plan, late.revision, late.begins_at) == (Plan.THREE_YEARS, 4, NOW)
    with shop.office(2001) as office:
        assert office.renew(entry.license_id.lower(), Plan.PERPETUAL).expires_at is None
        with pytest.raises(ValidationError):
            office.renew(entry.license_id, Plan.YEAR)


def test_a_trial_becomes_a_year(shop: Shop) -> None:
    """The days of the trial are not lost."""
    entry, _ = shop.issue(plan=Plan.TRIAL, days=20)
    with shop.office(5) as office:
        assert office.renew(entry.license_id, Plan.YEAR).expires_at == months_later(at(20), 12)


def test_changes_that_are_refused(shop: Shop) -> None:
    """Nothing to change, fewer seats than machines, what no licence can have, a licence that there is not."""
    entry, key = shop.issue(seats=2)
    shop.activate(key, machine(1))
    shop.activate(key, machine(2))
    for change, code in (
        (Change(), "license.no_change"),
        (Change(seats=1), "license.seats_taken"),
        (Change(features=("flying",)), "license.features"),
    ):
        with shop.office() as office, pytest.raises(ValidationError) as refused:
            office.change(entry.license_id, change)
        assert refused.value.code == code
    with shop.office() as office, pytest.raises(ValidationError) as refused:
        office.change("L-NOTHERE", Change(seats=1))
    assert refused.value.code == "license.unknown"
    with shop.books() as books:
        assert books.find(entry.license_id) == entry


def test_a_change_of_checks(shop: Shop) -> None:
    """Checks can be taken away; that is another thing than saying nothing about them."""
    entry, _ = shop.issue()
    with shop.office() as office:
        assert office.change(entry.license_id, Change(customer="Other")).checks == Checks()
        assert office.change(entry.license_id, Change(checks=None)).checks is None


def test_a_new_activation_key(shop: Shop) -> None:
    """The old one opens nothing any more; machines keep what they have, and their texts."""
    entry, key = shop.issue(seats=2)
    text = shop.activated(key, machine(1))
    with shop.office() as office:
        changed, new = office.rekey(entry.license_id)
    assert changed.key_end == plain(new)[-5:]
    with pytest.raises(Exception, match="No licence has this activation key"):
        shop.activate(key, machine(2))
    assert shop.activate(new, machine(2)).license_id == entry.license_id
    assert shop.check(text, machine(1)).license is None


def test_revoking_twice_and_restoring_what_holds(shop: Shop) -> None:
    """Refused: somebody mistook one licence for another."""
    entry, _ = shop.issue()
    with shop.office() as office:
        with pytest.raises(ValidationError):
            office.restore(entry.license_id)
        for why in (" ", "w" * 121, "two\nlines"):
            with pytest.raises(ValidationError):
                office.revoke(entry.license_id, why=why)
        office.revoke(entry.license_id, why="x")
        with pytest.raises(ValidationError):
            office.revoke(entry.license_id, why="y")
        assert office.restore(entry.license_id).revoked_why is None


@pytest.mark.parametrize("named", ["2", "mat-2", machine(2)])
def test_a_seat_is_freed_by_its_number_host_or_fingerprint(shop: Shop, named: str) -> None:
    """And no other one."""
    entry, key = shop.issue(seats=3)
    for number in (1, 2, 3):
        shop.activate(key, machine(number), host=f"mat-{number}")
    with shop.office(1) as office:
        assert office.release(entry.license_id, named).number == 2
        with pytest.raises(ValidationError):
            office.release(entry.license_id, named)
    with shop.books() as books:
        assert [seat.released_at for seat in books.seats(entry.license_id)] == [None, at(1), None]


def test_two_hosts_of_one_name(shop: Shop) -> None:
    """Which one is meant is not guessed."""
    entry, key = shop.issue(seats=2)
    for number in (1, 2):
        shop.activate(key, machine(number), host="mat")
    with shop.office() as office, pytest.raises(ValidationError) as refused:
        office.release(entry.license_id, "mat")
    assert refused.value.code == "machine.unknown"
