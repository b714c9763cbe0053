"""The periodic check through a real HTTPS server: what becomes of the licence, whatever the server says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from services.license.acts import Acts
from services.license.server import Server
from shared.licensing.statements import Checked, Checks, Standing
from shared.messages.license import LicenseState
from tests.support.licensing.customer import Customer, refusal
from tests.support.licensing.https import Call, Https
from tests.support.licensing.vendor import Vendor
from tests.support.wait import eventually

FORGER: Final = Vendor.new()


class Checking:
    """A customer with a licence to be checked, and a server that says what a test wants."""

    def __init__(self, customer: Customer, https: Https) -> None:
        self.customer = customer
        self.https = https
        self._posted: list[Callable[[], None]] = []
        server = Server(
            customer.vendor.ring,
            url=lambda: https.url,
            ca_file=lambda: https.ca_file,
            post=self._posted.append,
            log=customer.log,
        )
        customer.acts = Acts(customer.office, server)
        customer.install(customer.vendor.text(customer.license(checks=Checks())))

    def day(self) -> None:
        """A day passes, and a check that falls due is heard."""
        calls = self.https.calls
        self.customer.run(1.01)
        eventually(lambda: self._posted, within=5)
        self._posted.pop()()
        assert self.https.calls == calls + 1

    def says(self, standing: Standing, *, vendor: Vendor | None = None, **changes: Any) -> Callable[[Call], None]:
        """The server says so, signed by the vendor or by somebody else."""

        def say(call: Call) -> None:
            fields = {
                "nonce": call.request.nonce,
                "at": self.customer.true_us // 1_000_000,
                "license_id": "L-2026-0001",
                "machine": call.request.machine,
                "standing": standing,
                **changes,
            }
            call.sign(vendor or self.customer.vendor, Checked(**fields))

        return say


@pytest.fixture
def checking(customer: Customer, tmp_path: Path) -> Iterator[Checking]:
    with Https(tmp_path / "tls", Call.hang) as https:
        yield Checking(customer, https)


def test_no_lie_changes_anything(checking: Checking) -> None:
    """Neither takes it a licence away, nor does it count as a check: after a week of lies the licence is limited."""
    revoked, good = Standing.REVOKED, Standing.GOOD
    lies: list[tuple[str, Callable[[Call], None]]] = [
        ("cannot be trusted. Its signature is wrong", checking.says(revoked, vendor=FORGER)),
        ("cannot be trusted. Its signature is wrong", checking.says(good, vendor=FORGER)),
        ("repeated an old answer", checking.says(revoked, nonce="old")),
        ("spoke of another licence", checking.says(revoked, license_id="L-9")),
        ("is no licence server: <html>", lambda call: call.answer(200, b"<html>")),
        ("answered 500: revoked", lambda call: call.answer(500, b"revoked")),
        ("It was revoked.", lambda call: call.refuse("license.revoked", "It was revoked.")),
        ("answered 302", lambda call: call.answer(302, b"", Location="https://127.0.0.1/")),
    ]
    customer = checking.customer
    for number, (words, say) in enumerate(lies):
        assert customer.status.state == LicenseState.VALID, words
        checking.https.say = say
        checking.day()
        assert words in (customer.office.record.contact("L-2026-0001").why or "")
        assert len(customer.look().warnings) == (5 <= number < 7)
    assert customer.status.state == LicenseState.INVALID
    assert "answered 302" in customer.status.sentence
    checking.https.say = checking.says(good)
    checking.day()
    assert (customer.status.state, customer.office.record.contact("L-2026-0001").why) == (LicenseState.VALID, None)


def test_what_the_vendor_says_is_done(checking: Checking) -> None:
    """By itself, at the next check: taken back, given back, released."""
    customer = checking.customer
    for standing, state in (
        (Standing.REVOKED, LicenseState.REVOKED),
        (Standing.GOOD, LicenseState.VALID),
        (Standing.RELEASED, LicenseState.TRIAL),
    ):
        checking.https.say = checking.says(standing)
        checking.day()
        assert customer.status.state == state
    assert refusal(customer.check).code == "license.none"
