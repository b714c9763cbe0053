"""An installation with a licence, in the test's own process: the office and the acts of the license service on a real
folder, with a clock that the test moves and a line to the vendor that it answers.
"""

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import Mock

import msgspec
import pytest

from services.license import acts as acts_module
from services.license import main
from services.license.acts import Acts
from services.license.office import Office
from services.license.removals import Removals
from services.license.store import COPY, Store
from shared.errors import NetworkError, RestrikeError
from shared.licensing.features import FEATURES
from shared.licensing.fingerprint import machine_id
from shared.licensing.installation import Installation
from shared.licensing.signing import claimed
from shared.licensing.statements import (
    DAY_S,
    Activation,
    ActivationRequest,
    AnyRequest,
    Checked,
    CheckRequest,
    License,
    Plan,
    Released,
    RequestFile,
    Standing,
    Statement,
)
from shared.licensing.verdict import VerdictFile
from shared.messages.license import (
    ActivateLicense,
    CheckLicense,
    DeactivateLicense,
    InstallLicense,
    LicenseChanged,
    LicenseStatus,
    RequestLicense,
)
from shared.outbox import Outbox
from shared.paths import Paths
from shared.rpc import Later
from tests.support.licensing.vendor import ISSUED_AT, Vendor

DAY_US: Final = DAY_S * 1_000_000
MOST_STEPS: Final = 30
MACHINE: Final = "os-000000000001.board-000000000002.disk-000000000003"
OTHER_MACHINE: Final = "os-00000000000a.board-00000000000b.disk-00000000000c"
KEY: Final = "RSTK-00000-00000-00000-00001"
DOWN: Final = NetworkError("license.server_not_reached", "licence.example.org: no answer within 8 s")

Said = Statement | NetworkError


class Line:
    """The line to the vendor's server, in the place of `services.license.server.Server`. `says` answers; while
    `is_slow`, answers wait until `deliver`.
    """

    def __init__(self, says: Callable[[AnyRequest], Said]) -> None:
        self.says = says
        self.is_set = True
        self.is_slow = False
        self.asked: list[AnyRequest] = []
        self._waiting: list[Callable[[], None]] = []

    def ask(self, request: AnyRequest, kind: type[Any], heard: Callable[[Any, Any], None]) -> None:
        """What `Server.ask` does."""
        self.asked.append(request)

        def answer() -> None:
            said = self.says(request)
            if isinstance(said, NetworkError):
                heard(None, said)
            else:
                assert isinstance(said, kind)
                heard(said, None)

        self._waiting.append(answer)
        if not self.is_slow:
            self.deliver()

    def deliver(self) -> None:
        """Let what waits be heard."""
        while self._waiting:
            self._waiting.pop(0)()


class Kept:
    """What an outbox keeps, in memory."""

    def __init__(self, kept: dict[str, bytes] | None = None) -> None:
        self._kept: dict[str, bytes] = dict(kept or {})

    def kept(self) -> dict[str, bytes]:
        """What is kept."""
        return dict(self._kept)

    def add(self, facts: list[LicenseChanged], *, kept: dict[str, bytes | None]) -> int:
        """Keep it; the facts are told otherwise."""
        self._kept.update({key: value for key, value in kept.items() if value is not None})
        for key in [key for key, value in kept.items() if value is None]:
            self.lose(key)
        return len(facts)

    def lose(self, key: str) -> None:
        """Nothing is kept under it."""
        self._kept.pop(key, None)

    def close(self) -> None:
        """Nothing is open."""


class Customer:
    """`true_us` is the time that the vendor has, `offset_us` by how much the machine's clock is wrong. What the vendor
    says of a licence is in `standing` and `newer`; `is_down`: his server is not reached. Its outbox is a file if
    `is_stored`; years pass faster without.
    """

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, *, is_stored: bool = False) -> None:
        self.vendor = Vendor.new()
        self._root = Path(tempfile.mkdtemp(prefix="machine-", dir=home.parent.parent))
        self.paths = Paths(home)
        self.paths.prepare()
        self.true_us = ISSUED_AT * 1_000_000
        self.offset_us = 0
        self.made_us = 0
        self.steady_us = 0
        self.awake_us = 0
        self.machine = MACHINE
        self.machine_id = "1" * 32
        self.is_down = False
        self.standing, self.why = Standing.GOOD, None
        self.newer: License | None = None
        self.line = Line(self.says)
        self.told: list[LicenseStatus] = []
        self.changes: list[LicenseChanged] = []
        self.log = Mock()
        self._ids = itertools.count(1)
        self._is_stored = is_stored
        self._kept = Kept()
        self.outbox: Outbox | Kept = self._kept
        monkeypatch.setattr(acts_module, "monotonic_s", lambda: self.steady_us / 1e6)
        monkeypatch.setattr("shared.durable.os.fsync", lambda _fd: None)
        self.start()

    # The service

    def start(self) -> None:
        """Start the service, as services/license/main.py does."""
        self.close()
        path = self.paths.outbox("license")
        self.outbox = (
            Outbox(path, producer="license", publish=lambda _: None, log=self.log) if self._is_stored else self._kept
        )
        (self._root / "etc").mkdir(exist_ok=True)
        if not (number := self._root / "etc/machine-id").exists() or number.read_text() != self.machine_id:
            number.write_text(self.machine_id)
        self.installation = Installation(self.paths, root=self._root)
        self.verdicts = VerdictFile(self.paths, self.installation)
        self.store = Store(self.paths, self.installation, kept=self.outbox.kept(), log=self.log)
        runtime: Any = SimpleNamespace(paths=self.paths)
        outbox: Any = self.outbox
        self.office = Office(
            self.store,
            self.verdicts,
            outbox,
            self.vendor.ring,
            Removals(machine_id(self._root)),
            machine=self.machine,
            record=main._remembered(self.store, runtime, self.now_us, made_us=self.made_us),
            tell=self.told.append,
            changed=self.changes.append,
            now_us=self.now_us,
            steady_us=lambda: self.steady_us,
            awake_us=lambda: self.awake_us,
            log=self.log,
        )
        line: Any = self.line
        self.acts = Acts(self.office, line)
        self.read()
        self.acts.check_if_due()

    def read(self) -> LicenseStatus:
        """What the service does each hour."""
        main.read_with_witnesses(self.office, self.paths)
        self.office.tell()
        return self.office.status

    def look(self) -> LicenseStatus:
        """What the service does each minute."""
        self.acts.check_if_due()
        status = self.office.look()
        self.office.tell()
        return status

    def forget(self, kept: dict[str, bytes] | None = None) -> None:
        """Nothing is left in the outbox but what is given."""
        self._kept = Kept(kept)

    def lose_copy(self) -> None:
        """The second copy of the licence is lost."""
        self.store._copy = None
        self._kept.lose(COPY)

    def close(self) -> None:
        """End the service."""
        self.outbox.close()

    @property
    def status(self) -> LicenseStatus:
        """How the licence stands, as it was last told."""
        return self.told[-1]

    # Time

    def now_us(self) -> int:
        """What the machine's clock shows."""
        return self.true_us + self.offset_us

    def run(self, days: float) -> None:
        """Let time pass while the machine runs."""
        steps = max(1, min(int(days), MOST_STEPS))
        for _ in range(steps):
            self._pass(days / steps, ran=True)
            self.look()

    def off(self, days: float) -> None:
        """Switch the machine off for so long."""
        self._pass(days, ran=False)
        self.start()

    def sleep(self, days: float) -> None:
        """Close the lid for so long: the service is still there afterwards."""
        awake_us = self.awake_us
        self._pass(days, ran=True)
        self.awake_us = awake_us
        self.look()

    def _pass(self, days: float, *, ran: bool) -> None:
        passed_us = round(days * DAY_US)
        self.true_us += passed_us
        self.steady_us += passed_us if ran else 0
        self.awake_us += passed_us if ran else 0

    # What is done with the licence

    def license(self, *, days: float | None = 365, grace: int = 14, **changes: Any) -> License:
        """A licence that is issued now for so many days (None: for ever)."""
        at = self.true_us // 1_000_000
        expires_at = None if days is None else round(at + days * DAY_S)
        plan = Plan.PERPETUAL if days is None else Plan.YEAR
        fields = {"plan": plan, "token_id": f"t-{next(self._ids)}", **changes}
        return self.vendor.license(issued_at=at, expires_at=expires_at, grace_days=grace, **fields)

    def install(self, text: str) -> LicenseStatus:
        """`restrike license install`."""
        return self.acts.install(InstallLicense(text=text, author="ana"))

    def activate(self) -> LicenseStatus:
        """`restrike license activate`."""
        found: LicenseStatus = outcome(self.acts.activate(ActivateLicense(key=KEY, author="ana")))
        return found

    def check(self) -> LicenseStatus:
        """`restrike license check`."""
        found: LicenseStatus = outcome(self.acts.check(CheckLicense(author="ana")))
        return found

    def deactivate(self, *, is_offline: bool = False) -> Any:
        """`restrike license deactivate`."""
        found = self.acts.deactivate(DeactivateLicense(author="ana", is_offline=is_offline))
        return outcome(found) if isinstance(found, Later) else found

    def request(self) -> ActivationRequest:
        """`restrike license request`: what the file holds."""
        text = self.acts.request(RequestLicense(key=KEY, author="ana")).request
        found = msgspec.json.decode(text, type=RequestFile).request
        assert isinstance(found, ActivationRequest)
        return found

    def answer(self, request: ActivationRequest, license: License) -> str:  # noqa: A002  # what it is
        """The vendor's answer to a request file."""
        return self.vendor.text(
            Activation(nonce=request.nonce, at=self.true_us // 1_000_000, license=self.vendor.text(license))
        )

    def says(self, request: AnyRequest) -> Said:
        """What the vendor's server says, as it is told to."""
        if self.is_down:
            return DOWN
        at = self.true_us // 1_000_000
        newer = None if self.newer is None else self.vendor.text(self.newer)
        if isinstance(request, ActivationRequest):
            assert newer is not None, "nothing to activate"
            return Activation(nonce=request.nonce, at=at, license=newer)
        held = self.office.license or claimed(self.office.text or "")
        assert held is not None
        if not isinstance(request, CheckRequest):
            return Released(nonce=request.nonce, at=at, license_id=held.license_id)
        return Checked(
            nonce=request.nonce,
            at=at,
            license_id=held.license_id,
            machine=request.machine,
            standing=self.standing,
            why=self.why,
            license=newer if self.standing is Standing.GOOD else None,
        )


def outcome(later: Later) -> Any:
    """What was answered, or RestrikeError."""
    found: list[Any] = []
    later.when_answered(found.append)
    assert found, "not answered yet"
    return found[0]()


def refusal(act: Callable[[], object]) -> RestrikeError:
    """With which words `act` is refused."""
    with pytest.raises(RestrikeError) as refused:
        act()
    return refused.value


ALL: Final = tuple(FEATURES)
