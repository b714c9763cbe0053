"""`restrike import`: what is imported, by whom, and what came of it.

Tables are read here and judged by db-writer, which need not run.
"""

from pathlib import Path
from textwrap import fill
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.group import group
from services.cli.imports import PURPOSE, predecessor
from services.cli.imports.table import Reading, Table, read_table
from services.cli.writer import ask
from shared.messages.tournaments import ImportReport, ImportRows, RowKind

app = group("import", PURPOSE)
predecessor.register(app)

BAD: Final = ("row", "column", "value", "problem")
CHANGES: Final = ("row", "", "what")
MOST_CHANGES: Final = 40
"""Rows that are told on a terminal; --json has all. Bad rows are told all."""
_VALUE_CHARACTERS: Final = 24
_WIDTH: Final = 100

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX.")]
Sheet = Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="The sheet of a workbook that has several.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say every bad row, and what would be done.")]
Tournament = Annotated[
    str | None, typer.Option("--tournament", metavar="NAME", help="The active one, or the only one, if left out.")
]
Date = Annotated[
    str | None, typer.Option("--date", metavar="DATE", help="The day of all rows, if no column says it: yyyy-mm-dd.")
]
Delimiter = Annotated[
    str | None, typer.Option("--delimiter", metavar="CHARACTER|tab", help="Of CSV; found by itself if left out.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="Of CSV, such as cp1250; UTF-8 if it is that.")
]
FamilyFirst = Annotated[
    bool, typer.Option("--family-first", help="Names stand as 'ANIĆ Ana'; scoring systems send 'Ana ANIĆ'.")
]


@app.command(epilog="Example: restrike import athletes athletes.csv --dry-run")
def athletes(  # noqa: PLR0913  # a command has as many arguments as options
    file: File,
    *,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    family_first: FamilyFirst = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Import athletes, by name and NOC.

    An athlete of that name and NOC whom a scoring system names later is the same one. Nothing is written if one row is
    bad.
    """
    table = read_table(file, _reading(sheet, delimiter, encoding))
    command = _command(RowKind.ATHLETES, file, table, author=author, is_dry_run=dry_run, is_family_first=family_first)
    _tell(file, table, ask(command), json=json)


@app.command(epilog="Example: restrike import draws draws.xlsx --sheet Saturday --tournament 'Croatia Open 2026'")
def draws(  # noqa: PLR0913  # a command has as many arguments as options
    file: File,
    *,
    sheet: Sheet = None,
    tournament: Tournament = None,
    date: Date = None,
    dry_run: DryRun = False,
    family_first: FamilyFirst = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Import drawn matches, by day and match number.

    Athletes who are not known are made. Nothing is written if one row is bad; nothing is ever removed.
    """
    table = read_table(file, _reading(sheet, delimiter, encoding))
    command = _command(
        RowKind.DRAWS,
        file,
        table,
        author=author,
        is_dry_run=dry_run,
        is_family_first=family_first,
        tournament=tournament,
        date=date,
    )
    _tell(file, table, ask(command), json=json)


@app.command(epilog="Example: restrike import days days.csv --tournament 'Croatia Open 2026'")
def days(  # noqa: PLR0913  # a command has as many arguments as options
    file: File,
    *,
    sheet: Sheet = None,
    tournament: Tournament = None,
    dry_run: DryRun = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Import the days of a tournament, by date. Nothing is written if one row is bad."""
    table = read_table(file, _reading(sheet, delimiter, encoding))
    command = _command(RowKind.DAYS, file, table, author=author, is_dry_run=dry_run, tournament=tournament)
    _tell(file, table, ask(command), json=json)


def _reading(sheet: str | None, delimiter: str | None, encoding: str | None) -> Reading:
    return Reading(sheet=sheet, delimiter="\t" if delimiter in ("tab", r"\t") else delimiter, encoding=encoding)


def _command(  # noqa: PLR0913  # what the command has
    kind: RowKind,
    file: Path,
    table: Table,
    *,
    author: str | None,
    is_dry_run: bool,
    is_family_first: bool = False,
    tournament: str | None = None,
    date: str | None = None,
) -> ImportRows:
    return ImportRows(
        author=author_of(author),
        kind=kind,
        source=output.plain(file.name),
        sha256=table.sha256,
        rows=table.rows,
        tournament=tournament,
        date=date,
        is_family_first=is_family_first,
        is_dry_run=is_dry_run,
    )


def _tell(file: Path, table: Table, report: ImportReport, *, json: bool) -> None:
    """Print what came of it; ends with 1 if a row is bad."""
    if json:
        output.document({"file": file, "sha256": table.sha256, "read": table.how, "report": report})
    else:
        _tell_table(file, table, report)
        output.line(_sum(report))
    if report.bad:
        raise typer.Exit(1)


def _tell_table(file: Path, table: Table, report: ImportReport) -> None:
    output.line(f"{output.plain(file.name)}: {report.rows} rows; {'; '.join(how.rstrip('.') for how in table.how)}.")
    columns = ", ".join(f"{name} is {field}" for field, name in report.columns.items())
    output.line(fill(f"Columns: {columns}.", _WIDTH))
    if report.unused_columns:
        output.line(fill(f"Not used: {', '.join(report.unused_columns)}.", _WIDTH))
    if report.imported_before is not None:
        output.line(f"This very file was imported before, {output.local_date_time(report.imported_before)}.")
    for warning in report.warnings:
        output.line(fill(warning, _WIDTH))
    if report.bad:
        rows = [(one.row, one.column, (one.value or "")[:_VALUE_CHARACTERS], one.problem) for one in report.bad]
        output.line(output.table(BAD, rows))
    elif report.is_dry_run and report.changes:
        changes = [(one.row, one.effect.value, one.what) for one in report.changes[:MOST_CHANGES]]
        output.line(output.table(CHANGES, changes))
        if len(report.changes) > MOST_CHANGES:
            output.line(f"… and {len(report.changes) - MOST_CHANGES} more; all of them with --json.")


def _sum(report: ImportReport) -> str:
    counts = f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged"
    whose = f" for {report.tournament}" if report.tournament else ""
    if report.bad:
        bad = len({one.row for one in report.bad})
        return f"{bad} of {report.rows} rows are bad: nothing was written. The others would be{whose}: {counts}."
    if report.is_dry_run:
        return f"Dry run, nothing was written. It would be{whose}: {counts}."
    if not report.added and not report.changed:
        return f"Nothing changed{whose}: all {report.unchanged} rows are stored like that already."
    return f"Imported{whose}: {counts}."
