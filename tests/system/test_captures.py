"""The recorded matches through the whole suite, from our own replayer and from a foreign sender."""

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.messages.commands import GetMatchState
from tests.support.captures import CAPTURES, CORPUS, NAMES, Sender, capture
from tests.support.stored import assert_stored
from tests.support.suite import Suite, running

VOLATILE = {"ring", "journal_id", "entry", "match_id"}


def lasting(value: Any) -> Any:
    """`value` without what depends on the journal: ids, entry numbers and times of day."""
    if isinstance(value, dict):
        times = ("at_us", "since_us")
        return {key: lasting(found) for key, found in value.items() if key not in VOLATILE and not key.endswith(times)}
    return [lasting(item) for item in value] if isinstance(value, list) else value


def golden_state(name: str) -> dict[str, Any]:
    """The reviewed final state of a capture, without what depends on the journal."""
    state: dict[str, Any] = lasting(json.loads((CORPUS / "golden" / f"{name}.state.json").read_text(encoding="utf-8")))
    return state


def final_state(suite: Suite, ring: str) -> dict[str, Any]:
    """The parser's final state, as JSON, without what depends on the journal."""
    state: dict[str, Any] = lasting(json.loads(msgspec.json.encode(suite.call(GetMatchState(ring=ring)))))
    return state


def assert_understood(suite: Suite, name: str, ring: str) -> None:
    """Every message was recognized, the final state is the reviewed one, and there is one match."""
    kinds = suite.rows(
        "SELECT DISTINCT recognition_status FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id "
        "WHERE s.ring = ?",
        ring,
    )
    assert kinds == [("recognized",)]
    assert final_state(suite, ring) == golden_state(name)
    assert suite.rows("SELECT count(*) FROM pss_matches WHERE ring = ?", ring) == [(1,)]


@pytest.mark.parametrize("name", NAMES)
def test_foreign_sender_at_full_speed(tmp_path: Path, name: str) -> None:
    """A capture sent as fast as a plain sender can: every datagram stored and understood."""
    datagrams = capture(name)
    with running(tmp_path / "home") as suite, suite.sender() as sender:
        sender.send_all(datagrams)
        suite.stored()
        assert_stored(suite, [body for _, body in datagrams])
        assert_understood(suite, name, "ring-1")


@pytest.mark.parametrize("name", NAMES)
def test_own_replayer_at_full_speed(suite: Suite, name: str) -> None:
    """`restrike replay --speed max`: the same, and the rows are marked as a replay."""
    datagrams = capture(name)
    suite.restrike("replay", str(CAPTURES / f"{name}.jsonl"), "--speed", "max")
    suite.stored()
    assert_stored(suite, [body for _, body in datagrams])
    assert_understood(suite, name, "ring-1")
    assert suite.rows("SELECT DISTINCT origin FROM raw_datagrams") == [("replay",)]


def test_sixteen_rings_at_twenty_times_the_speed(tmp_path: Path) -> None:
    """16 rings at once, each hearing a match at speed 20: nothing lost, nothing mixed up between rings."""
    with running(tmp_path / "home", rings=16) as suite:
        names = {ring: NAMES[number % len(NAMES)] for number, ring in enumerate(suite.ports)}
        play_together(suite, names, speed=20)
        suite.stored()
        for ring, name in names.items():
            assert_stored(suite, [body for _, body in capture(name)], ring=ring)
            assert_understood(suite, name, ring)


def test_own_replayer_at_twenty_times_the_speed(tmp_path: Path) -> None:
    """`restrike replay --speed 20` of each capture, each on its own ring at the same time."""
    with running(tmp_path / "home", rings=len(NAMES)) as suite:
        names = dict(zip(suite.ports, NAMES, strict=True))
        replays = [
            threading.Thread(
                target=suite.restrike,
                args=("replay", str(CAPTURES / f"{name}.jsonl"), "--ring", ring, "--speed", "20"),
                kwargs={"within": 90},
            )
            for ring, name in names.items()
        ]
        for replay in replays:
            replay.start()
        for replay in replays:
            replay.join(90)
        suite.stored()
        for ring, name in names.items():
            assert_stored(suite, [body for _, body in capture(name)], ring=ring)
            assert_understood(suite, name, ring)


def play_together(suite: Suite, names: dict[str, str], *, speed: float, within: float = 120) -> None:
    """Play a capture on each ring, from a sender of its own, all at once."""

    def play(ring: str, name: str) -> None:
        with Sender(suite.address(ring)) as sender:
            sender.send_all(capture(name), speed=speed)

    players = [threading.Thread(target=play, args=pair) for pair in names.items()]
    for player in players:
        player.start()
    for player in players:
        player.join(within)
    assert not any(player.is_alive() for player in players)
