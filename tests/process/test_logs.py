"""A service's log while it runs: its level, lines that cannot be written, what it prints at its end."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from services.cli.app import main
from shared.messages.commands import GetHealth
from shared.messages.logs import GetLogLevels, SetLogLevel
from shared.rpc import RefusedError
from tests.support.service import ROOT, House
from tests.support.tiny import Do
from tests.support.wait import eventually, lenient


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A home with the broker, which is as good as any service."""
    with House(tmp_path_factory.mktemp("logs") / "home", log_levels={"broker.bus": "error"}) as made:
        made.start("broker")
        yield made


def test_levels_change_while_it_runs(house: House) -> None:
    """At debug of `commands` each command is a line; set back, none is."""
    broker = house._services[0]
    before = broker.call(GetLogLevels())
    assert (before.level, before.subsystems) == ("info", {"bus": "error", "libraries": "warning"})
    assert broker.call(SetLogLevel(level="debug", subsystem="commands")).subsystems["commands"] == "debug"
    broker.call(GetHealth())
    eventually(lambda: "get_health" in _answered(house), within=2, what="a line for the command")
    assert broker.call(SetLogLevel(level=None, subsystem="commands")) == before
    lines = len(_answered(house))
    broker.call(GetHealth())
    assert len(_answered(house)) == lines
    with pytest.raises(RefusedError, match="Known: bus"):
        broker.call(SetLogLevel(level="debug", subsystem="kitchen"))


def test_the_command_shows_and_sets_them(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`restrike logs level`: of all, of one; set, and set back; what there is not is refused."""
    monkeypatch.setenv("RESTRIKE_HOME", str(house.home))

    def logs(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["logs", *arguments])
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out + said.err

    assert json.loads(logs("level", "broker", "error", "--json")[1])["services"]["broker"]["level"] == "error"
    _, shown = logs("level")
    assert [line.split()[:2] for line in shown.splitlines()[1:3]] == [["broker", "error"], ["udp-ingest", "no"]]
    assert json.loads(logs("level", "broker", "default", "--json")[1])["services"]["broker"]["level"] == "info"
    assert logs("level", "broker.kitchen", "debug") == (
        2,
        "broker has no subsystem kitchen. Known: bus, commands, libraries. (got: 'kitchen')\n",
    )
    assert logs("level", "db-writer")[0] == 3


def test_a_service_goes_on_when_nobody_takes_its_lines(house: House) -> None:
    """The one who should read its log is frozen, the folder of logs cannot be written: it answers, and counts."""
    read, write = os.pipe()
    folder = house.paths.logs
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.tiny", "tiny"],
        env={**os.environ, "RESTRIKE_HOME": str(house.home), "PYTHONPATH": str(ROOT)},
        stderr=write,
    )
    os.close(write)
    try:
        eventually(lambda: house.client.call(GetHealth(), service="tiny"), within=10, what="an answer")
        fcntl.fcntl(read, fcntl.F_SETPIPE_SZ, 4_096)  # it had it enlarged; now it is soon full
        house.client.call(SetLogLevel(level="debug", subsystem="commands"), service="tiny")
        while not house.client.call(GetHealth(), service="tiny").log_lines_dropped:
            with pytest.raises(RefusedError):
                house.client.call(Do(what="fail"), service="tiny")
        folder.rename(folder.with_name("aside"))
        folder.write_text("in the way")
        os.close(read)
        dropped = house.client.call(GetHealth(), service="tiny").log_lines_dropped
        assert house.client.call(GetHealth(), service="tiny").log_lines_dropped > dropped
        folder.unlink()
        folder.with_name("aside").rename(folder)
        house.client.call(GetHealth(), service="tiny")
        eventually(lambda: "log_lines_dropped" in (folder / "tiny.log").read_text(), within=2, what="told")
        process.send_signal(signal.SIGTERM)
        assert process.wait(lenient(5)) == 0
    finally:
        process.kill()
        process.wait(5)


def _answered(house: House) -> list[str]:
    return [line["command"] for line in house._services[0].logged("command_answered")]
