"""What a vendor's books make of a licence that left a machine: whose seat is freed, and whose is not."""

from shared.licensing.statements import Released, Standing
from tests.support.licensing.shop import ADDRESS, Shop, at, machine, refused


def test_a_release_is_the_same_however_often(shop: Shop) -> None:
    """The answer was lost: it is asked for again, and given again."""
    entry, key = shop.issue()
    text = shop.activated(key, machine(1))
    wanted = Released(nonce="n", at=at(1), license_id=entry.license_id)
    assert [shop.release(text, machine(1), day=1) for _ in range(2)] == [wanted, wanted]
    with shop.books() as books:
        (seat,) = books.seats(entry.license_id)
    assert (seat.released_at, seat.released_by) == (at(1), ADDRESS)


def test_an_old_release_frees_nothing_that_was_taken_since(shop: Shop) -> None:
    """The file of a machine that gave its seat back and activated again is answered once more: it keeps the new one."""
    _, key = shop.issue()
    old = shop.activated(key, machine(1))
    shop.release(old, machine(1), day=1)
    new = shop.activated(key, machine(1), day=2)
    again = shop.release(old, machine(1), day=3)
    assert again.at == at(3)
    assert shop.check(new, machine(1), day=4).standing == Standing.GOOD
    assert refused(lambda: shop.activate(key, machine(2), day=5))[1] == "license.no_seat"
    shop.release(new, machine(1), day=6)
    assert shop.activate(key, machine(2), day=7).machines == (machine(2),)


def test_an_old_release_by_a_text_of_several_machines(shop: Shop) -> None:
    """That text is of no one seat: it gives back what the machine had when it was made, and nothing later."""
    entry, key = shop.issue(seats=2, machines=(machine(1), machine(2)))
    with shop.office() as office:
        old = office.text(entry.license_id, shop.chest_key())
    shop.release(old, machine(1), day=1)
    new = shop.activated(key, machine(1), day=2)
    shop.release(old, machine(1), day=3)
    assert shop.check(new, machine(1), day=4).standing == Standing.GOOD
    assert shop.check(old, machine(2), day=4).standing == Standing.GOOD


def test_a_release_of_a_machine_that_was_rebuilt(shop: Shop) -> None:
    """It is no longer the machine of its seat, but it holds the text of that seat, which is enough to give it back."""
    _, key = shop.issue()
    text = shop.activated(key, machine(1))
    shop.release(text, machine(77))
    with shop.books() as books:
        assert books.taken() == {}


def test_a_release_needs_the_vendors_text(shop: Shop) -> None:
    """Who knows a machine's fingerprint only cannot take its seat away."""
    entry, key = shop.issue()
    shop.activate(key, machine(1))
    for text in ("", "?", "restrike1.k1.e30.AAAA"):
        status, _, _ = refused(lambda given=text: shop.release(given, machine(1)))  # type: ignore[misc]  # bound at once
        assert status == 400
    with shop.books() as books:
        assert books.taken() == {entry.license_id: 1}
