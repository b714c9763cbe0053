"""Days of a tournament from a table; db-writer."""

from datetime import date

from services.db_writer.office.imports.cells import as_date
from services.db_writer.office.imports.plan import Order, Plan, Write
from services.db_writer.office.tournament.days import grow, grown
from services.db_writer.office.tournament.fields import MOST_CHARACTERS
from services.db_writer.office.tournament.rows import Row
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.errors import ValidationError


def plan_days(order: Order) -> Plan:
    """What the table would add and change. The tournament's dates grow with its days."""
    plan = Plan()
    row = order.tournament
    assert row is not None  # noqa: S101  # whoever plans days has found their tournament
    sql = "SELECT date, title FROM tournament_days WHERE tournament_id = ?"
    stored: dict[str, str | None] = dict(order.connection.execute(sql, (row.id,)).fetchall())
    seen: dict[date, int] = {}
    for one in order.rows:
        cells = order.cells(one, plan)
        day, title = cells.needed("date", as_date), cells.read("title", _title)
        if day in seen:
            cells.fault("date", f"The same day is in row {seen[day]}.")
        elif day is not None and day.isoformat() not in stored:
            try:
                grown(row, [*seen, day])
            except ValidationError as error:
                cells.fault("date", error.message)
        if cells.is_bad or day is None:
            continue
        seen[day] = one.row
        named = f"{day} {title or ''}".rstrip()
        if day.isoformat() not in stored:
            plan.add(one.row, named, _entitle(row, day, title))
        elif cells.has("title") and stored[day.isoformat()] != title:
            plan.change(one.row, named, _entitle(row, day, title))
        else:
            plan.unchanged += 1
    if plan.writes:
        # All new days are made first and together, so that they are numbered once.
        new = [day for day in seen if day.isoformat() not in stored]
        plan.writes.insert(0, lambda connection: grow(connection, row, new) if new else None)
    return plan


def _entitle(row: Row, day: date, title: str | None) -> Write:
    values = (title, utc_now_iso(), row.id, day.isoformat())

    def write(connection: "sqlite3.Connection") -> None:
        sql = "UPDATE tournament_days SET title = ?, updated_at = ? WHERE tournament_id = ? AND date = ?"
        connection.execute(sql, values)

    return write


def _title(said: str) -> str:
    if len(said) > MOST_CHARACTERS:
        raise ValueError(f"A title has at most {MOST_CHARACTERS} characters.")
    return said
