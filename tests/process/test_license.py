"""The license service as a process: it never waits, outlives kill -9, and no secret is in what it leaves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from shared.clock import monotonic_s, unix_ns
from shared.db.sqlite import connect_reader
from shared.errors import RestrikeError
from shared.licensing.features import OBS_AUTOMATION
from shared.licensing.fingerprint import fingerprint
from shared.licensing.gate import Gates
from shared.licensing.installation import Installation
from shared.licensing.statements import DAY_S, Activation, ActivationRequest, Checked, CheckRequest, Checks, Standing
from shared.licensing.verdict import VerdictFile
from shared.messages.commands import GetHealth
from shared.messages.license import (
    ActivateLicense,
    CheckLicense,
    DeactivateLicense,
    GetFingerprint,
    GetLicense,
    InstallLicense,
    LicenseReason,
    LicenseState,
    LicenseStatus,
    RequestLicense,
)
from shared.messages.service import LICENSE, WRITER
from shared.messages.settings import ChangeSettings
from tests.support.licensing.https import Call, Https
from tests.support.licensing.machine import Machine
from tests.support.licensing.process import COMMAND, Setup
from tests.support.licensing.vendor import Vendor
from tests.support.service import House, Service
from tests.support.wait import ENOUGH_S, eventually, lenient

KEY: Final = "RSTK-MARKD-SECRE-T0000-00001"
TRIAL, VALID, REVOKED, TAMPERED = (
    LicenseState.TRIAL,
    LicenseState.VALID,
    LicenseState.REVOKED,
    LicenseState.CLOCK_TAMPERED,
)


class Place:
    """A home with db-writer and license, and the vendor's server; what was secret is in `secrets`."""

    def __init__(self, folder: Path, house: House, https: Https) -> None:
        self.house = house
        self.https = https
        self.vendor = Vendor.new()
        self.clock = folder / "clock"
        self.root = Machine(folder / "root").root
        self.secrets: list[str] = [KEY, KEY.replace("-", "")]
        self.standing = Standing.GOOD
        self.environment = Setup(
            ring=self.vendor.ring, root=str(self.root), clock=str(self.clock), look_every_s=0.1, step_s=1.2
        ).write(folder / "setup.json")
        https.say = self.say

    def start(self) -> None:
        """Start the service, and wait until it has judged."""
        self.service: Service = self.house.start(LICENSE, *COMMAND)

    def set_clock(self, days: float) -> None:
        """Let the machine's clock differ by so many days."""
        self.clock.write_text(str(days * DAY_S))

    def status(self) -> LicenseStatus:
        """How the licence stands now."""
        return self.house.client.call(GetLicense())

    def becomes(self, state: LicenseState) -> LicenseStatus:
        """Wait for a state."""
        eventually(lambda: self.status().state, within=5, equals=state)
        return self.status()

    def license_text(self, **more: Any) -> str:
        """A licence that is issued now."""
        at = unix_ns() // 1_000_000_000
        token = {"token_id": f"t-{len(self.secrets)}", **more}
        made = self.vendor.license(issued_at=at, expires_at=at + 365 * DAY_S, **token)
        text = self.vendor.text(made)
        self.secrets += text.split(".")[2:]
        return text

    def say(self, call: Call) -> None:
        """What the vendor says."""
        request, at = call.request, unix_ns() // 1_000_000_000
        if isinstance(request, ActivationRequest):
            assert (request.key, request.machine) == (KEY, fingerprint(self.root).fingerprint)
            text = self.license_text(seats=1, machines=(request.machine,), checks=Checks())
            call.sign(self.vendor, Activation(nonce=request.nonce, at=at, license=text))
        elif isinstance(request, CheckRequest):
            checked = Checked(
                nonce=request.nonce,
                at=at,
                license_id="L-2026-0001",
                machine=request.machine,
                standing=self.standing,
                why="not paid",
            )
            call.sign(self.vendor, checked)

    def activate(self) -> LicenseStatus:
        """`restrike license activate`."""
        return self.house.client.call(ActivateLicense(key=KEY, author="ana"))

    def left(self) -> dict[Path, bytes]:
        """Every byte that the processes left: logs, output, database, outbox."""
        files = [*self.house.home.rglob("*"), *self.house.home.parent.glob("*.out")]
        return {path: path.read_bytes() for path in files if path.is_file()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, migrated: bytes) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("license")
    patch = pytest.MonkeyPatch()
    with House(folder / "home", log_level="debug") as house, Https(folder / "tls", Call.hang) as https:
        house.paths.prepare()
        house.paths.database.write_bytes(migrated)
        made = Place(folder, house, https)
        for name, value in made.environment.items():
            patch.setenv(name, value)
        writer = house.start(WRITER)
        writer.call(
            ChangeSettings(author="ana", values={"license.server_url": https.url, "license.ca_file": https.ca_file})
        )
        made.start()
        yield made
    patch.undo()


def test_the_first_start_is_a_trial(place: Place) -> None:
    """Judged, told and left for the gates; of the machine that it was given."""
    assert place.becomes(TRIAL).days_left == 14
    paths = place.house.paths
    verdicts = VerdictFile(paths, Installation(paths, root=place.root))
    assert verdicts.read().state == TRIAL
    assert Gates(paths, verdicts=verdicts).refusal(OBS_AUTOMATION) is None
    assert place.house.client.call(GetFingerprint()) == fingerprint(place.root)


def test_the_loop_never_waits_for_the_server(place: Place) -> None:
    """It hangs, with a question of an operator: everything else is answered at once, and the question in the end."""
    hangs = threading.Event()

    def hang(call: Call) -> None:
        hangs.set()
        call.hang()

    place.https.say = hang
    outcomes: list[object] = []

    def ask() -> None:
        try:
            outcomes.append(place.activate())
        except RestrikeError as error:
            outcomes.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert hangs.wait(lenient(5))
    looks = 0
    while not outcomes and looks < 20:
        began = monotonic_s()
        assert place.house.client.call(GetHealth(), service=LICENSE, deadline_s=lenient(1.0)).service == LICENSE
        assert place.status().state == TRIAL
        assert monotonic_s() - began < lenient(1.0)
        looks += 1
    asking.join(ENOUGH_S)
    (error,) = outcomes
    assert isinstance(error, RestrikeError)
    assert (error.code, error.message) == ("license.server_not_reached", "127.0.0.1: no answer within 1.2 s")
    assert looks > 3, "it hung for too short a time to prove anything"
    place.https.say = place.say


def test_a_life_by_https(place: Place) -> None:
    """Activated, checked as time passes, taken back and given back, with a clock that is set back meanwhile."""
    assert place.activate().state == VALID
    calls = place.https.calls
    place.set_clock(days=3)
    eventually(lambda: place.https.calls, within=5, equals=calls + 1, what="a check that was due")
    place.standing = Standing.REVOKED
    assert place.house.client.call(CheckLicense(author="ana")).state == REVOKED
    assert "not paid" in place.status().sentence
    place.standing = Standing.GOOD
    assert place.house.client.call(CheckLicense(author="ana")).state == VALID
    place.set_clock(days=-3)
    assert "timedatectl" in (place.becomes(TAMPERED).remedy or "")
    place.set_clock(days=0)
    place.becomes(VALID)


def test_kill_minus_nine_forgets_nothing(place: Place) -> None:
    """Right after an act: licence, record and what happened are there again."""
    before = place.activate()
    place.service.kill()
    place.start()
    found = place.becomes(VALID)
    assert (found.license_id, found.expires_at_us) == (before.license_id, before.expires_at_us)


def test_files_that_are_put_back_after_a_deactivation(place: Place) -> None:
    """All of data/license and the outbox: the database knows better. A new activation holds, over a restart too."""
    assert place.activate().state == VALID
    eventually(lambda: ("activated", "valid", "ana") in _stored(place), within=10, what="its act in the database")
    assert place.service.stop() == 0
    paths = place.house.paths
    saved = {path: path.read_bytes() for path in (*paths.license.iterdir(), *paths.data.glob("license.db*"))}
    place.start()
    place.house.client.call(DeactivateLicense(author="eve", is_offline=True))
    eventually(lambda: ("deactivated", "trial", "eve") in _stored(place), within=10, what="it in the database")
    assert place.service.stop() == 0
    for path in paths.data.glob("license.db*"):
        path.unlink()
    for path, content in saved.items():
        path.write_bytes(content)
    place.start()
    found = place.status()
    assert (found.state, found.reason) == (LicenseState.INVALID, LicenseReason.REPLAYED)
    assert place.house.client.call(ActivateLicense(key=KEY, author="zoe")).state == VALID
    eventually(lambda: ("activated", "valid", "zoe") in _stored(place), within=10, what="what came after it")
    place.service.kill()
    place.start()
    assert place.status().state == VALID


def test_no_secret_is_left_anywhere(place: Place) -> None:
    """At the most talkative level, over acts that work and acts that fail: neither key nor licence nor what a machine
    is like is in any log, output, database or outbox, nor in any refusal; in `data/license` neither.
    """
    client = place.house.client
    said = []
    for act in _acts(place):
        try:
            act()
        except RestrikeError as error:
            said.append(str(error))
    assert len(said) == 6
    request = client.call(RequestLicense(key=KEY, author="ana")).request
    nonce = msgspec.json.decode(request.encode())["request"]["nonce"]
    eventually(lambda: ("activated", "valid", "ana") in _stored(place), within=10, what="its act in the database")
    assert place.service.stop() == 0
    found = place.left()
    logs = b"".join(content for path, content in found.items() if path.suffix in (".log", ".out"))
    assert b'"level": "debug"' in logs or b'"level":"debug"' in logs
    assert b"command_answered" in logs
    assert len(place.secrets) >= 6
    for secret in (*place.secrets, nonce, "S6B0NX0T123456"):
        assert secret not in "".join(said)
        where = [path.name for path, content in found.items() if secret.encode() in content]
        assert where == [], secret
    place.start()


def _stored(place: Place) -> list[tuple[str, str, str | None]]:
    with closing(connect_reader(place.house.paths.database)) as connection:
        rows = connection.execute("SELECT act, state, author FROM license_changes ORDER BY id").fetchall()
    return [tuple(row) for row in rows]


def _acts(place: Place) -> Iterator[Callable[[], object]]:
    client = place.house.client
    text = place.license_text(license_id="L-2")
    yield place.activate
    yield lambda: client.call(InstallLicense(text=text, author="ana"))
    yield lambda: client.call(InstallLicense(text=text[:-5], author="ana"))
    yield lambda: client.call(InstallLicense(text=Vendor.new().text(place.vendor.license()), author="ana"))
    yield lambda: client.call(ActivateLicense(key=KEY[:-1], author="ana"))
    place.https.say = lambda call: call.answer(500, b"<html>You sent: " + call.body)
    yield place.activate
    yield lambda: client.call(CheckLicense(author="ana"))
    place.https.say = lambda call: call.refuse("no", f"Your key {call.body.decode()} is wrong.")
    yield place.activate
    place.https.say = place.say
