"""`restrike export`: one command per export of the catalogue, and the report."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.cli import output
from services.cli.export import PURPOSE
from services.cli.export.catalogue import EXPORTS
from services.cli.export.columns import Export
from services.cli.export.formats import Format
from services.cli.group import group
from shared.errors import ValidationError
from shared.messages.match import Severity
from shared.paths import Paths

if TYPE_CHECKING:
    from services.cli.export.work import Done

STANDARD_OUTPUT: Final = Path("-")

app = group("export", PURPOSE)

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write; - is standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")]
Chosen = Annotated[
    Format | None, typer.Option("--format", help="As the file's name ends if left out; CSV on standard output.")
]
Match = Annotated[str | None, typer.Option("--match", metavar="MATCH", help="Only of this match: number or id.")]
Day = Annotated[str | None, typer.Option("--day", metavar="DAY", help="Only this day: a date, or a day's number.")]
Tournament = Annotated[str | None, typer.Option("--tournament", metavar="NAME", help="Only this tournament.")]
Ring = Annotated[str | None, typer.Option("--ring", metavar="RING", help="Only this ring.")]
Since = Annotated[str | None, typer.Option("--from", metavar="TIME", help="From this date or time on.")]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Up to this time, or to the end of this date.")]
AtLeast = Annotated[Severity | None, typer.Option("--severity", help="Findings: at least of this severity.")]
Excel = Annotated[bool, typer.Option("--excel", help="CSV: begin with a byte order mark, so that Excel reads UTF-8.")]
Raw = Annotated[bool, typer.Option("--raw", help="CSV: leave texts as they are that a spreadsheet runs as formulas.")]


def _command(export: Export) -> Callable[..., None]:
    def run_export(  # noqa: PLR0913  # the options of one command
        *,
        out: Out = STANDARD_OUTPUT,
        format: Chosen = None,  # noqa: A002  # the option's name
        match: Match = None,
        day: Day = None,
        tournament: Tournament = None,
        ring: Ring = None,
        since: Since = None,
        until: Until = None,
        severity: AtLeast = None,
        excel: Excel = False,
        raw: Raw = False,
        force: Force = False,
        json: output.Json = False,
    ) -> None:
        from services.cli.export.choice import Asked  # noqa: PLC0415  # time zones: only here
        from services.cli.export.work import Target, run  # noqa: PLC0415  # SQLite: only here

        is_piped = out == STANDARD_OUTPUT
        if is_piped and json:
            raise typer.BadParameter("--json tells about a file; name it with --out (or mean --format json)")
        asked = Asked(
            match=match, day=day, tournament=tournament, ring=ring, since=since, until=until, severity=severity
        )
        place = None if is_piped else out
        target = Target(out=place, format=format, is_forced=force, is_excel=excel, is_raw=raw)
        _tell(run(Paths.from_environment(), export, asked, target), is_json=json)

    run_export.__doc__ = export.purpose
    return run_export


for _export in EXPORTS.values():
    app.command(_export.name, epilog=f"Example: restrike export {_export.name} --out {_export.name}.xlsx")(
        _command(_export)
    )


@app.command(epilog="Example: restrike export report --day 2026-03-01 --out report.xlsx")
def report(  # noqa: PLR0913  # as above
    *,
    out: Out,
    day: Day = None,
    tournament: Tournament = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is stored.")] = False,
    force: Force = False,
    json: output.Json = False,
) -> None:
    """Write the workbook that a tournament office prints.

    It is of the active tournament if nothing is said.
    """
    from services.cli.export.choice import Asked  # noqa: PLC0415  # time zones: only here
    from services.cli.export.report import run  # noqa: PLC0415  # SQLite and openpyxl: only here

    if everything and (day or tournament):
        raise typer.BadParameter("--all is without --day and --tournament")
    if out == STANDARD_OUTPUT:
        raise ValidationError("export.terminal", "The report is a workbook; name a file: --out report.xlsx")
    asked = Asked(day=day, tournament=tournament)
    _tell(run(Paths.from_environment(), asked, out, is_everything=everything, is_forced=force), is_json=json)


def _tell(done: "Done", *, is_json: bool) -> None:
    """Say what was written; beside the rows on standard output, on standard error."""
    if is_json:
        output.document(done)
        return
    say = output.line if done.file else output.note
    size = "" if done.bytes is None else f", {done.bytes:,} bytes"
    say(f"{done.rows:,} rows{size}{f' in {done.file}' if done.file else ''}.")
    for note in done.notes:
        say(note)
