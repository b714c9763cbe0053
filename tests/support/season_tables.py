"""What operators put into a database besides what rings say: tournaments, days and draws; and its statistics."""

from datetime import timedelta

from shared.db.sqlite import sqlite3
from tests.support.season import DAYS_OF_TOURNAMENT, LETTERS, Day

INSERT_TOURNAMENT = """
INSERT INTO tournaments
    (id, name, location, country_code, starts_on, ends_on, time_zone, rule_set, status, created_at, updated_at)
VALUES (?, ?, ?, 'CRO', ?, ?, 'Europe/Zagreb', ?, 'active', ?, ?)
"""
INSERT_DAY = """
INSERT INTO tournament_days (tournament_id, day_number, date, title, status, is_active, created_at, updated_at)
VALUES (?, ?, ?, ?, 'active', 1, ?, ?) RETURNING id
"""
INSERT_PLANNED = """
INSERT INTO planned_matches
    (tournament_day_id, match_number, ring, scheduled_at, phase, weight_class, division, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
DRAW_ATHLETES = """
UPDATE planned_matches SET
    chong_athlete_id = (SELECT athlete_id FROM pss_match_athletes a WHERE a.match_id = planned_matches.match_id
        AND athlete_position = 1),
    hong_athlete_id = (SELECT athlete_id FROM pss_match_athletes a WHERE a.match_id = planned_matches.match_id
        AND athlete_position = 2)
WHERE tournament_day_id = ?
"""


def open_day(connection: "sqlite3.Connection", day: Day) -> int:
    """Make the day (and on its first its tournament) the active one, with its draw; returns its row id."""
    at = f"{day.begins - timedelta(hours=12):%Y-%m-%dT%H:%M:%S}.000Z"
    first = day.begins - timedelta(days=day.number - 1)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if day.number == 1:
            connection.execute("UPDATE tournaments SET is_active = 0, status = 'finished' WHERE is_active = 1")
            name = f"{day.place} Open {day.begins:%Y} {day.tournament}"
            last = first + timedelta(days=DAYS_OF_TOURNAMENT - 1)
            when = (f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", day.rules.name)
            connection.execute(INSERT_TOURNAMENT, (day.tournament, name, day.place, *when, at, at))
            connection.execute("UPDATE tournaments SET is_active = 1 WHERE id = ?", (day.tournament,))
        values = (day.tournament, day.number, f"{day.begins:%Y-%m-%d}", f"Day {day.number}", at, at)
        (day_id,) = connection.execute(INSERT_DAY, values).fetchone()
        for ring, cards in day.draws.items():
            for place, card in enumerate(cards):
                due = f"{day.begins + timedelta(minutes=12 * place):%Y-%m-%dT%H:%M:%S}.000Z"
                weight = f"{LETTERS[card.is_women]} {card.weight}kg"
                what = (card.number, ring, due, card.phase, weight, card.division)
                connection.execute(INSERT_PLANNED, (day_id, *what, at, at))
    return int(day_id)


def close_day(connection: "sqlite3.Connection", day_id: int) -> None:
    """The day is over, and its draw names who fought."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(DRAW_ATHLETES, (day_id,))
        connection.execute("UPDATE tournament_days SET is_active = 0, status = 'finished' WHERE id = ?", (day_id,))


def analyze(connection: "sqlite3.Connection") -> None:
    """Renew what the planner knows, as db-writer's care does."""
    connection.execute("PRAGMA analysis_limit = 400")
    rows = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'virtual'")
    for (table,) in rows.fetchall():
        if not table.startswith("sqlite_"):
            connection.execute(f"ANALYZE {table}")
