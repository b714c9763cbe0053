"""cpu-monitor measures this machine: a process that is starving others, settings that hold at once, the database."""

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from services.registry import SERVICES
from shared.db.sqlite import connect_reader
from shared.errors import RestrikeError
from shared.messages.service import BROKER, MONITOR, WRITER
from shared.messages.settings import ChangeSettings, SettingValue
from shared.messages.system import GetSystem, ProcessKind, ProcessUse, SystemSample
from shared.rpc import RefusedError
from tests.support.service import House
from tests.support.wait import eventually

WITHIN_S = 8.0
BUSY = 3.0
"""Percent of a core that a burner gets however many others want it."""
_STORED = """
SELECT count(DISTINCT s.id), count(*), max(p.cpu_percent) FROM resource_samples s
JOIN process_samples p ON p.sample_id = s.id WHERE p.name = 'ffmpeg' AND p.pid = ? AND s.period_s = ?
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A home with the bus, the database and cpu-monitor."""
    with House(tmp_path_factory.mktemp("monitoring") / "home") as house:
        started = [
            house.launch(BROKER),
            house.launch(WRITER),
            house.launch(MONITOR, "tests.support.quick_monitor"),
        ]
        for service in started:
            service.answers()
        yield house


@contextmanager
def _burning(folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that is called ffmpeg and takes a core for itself; gone at the end of the block."""
    ffmpeg = folder / "ffmpeg"
    ffmpeg.symlink_to("/bin/sh")
    with subprocess.Popen([ffmpeg, "-c", "while :; do :; done"]) as burner:
        try:
            yield burner
        finally:
            burner.kill()


def _change(house: House, **values: SettingValue) -> None:
    named = {f"monitor.{name}": value for name, value in values.items()}
    house.client.call(ChangeSettings(author="test", values=named))


def _process(house: House, pid: int) -> ProcessUse | None:
    return next((one for one in house.client.call(GetSystem()).processes if one.pid == pid), None)


def _refusal(house: House) -> str:
    try:
        house.client.call(GetSystem())
    except RefusedError as error:
        return error.code
    return ""


def test_a_burner_is_seen_and_stored(house: House, tmp_path: Path) -> None:
    """Within seconds, with what it takes of a core; its averages are in the database, each period once."""

    def busy() -> bool:
        use = _process(house, burner.pid)
        return use is not None and use.kind is ProcessKind.FFMPEG and use.name == "ffmpeg" and use.cpu_percent > BUSY

    def stored() -> bool:
        for period_s in (1, 2):
            with closing(connect_reader(house.paths.database)) as connection:
                samples, rows, percent = connection.execute(_STORED, (burner.pid, period_s)).fetchone()
            assert samples == rows > 0
            assert percent > BUSY
        return True

    with _burning(tmp_path) as burner:
        eventually(busy, within=WITHIN_S, what="the burner in a sample")
        eventually(stored, within=WITHIN_S, what="the burner in the database")
    eventually(lambda: _process(house, burner.pid) is None, within=WITHIN_S, what="the burner gone")


def test_the_suite_is_seen(house: House) -> None:
    """The services of this home by their names, with memory, threads and files, and no other home's."""
    pids = {name: int(house.paths.lock(name).read_text()) for name in (BROKER, WRITER)}

    def known() -> bool:
        found = [one for one in house.client.call(GetSystem()).processes if one.kind is ProcessKind.SERVICE]
        return {one.name: one.pid for one in found} == pids and all(one.rss_bytes > 1 << 20 for one in found)

    eventually(known, within=WITHIN_S, what="the services")
    assert set(pids) <= set(SERVICES)
    sample = house.client.call(GetSystem())
    assert {purpose for disk in sample.disks for purpose in disk.purposes} >= {"data", "log", "backups"}
    assert sample.memory.total_bytes > sample.memory.available_bytes > 0
    assert len(sample.cpu.core_percents) >= 1


def test_settings_hold_at_once(house: House) -> None:
    """Another interval, off, and on again; while it is off a sample is refused in a sentence."""

    def sample() -> SystemSample | None:
        try:
            return house.client.call(GetSystem())
        except RestrikeError:
            return None

    _change(house, interval_ms=200)
    eventually(lambda: (one := sample()) is not None and one.interval_ms < 600, within=WITHIN_S, what="an interval")
    _change(house, enabled=False)
    eventually(lambda: _refusal(house), equals="monitor.off", within=WITHIN_S, what="measuring off")
    _change(house, enabled=True, interval_ms=60_000)
    eventually(lambda: sample() is not None, within=WITHIN_S, what="a first sample, whatever the interval")
