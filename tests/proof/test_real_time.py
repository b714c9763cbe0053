"""The recorded matches at the speed at which they happened; run by `make proof`, about 13 minutes."""

import threading
from pathlib import Path

import pytest

from tests.support.captures import CAPTURES, NAMES, capture
from tests.support.stored import assert_stored
from tests.support.suite import running
from tests.system.test_captures import assert_understood, play_together


@pytest.mark.timeout(1200)
def test_all_captures_in_real_time(tmp_path: Path) -> None:
    """Each capture at speed 1, by our own replayer and by a foreign sender at once, each on a ring of its own."""
    with running(tmp_path / "home", rings=2 * len(NAMES)) as suite:
        rings = list(suite.ports)
        foreign = dict(zip(rings[: len(NAMES)], NAMES, strict=True))
        own = dict(zip(rings[len(NAMES) :], NAMES, strict=True))
        replays = [
            threading.Thread(
                target=suite.restrike,
                args=("replay", str(CAPTURES / f"{name}.jsonl"), "--ring", ring, "--speed", "1"),
                kwargs={"within": 1100},
            )
            for ring, name in own.items()
        ]
        for replay in replays:
            replay.start()
        play_together(suite, foreign, speed=1, within=1100)
        for replay in replays:
            replay.join(1100)
        suite.stored()
        for ring, name in (foreign | own).items():
            assert_stored(suite, [body for _, body in capture(name)], ring=ring)
            assert_understood(suite, name, ring)
