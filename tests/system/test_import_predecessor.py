"""The predecessor's database is imported while the suite hears matches: neither disturbs the other, killed or not."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.captures import capture
from tests.support.predecessor import with_events
from tests.support.stored import assert_sound, assert_stored
from tests.support.suite import Suite, running
from tests.support.wait import eventually

ROUNDS = os.environ.get("RESTRIKE_KILL_ROUNDS")
KILLS = range(int(ROUNDS)) if ROUNDS else [1]
"""How often db-writer is killed, twice at most."""
EVENTS = 5_000
WITHIN_S = 60.0
IMPORTED = """
SELECT count(*) FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id WHERE s.ring = 'import'
"""


class Load(threading.Thread):
    """Sends one match after the other, about 300 datagrams a second, until told to stop."""

    def __init__(self, suite: Suite) -> None:
        super().__init__(daemon=True)
        self._suite = suite
        self._end = threading.Event()
        self.sent: list[bytes] = []

    def run(self) -> None:
        """Send."""
        datagrams = [body for _, body in capture("bo3-1-2-ptf-scores-gamjeom")]
        with self._suite.sender() as sender:
            while not self._end.is_set():
                for body in datagrams:
                    sender.send(body)
                    self.sent.append(body)
                    self._end.wait(0.003)

    def finish(self) -> list[bytes]:
        """Stop after the running match; what was sent."""
        self._end.set()
        self.join(WITHIN_S)
        return self.sent


def imported(suite: Suite) -> int:
    """How many old events are there."""
    return int(suite.rows(IMPORTED)[0][0])


@pytest.mark.parametrize("kills", KILLS)
def test_while_matches_are_heard(tmp_path: Path, kills: int) -> None:
    """With datagrams coming in, db-writer killed in the midst of the import (once; in proof twice or not at all, too):
    the command given again goes on, every old event and every datagram is there once, and the database is sound.
    """
    file = str(with_events(tmp_path / "old.db", events=EVENTS))
    order = ("import", "predecessor", file, "--time-zone", "Europe/Zagreb")
    chance = random.Random(kills)
    with running(tmp_path / "home") as suite:
        load = Load(suite)
        load.start()
        for _ in range(min(kills, 2)):
            least = imported(suite) + chance.randrange(EVENTS // 3)
            program = str(Path(sys.executable).with_name("restrike"))
            quiet = subprocess.DEVNULL
            with subprocess.Popen([program, *order], env=suite.environment, stdout=quiet, stderr=quiet) as command:
                eventually(lambda least=least: imported(suite) >= least, within=WITHIN_S, what=f"{least} old events")  # type: ignore[misc]  # called at once
                suite.kill("db-writer")
                command.wait(WITHIN_S)
            eventually(lambda: suite.health("db-writer"), within=20, what="db-writer again")
        done = suite.restrike(*order, check=False, within=WITHIN_S)
        assert done.returncode == 0 or "imported already" in done.stderr, done.stderr
        sent = load.finish()
        suite.stored()
        assert len(sent) > 100
        assert imported(suite) == EVENTS
        assert_stored(suite, sent)
        assert_sound(suite)
        assert suite.rows("SELECT count(*), count(ended_at) FROM imports") == [(1, 1)]
