"""A license service within the test's process: it answers what a test tells it to, and remembers what it was asked."""

from pathlib import Path
from typing import Any

import pytest

from services.cli.license import asking, machine, standing
from shared.errors import NetworkError
from shared.messages.license import LicenseState, LicenseStatus
from shared.messages.requests import Command
from shared.paths import Paths
from tests.unit.cli.conftest import Run

VALID = LicenseStatus(
    state=LicenseState.VALID,
    judged_at_us=1_800_000_000_000_000,
    sentence="Valid until 2027-12-31 (349 days): Taekwondo Union, 12 months.",
    license_id="L-1",
    customer="Taekwondo Union",
    plan="12",
    allowed=("obs_automation", "replay_clips", "alert_delivery"),
    refused=("offsite_backup",),
    issued_at_us=1_798_000_000_000_000,
    expires_at_us=1_830_000_000_000_000,
    ends_at_us=1_831_000_000_000_000,
    days_left=349,
    seats=2,
    checked_at_us=1_799_990_000_000_000,
    check_due_at_us=1_800_010_000_000_000,
)


class Service:
    """`answers` by the name of a command: what it replies, or raises."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[Command[Any]] = []

    def call(self, command: Command[Any], **_: object) -> Any:
        """What a client gets."""
        self.asked.append(command)
        if not self.answers:
            raise NetworkError("service.not_running", "license is not running (yet); see: restrike ps.")
        answer = self.answers[command.name]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wide as lines may be, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """It runs as soon as it has an answer."""
    made = Service()
    for module in (asking, machine, standing):
        monkeypatch.setattr(module, "Client", lambda _: made)
    return made


@pytest.fixture
def paths(run: Run, home: Path) -> Paths:  # noqa: ARG001  # it must find no home yet
    """A home with its folders."""
    made = Paths(home)
    made.prepare()
    return made


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a command is given in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
