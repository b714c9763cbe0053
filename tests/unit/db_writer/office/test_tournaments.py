"""Tournaments and their days: what is accepted, what is refused and why, and what an act leaves behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from services.db_writer.office.desk import Desk
from services.db_writer.office.tournament.assignments import assign_matches
from services.db_writer.office.tournament.time_zones import today_in, zone_of_machine
from services.db_writer.office.tournament.tournaments import activate_day, remove_tournament, save_day, save_tournament
from shared.errors import RestrikeError
from shared.messages.tournaments import (
    ActivateDay,
    AssignMatches,
    RemoveTournament,
    SaveDay,
    SaveTournament,
    Tournament,
    TournamentStatus,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0"/>%s</svg>'
Published = list[tuple[str, Any]]


def make(desk: Desk, **said: Any) -> Tournament:
    fields = {"starts_on": "2026-03-01", "ends_on": "2026-03-03", "time_zone": "Europe/Zagreb"} | said
    name = fields.pop("tournament", "Open")
    return save_tournament(desk, SaveTournament(tournament=name, author="Ana", is_new=True, **fields))


def edit(desk: Desk, **said: Any) -> Tournament:
    return save_tournament(desk, SaveTournament(tournament="Open", author="Ana", **said))


def activate(desk: Desk, name: str | None = "Open", date: str | None = None) -> Tournament:
    return activate_day(desk, ActivateDay(author="Ana", tournament=name, date=date))


def a_match(desk: Desk, match_id: str, *, number: str = "101", at: str | None = "2026-03-01T22:30:00Z") -> None:
    with desk.changing() as connection:
        connection.execute(
            "INSERT INTO pss_matches (match_id, ring, match_number, first_loaded_at) VALUES (?, 'ring-1', ?, ?)",
            (match_id, number, at),
        )


def assign(desk: Desk, *matches: str, name: str | None = "Open", date: str | None = None) -> int:
    command = AssignMatches(author="Ana", match_ids=list(matches), tournament=name, date=date)
    return assign_matches(desk, command).matches


def dates(tournament: Tournament) -> list[tuple[int, str]]:
    return [(day.number, day.date) for day in tournament.days]


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(RestrikeError) as caught:
        yield
    assert caught.value.code == code


def test_a_new_tournament(desk: Desk, published: Published) -> None:
    """It has a day for each date, is told on the bus after the commit, and the audit says who made it."""
    made = make(desk, location=" Zagreb,  Arena ", noc="cro", rule_set="wt-2018", logo=PNG)
    assert (made.location, made.noc, made.rule_set, made.logo_type) == ("Zagreb, Arena", "CRO", "wt-2018", "image/png")
    assert dates(made) == [(1, "2026-03-01"), (2, "2026-03-02"), (3, "2026-03-03")]
    ((topic, event),) = published
    assert (topic, event.tournament, event.active_day, event.author) == ("tournament.changed", made, None, "Ana")
    sql = "SELECT author, action, target, details, outcome FROM operator_audit"
    author, action, target, details, outcome = desk.connection.execute(sql).fetchone()
    assert (author, action, target, outcome) == ("Ana", "tournament.new", "Open", "done")
    assert json.loads(details)["logo"] == "28 bytes"


def test_what_is_left_out(desk: Desk) -> None:
    """One day, and the machine's time zone."""
    made = make(desk, ends_on=None, time_zone=None)
    assert (made.ends_on, made.time_zone) == ("2026-03-01", zone_of_machine())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("tournament.dates", {"ends_on": "2026-02-28"}),
        ("tournament.dates", {"ends_on": "2062-03-03"}),
        ("tournament.dates", {"starts_on": None}),
        ("tournament.date", {"starts_on": "2026-02-30"}),
        ("tournament.date", {"starts_on": "20260301"}),
        ("tournament.date", {"starts_on": "1.3.2026"}),
        ("tournament.time_zone", {"time_zone": "Europe/Zagrab"}),
        ("tournament.time_zone", {"time_zone": "Europe"}),
        ("tournament.time_zone", {"time_zone": "../../etc/passwd"}),
        ("tournament.time_zone", {"time_zone": ""}),
        ("tournament.noc", {"noc": "CROA"}),
        ("tournament.noc", {"noc": "ČRO"}),
        ("rules.unknown", {"rule_set": "wt-1990"}),
        ("tournament.text", {"tournament": "  "}),
        ("tournament.text", {"tournament": "x" * 201}),
        ("tournament.text", {"location": "a\x1bb"}),
        ("tournament.status", {"status": TournamentStatus.ACTIVE}),
        ("tournament.logo_type", {"logo": b"GIF89a"}),
        ("tournament.logo_type", {"logo": b"<html/>"}),
        ("tournament.logo_size", {"logo": PNG + bytes(1024 * 1024)}),
    ],
)
def test_what_is_refused(desk: Desk, published: Published, code: str, said: dict[str, Any]) -> None:
    """Nothing is made or published; the audit keeps that it was tried."""
    with refused(code):
        make(desk, **said)
    assert desk.connection.execute("SELECT count(*) FROM tournaments").fetchone() == (0,)
    assert desk.connection.execute("SELECT outcome FROM operator_audit").fetchall() == [("refused",)]
    assert published == []


@pytest.mark.parametrize(
    "inside",
    [
        b"<script>alert(1)</script>",
        b'<g onload="x()"/>',
        b'<a href="https://elsewhere.example/"/>',
        b'<a href="java&#10;script:alert(1)"/>',
        b'<image xmlns:l="http://www.w3.org/1999/xlink" l:href="//elsewhere.example/x.png"/>',
        b'<set attributeName="href" to="x"/>',
        b'<animate values="java script:x"/>',
        b"<style>@import 'x';</style>",
        b'<path style="fill:url( https://elsewhere.example/x )"/>',
        b'<path style="fill:\\75rl(x)"/>',
        b"<foreignObject/>",
        b"<?xml-stylesheet href='x'?>",
    ],
)
def test_an_svg_that_does_more_than_to_be_shown(desk: Desk, inside: bytes) -> None:
    """Scripts and links to elsewhere are refused, however they are written."""
    with refused("tournament.logo_unsafe"):
        make(desk, logo=SVG % inside)


def test_harmless_svgs(desk: Desk) -> None:
    """References inside the picture and embedded pixels are what drawings are made of."""
    inside = b'<use href="#a"/><path fill="url(#b)"/><image href="data:image/png;base64,AA"/><text>uri</text>'
    assert make(desk, logo=SVG % inside).logo_type == "image/svg+xml"
    assert edit(desk, logo=b"").logo_type is None
    entity = b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
    with refused("tournament.logo_unsafe"):
        edit(desk, logo=entity)


def test_names(desk: Desk) -> None:
    """A tournament is found whatever its capitals; two that differ only in them are refused."""
    make(desk)
    with refused("tournament.name_taken"):
        make(desk, tournament="OPEN")
    make(desk, tournament="Cup")
    with refused("tournament.name_taken"):
        edit(desk, rename="cup")
    renamed = save_tournament(desk, SaveTournament(tournament="open", author="Ana", rename="OPEN 2026", noc="KOR"))
    assert (renamed.tournament, renamed.noc, renamed.time_zone) == ("OPEN 2026", "KOR", "Europe/Zagreb")
    with refused("tournament.unknown"):
        edit(desk, noc="CRO")


def test_a_change_of_dates_keeps_days_with_matches(desk: Desk) -> None:
    """Days outside the new dates stay only if a match belongs to them, one is drawn for them, or they are active."""
    make(desk, starts_on="2026-03-01", ends_on="2026-03-05")
    a_match(desk, "m1")
    assign(desk, "m1", date="2026-03-01")
    day = "SELECT id FROM tournament_days WHERE date = '2026-03-02'"
    desk.connection.execute(f"INSERT INTO planned_matches (tournament_day_id, match_number) VALUES (({day}), '1')")
    activate(desk, date="2026-03-03")
    moved = edit(desk, starts_on="2026-03-06", ends_on="2026-03-07")
    kept = ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-06", "2026-03-07"]
    assert dates(moved) == list(enumerate(kept, 1))
    assert [day.matches for day in moved.days] == [1, 0, 0, 0, 0]


def test_days(desk: Desk) -> None:
    """A day before the others lets the tournament begin earlier, and all are numbered by date."""
    make(desk)
    added = save_day(desk, SaveDay(tournament="Open", date="2026-02-27", author="Ana", title="Cadets", is_new=True))
    assert (added.starts_on, added.ends_on) == ("2026-02-27", "2026-03-03")
    assert dates(added)[:2] == [(1, "2026-02-27"), (2, "2026-03-01")]
    assert added.days[0].title == "Cadets"
    changed = save_day(desk, SaveDay(tournament="Open", date="2026-02-27", author="Ana", title="", is_new=False))
    assert changed.days[0].title is None
    with refused("tournament.day_there"):
        save_day(desk, SaveDay(tournament="Open", date="2026-03-01", author="Ana", is_new=True))
    with refused("tournament.no_such_day"):
        save_day(desk, SaveDay(tournament="Open", date="2026-03-09", author="Ana", is_new=False))
    with refused("tournament.dates"):
        save_day(desk, SaveDay(tournament="Open", date="2062-03-01", author="Ana", is_new=True))


def test_one_is_active(desk: Desk, published: Published) -> None:
    """Another tournament or day takes its place; who was active is told, too."""
    make(desk)
    make(desk, tournament="Cup")
    first = activate(desk, date="2026-03-02")
    assert (first.status, [day.status.value for day in first.days]) == (
        TournamentStatus.ACTIVE,
        ["planned", "active", "planned"],
    )
    assert published[-1][1].active_day == 2
    published.clear()
    activate(desk, "Cup")
    told = [(event.tournament.tournament, event.tournament.status.value) for _, event in published]
    assert told == [("Open", "finished"), ("Cup", "active")]
    active = desk.connection.execute("SELECT count(*) FROM tournament_days WHERE is_active = 1").fetchone()
    assert active == (0,)
    assert activate(desk, None).tournament == "Cup"
    with refused("tournament.none_active"):
        activate(desk, None)


def test_today(desk: Desk) -> None:
    """It is the day where the tournament takes place; a tournament that is still to come is planned again."""
    today = today_in("Pacific/Kiritimati")
    later = (today + timedelta(days=5)).isoformat()
    make(desk, starts_on=today.isoformat(), ends_on=later, time_zone="Pacific/Kiritimati")
    assert activate(desk, date="today").days[0].status is TournamentStatus.ACTIVE
    rested = activate(desk, None)
    assert (rested.status, rested.days[0].status) == (TournamentStatus.PLANNED, TournamentStatus.PLANNED)
    with refused("tournament.no_such_day"):
        activate(desk, date="2026-01-01")


def test_cancelled_and_finished(desk: Desk) -> None:
    """A status that is set ends the activity; what is cancelled cannot be activated."""
    make(desk)
    activate(desk, date="2026-03-01")
    assert edit(desk, status=TournamentStatus.CANCELLED).days[0].status is not TournamentStatus.ACTIVE
    assert desk.connection.execute("SELECT sum(is_active) FROM tournaments").fetchone() == (0,)
    with refused("tournament.cancelled"):
        activate(desk)


def test_removal(desk: Desk) -> None:
    """Only what no match belongs to and what is not active; its days and draws go with it."""
    make(desk)
    a_match(desk, "m1")
    assign(desk, "m1", date="2026-03-01")
    with refused("tournament.has_matches"):
        remove_tournament(desk, RemoveTournament(tournament="Open", author="Ana"))
    assign(desk, "m1", name=None)
    activate(desk)
    with refused("tournament.active"):
        remove_tournament(desk, RemoveTournament(tournament="Open", author="Ana"))
    activate(desk, None)
    desk.connection.execute("INSERT INTO planned_matches (tournament_day_id, match_number) VALUES (1, '1')")
    remove_tournament(desk, RemoveTournament(tournament="Open", author="Ana"))
    for table in ("tournaments", "tournament_days", "planned_matches"):
        assert desk.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_matches_by_their_own_date(desk: Desk) -> None:
    """22:30 UTC is the next day in Auckland; the planned match of that number becomes it, and is free again later."""
    made = make(desk, time_zone="Pacific/Auckland")
    assert len(made.days) == 3
    a_match(desk, "m1")
    desk.connection.execute(
        "INSERT INTO planned_matches (tournament_day_id, match_number) VALUES (2, '101'), (3, '101')"
    )
    assert assign(desk, "m1", "m1") == 1
    assert assign(desk, "m1") == 0
    sql = (
        "SELECT p.tournament_day_id, m.tournament_day_id FROM planned_matches p JOIN pss_matches m ON m.id = p.match_id"
    )
    assert desk.connection.execute(sql).fetchall() == [(2, 2)]
    assert assign(desk, "m1", date="2026-03-03") == 1
    assert desk.connection.execute(sql).fetchall() == [(3, 3)]
    assert assign(desk, "m1", name=None) == 1
    assert desk.connection.execute(sql).fetchall() == []


def test_all_matches_or_none(desk: Desk) -> None:
    """One that is not there, has no date or falls outside the tournament keeps the others where they are."""
    make(desk)
    a_match(desk, "m1")
    a_match(desk, "m2", at=None)
    a_match(desk, "m3", at="2026-05-01T10:00:00Z")
    for other, code in (("m0", "match.unknown"), ("m2", "match.no_date"), ("m3", "tournament.no_such_day")):
        with refused(code):
            assign(desk, "m1", other)
    held = desk.connection.execute("SELECT count(tournament_day_id) FROM pss_matches").fetchone()
    assert held == (0,)
