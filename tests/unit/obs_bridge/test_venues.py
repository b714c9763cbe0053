"""A match's tournament and day for names and rules are those that db-writer stores it under."""

from datetime import datetime
from pathlib import Path

import pytest

from services.obs_bridge import venues
from services.obs_bridge.venues import Venues
from shared.automation.match_view import Venue
from shared.db.sqlite import connect_writer, sqlite3

TOURNAMENT = """
INSERT INTO tournaments (id, name, starts_on, ends_on, time_zone, status, is_active)
VALUES (1, 'Croatia Open', '2026-03-01', '2026-03-02', 'Europe/Zagreb', 'active', 1);
INSERT INTO tournament_days (tournament_id, day_number, date) VALUES (1, 1, '2026-03-01'), (1, 2, '2026-03-02');
"""


@pytest.fixture
def connection(tmp_path: Path, migrated: bytes) -> "sqlite3.Connection":
    """A migrated database."""
    path = tmp_path / "restrike.db"
    path.write_bytes(migrated)
    return connect_writer(path)


def at(text: str) -> int:
    """Unix microseconds of an ISO time."""
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)


def test_no_tournament(connection: "sqlite3.Connection") -> None:
    """Nothing is active: nothing is said."""
    assert venues.read(connection).at(at("2026-03-01T12:00:00Z")) == Venue()


def test_the_day_is_that_of_the_date_there(connection: "sqlite3.Connection") -> None:
    """A tournament that is active without a day has today's; at midnight of the venue it is the next."""
    connection.executescript(TOURNAMENT)
    found = venues.read(connection)
    zagreb = {"tournament": "Croatia Open", "time_zone": "Europe/Zagreb"}
    assert found.at(at("2026-03-01T22:59:00Z")) == Venue(day=1, **zagreb)
    assert found.at(at("2026-03-01T23:01:00Z")) == Venue(day=2, **zagreb)
    assert found.at(at("2026-03-05T12:00:00Z")) == Venue(day=None, **zagreb)


def test_the_active_day_counts(connection: "sqlite3.Connection") -> None:
    """What an operator chose is stronger than the date."""
    connection.executescript(TOURNAMENT + "UPDATE tournament_days SET is_active = 1 WHERE day_number = 2;")
    assert venues.read(connection).at(at("2026-03-01T12:00:00Z")).day == 2


def test_a_zone_that_nobody_knows() -> None:
    """The machine's own date has to do."""
    today = datetime.fromtimestamp(at("2026-03-01T12:00:00Z") / 1e6).astimezone().date().isoformat()
    assert Venues(tournament="x", time_zone="Mars/Olympus", days={today: 4}).at(at("2026-03-01T12:00:00Z")).day == 4
