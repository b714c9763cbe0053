"""What happens to a licence, for tests of its states: each is done to a customer.

A licence is one of a year with 14 days of grace unless a test says otherwise.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.licensing.statements import Standing
from tests.support.licensing.customer import DAY_US, Customer

Act = Callable[[Customer], object]


def run(days: float) -> Act:
    return lambda customer: customer.run(days)


def hours(count: int) -> Act:
    """It runs for so long, looked at each hour."""

    def act(customer: Customer) -> None:
        for _ in range(count):
            customer.run(1 / 24)

    return act


def off(days: float) -> Act:
    return lambda customer: customer.off(days)


def asleep(days: float) -> Act:
    return lambda customer: customer.sleep(days)


def days_of_work(count: int) -> Act:
    """It is on for ten hours of each day."""

    def act(customer: Customer) -> None:
        for _ in range(count):
            customer.run(10 / 24)
            customer.off(14 / 24)

    return act


def restarts(count: int) -> Act:
    """Killed before each hour is over, and started again: what was not written is lost."""

    def act(customer: Customer) -> None:
        for _ in range(count):
            customer.off(1 / 24)

    return act


def install(**more: Any) -> Act:
    return lambda customer: customer.install(customer.vendor.text(customer.license(**more)))


def activate(**more: Any) -> Act:
    def act(customer: Customer) -> None:
        customer.newer = customer.license(seats=1, machines=(customer.machine,), **more)
        customer.activate()
        customer.newer = None

    return act


def renew(**more: Any) -> Act:
    """The vendor has a newer text of the licence, and is asked."""

    def act(customer: Customer) -> None:
        customer.standing, customer.newer = Standing.GOOD, customer.license(**more)
        customer.check()

    return act


def checked(standing: Standing = Standing.GOOD) -> Act:
    """The vendor is asked, and says so."""

    def act(customer: Customer) -> None:
        customer.standing, customer.is_down = standing, False
        customer.check()

    return act


def clock(days: float) -> Act:
    """The clock is set by so many days, 0: it is right; and a minute passes."""

    def act(customer: Customer) -> None:
        customer.offset_us = round(days * DAY_US)
        customer.run(1 / 1440)

    return act


def machine(name: str) -> Act:
    """The disk is put into another machine."""

    def act(customer: Customer) -> None:
        customer.machine = customer.office.machine = name
        customer.look()

    return act


def deactivate(customer: Customer) -> None:
    customer.deactivate(is_offline=True)


def down(customer: Customer) -> None:
    customer.is_down = True


def damage(customer: Customer) -> None:
    """Of the licence's file, and of its copy."""
    customer.lose_copy()
    _sealed(customer).rename(_aside(customer))
    _sealed(customer).write_bytes(_aside(customer).read_bytes()[:-1])
    customer.read()


def take_away(customer: Customer) -> None:
    """The licence's file is moved away; nothing is left of its copy."""
    customer.lose_copy()
    _sealed(customer).rename(_aside(customer))
    customer.read()


def put_back(customer: Customer) -> None:
    """The licence's file is there again."""
    _aside(customer).replace(_sealed(customer))
    customer.read()


def _sealed(customer: Customer) -> Path:
    return customer.paths.license / "license.sealed"


def _aside(customer: Customer) -> Path:
    return customer.paths.license / "aside"
