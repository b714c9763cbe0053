"""What a vendor answers to installations: each case of activation, check and release, at any time."""

import threading

import msgspec
import pytest

from services.licensor import key_list, seating
from services.licensor.office import Change
from services.licensor.refusals import RefusedError
from shared.errors import ValidationError
from shared.licensing.activation_key import parsed_key
from shared.licensing.key_ring import PrivateKey
from shared.licensing.signing import opened, signed
from shared.licensing.statements import (
    ActivationRequest,
    Checked,
    Checks,
    License,
    Plan,
    Released,
    Standing,
)
from tests.support.licensing.shop import ADDRESS, NOW, Shop, at, machine, plain, refused

# Activation


def test_an_activation_is_a_licence_of_that_machine(shop: Shop) -> None:
    """Everything that was ordered, bound to the machine, made now."""
    entry, key = shop.issue(seats=2, plan=Plan.YEAR, grace_days=10, checks=Checks(every_hours=6))
    found = shop.activate(key, machine(1), day=3)
    assert found == License(
        license_id=entry.license_id,
        token_id=found.token_id,
        customer="Union",
        plan=Plan.YEAR,
        features=entry.features,
        issued_at=at(3),
        expires_at=entry.expires_at,
        grace_days=10,
        seats=2,
        machines=(machine(1),),
        checks=Checks(every_hours=6),
    )
    assert shop.activate(key.lower().replace("-", " "), machine(2)).token_id != found.token_id


def test_a_licence_of_no_machine_is_activated_by_any(shop: Shop) -> None:
    """With 0 seats the text is bound to nothing, and machines are not counted."""
    _, key = shop.issue(seats=0)
    assert {shop.activate(key, machine(number)).machines for number in range(3)} == {()}


def test_a_key_is_read_as_the_customers_side_reads_it(shop: Shop) -> None:
    """However wide it is typed; what that side refuses is no key here either."""
    _, key = shop.issue()
    wide = "  ".join(key)
    assert parsed_key(wide) == key
    assert shop.activate(wide, machine(1)).machines == (machine(1),)
    short = "RSTK0123456789ABCDEF"
    with pytest.raises(ValidationError):
        parsed_key(short)
    assert refused(lambda: shop.activate(short, machine(1)))[2].startswith("This is no activation key")


@pytest.mark.parametrize("key", ["RSTK-00000-00000-00000-00000", "", "what?", "x" * 5000])
def test_an_unknown_key(shop: Shop, key: str) -> None:
    """404, and the audit has its last characters at most."""
    shop.issue()
    status, code, _ = refused(lambda: shop.activate(key, machine(1)))
    assert (status, code) == (404, "key.unknown")
    assert shop.audit()[-1] == (ADDRESS, "activate", "key.unknown")


def test_no_free_seat_names_who_has_them(shop: Shop) -> None:
    """409, with the machines and since when; nothing is changed."""
    _, key = shop.issue(seats=2)
    shop.activate(key, machine(1), host="mat-1")
    shop.activate(key, machine(2), day=31, host="mat-2")
    status, code, sentence = refused(lambda: shop.activate(key, machine(3), day=40))
    assert (status, code) == (409, "license.no_seat")
    assert sentence.startswith("All 2 seats are taken: mat-1 since 2026-01-01, mat-2 since 2026-02-01.")
    assert shop.activate(key, machine(1), day=41).machines == (machine(1),)


def test_the_sentence_is_short_enough_to_be_shown(shop: Shop) -> None:
    """An installation shows 200 characters: all that it says is in them, however many machines with whatever names."""
    _, key = shop.issue(seats=999)
    for number in range(1, 11):
        shop.activate(key, machine(number), host=f"{number}-a-very-long-name-of-a-machine.example.org")
    with shop.books() as books, books.writing():
        entry = books.licenses()[0]
        books.put(msgspec.structs.replace(entry, seats=10))
    _, _, sentence = refused(lambda: shop.activate(key, machine(11)))
    assert len(sentence) <= 200
    assert "and 7 more" in sentence
    assert sentence.endswith("or ask the vendor.")


def test_a_machine_gets_its_own_seat_again(shop: Shop) -> None:
    """Also when one of its three traits was changed; its licence is bound to what it is now."""
    _, key = shop.issue(seats=1)
    shop.activate(key, machine(1))
    changed = machine(1).replace("disk-000000000001", "disk-00000000000f")
    assert shop.activate(key, changed, day=1).machines == (changed,)
    more = changed.replace("os-000000000001", "os-00000000000f")
    assert shop.activate(key, more, day=2).machines == (more,)
    assert refused(lambda: shop.activate(key, machine(1), day=3))[1] == "license.no_seat"


@pytest.mark.parametrize(
    "found", ["none", "", "os-1", "x" * 9999, "os-00000000000Z", "os-000000000001.hello", "board-000000000001"]
)
def test_a_machine_that_tells_nothing(shop: Shop, found: str) -> None:
    """A licence bound to nothing would be one for everybody."""
    _, key = shop.issue()
    assert refused(lambda: shop.activate(key, found))[:2] == (400, "machine.untold")


def test_a_nonce_is_needed(shop: Shop) -> None:
    """An answer without one could be used again."""
    _, key = shop.issue()
    for nonce in ("", "n" * 129):
        with shop.desk() as desk, pytest.raises(RefusedError, match="nonce"):
            desk.activate(ActivationRequest(key=key, machine=machine(1), nonce=nonce))


def test_revoked_expired_and_coming_licences_are_not_activated(shop: Shop) -> None:
    """403 with the reason; after a renewal it goes well again."""
    entry, key = shop.issue(plan=Plan.MONTH, grace_days=5)
    assert shop.activate(key, machine(1), day=35).expires_at == at(31)
    status, code, sentence = refused(lambda: shop.activate(key, machine(1), day=36))
    assert (status, code) == (403, "license.expired")
    assert "2026-02-01" in sentence
    with shop.office(40) as office:
        office.renew(entry.license_id, Plan.MONTH)
    assert shop.activate(key, machine(1), day=41).expires_at == at(40 + 28)
    with shop.office(42) as office:
        office.revoke(entry.license_id, why="Not paid.")
    assert refused(lambda: shop.activate(key, machine(1), day=43)) == (
        403,
        "license.revoked",
        "The vendor revoked this licence: Not paid. Ask there.",
    )
    _, later = shop.issue(begins_at=at(10))
    assert refused(lambda: shop.activate(later, machine(1), day=9))[:2] == (403, "license.not_yet")
    assert shop.activate(later, machine(1), day=10).issued_at == at(10)


def test_ten_activations_at_once_for_three_seats(shop: Shop) -> None:
    """Ten threads with connections of their own: three get a seat, seven hear that there is none."""
    entry, key = shop.issue(seats=3)
    outcomes: list[str] = []
    together = threading.Barrier(10)

    def activate(number: int) -> None:
        with shop.desk() as desk:
            request = ActivationRequest(key=key, machine=machine(number), nonce="n")
            together.wait(10)
            try:
                desk.activate(request)
            except RefusedError as error:
                outcomes.append(error.code)
            else:
                outcomes.append("done")

    threads = [threading.Thread(target=activate, args=(number,)) for number in range(1, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["done"] * 3 + ["license.no_seat"] * 7
    with shop.books() as books:
        assert books.taken() == {entry.license_id: 3}
        assert [seat.number for seat in books.seats(entry.license_id)] == [1, 2, 3]


# Checks


def test_a_good_check_says_good_and_nothing_more(shop: Shop) -> None:
    """Echoes the nonce, and the books know the last contact."""
    entry, key = shop.issue()
    text = shop.activated(key, machine(1))
    assert shop.check(text, machine(1), day=2) == Checked(
        nonce="n", at=at(2), license_id=entry.license_id, machine=machine(1), standing=Standing.GOOD
    )
    with shop.books() as books:
        assert [seat.seen_at for seat in books.seats(entry.license_id)] == [at(2)]


def test_a_renewal_is_handed_out_once(shop: Shop) -> None:
    """The next check brings the newer text, bound to the machine as it is now; the one after it nothing."""
    entry, key = shop.issue()
    text = shop.activated(key, machine(1))
    with shop.office(300) as office:
        office.renew(entry.license_id, Plan.YEAR)
    changed = machine(1).replace("disk-000000000001", "disk-00000000000f")
    newer = shop.check(text, changed, day=301).license
    assert newer is not None
    license_ = opened(newer, shop.ring(), License)
    assert (license_.expires_at, license_.machines, license_.issued_at) == (at(730), (changed,), at(301))
    assert shop.check(newer, changed, day=302).license is None
    with shop.books() as books:
        assert [seat.machine for seat in books.seats(entry.license_id)] == [changed]
    assert shop.check(text, changed, day=303).license is not None, "who lost it gets it again"


def test_a_change_is_handed_out(shop: Shop) -> None:
    """Features that were bought later arrive by themselves."""
    entry, key = shop.issue(features=())
    text = shop.activated(key, machine(1))
    with shop.office(1) as office:
        office.change(entry.license_id, Change(features=("replay_clips",), seats=5))
    newer = shop.check(text, machine(1), day=2).license
    assert newer is not None
    found = opened(newer, shop.ring(), License)
    assert (found.features, found.seats) == (("replay_clips",), 5)


def test_a_revocation_and_its_end(shop: Shop) -> None:
    """The check says so and why; when it is restored all is well again."""
    entry, key = shop.issue()
    text = shop.activated(key, machine(1))
    with shop.office(1) as office:
        office.revoke(entry.license_id, why="charged back")
    found = shop.check(text, machine(1), day=2)
    assert (found.standing, found.why, found.license) == (Standing.REVOKED, "charged back", None)
    with shop.office(3) as office:
        office.restore(entry.license_id)
    assert shop.check(text, machine(1), day=4).standing == Standing.GOOD


def test_a_seat_that_was_freed(shop: Shop) -> None:
    """By the machine or by hand: a check of that machine says so, and another machine can have the seat."""
    _, key = shop.issue()
    text = shop.activated(key, machine(1))
    shop.release(text, machine(1), day=5)
    other = shop.activated(key, machine(2), day=6)
    found = shop.check(text, machine(1), day=7)
    assert (found.standing, found.why) == (Standing.RELEASED, "Its seat was freed on 2026-01-06.")
    assert shop.check(other, machine(2), day=7).standing == Standing.GOOD
    with shop.office(8) as office:
        office.release(shop.check(other, machine(2), day=7).license_id, "2")
    assert shop.check(other, machine(2), day=9).standing == Standing.RELEASED
    assert shop.activate(key, machine(1), day=10).machines == (machine(1),)


def test_a_copied_licence_has_no_seat(shop: Shop) -> None:
    """The text of one machine, checked on another one, is no licence there."""
    _, key = shop.issue(seats=2)
    text = shop.activated(key, machine(1))
    found = shop.check(text, machine(2))
    assert (found.standing, found.why) == (Standing.RELEASED, "This machine has no seat of the licence.")
    assert shop.check(text, machine(1)).standing == Standing.GOOD


def test_books_that_forgot_a_machine_take_it_in(shop: Shop) -> None:
    """Restored from a backup they do not know what was handed out since: a signed licence finds a free seat, and a new
    text; without a free seat it has none.
    """
    entry, key = shop.issue(seats=1)
    ours = signed(forgotten(shop.activate(key, machine(9))), shop.chest_key())
    assert shop.check(ours, machine(1)).standing == Standing.RELEASED
    with shop.office() as office:
        office.release(entry.license_id, machine(9))
    found = shop.check(ours, machine(1))
    assert found.standing == Standing.GOOD
    assert found.license is not None


def test_licences_that_the_books_do_not_know(shop: Shop) -> None:
    """Signed, but of no licence: 404, without a signature. Not signed by this vendor, or damaged: 400."""
    _, key = shop.issue()
    license_ = shop.activate(key, machine(1))
    strange = msgspec.structs.replace(license_, license_id="L-00000000")
    ours, theirs = shop.chest_key(), PrivateKey.new("k1", made_at=NOW)
    unknown = PrivateKey.new("k7", made_at=NOW)
    assert refused(lambda: shop.check(signed(strange, ours), machine(1)))[:2] == (404, "license.unknown")
    assert refused(lambda: shop.check(signed(license_, theirs), machine(1)))[:2] == (400, "license.forged")
    assert refused(lambda: shop.check(signed(license_, unknown), machine(1)))[:2] == (400, "license.unknown_key")
    for text in ("", "<html>", signed(license_, ours)[:-1], signed(Released(nonce="", at=0, license_id="x"), ours)):
        assert refused(lambda given=text: shop.check(given, machine(1)))[:2] == (400, "license.damaged")  # type: ignore[misc]  # bound at once


def test_licences_without_seats_are_never_released_from_a_machine(shop: Shop) -> None:
    """Whoever gave such a file back may use it again, as nobody counts it."""
    _, key = shop.issue(seats=0)
    text = shop.activated(key, machine(1))
    shop.release(text, machine(1))
    assert shop.check(text, machine(1)).standing == Standing.GOOD
    assert shop.check(text, machine(2)).standing == Standing.GOOD


def test_licences_without_seats_do_not_fill_the_books(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number of machines has one, and a newer text of it; the books keep the first ones of them."""
    monkeypatch.setattr(seating, "MOST_UNBOUND", 3)
    entry, key = shop.issue(seats=0)
    text = shop.activated(key, machine(1))
    for number in range(1, 9):
        assert shop.check(text, machine(number), day=1).standing == Standing.GOOD
    with shop.office(2) as office:
        office.renew(entry.license_id, Plan.YEAR)
    for number in (1, 8):
        assert shop.check(text, machine(number), day=3).license is not None
    late = shop.activated(key, machine(9), day=4)
    shop.release(late, machine(9), day=5)
    assert shop.check(late, machine(9), day=6).standing == Standing.GOOD
    with shop.books() as books:
        assert [seat.number for seat in books.seats(entry.license_id)] == [1, 2, 3]
        assert books.tokens(entry.license_id)[0].seat is None


# Keys


def test_a_licence_of_a_retired_key_is_signed_anew(shop: Shop) -> None:
    """What the books know stays good and comes back with the key that signs now, also when the old key is void from its
    beginning on; what they do not know of a retired key is refused.
    """
    _, key = shop.issue()
    license_, text, leaked = shop.activate(key, machine(1)), shop.activated(key, machine(1)), shop.chest_key()
    with shop.books() as books:
        shop.chest.create(books, "k2", now=at(1), is_encrypted=False)
        key_list.retire(books, "k1", at=NOW)
    found = shop.check(text, machine(1), day=2)
    assert found.license is not None
    assert found.license.split(".")[1] == "k2"
    assert opened(found.license, shop.ring(), License).token_id != license_.token_id
    made_by_a_thief = signed(msgspec.structs.replace(license_, token_id="evil"), leaked)  # noqa: S106  # a text's number
    assert refused(lambda: shop.check(made_by_a_thief, machine(5)))[:2] == (403, "license.withdrawn_key")
    assert shop.check(found.license, machine(1), day=3).license is None


# What is written down


def test_every_act_and_refusal_is_in_the_audit_without_a_secret(shop: Shop) -> None:
    """Who, what, outcome; no key, no text, nowhere in the file."""
    entry, key = shop.issue()
    text = shop.activated(key, machine(1), host="mat-1")
    shop.check(text, machine(1))
    refused(lambda: shop.activate(key, machine(2)))
    shop.release(text, machine(1))
    assert shop.audit() == [
        ("anna", "issue", "done"),
        (ADDRESS, "activate", "done"),
        (ADDRESS, "check", "done"),
        (ADDRESS, "activate", "license.no_seat"),
        (ADDRESS, "release", "done"),
    ]
    with shop.books() as books:
        last = books.traces(last=2, license_id=entry.license_id)
    assert last[0].key_end == plain(key)[-5:]
    content = b"".join(path.read_bytes() for path in shop.home.folder.glob("licensor.db*"))
    for secret in (key, plain(key), plain(key)[:10], key[5:17], text, text[-40:]):
        assert secret.encode() not in content


def forgotten(license_: License) -> License:
    """A licence whose text the books do not know."""
    return msgspec.structs.replace(license_, token_id="forgotten", machines=(machine(1),))  # noqa: S106  # a number
