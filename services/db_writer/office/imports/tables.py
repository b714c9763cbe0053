"""Tables of athletes, draws and days, imported whole or not at all; db-writer, or `once` without it.

A table is first planned, which only reads: every bad row, and what the others would do. Then it is written in one
transaction, or not.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from services.db_writer.office.care.quiet import why_busy
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.imports.athletes import plan_athletes
from services.db_writer.office.imports.columns import Header, header_of
from services.db_writer.office.imports.days import plan_days
from services.db_writer.office.imports.draws import plan_draws
from services.db_writer.office.imports.plan import Order, Plan
from services.db_writer.office.tournament import rows
from services.db_writer.office.tournament.tournaments import tell
from shared.clock import utc_now_iso
from shared.config import in_force
from shared.errors import ConfigError, ValidationError
from shared.messages.tournaments import (
    ImportReport,
    ImportRows,
    RowEffect,
    RowKind,
    TableRow,
)

MOST_ROWS: Final = 5_000
"""Of one table: more than the largest championships have. While it is judged and written, which takes about a second,
nothing of the rings is stored."""
MOST_COLUMNS: Final = 200
"""Of one table; a sheet with more has something else in it."""
MOST_ROWS_DURING_A_MATCH: Final = 500
"""As above, a tenth of a second."""
BAD_ROWS: Final = "import.bad_rows"
_PLANS: Final[dict[RowKind, Callable[[Order], Plan]]] = {
    RowKind.ATHLETES: plan_athletes,
    RowKind.DRAWS: plan_draws,
    RowKind.DAYS: plan_days,
}
_BEFORE: Final = """
SELECT max(ended_at) FROM imports WHERE sha256 = ? AND kind = ? AND status = 'done'
"""
_KEEP: Final = """
INSERT INTO imports (kind, source, sha256, author, status, report, begun_at, ended_at)
VALUES (?, ?, ?, ?, 'done', ?, ?, ?)
"""


def import_rows(desk: Desk, command: ImportRows) -> ImportReport:
    """Import a table, or say what that would do. With a bad row nothing is written; the report names all of them.

    Raises:
        ValidationError: a column is missing, the table is too large, or nobody can say which tournament is meant.
    """
    begun_at = utc_now_iso()
    plan, report = _planned(desk, command)
    report = msgspec.structs.replace(report, warnings=_unknown_rings(desk, plan))
    if command.is_dry_run:
        return report
    counts = {name: getattr(report, name) for name in ("rows", "added", "changed", "unchanged")}
    details = {"sha256": command.sha256, "tournament": report.tournament, "bad": len(report.bad), **counts}
    act = Act(author=command.author, action=f"import.{command.kind.value}", target=command.source, details=details)
    try:
        with desk.acting(act) as connection:
            if plan.bad:
                raise ValidationError(BAD_ROWS, f"{len(plan.bad)} faults in its rows: nothing was imported.")
            for write in plan.writes:
                write(connection)
            kept = msgspec.json.encode(msgspec.structs.replace(report, changes=[])).decode()
            source = (command.kind.value, command.source, command.sha256, command.author)
            connection.execute(_KEEP, (*source, kept, begun_at, utc_now_iso()))
    except ValidationError as error:
        if error.code != BAD_ROWS:
            raise
    if report.tournament is not None and plan.writes and not plan.bad:
        tell(desk, report.tournament, command.author)
    return report


def _planned(desk: Desk, command: ImportRows) -> tuple[Plan, ImportReport]:
    connection = desk.connection
    header, table = _table(desk, command)
    row = None if command.kind is RowKind.ATHLETES else rows.meant_or_active(connection, command.tournament)
    order = Order(connection=connection, command=command, header=header, rows=table, tournament=row)
    plan = _PLANS[command.kind](order)
    (before,) = connection.execute(_BEFORE, (command.sha256, command.kind.value)).fetchone()
    report = ImportReport(
        kind=command.kind,
        is_dry_run=command.is_dry_run,
        rows=len(table),
        added=plan.count(RowEffect.ADDED),
        changed=plan.count(RowEffect.CHANGED),
        unchanged=plan.unchanged,
        bad=plan.bad,
        changes=plan.changes,
        columns=header.columns,
        unused_columns=header.unused,
        tournament=None if row is None else row.name,
        imported_before=before,
    )
    return plan, report


def _unknown_rings(desk: Desk, plan: Plan) -> list[str]:
    """A sentence for each ring that is neither set up nor was ever heard: probably the hall calls it so."""
    try:
        known = [ring.name for ring in in_force(desk.paths).config.rings]
    except ConfigError:
        return []  # whoever needs it says what is wrong with it
    heard = {ring for (ring,) in desk.connection.execute("SELECT DISTINCT ring FROM udp_server_sessions")}
    return [
        f"Row {row}: no ring is called {ring}; restrike.json has {', '.join(known)}. What is drawn for a ring is linked"
        " only with what is fought there."
        for ring, row in plan.rings.items()
        if ring not in heard.union(known)
    ]


def _table(desk: Desk, command: ImportRows) -> tuple[Header, list[TableRow]]:
    """The names of the columns and the rows below them that are not empty."""
    if len(command.rows) > MOST_ROWS + 1:
        sentence = f"A table has at most {MOST_ROWS} rows; cut the file."
        raise ValidationError("import.too_many_rows", sentence, value=len(command.rows))
    widest = max((len(row.cells) for row in command.rows), default=0)
    if widest > MOST_COLUMNS:
        sentence = f"A table has at most {MOST_COLUMNS} columns; remove the others."
        raise ValidationError("import.too_many_columns", sentence, value=widest)
    busy = why_busy(desk) if len(command.rows) > MOST_ROWS_DURING_A_MATCH + 1 else None
    if busy is not None:
        most = MOST_ROWS_DURING_A_MATCH
        sentence = f"{busy} While a match runs, a table has at most {most} rows: wait for its end, or cut the file."
        raise ValidationError("import.match_running", sentence, value=len(command.rows))
    header = header_of(command.kind, [row for row in command.rows if any(cell.strip() for cell in row.cells)])
    below = [row for row in command.rows if row.row > header.row and any(cell.strip() for cell in row.cells)]
    return header, below
