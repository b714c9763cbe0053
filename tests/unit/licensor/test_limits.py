"""How often an address may ask: over simulated time."""

import pytest

from services.licensor.limits import Budgets, Sums, address_of


def test_a_budget_is_spent_and_fills_up() -> None:
    """Thirty at once, then one each two seconds; after a silent minute thirty again, never more."""
    budgets = Budgets(30)
    for _ in range(30):
        assert budgets.wait_s("a", 100.0) == 0
        budgets.spend("a", 100.0)
    assert budgets.wait_s("a", 100.0) == 2
    assert budgets.wait_s("a", 101.0) == 1
    assert budgets.wait_s("a", 102.0) == 0
    budgets.spend("a", 102.0)
    assert budgets.wait_s("a", 102.5) == 2
    for _ in range(30):
        assert budgets.wait_s("a", 9999.0) == 0
        budgets.spend("a", 9999.0)
    assert budgets.wait_s("a", 9999.0) > 0


def test_one_address_takes_nothing_from_another() -> None:
    """Each has its own budget."""
    budgets = Budgets(1)
    budgets.spend("a", 0.0)
    assert (budgets.wait_s("a", 0.0), budgets.wait_s("b", 0.0)) == (60, 0)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    """Nor does it take."""
    budgets = Budgets(60)
    budgets.spend("a", 100.0)
    assert budgets.wait_s("a", 50.0) == 0
    for _ in range(59):
        budgets.spend("a", 50.0)
    assert budgets.wait_s("a", 50.0) == 1


def test_only_so_many_addresses_are_remembered() -> None:
    """A flood from ever new addresses costs no memory: the one that was silent for longest is forgotten; counted."""
    budgets = Budgets(1, most_addresses=3)
    for address in ("a", "b", "c"):
        budgets.spend(address, 0.0)
    budgets.wait_s("a", 1.0)
    budgets.spend("d", 1.0)
    assert (len(budgets), budgets.forgotten) == (3, 1)
    assert budgets.wait_s("a", 1.0) > 0
    assert budgets.wait_s("b", 1.0) == 0


def test_a_flood_is_summed_up() -> None:
    """The first refusal is written at once, then a line a minute with how many they were, the rest at the end."""
    sums = Sums()
    assert [sums.add("a", "x", second) for second in (0.0, 1.0, 2.0, 59.9)] == [1, 0, 0, 0]
    assert sums.add("b", "x", 3.0) == 1
    assert sums.add("a", "y", 3.0) == 1
    assert sums.add("a", "x", 60.0) == 4
    assert sums.add("a", "x", 61.0) == 0
    assert sums.rest() == [("a", "x", 1)]
    assert sums.rest() == []


def test_sums_are_bounded() -> None:
    """A flood from ever new addresses costs no memory here either."""
    sums = Sums(most=2)
    for address in "abcd":
        sums.add(address, "x", 0.0)
        sums.add(address, "x", 0.0)
    assert [address for address, _, _ in sums.rest()] == ["c", "d"]


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_by_what_an_address_is_counted(host: str, counted: str) -> None:
    """Of IPv6 the network, as one customer has all of it."""
    assert address_of(host) == counted
