"""The recorded matches through the whole suite, from our own replayer and from a foreign sender."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.messages.commands import GetMatchState
from tests.support.captures import CAPTURES, CORPUS, NAMES, Sender, capture
from tests.support.stored import assert_stored
from tests.support.suite import Suite, running

SPEED = 60
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


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A running suite with a ring for each capture and each way of sending it."""
    with running(tmp_path_factory.mktemp("venue") / "home", rings=2 * len(NAMES)) as started:
        yield started


@pytest.mark.parametrize("name", NAMES)
def test_foreign_sender_at_full_speed(venue: Suite, name: str) -> None:
    """A capture sent as fast as a plain sender can: every datagram stored and understood."""
    datagrams, ring = capture(name), f"ring-{1 + NAMES.index(name)}"
    with venue.sender(ring) as sender:
        sender.send_all(datagrams)
        venue.stored()
        assert_stored(venue, [body for _, body in datagrams], ring=ring)
        assert_understood(venue, name, ring)


@pytest.mark.parametrize("name", NAMES)
def test_own_replayer_at_full_speed(venue: Suite, name: str) -> None:
    """`restrike replay --speed max`: the same, and the rows are marked as a replay."""
    datagrams, ring = capture(name), f"ring-{1 + len(NAMES) + NAMES.index(name)}"
    venue.restrike("replay", str(CAPTURES / f"{name}.jsonl"), "--ring", ring, "--speed", "max")
    venue.stored()
    assert_stored(venue, [body for _, body in datagrams], ring=ring)
    assert_understood(venue, name, ring)
    assert venue.rows("SELECT DISTINCT origin FROM raw_datagrams WHERE ring = ?", ring) == [("replay",)]


def test_sixteen_rings_at_sixty_times_the_speed(tmp_path: Path) -> None:
    """16 rings at once, each hearing a match at speed 60, one of each capture by `restrike replay`: nothing lost,
    nothing mixed up between rings.
    """
    with running(tmp_path / "home", rings=16) as suite:
        names = {ring: NAMES[number % len(NAMES)] for number, ring in enumerate(suite.ports)}
        own = dict(list(names.items())[: len(NAMES)])
        replays = [
            threading.Thread(
                target=suite.restrike,
                args=("replay", str(CAPTURES / f"{name}.jsonl"), "--ring", ring, "--speed", str(SPEED)),
                kwargs={"within": 90},
            )
            for ring, name in own.items()
        ]
        for replay in replays:
            replay.start()
        play_together(suite, {ring: name for ring, name in names.items() if ring not in own}, speed=SPEED)
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
