"""What operators do, and what the vendor says: what it changes, what is refused, and that old answers are of no use."""

from functools import partial
from typing import Any

import msgspec
import pytest

from services.license.record import MOST_OPEN
from shared.errors import NetworkError, ValidationError
from shared.licensing.statements import (
    Checked,
    CheckRequest,
    Checks,
    Released,
    ReleaseRequest,
    Standing,
)
from shared.messages.license import (
    ActivateLicense,
    CheckLicense,
    DeactivateLicense,
    LicenseAct,
    LicenseReason,
    LicenseState,
    RequestLicense,
)
from shared.rpc import Later
from tests.support.licensing.customer import DAY_US, KEY, MACHINE, OTHER_MACHINE, Customer, outcome, refusal

UNLICENSED, TRIAL, VALID, GRACE, EXPIRED, INVALID, REVOKED, TAMPERED = LicenseState


@pytest.fixture
def held(customer: Customer) -> Customer:
    """An installation with an activated licence that is to be checked."""
    customer.newer = customer.license(seats=2, machines=(MACHINE,), checks=Checks())
    customer.activate()
    customer.newer = None
    return customer


# Activation


def test_activation(customer: Customer) -> None:
    """The key is sent as it is written, with this machine's fingerprint and a nonce of its own."""
    customer.newer = customer.license(seats=1, machines=(MACHINE,))
    later = customer.acts.activate(ActivateLicense(key=KEY.lower().replace("-", " "), author="ana"))
    assert outcome(later).state == VALID
    (asked,) = customer.line.asked
    assert isinstance(asked, type(customer.request()))
    assert (asked.key, asked.machine, len(asked.nonce)) == (KEY, MACHINE, 32)
    change = customer.changes[-1]
    assert (change.act, change.author, change.state_before, change.state) == (
        LicenseAct.ACTIVATED,
        "ana",
        TRIAL,
        VALID,
    )


def test_activation_that_is_refused(customer: Customer) -> None:
    """In the vendor's words, and nothing is changed."""
    customer.line.says = lambda _: NetworkError("license.server.license.no_seat", "All 2 seats are taken.")
    refused = refusal(customer.activate)
    assert (refused.code, refused.message) == ("license.server.license.no_seat", "All 2 seats are taken.")
    assert customer.look().state == TRIAL


def test_a_key_that_is_none_goes_nowhere(customer: Customer) -> None:
    for command in (ActivateLicense(key="RSTK-1", author="ana"), RequestLicense(key="RSTK-1", author="ana")):
        act: Any = customer.acts.activate if isinstance(command, ActivateLicense) else customer.acts.request
        with pytest.raises(ValidationError, match="looks like"):
            act(command)
    assert customer.line.asked == []


def test_without_a_server(customer: Customer) -> None:
    """It is told how to set one, and how to do without."""
    customer.line.is_set = False
    refused = refusal(customer.activate)
    assert "license.server_url" in refused.message
    assert "restrike license request" in refused.message


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"machines": (OTHER_MACHINE,), "seats": 1}, "license.other_machine"),
        ({"seats": 1}, "license.not_activated"),
        ({"product": "restrike-score"}, "license.other_product"),
        ({"days": -100}, "license.expired"),
    ],
)
def test_a_licence_that_does_not_help_is_not_taken(held: Customer, changed: dict[str, Any], code: str) -> None:
    """Even from the vendor himself; what holds goes on."""
    held.newer = held.license(license_id="L-2", **changed)
    assert refusal(held.activate).code == code
    assert held.look().license_id == "L-2026-0001"


def test_one_licence_for_several_machines(customer: Customer) -> None:
    """Each of those it names may have it; one trait of each may change."""
    text = customer.vendor.text(customer.license(seats=3, machines=(OTHER_MACHINE, "os-7.board-8.disk-9", MACHINE)))
    for machine in (MACHINE, OTHER_MACHINE, "os-7.board-8.disk-0", "os-0.board-8.disk-9"):
        customer.office.machine = machine
        assert customer.install(text).state == VALID
    customer.office.machine = "os-7.board-0.disk-0"
    assert refusal(lambda: customer.install(text)).code == "license.other_machine"


# By file


def test_by_file(customer: Customer) -> None:
    """A request out, an answer in; broken lines of a mail program do not matter; an answer is used once."""
    request = customer.request()
    answer = customer.answer(request, customer.license(seats=1, machines=(MACHINE,)))
    broken = "\n".join(answer[at : at + 76] for at in range(0, len(answer), 76)) + "\r\n"
    assert customer.install(broken).state == VALID
    assert customer.changes[-1].act == LicenseAct.ACTIVATED
    refused = refusal(lambda: customer.install(answer))
    assert (refused.code, "make a new one" in refused.message) == ("license.replayed", True)


def test_an_answer_survives_a_restart(customer: Customer) -> None:
    request = customer.request()
    customer.off(3)
    assert customer.install(customer.answer(request, customer.license())).state == VALID
    customer.start()
    assert refusal(lambda: customer.install(customer.answer(request, customer.license()))).code == "license.replayed"


def test_an_answer_to_nothing(customer: Customer) -> None:
    """To a request of another installation, or one that was made up."""
    request = msgspec.structs.replace(customer.request(), nonce="made-up")
    assert refusal(lambda: customer.install(customer.answer(request, customer.license()))).code == "license.replayed"


def test_an_answer_that_does_not_help_can_be_had_again(customer: Customer) -> None:
    """The request still waits: the vendor may answer it rightly."""
    request = customer.request()
    wrong = customer.answer(request, customer.license(seats=1, machines=(OTHER_MACHINE,)))
    assert refusal(lambda: customer.install(wrong)).code == "license.other_machine"
    assert customer.install(customer.answer(request, customer.license())).state == VALID


def test_many_requests(customer: Customer) -> None:
    """The latest wait for an answer; the oldest are forgotten."""
    requests = [customer.request() for _ in range(MOST_OPEN + 1)]
    oldest, *_, newest = requests
    assert refusal(lambda: customer.install(customer.answer(oldest, customer.license()))).code == "license.replayed"
    assert customer.install(customer.answer(newest, customer.license())).state == VALID


def test_other_statements_are_no_licence(customer: Customer) -> None:
    """What the vendor signed for something else."""
    for statement in (
        Released(nonce="n", at=1, license_id="L"),
        Checked(nonce="n", at=1, license_id="L", machine="m", standing=Standing.GOOD),
    ):
        text = customer.vendor.text(statement)
        assert refusal(partial(customer.install, text)).code == "license.damaged"


def test_an_answer_by_file_heals_the_clock(customer: Customer) -> None:
    """Where there is no network, a clock that was ahead for long is forgiven by the vendor's word."""
    customer.offset_us = 300 * DAY_US
    customer.run(5)
    customer.offset_us = 0
    assert customer.look().state == TAMPERED
    wrong = customer.answer(customer.request(), customer.license(seats=1, machines=(OTHER_MACHINE,)))
    refusal(lambda: customer.install(wrong))
    assert customer.look().state == TAMPERED, "one that is refused heals nothing"
    assert customer.install(customer.answer(customer.request(), customer.license())).state == VALID


# The check


def test_a_check_renews(held: Customer) -> None:
    """The newer text is in force; the older one is of no use any more."""
    older = held.office.text or ""
    held.run(300)
    held.newer = held.license(days=730, seats=2, machines=(MACHINE,), checks=Checks())
    held.look()
    held.run(2)
    assert held.status.days_left == 730 - 2
    assert refusal(lambda: held.install(older)).code == "license.replayed"


def test_what_is_asked_of_the_server(held: Customer) -> None:
    held.line.asked.clear()
    held.check()
    held.deactivate()
    check, release = held.line.asked
    assert isinstance(check, CheckRequest)
    assert isinstance(release, ReleaseRequest)
    assert check.license == release.license != ""
    assert check.machine == release.machine == MACHINE
    assert len({check.nonce, release.nonce}) == 2


def test_an_answer_about_another_licence(held: Customer) -> None:
    """Counts as none, whether somebody asked or time did; nothing is revoked by it."""
    held.line.says = lambda request: Checked(
        nonce=request.nonce,
        at=held.true_us // 1_000_000,
        license_id="L-9",
        machine=request.machine,
        standing=Standing.REVOKED,
    )
    assert refusal(held.check).code == "license.server_lies"
    held.run(9)
    assert (held.status.state, held.status.reason) == (INVALID, LicenseReason.NOT_CHECKED)
    assert "spoke of another licence" in held.status.sentence


def test_a_newer_licence_that_does_not_help_is_no_fault(held: Customer) -> None:
    """What holds goes on, as the vendor said that it does; nothing is raised into the loop."""
    held.newer = held.license(seats=1, machines=(OTHER_MACHINE,))
    held.run(30)
    assert (held.status.state, held.status.warnings) == (VALID, ())


def test_an_answer_that_comes_too_late(held: Customer) -> None:
    """Another licence was installed meanwhile: what was said of the first one does not meet the second."""
    held.line.is_slow = True
    held.standing = Standing.RELEASED
    asked = held.acts.check(CheckLicense(author="ana"))
    other = held.vendor.text(held.license(license_id="L-2"))
    held.install(other)
    held.line.deliver()
    assert refusal(lambda: outcome(asked)).code == "license.changed"
    assert held.look().license_id == "L-2"


def test_a_deactivation_that_comes_too_late(held: Customer) -> None:
    """It takes away what was to be taken away, and nothing that was installed meanwhile."""
    held.line.is_slow = True
    asked = held.acts.deactivate(DeactivateLicense(author="ana"))
    assert isinstance(asked, Later)
    held.install(held.vendor.text(held.license(license_id="L-2")))
    held.line.deliver()
    assert refusal(lambda: outcome(asked)).code == "license.changed"
    assert held.look().license_id == "L-2"


def test_a_slow_server_is_not_asked_twice(held: Customer) -> None:
    """While an answer is awaited, time asks nothing."""
    held.line.is_slow = True
    held.run(3)
    asked = len(held.line.asked)
    held.run(3)
    assert len(held.line.asked) == asked
    held.line.is_slow = False
    held.line.deliver()
    assert held.look().state == VALID


def test_nothing_to_check(customer: Customer) -> None:
    assert refusal(customer.check).code == "license.none"
    assert refusal(customer.deactivate).code == "license.none"


def test_a_licence_without_checks_asks_nobody(customer: Customer) -> None:
    """The token is enough, for its whole life."""
    customer.install(customer.vendor.text(customer.license()))
    customer.run(370)
    assert customer.line.asked == []
    assert customer.status.state == GRACE


def test_checking_by_the_clock_of_a_wrong_year(held: Customer) -> None:
    """A check that was made while the clock stood ahead does not hold until then."""
    held.offset_us = 700 * DAY_US
    held.check()
    held.offset_us = 0
    held.look()
    held.is_down = True
    held.run(9)
    assert (held.status.state, held.status.reason) == (INVALID, LicenseReason.NOT_CHECKED)


# Deactivation


def test_deactivating_frees_the_seat(held: Customer) -> None:
    """The server is told first; without it there is a file for the vendor."""
    held.is_down = True
    assert refusal(held.deactivate).code == "license.server_not_reached"
    assert held.look().state == VALID
    released = held.deactivate(is_offline=True)
    assert released.status.state == TRIAL
    asked = msgspec.json.decode(released.release.encode())
    assert (asked["format"], asked["request"]["ask"]) == ("restrike-license-request 1", "release")


def test_deactivating_by_the_server(held: Customer) -> None:
    released = held.deactivate()
    assert (released.status.state, released.release) == (TRIAL, None)
    assert held.changes[-1].act == LicenseAct.DEACTIVATED


def test_no_server_to_release_it(held: Customer) -> None:
    held.line.is_set = False
    assert "--offline" in refusal(held.deactivate).message
    assert held.look().state == VALID


def test_one_that_is_bound_to_nothing_needs_no_server(customer: Customer) -> None:
    customer.install(customer.vendor.text(customer.license()))
    assert customer.deactivate().status.state == TRIAL
    assert customer.line.asked == []


def test_it_can_come_back(held: Customer) -> None:
    """Moved to another machine and back again, with a new text each time."""
    held.deactivate()
    held.newer = held.license(seats=2, machines=(MACHINE,))
    assert held.activate().state == VALID


def test_used_answers_and_spent_licences_are_remembered_over_a_restart(held: Customer) -> None:
    text = held.office.text or ""
    held.deactivate()
    held.start()
    assert refusal(lambda: held.install(text)).code == "license.replayed"


def test_one_that_takes_the_place_of_a_better_one(customer: Customer) -> None:
    """It is installed, as that may be meant, and what is lost is said."""
    customer.install(customer.vendor.text(customer.license(license_id="L-1", days=1096)))
    worse = customer.license(license_id="L-2", days=30, features=("replay_clips",))
    (warning,) = customer.install(customer.vendor.text(worse)).warnings
    assert warning.startswith("It took the place of the licence L-1, which went on until 2029-01-15 and allowed ")
    assert "OBS automation" in warning
    assert customer.look().warnings == (), "it is said once"
    better = customer.vendor.text(customer.license(license_id="L-3", days=None))
    assert customer.install(better).warnings == ()


def test_what_is_refused_says_what_to_do(customer: Customer) -> None:
    """Of another machine, or with a wrong signature."""
    text = customer.vendor.text(customer.license(seats=1, machines=(OTHER_MACHINE,)))
    words = refusal(partial(customer.install, text)).message
    assert "restrike license fingerprint" in words
    assert "restrike license deactivate" in words
    head, key, body, signature = customer.vendor.text(customer.license()).split(".")
    forged = f"{head}.{key}.{body[:-1]}{'A' if body[-1] != 'A' else 'Q'}.{signature}"
    assert "Copy the file that the vendor sent once more" in refusal(partial(customer.install, forged)).message
