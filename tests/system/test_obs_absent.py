"""A suite without OBS: none configured, or one that is not there. It says so once, and nothing else minds."""

import json
from pathlib import Path
from typing import Any

import psutil

from shared.messages.obs import LinkState
from tests.support.captures import capture
from tests.support.listener import Listener
from tests.support.obs_suite import ObsSuite, obs_suite
from tests.support.stored import assert_stored
from tests.support.suite import free_port
from tests.support.wait import eventually

BEATS = 6
"""The service says each second how it is."""
CPU_SHARE = 0.05
NAME = "break-full-wdr-tie"


def lines(suite: ObsSuite) -> list[dict[str, Any]]:
    """What obs-bridge has logged."""
    return [json.loads(line) for line in (suite.paths.logs / "obs-bridge.log").read_text().splitlines()]


def busy_share(suite: ObsSuite) -> float:
    """How busy obs-bridge keeps a core while it says BEATS times that it lives."""
    process = psutil.Process(suite.pid("obs-bridge"))
    with Listener(suite.events_endpoint, "service.health/") as listener:

        def beats() -> list[dict[str, Any]]:
            return [event for event in listener.of("service.health") if event["service"] == "obs-bridge"]

        first = eventually(beats, within=5, what="a sign of life")[-1]["uptime_s"]
        before = process.cpu_times()
        eventually(lambda: len(beats()) > BEATS, within=BEATS * 3, what="signs of life")
        after = process.cpu_times()
        seconds: float = beats()[-1]["uptime_s"] - first
    share: float = (after.user + after.system - before.user - before.system) / seconds
    print(f"{share:.1%} of a core")
    return share


def play(suite: ObsSuite) -> None:
    """A recorded match, which is stored as it always is."""
    datagrams = capture(NAME)
    with suite.sender() as sender:
        sender.send_all(datagrams)
    suite.stored()
    assert_stored(suite, [body for _, body in datagrams])


def test_no_obs_at_all(tmp_path: Path) -> None:
    """Without a connection obs-bridge has nothing to say but that it started, and takes hardly any time."""
    with obs_suite(tmp_path / "home") as suite:
        play(suite)
        said = suite.restrike("obs", "status").stdout
        assert "restrike obs add" in said
        assert len(said.splitlines()) == 1
        assert busy_share(suite) < CPU_SHARE
        assert [line["event"] for line in lines(suite)] == ["started"]


def test_an_obs_that_is_not_there(tmp_path: Path) -> None:
    """A connection to nobody: one line says what is wrong and what to do, however often it is tried; a match is stored
    as always, and nothing claims to have recorded it.
    """
    with obs_suite(tmp_path / "home") as suite:
        suite.restrike("obs", "add", "main", "--port", str(free_port()), "--no-password")
        eventually(lambda: suite.status().reason, within=5, what="why there is no OBS")
        assert suite.status().state is LinkState.DISCONNECTED
        play(suite)
        assert busy_share(suite) < CPU_SHARE
        told = lines(suite)
        assert sum(line["event"] == "obs_link" and "reason" in line for line in told) == 1, told
        assert len(told) <= 6, told
        said = suite.restrike("obs", "status", check=False).stdout
        assert "Nothing listens" in said
        assert suite.videos("match") == []
