"""The report: the workbook that a tournament office prints; `restrike export report`."""

from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from services.cli.export.choice import Asked, choose
from services.cli.export.delivery import check, delivered
from services.cli.export.formats import Format, meant_format
from services.cli.export.match_exports import RESULTS
from services.cli.export.reading import opened
from services.cli.export.report_content import Content, read_content
from services.cli.export.report_cover import add_cover
from services.cli.export.report_explanation import add_explanation
from services.cli.export.sheets import Book, temporary_files_beside
from services.cli.export.work import PRODUCT, Done, ended_in_order
from shared.errors import ValidationError
from shared.paths import Paths

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

_ACTIVE: Final = "SELECT name FROM tournaments WHERE is_active = 1"
_KNOWN: Final = "SELECT name FROM tournaments ORDER BY starts_on DESC LIMIT 12"


def run(paths: Paths, asked: Asked, out: Path, *, is_everything: bool, is_forced: bool) -> Done:
    """Write the report of a day, a tournament or everything; of the active tournament if nothing is asked.

    Raises:
        DatabaseError, ValidationError, IoError, OSError: it cannot be read, chosen or written; no file is left.
    """
    if meant_format(None, out) is not Format.XLSX:
        raise ValidationError("export.format", "The report is a workbook; name a file that ends with .xlsx.", value=out)
    check(out, is_forced=is_forced)
    with opened(paths.database) as connection:
        connection.execute("BEGIN")  # all sheets tell of one moment
        if not is_everything and asked == Asked():
            asked = Asked(tournament=_active(connection))
        chosen = choose(connection, RESULTS, asked)
        content = read_content(connection, chosen, tournament=asked.tournament)
    book = Book(zone=chosen.zone, footer=f"{content.title} - {PRODUCT}")
    with ended_in_order(), ExitStack() as stack:
        stream = stack.enter_context(delivered(out, is_forced=is_forced))
        stack.enter_context(temporary_files_beside(out))
        rows = _write(book, content, stream)
    return Done(
        export="report",
        format=Format.XLSX.value,
        file=out,
        rows=rows,
        bytes=out.stat().st_size,
        filters=chosen.filters,
        notes=tuple(book.notes),
    )


def _write(book: Book, content: Content, stream: IO[bytes]) -> int:
    add_cover(book, content)
    rows = sum(book.add(sheet.title, sheet.columns, sheet.rows, is_wrapping=True) for sheet in content.sheets)
    add_explanation(book, content)
    book.save(stream)
    return rows


def _active(connection: "sqlite3.Connection") -> str:
    row = connection.execute(_ACTIVE).fetchone()
    if row is None:
        known = [name for (name,) in connection.execute(_KNOWN)]
        there = f" Known: {', '.join(known)}." if known else ""
        raise ValidationError(
            "export.no_tournament", f"No tournament is active; say --tournament NAME, --day DAY or --all.{there}"
        )
    return str(row[0])
