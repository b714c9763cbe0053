"""`restrike import predecessor`: a database that the predecessor left, stored by db-writer, which need not run."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from msgspec import Struct

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.writer import run_job
from shared.messages.jobs import Detail, StartJob

COUNTS: Final = ("table", "read", "imported", "merged", "dropped")
MOST_LINES: Final = 10
"""Of a list on a terminal; --json has all that is kept."""
MOST_EXAMPLES: Final = 3
"""Of a problem there."""

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="The predecessor's SQLite file; a -wal beside it is read, too.")
]
Ring = Annotated[
    str | None,
    typer.Option("--ring", metavar="NAME", help="The ring of everything in it; else its own, or 'import'."),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        "--time-zone", metavar="ZONE", help="Of times without one; else that of the active tournament, or UTC."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what is in it and what would be done.")]
Again = Annotated[bool, typer.Option("--again", help="Import what is missing of a file that was imported before.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the audit.")]


class _Counts(Struct):
    read: int
    imported: int
    merged: int
    dropped: int


class _Problem(Struct):
    table: str
    problem: str
    count: int
    examples: list[str]


class Report(Struct, kw_only=True):
    """What the job `import_predecessor` tells."""

    file: str
    sha256: str
    schema_version: int | None
    ring: str | None
    time_zone: str
    imported_before: str | None
    tables: dict[str, _Counts]
    problems: list[_Problem]
    notes: list[str]
    times: list[str]
    unknown_tables: list[str]
    unknown_columns: list[str]
    not_taken: list[str]
    settings_mapped: list[str]
    settings_unmapped: list[str]
    settings_refused: list[str]
    written: dict[str, int]
    there_already: dict[str, int]


def register(app: typer.Typer) -> None:
    """Add the command to `restrike import`."""
    app.command(epilog="Example: restrike import predecessor old.db --dry-run --time-zone Europe/Zagreb")(predecessor)


def predecessor(  # noqa: PLR0913  # a command has as many arguments as options
    file: File,
    *,
    ring: Ring = None,
    time_zone: TimeZone = None,
    dry_run: DryRun = False,
    again: Again = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Import a database of the predecessor, versions 4 to 21.

    The file is only read. An import that was broken off goes on with the same command.
    """
    said: dict[str, str | None] = {"ring": ring, "time_zone": time_zone}
    given: dict[str, Detail] = {"file": str(file.absolute()), "dry_run": dry_run, "again": again}
    given |= {name: value for name, value in said.items() if value is not None}
    order = StartJob(kind="import_predecessor", author=author_of(author), reason=reason, options=given)
    told = str(run_job(order, json=json).result["report"])
    report = msgspec.json.decode(told, type=Report)
    if json:
        output.document({"is_dry_run": dry_run, "report": report})
    else:
        _tell(report, is_dry_run=dry_run)


def _tell(report: Report, *, is_dry_run: bool) -> None:
    version = "no version" if report.schema_version is None else f"version {report.schema_version}"
    output.line(f"{report.file}: {version} of the predecessor; SHA-256 {report.sha256[:16]}…")
    if report.imported_before is not None:
        output.line(f"This very file was imported before, {output.local_date_time(report.imported_before)}.")
    rows = [
        (name, one.read, one.imported, one.merged, one.dropped)
        for name, one in sorted(report.tables.items())
        if one.read
    ]
    output.line(output.table(COUNTS, rows))
    for problem in report.problems:
        output.line(f"\n{problem.table}: {problem.count} times: {problem.problem}")
        shown = "; ".join(output.one_line(example) for example in problem.examples[:MOST_EXAMPLES])
        output.line(f"  {shown}{' …' if problem.count > MOST_EXAMPLES else ''}")
    _list("Times:", report.times)
    _list("Settings taken:", report.settings_mapped)
    _list("Settings that are not acceptable, kept in app_config:", report.settings_refused)
    _list("Settings that are none of ours, kept in app_config:", report.settings_unmapped)
    _list("Not taken:", report.not_taken)
    _list("Unknown tables:", report.unknown_tables)
    _list("Unknown columns:", report.unknown_columns)
    for note in report.notes:
        output.line(note)
    _sum(report, is_dry_run=is_dry_run)


def _list(title: str, lines: list[str]) -> None:
    if lines:
        output.line(f"\n{title}")
    for line in lines[:MOST_LINES]:
        output.line(f"  {output.one_line(line)}")
    if len(lines) > MOST_LINES:
        output.line(f"  … and {len(lines) - MOST_LINES} more")


def _sum(report: Report, *, is_dry_run: bool) -> None:
    if is_dry_run:
        output.line("\nDry run: nothing was written.")
        return
    written = ", ".join(f"{count} {what}" for what, count in report.written.items() if count) or "nothing"
    output.line(f"\nWritten: {written}.")
    there = ", ".join(f"{count} {what}" for what, count in report.there_already.items() if count)
    if there:
        output.line(f"There already, and left as they are: {there}.")
