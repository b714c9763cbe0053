"""Drawn matches from a table; db-writer.

A match is found by its day and number. The columns that the table has decide, an empty cell included; those that it
has not stay as they are. Nothing is removed: a match that a later table leaves out stays.
"""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct, field

from services.db_writer.office.imports.cells import (
    Cells,
    as_date,
    as_dates,
    as_noc,
    as_ring,
    as_text,
    as_time,
    given_first,
    person,
)
from services.db_writer.office.imports.plan import Order, Plan, Write, make_athlete, stored_short_name
from services.db_writer.office.tournament.fields import date_of
from services.db_writer.office.tournament.rows import Row, day_ids
from services.db_writer.office.tournament.time_zones import zone_of
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.messages.pss import AthleteName

NUMBER_CHARACTERS: Final = 32
"""Of a match number: scoring systems show fewer."""
TEXTS: Final = ("phase", "category", "weight_class", "division")
SIDES: Final = ("chong", "hong")
_NOBODY: Final = re.compile(r"(-+|\?+|bye|tb[dac]|winner\b.*|loser\b.*|[wl] ?\d+)", re.IGNORECASE)
_WITH_NOC: Final = re.compile(r"(?P<name>.+?) ?[(\[](?P<noc>[A-Za-z]{3})[)\]]")
_SELECT: Final = """
SELECT p.ring, p.scheduled_at, p.phase, p.category, p.weight_class, p.division, c.athlete_code, h.athlete_code
FROM planned_matches p LEFT JOIN pss_athletes c ON c.id = p.chong_athlete_id
LEFT JOIN pss_athletes h ON h.id = p.hong_athlete_id
WHERE p.tournament_day_id = ? AND p.match_number = ?
"""
COLUMNS: Final = ("ring", "scheduled_at", *TEXTS, *SIDES)
_ATHLETE: Final = "(SELECT id FROM pss_athletes WHERE athlete_code = ?)"
# A match of that number that was loaded on that day before it was known to be drawn.
_LINK: Final = """
UPDATE planned_matches SET match_id = (
    SELECT max(m.id) FROM pss_matches m
    WHERE m.tournament_day_id = ?1 AND m.match_number = ?2
        AND (planned_matches.ring IS NULL OR planned_matches.ring = m.ring)
        AND NOT EXISTS (SELECT 1 FROM planned_matches other WHERE other.match_id = m.id)
) WHERE tournament_day_id = ?1 AND match_number = ?2 AND match_id IS NULL
"""


class _Days(Struct):
    """The days of the tournament, the one that rows without a day belong to, and who was met so far."""

    tournament: Row
    ids: dict[str, int]
    default: date | None
    order: Order
    known: set[str] = field(default_factory=set)
    seen: dict[tuple[date, str], int] = field(default_factory=dict)


def plan_draws(order: Order) -> Plan:
    """What the table would add and change; athletes who are not known are made with their match."""
    plan = Plan()
    row = order.tournament
    assert row is not None  # noqa: S101  # whoever plans draws has found their tournament
    ids = day_ids(order.connection, row.id)
    only = date_of(next(iter(ids))) if len(ids) == 1 else None
    given = None if order.command.date is None else date_of(order.command.date)
    days = _Days(row, ids, given or only, order)
    for one in order.rows:
        cells = order.cells(one, plan)
        values, people = _values(cells, days)
        day, number = values.pop("day", None), values.pop("number", None)
        if day is not None and number is not None and (day, number) in days.seen:
            cells.fault("number", f"Match {number} of {day} is in row {days.seen[day, number]}, too.")
        if values.get("ring") is not None:
            plan.rings.setdefault(values["ring"], one.row)
        if not cells.is_bad and day is not None and number is not None:
            days.seen[day, number] = one.row
            _compare(days, plan, one.row, (day, number), (values, people))
    return plan


def _compare(
    days: _Days,
    plan: Plan,
    row: int,
    key: tuple[date, str],
    said: tuple[dict[str, Any], dict[str, AthleteName]],
) -> None:
    (day, number), (values, people) = key, said
    connection, day_id = days.order.connection, days.ids[day.isoformat()]
    makers = [maker for code, name in people.items() if (maker := _maker(days, code, name)) is not None]
    stored = connection.execute(_SELECT, (day_id, number)).fetchone()
    if stored is None:
        plan.add(row, f"{day} match {number}", _write(day_id, number, values, makers))
        return
    before = dict(zip(COLUMNS, stored, strict=True))
    different = [name for name, value in values.items() if before[name] != value]
    if different:
        named = ", ".join(name.replace("_", " ") for name in different)
        plan.change(row, f"{day} match {number}: {named}", _write(day_id, number, values, makers))
    else:
        plan.unchanged += 1


def _maker(days: _Days, code: str, name: AthleteName) -> Write | None:
    """What makes an athlete who is neither stored nor made by an earlier row."""
    if code in days.known:
        return None
    days.known.add(code)
    is_stored = stored_short_name(days.order.connection, code) is not None
    return None if is_stored else make_athlete(code, name)


def _write(day_id: int, number: str, values: dict[str, Any], makers: list[Write]) -> Write:
    columns = [f"{name}_athlete_id" if name in SIDES else name for name in values]
    marks = "".join(f", {_ATHLETE if name in SIDES else '?'}" for name in values)
    named = "".join(f", {column}" for column in columns)
    assigned = "".join(f", {column} = excluded.{column}" for column in columns)
    sql = f"""
        INSERT INTO planned_matches (tournament_day_id, match_number, updated_at{named}) VALUES (?, ?, ?{marks})
        ON CONFLICT (tournament_day_id, match_number) DO UPDATE SET updated_at = excluded.updated_at{assigned}
    """

    def write(connection: "sqlite3.Connection") -> None:
        for make in makers:
            make(connection)
        connection.execute(sql, (day_id, number, utc_now_iso(), *values.values()))
        connection.execute(_LINK, (day_id, number))

    return write


def _values(cells: Cells, days: _Days) -> tuple[dict[str, Any], dict[str, AthleteName]]:
    """What a row says by column of the database, sides by our keys, and `day` and `number`; who the keys are."""
    values: dict[str, Any] = {"number": cells.needed("number", _number)}
    on, at = cells.read("time", as_time) or (None, None)
    day = values["day"] = _day(cells, days, on)
    if cells.has("ring"):
        values["ring"] = cells.read("ring", as_ring)
    if cells.has("time"):
        is_known = day is not None and at is not None
        values["scheduled_at"] = _utc(day, at, days.tournament.time_zone) if is_known and day and at else None
    values |= {name: cells.text(name) for name in TEXTS if cells.has(name)}
    people: dict[str, AthleteName] = {}
    for side in SIDES:
        if cells.has(side):
            found = _athlete(cells, side, is_family_first=days.order.command.is_family_first)
            values[side] = found and found[0]
            people |= [found] if found else []
    if values.get("chong") is not None and values.get("chong") == values.get("hong"):
        cells.fault("hong", "Chong and hong are the same athlete.")
    return values, people


def _day(cells: Cells, days: _Days, on: date | None) -> date | None:
    """The day of a row: its own column, else the date before its time, else the one that is given for all."""
    day = cells.read("day", lambda said: _one_of(said, days)) if cells.has("day") else None
    if day is None and cells.has("day") and cells.text("day") is not None:
        return None
    if day is not None and on is not None and day != on:
        cells.fault("time", f"Its date is {on}, but the day of this row is {day}.")
    found = day or on or days.default
    if found is None:
        cells.fault("day", "Nothing says on which day it is: add a column Date, or give --date.")
    elif found.isoformat() not in days.ids:
        where = "day" if day else "time" if on else None
        cells.fault(where, f"{found} is no day of {days.tournament.name}; it has {', '.join(days.ids)}.")
        return None
    return found


def _one_of(said: str, days: _Days) -> date:
    """A date, or the number of a day (`2`, `Day 2`); with slashes the one that is a day of the tournament."""
    number = re.fullmatch(r"(?:day ?)?(\d{1,2})", said, re.ASCII | re.IGNORECASE)
    if number:
        at = int(number[1])
        if not 1 <= at <= len(days.ids):
            raise ValueError(f"{days.tournament.name} has {len(days.ids)} days.")
        return date_of(list(days.ids)[at - 1])
    fitting = [day for day in as_dates(said) if day.isoformat() in days.ids]
    return fitting[0] if len(fitting) == 1 else as_date(said)


def _athlete(cells: Cells, side: str, *, is_family_first: bool) -> tuple[str, AthleteName] | None:
    said, noc_field = cells.text(side), f"{side}_noc"
    if said is None or _NOBODY.fullmatch(said):
        return None
    noc = cells.read(noc_field, as_noc)
    embedded = _WITH_NOC.fullmatch(said)
    if embedded:
        said, noc = embedded["name"], noc or embedded["noc"].upper()
    if noc is None:
        if not cells.has(noc_field) or cells.text(noc_field) is None:
            cells.fault(side, "An athlete has a NOC: add its column, or write Ana ANIĆ (CRO).")
        return None
    try:
        return person(given_first(said, is_family_first=is_family_first), noc)
    except ValueError as error:
        cells.fault(side, str(error))
        return None


def _number(said: str) -> str:
    if len(said) > NUMBER_CHARACTERS:
        raise ValueError(f"A match number has at most {NUMBER_CHARACTERS} characters.")
    return as_text(said)


@lru_cache(maxsize=512)  # few differ in a table
def _utc(day: date, at: time, zone: str) -> str:
    moment = datetime.combine(day, at, tzinfo=zone_of(zone)).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
