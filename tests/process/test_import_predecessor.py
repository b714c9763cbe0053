"""`restrike import predecessor` without the suite: told, refused, killed at any moment, and gone on with."""

import os
import random
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.db.sqlite import connect_reader
from tests.support.cli import Home, home_in
from tests.support.predecessor import with_events, with_mistakes
from tests.support.wait import eventually, lenient

ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "1"))
EVENTS = 2_500
ZONE = ("--time-zone", "Europe/Zagreb")
CONTENT = """
SELECT s.session_uuid, e.event_sequence, e.timestamp, e.raw_data, e.parsed_data, m.match_id, d.detail_value
FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id LEFT JOIN pss_matches m ON m.id = e.match_id
LEFT JOIN pss_event_details d ON d.event_id = e.id ORDER BY 1, 2
"""
SUMMARIES = """
SELECT m.match_id, s.events, s.first_event_at, s.last_event_at FROM match_summaries s JOIN pss_matches m
ON m.id = s.match_id ORDER BY 1
"""


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """What a query of the home's database gives."""
    with closing(connect_reader(home.paths.database)) as connection:
        return list(connection.execute(sql).fetchall())


def stored(home: Home) -> int:
    """How many events are there."""
    return int(rows(home, "SELECT count(*) FROM pss_events_v2")[0][0])


def test_by_hand(tmp_path: Path) -> None:
    """Dry run, import, and the refusal of a second one, as a person sees them; no secret is shown."""
    file = with_mistakes(tmp_path / "old.db", version=12)
    with home_in(tmp_path / "home") as home:
        assert home.run("db", "migrate").returncode == 0
        dry = home.run("import", "predecessor", file, *ZONE, "--dry-run")
        assert dry.returncode == 0, dry.stderr
        assert dry.stdout.endswith("Dry run: nothing was written.\n")
        assert stored(home) == 0
        done = home.run("import", "predecessor", file, *ZONE)
        assert done.returncode == 0, done.stderr
        assert re.search(r"\npss_matches +5 +3 +2 +0\n", done.stdout)
        assert "backup_interval_minutes = 150 -> backup.every_hours = 3" in done.stdout
        assert "10 events" in done.stdout
        assert not [secret for secret in ("plain secret", "hidden") if secret in dry.stdout + done.stdout]
        again = home.run("import", "predecessor", file)
        assert (again.returncode, again.stdout) == (1, "")
        assert "was imported already" in again.stderr
        report = home.document("import", "predecessor", file, "--again")["report"]
        assert not report["written"].get("events")
        assert home.document("db", "check")["is_well"]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_without_the_suite(tmp_path: Path, seed: int) -> None:
    """Killed (-9) at any moment, twice: the same command goes on, and every event, detail and summary is there
    once, as if nothing had happened.
    """
    file = with_events(tmp_path / "old.db", events=EVENTS)
    chance = random.Random(seed)
    with home_in(tmp_path / "whole") as whole, home_in(tmp_path / "home") as home:
        assert whole.run("import", "predecessor", file, *ZONE, within=60).returncode == 0
        assert home.run("db", "migrate").returncode == 0
        killed = 0
        for _ in range(2):
            least = stored(home) + chance.randrange(EVENTS // 3)
            with home.started("import", "predecessor", file, *ZONE) as command:
                eventually(lambda least=least: stored(home) >= least, within=60, what=f"{least} events")  # type: ignore[misc]  # called at once
                for process in psutil.Process(command.pid).children(recursive=True):
                    process.kill()
                killed += command.wait(lenient(20)) != 0
        assert killed >= 1
        done = home.run("import", "predecessor", file, within=60)
        assert done.returncode == 0 or "imported already" in done.stderr, done.stderr
        assert stored(home) == EVENTS
        assert rows(home, CONTENT) == rows(whole, CONTENT)
        assert rows(home, SUMMARIES) == rows(whole, SUMMARIES)
        assert home.document("db", "check")["is_well"]
