"""When the service looks, reads and asks by itself, and which commands it answers."""

from types import SimpleNamespace
from typing import Any

from services.license import main
from shared.licensing.statements import Checks
from shared.messages import license as contract
from shared.messages.license import LicenseReason, LicenseState
from shared.messages.requests import Command
from tests.support.licensing.customer import DAY_US, Customer


class Registered:
    """In the place of a runtime: what was registered with it."""

    def __init__(self, customer: Customer) -> None:
        self.paths = customer.paths
        self.commands: dict[type, Any] = {}
        self.timers: dict[float, Any] = {}
        self.at_start: list[Any] = []
        runtime: Any = SimpleNamespace(
            paths=customer.paths,
            on_command=self.commands.__setitem__,
            every=self.timers.__setitem__,
            on_start=self.at_start.append,
        )
        main._register(runtime, customer.office, customer.acts)


def test_the_clock_is_looked_at_each_minute(customer: Customer) -> None:
    timers = Registered(customer).timers
    customer.true_us += 15 * DAY_US
    timers[60.0]()
    assert customer.status.state == LicenseState.UNLICENSED


def test_what_is_stored_is_read_each_hour_and_at_the_start(customer: Customer) -> None:
    """Who changes the file outside is found out."""
    registered = Registered(customer)
    customer.install(customer.vendor.text(customer.license()))
    path = customer.paths.license / "license.sealed"
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    customer.lose_copy()
    registered.timers[3600.0]()
    assert customer.status.reason == LicenseReason.DAMAGED
    path.write_bytes(content)
    for callback in registered.at_start:
        callback()
    assert customer.status.state == LicenseState.VALID


def test_a_check_that_is_due_is_made_at_the_start(customer: Customer) -> None:
    """Not a minute later: a machine that was off for weeks would be limited meanwhile."""
    registered = Registered(customer)
    customer.install(customer.vendor.text(customer.license(checks=Checks())))
    customer.true_us += 20 * DAY_US
    for callback in registered.at_start:
        callback()
    assert len(customer.line.asked) == 1
    assert customer.status.state == LicenseState.VALID


def test_every_command_of_the_contract_is_answered(customer: Customer) -> None:
    """The fingerprint's is registered beside these."""
    commands = {found for found in vars(contract).values() if isinstance(found, type) and issubclass(found, Command)}
    assert set(Registered(customer).commands) == commands - {Command, contract.GetFingerprint}
