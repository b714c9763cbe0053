"""Rules on a real OBS: refused for what OBS does not have, carried out for what comes over UDP, and told in the log."""

from pathlib import Path
from typing import Any

from shared.messages.commands import GetMatchState
from shared.messages.obs_commands import GetObsStatus
from tests.support.captures import capture
from tests.support.cli import Home, home_in
from tests.support.obs.probe import Probe
from tests.support.obs.real import RealObs, needs_obs
from tests.support.wait import eventually

pytestmark = needs_obs
SERVICES = ("broker", "udp-ingest", "pss-parser", "db-writer", "obs-bridge")
LOAD = slice(0, 14)
"""The load of a match, and its first clock."""
PAUSED = slice(14, 22)
"""The clock is stopped and started again."""


def firings(home: Home) -> dict[str, Any]:
    """What each rule did, as the log has it."""
    return {one["rule"]: one for one in home.document("obs", "rules", "log")["firings"]}


def test_rules_move_a_real_obs(obs: RealObs, tmp_path: Path) -> None:
    """Scenes are made, rules are looked up on OBS and refused for what is not there, and the load of a match over UDP
    changes the program scene and a text; the log has both with their times. Paused, nothing moves.
    """
    with home_in(tmp_path / "home") as home:
        home.environment |= {"RESTRIKE_OBS_PASSWORD": obs.password}
        home.start(*SERVICES)
        assert home.run("obs", "add", "main", "--port", str(obs.port)).returncode == 0
        eventually(lambda: home.document("obs", "status")["connections"][0]["state"], equals="connected", within=15)
        refused = home.run("obs", "rules", "install", "scenes")
        assert refused.returncode == 1
        assert "There is no scene 'Match'; there are: " in refused.stderr
        assert home.run("obs", "collection", "build").returncode == 0
        for pack in ("scenes", "lower-third"):
            installed = home.run("obs", "rules", "install", pack)
            assert (installed.returncode, installed.stderr) == (0, "")
        eventually(lambda: len(home.document("obs", "rules", "list")["rules"]), equals=11, within=5)
        for _, body in capture("bo3-1-2-ptf-scores-gamjeom")[LOAD]:
            home.send("ring-1", body)
        with obs.probe() as probe:
            eventually(lambda: _scene(probe), equals="Match", within=10)
            eventually(lambda: "Marija" in _text(probe, "Lower third"), within=10)
        eventually(lambda: "scenes: match" in firings(home), within=10)
        told = firings(home)["scenes: match"]
        assert (told["outcome"], told["match_number"], told["happening"]) == ("done", "7894", "match_loaded")
        assert 0 < told["latency_ms"] < 1_000
        assert told["actions"][0]["confirmed_ms"] >= told["latency_ms"]
        _pause_and_resume(home)


def _pause_and_resume(home: Home) -> None:
    """What happens while automation is paused moves nothing, and is not made up for."""
    assert home.run("obs", "pause").returncode == 0
    eventually(lambda: home.client.call(GetObsStatus()).is_paused, within=10)
    for _, body in capture("bo3-1-2-ptf-scores-gamjeom")[PAUSED]:
        home.send("ring-1", body)
    eventually(lambda: home.client.call(GetMatchState(ring="ring-1")).clock_ms, equals=113_000, within=10)
    assert home.run("obs", "resume").returncode == 0
    eventually(lambda: not home.client.call(GetObsStatus()).is_paused, within=10)
    home.send("ring-1", b"clk;01:50;start;")

    def clocks() -> list[int]:
        found = home.document("obs", "rules", "log", "--rule", "scenes: fight")["firings"]
        return [one["clock_ms"] for one in found]

    eventually(clocks, equals=[110_000, 120_000], within=10)


def _scene(probe: Probe) -> str:
    return str(probe.ask("GetCurrentProgramScene")["currentProgramSceneName"])


def _text(probe: Probe, source: str) -> str:
    return str(probe.ask("GetInputSettings", inputName=source)["inputSettings"]["text"])
