"""What an import would do, told before anything is written; db-writer."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct, field

from services.db_writer.office.imports.cells import Cells
from services.db_writer.office.imports.columns import Header
from services.db_writer.office.tournament.rows import Row
from services.db_writer.statements import FLAG_OF_ATHLETE
from shared.db.sqlite import sqlite3
from shared.messages.pss import AthleteName
from shared.messages.tournaments import BadRow, ImportRows, RowChange, RowEffect, TableRow

Write = Callable[["sqlite3.Connection"], None]
_SELECT: Final = "SELECT short_name FROM pss_athletes WHERE athlete_code = ?"
_INSERT: Final = f"""
INSERT INTO pss_athletes (athlete_code, short_name, long_name, country_code, flag_id)
VALUES (?1, ?2, ?3, ?4, {FLAG_OF_ATHLETE})
"""


class Plan(Struct):
    """Bad rows, changes in words, and what writes them, in this order; `rings` that are named, with their first row."""

    bad: list[BadRow] = field(default_factory=list)
    changes: list[RowChange] = field(default_factory=list)
    unchanged: int = 0
    writes: list[Write] = field(default_factory=list)
    rings: dict[str, int] = field(default_factory=dict)

    def count(self, effect: RowEffect) -> int:
        """How many rows add or change something."""
        return sum(change.effect is effect for change in self.changes)

    def add(self, row: int, what: str, write: Write) -> None:
        """A row makes something new."""
        self.changes.append(RowChange(row=row, effect=RowEffect.ADDED, what=what))
        self.writes.append(write)

    def change(self, row: int, what: str, write: Write) -> None:
        """A row changes what is stored."""
        self.changes.append(RowChange(row=row, effect=RowEffect.CHANGED, what=what))
        self.writes.append(write)


class Order(Struct, frozen=True, kw_only=True):
    """What is to be planned: the rows below `header`, for `tournament` (None of athletes)."""

    connection: "sqlite3.Connection"
    command: ImportRows
    header: Header
    rows: list[TableRow]
    tournament: Row | None

    def cells(self, row: TableRow, plan: Plan) -> Cells:
        """A row's cells, whose faults go into the plan."""
        return Cells(self.header, row, plan.bad)


def stored_short_name(connection: "sqlite3.Connection", code: str) -> str | None:
    """The scoreboard name of a known athlete, None of one who is not known."""
    row = connection.execute(_SELECT, (code,)).fetchone()
    return None if row is None else str(row[0])


def make_athlete(code: str, name: AthleteName) -> Write:
    """Write an athlete who is not known yet; the scoreboard name, if nobody said it, is the long one."""
    values = (code, name.short_name or name.long_name, name.long_name, name.noc)

    def write(connection: "sqlite3.Connection") -> None:
        connection.execute(_INSERT, values)

    return write
