"""Athletes from a table; db-writer.

A row is the athlete whom scoring systems send by that long name and NOC. Of a known athlete only the scoreboard name
changes, and only if the table has a column for it: how the long name is written is the scoring system's.
"""

from services.db_writer.office.imports.cells import Cells, as_noc, as_text, given_first, person
from services.db_writer.office.imports.plan import Order, Plan, Write, make_athlete, stored_short_name
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.messages.pss import AthleteName
from shared.messages.tournaments import TableRow


def plan_athletes(order: Order) -> Plan:
    """What the table would add and change."""
    plan = Plan()
    seen: dict[str, int] = {}
    for row in order.rows:
        cells = order.cells(row, plan)
        found = _person(cells, is_family_first=order.command.is_family_first)
        if found is None:
            continue
        code, name = found
        if code in seen:
            cells.fault("name" if cells.has("name") else "family_name", f"The same athlete is in row {seen[code]}.")
            continue
        seen[code] = row.row
        _compare(order, row, plan, code, name)
    return plan


def _compare(order: Order, row: TableRow, plan: Plan, code: str, name: AthleteName) -> None:
    stored = stored_short_name(order.connection, code)
    who = f"{name.long_name} ({name.noc})"
    if stored is None:
        plan.add(row.row, who, make_athlete(code, name))
    elif name.short_name is not None and "short_name" in order.header.positions and name.short_name != stored:
        plan.change(row.row, f"{who}: scoreboard name {stored} → {name.short_name}", _rename(code, name.short_name))
    else:
        plan.unchanged += 1


def _person(cells: Cells, *, is_family_first: bool) -> tuple[str, AthleteName] | None:
    """The athlete of a row and our key; None of a bad row."""
    family, given = cells.text("family_name"), cells.text("given_name")
    short = cells.text("short_name")
    if cells.has("name") and not (family and given):
        long_name = cells.needed("name", as_text)
        long_name = long_name and given_first(long_name, is_family_first=is_family_first)
    else:
        family, given = cells.needed("family_name", as_text), cells.needed("given_name", as_text)
        long_name = f"{given} {family}"
        short = short or (f"{given[0]}. {family}" if given and family else None)
    noc = cells.needed("noc", as_noc)
    if cells.is_bad or long_name is None or noc is None:
        return None
    try:
        return person(long_name, noc, short)
    except ValueError as error:
        cells.fault("name", str(error))
        return None


def _rename(code: str, short_name: str) -> Write:
    values = (short_name, utc_now_iso(), code)

    def write(connection: "sqlite3.Connection") -> None:
        connection.execute("UPDATE pss_athletes SET short_name = ?, updated_at = ? WHERE athlete_code = ?", values)

    return write
