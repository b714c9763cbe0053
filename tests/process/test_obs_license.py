"""obs-bridge and the verdict on the licence, which the test writes: what is refused is said and not done, what a person
commands is done, and what runs when the licence ends runs on to its end. OBS is pretended.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import unix_ns
from shared.licensing.features import FEATURES
from shared.licensing.installation import Installation
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseState, LicenseStatus
from shared.messages.obs import AlarmKind, LinkState, ObsStatus
from shared.messages.obs_actions import StartRecording, StopRecording
from shared.messages.obs_commands import ActOnObs, GetObsStatus, SaveObsConnection
from shared.messages.recordings import RecordingState
from tests.support.bout import Bout
from tests.support.obs.fake import FakeObs
from tests.support.service import House, Service
from tests.support.wait import eventually

ENDED = "It ended yesterday."
REFUSAL = f"OBS automation: not allowed by the licence (expired). {ENDED} Renew it."
WITHIN_S = 10.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A home with two mats whose licence has expired."""
    with House(tmp_path / "home", rings=[{}, {}]) as house:
        house.paths.prepare()
        Installation(house.paths).make()
        judge(house, LicenseState.EXPIRED)
        services = [house.launch(name) for name in ("broker", "udp-ingest", "pss-parser", "db-writer")]
        for service in services:
            service.answers()
        yield house


def judge(house: House, state: LicenseState) -> None:
    """Have the licence stand so, as the service `license` writes it."""
    allowed = tuple(FEATURES) if state is LicenseState.VALID else ()
    verdict = LicenseStatus(
        state=state, judged_at_us=unix_ns() // 1000, sentence=ENDED, remedy="Renew it.", allowed=allowed
    )
    VerdictFile(house.paths).write(verdict)


def started(house: House, fake: FakeObs) -> Service:
    """obs-bridge, connected to `fake`, that looks at everything at once."""
    recording: dict[str, bool | int | str | None] = {"post_roll_ms": 0}
    save = SaveObsConnection(
        connection="main", author="ana", is_new=True, port=fake.port, password=fake.password, recording=recording
    )
    eventually(lambda: house.client.call(save), within=WITHIN_S, what="db-writer makes the connection")
    bridge = house.start("obs-bridge", "tests.support.quick_gates")
    eventually(lambda: [one.state for one in statuses(house)], equals=[LinkState.CONNECTED], within=WITHIN_S)
    return bridge


def status(house: House) -> ObsStatus:
    """How the only connection stands."""
    return statuses(house)[0]


def statuses(house: House) -> list[ObsStatus]:
    """How connections stand."""
    return house.client.call(GetObsStatus()).connections


def refused(bridge: Service) -> list[tuple[str, str]]:
    """The rings of the matches that the log says were refused, and why."""
    return [(line["ring"], line["reason"]) for line in bridge.logged("not_licensed")]


def becomes(house: House, state: RecordingState) -> None:
    """Wait for the recording to stand so."""
    eventually(lambda: status(house).recording, equals=state.value, within=WITHIN_S, what=f"it is {state}")


def test_expired_valid_and_expired_in_the_middle(house: House, tmp_path: Path) -> None:
    """Expired: a match moves nothing, the alarm, the status and the log say why, and a person has it recorded. Valid:
    the next match is recorded. Expired in the middle: it is recorded to its end, while another mat's is refused.
    """
    with FakeObs(records=tmp_path) as fake, house.sender() as one, house.sender("ring-2") as two:
        bridge = started(house, fake)
        first, second, other = Bout(one, 101), Bout(one, 102), Bout(two, 201)
        first.begin()
        eventually(lambda: status(house).alarms, equals=(AlarmKind.NOT_LICENSED,), within=WITHIN_S)
        assert status(house).problem == REFUSAL
        assert fake.asked("StartRecord") == fake.asked("StartReplayBuffer") == []
        house.client.call(ActOnObs(action=StartRecording(), author="ana"))
        house.client.call(ActOnObs(action=StopRecording(), author="ana"))
        assert len(fake.asked("StartRecord")) == len(fake.asked("StopRecord")) == 1

        judge(house, LicenseState.VALID)
        eventually(lambda: status(house).alarms, equals=(), within=WITHIN_S, what="the alarm is over")
        second.begin()
        becomes(house, RecordingState.RECORDING)
        judge(house, LicenseState.EXPIRED)
        eventually(lambda: status(house).unlicensed, equals=REFUSAL, within=WITHIN_S, what="the next match is refused")
        assert (status(house).alarms, status(house).problem) == ((), None)
        other.load()
        eventually(lambda: refused(bridge)[-1][0], equals="ring-2", within=WITHIN_S, what="the other mat is refused")
        assert (status(house).recording, status(house).ring) == (RecordingState.RECORDING, "ring-1")
        second.win()
        becomes(house, RecordingState.IDLE)
    assert refused(bridge) == [("ring-1", REFUSAL), ("ring-2", REFUSAL)], "a line for each match"
    assert len(fake.asked("StartRecord")) == len(fake.asked("StopRecord")) == 2
    assert len(list(tmp_path.rglob("* 102 *"))) == 1
