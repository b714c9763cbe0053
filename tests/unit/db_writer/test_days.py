"""Which day a match belongs to, and which planned match it is."""

from typing import Any

import pytest

from services.db_writer.store import Store
from shared.db.sqlite import sqlite3
from tests.unit.db_writer.ring import NOW_US, Ring

# Everything of `Ring` is loaded at 2026-03-01 09:30 UTC.


def tournament(connection: "sqlite3.Connection", *, zone: str, active: str = "tournament") -> None:
    """One with two days, 1 and 2 March; its ids are 1, and 1 and 2. `active` is it, or the day of that date with it."""
    connection.execute(
        "INSERT INTO tournaments (id, name, starts_on, ends_on, time_zone, is_active)"
        " VALUES (1, 'Open', '2026-03-01', '2026-03-02', ?, ?)",
        (zone, bool(active)),
    )
    for number, date in enumerate(("2026-03-01", "2026-03-02"), 1):
        connection.execute(
            "INSERT INTO tournament_days (id, tournament_id, day_number, date, is_active) VALUES (?, 1, ?, ?, ?)",
            (number, number, date, date == active),
        )


def plan(connection: "sqlite3.Connection", number: str, *, day: int = 1, ring: str | None = None) -> None:
    connection.execute(
        "INSERT INTO planned_matches (tournament_day_id, match_number, ring) VALUES (?, ?, ?)", (day, number, ring)
    )


def linked(connection: "sqlite3.Connection") -> list[Any]:
    return list(connection.execute("SELECT match_number, match_id FROM planned_matches ORDER BY id").fetchall())


def loaded(*matches: str) -> Ring:
    ring = Ring()
    ring.open("session-1")
    for number, match in enumerate(matches, 101):
        ring.load(match, number=str(number))
    return ring


@pytest.mark.parametrize(
    ("zone", "active", "expected"),
    [
        ("Europe/Zagreb", "tournament", 1),
        ("Pacific/Kiritimati", "tournament", 1),
        ("Pacific/Kiritimati", "2026-03-02", 2),
        ("Pacific/Marquesas", "tournament", 1),
        ("Europe/Zagreb", "", None),
        ("Nowhere/Land", "tournament", None),
        ("Nowhere/Land", "2026-03-02", 2),
    ],
)
def test_the_day_of_a_match(connection: "sqlite3.Connection", zone: str, active: str, expected: int | None) -> None:
    """The active day; else the active tournament's day of the date where it is; else none."""
    tournament(connection, zone=zone, active=active)
    Store(connection).apply(loaded("m1").batches(), now_us=NOW_US)
    assert connection.execute("SELECT tournament_day_id FROM pss_matches").fetchall() == [(expected,)]


def test_the_date_is_that_of_the_place(connection: "sqlite3.Connection") -> None:
    """Half past nine in the morning of UTC is the next day where clocks are 14 hours ahead after ten, not before."""
    tournament(connection, zone="Pacific/Kiritimati")
    ring = Ring()
    ring.entry = 1_900  # 31 minutes later it is midnight there
    ring.open("session-1")
    ring.load("m1")
    (batch,) = ring.batches()
    Store(connection).apply([batch], now_us=NOW_US)
    assert connection.execute("SELECT tournament_day_id FROM pss_matches").fetchall() == [(2,)]


def test_the_store_forgets_what_operators_change(store: Store, connection: "sqlite3.Connection") -> None:
    """A day is active for the matches that begin after it was made so; a match keeps its day."""
    ring = loaded("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    tournament(connection, zone="Europe/Zagreb")
    ring.load("m2", number="102")
    store.apply(ring.batches(), now_us=NOW_US)
    store.forget()
    ring.load("m3", number="103")
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    days = connection.execute("SELECT tournament_day_id FROM pss_matches ORDER BY id").fetchall()
    assert days == [(None,), (None,), (1,)]


def test_planned_matches_are_found_by_their_number(connection: "sqlite3.Connection") -> None:
    """Of the day and of the ring or of none; one that has its match keeps it, and a match is one planned match."""
    tournament(connection, zone="Europe/Zagreb")
    plan(connection, "101")
    plan(connection, "102", ring="ring-1")
    plan(connection, "103", ring="ring-9")
    plan(connection, "104", day=2)
    ring = loaded("m1", "m2", "m3", "m4")
    ring.load("m5", number="101")
    ring.load("m1", number="105")
    plan(connection, "105")
    Store(connection).apply(ring.batches(), now_us=NOW_US)
    assert linked(connection) == [("101", 1), ("102", 2), ("103", None), ("104", None), ("105", None)]
