"""Carries one export out: rows from the database into a file or onto standard output; `restrike export`."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from services.cli.export.choice import Asked, Chosen, choose
from services.cli.export.columns import Export, Table, Written
from services.cli.export.delivery import check, delivered, to_standard_output
from services.cli.export.formats import Format, Way, meant_format, write
from services.cli.export.progress import progress
from services.cli.export.reading import Rows, opened, schema_version
from services.cli.known_rings import check_ring
from shared.clock import utc_now_iso
from shared.errors import ValidationError
from shared.paths import Paths

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

PRODUCT: Final = "reStrike VTA"


class Target(Struct, frozen=True, kw_only=True):
    """Where an export goes: a file, or standard output (None), and how."""

    out: Path | None
    format: Format | None = None
    is_forced: bool = False
    is_excel: bool = False
    is_raw: bool = False


class Done(Struct, frozen=True, kw_only=True):
    """What was exported; `bytes` of the file, None of standard output."""

    export: str
    format: str
    file: Path | None
    rows: int
    bytes: int | None
    filters: dict[str, str]
    notes: tuple[str, ...] = ()


def run(paths: Paths, export: Export, asked: Asked, target: Target) -> Done:
    """Write `export`.

    Raises:
        DatabaseError, ValidationError, IoError, OSError: it cannot be read, chosen or written; no file is left.
    """
    chosen_format = meant_format(target.format, target.out)
    _check_target(target, chosen_format)
    if asked.ring is not None:
        check_ring(paths, asked.ring)
    with opened(paths.database) as connection:
        chosen = choose(connection, export, asked)
        rows = Rows(connection, export, chosen)
        way = Way(format=chosen_format, zone=chosen.zone, is_excel=target.is_excel, is_raw=target.is_raw)
        header = _header(connection, export, chosen)
        is_shown = sys.stderr.isatty() and (target.out is not None or not sys.stdout.isatty())
        with ended_in_order(), progress(rows.count, is_wanted=is_shown) as passed:
            table = Table(
                name=export.name,
                title=export.title,
                columns=export.columns,
                rows=passed(iter(rows)),
                header=header,
            )
            written = _write(table, way, target)
    size = None if target.out is None else target.out.stat().st_size
    return Done(
        export=export.name,
        format=chosen_format.value,
        file=target.out,
        rows=written.rows,
        bytes=size,
        filters=chosen.filters,
        notes=written.notes,
    )


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl-C does, so that no half file is left."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write(table: Table, way: Way, target: Target) -> Written:
    with contextlib.ExitStack() as stack:
        if target.out is None:
            stream = stack.enter_context(to_standard_output())
        else:
            stream = stack.enter_context(delivered(target.out, is_forced=target.is_forced))
        if way.format is Format.XLSX:
            from services.cli.export.sheets import temporary_files_beside  # noqa: PLC0415  # openpyxl: only here

            stack.enter_context(temporary_files_beside(target.out))
        return write(stream, table, way)


def _check_target(target: Target, meant: Format) -> None:
    if target.out is not None:
        check(target.out, is_forced=target.is_forced)
    elif meant is Format.XLSX and sys.stdout.isatty():
        raise ValidationError("export.terminal", "A workbook is not for a terminal; name a file: --out FILE.xlsx")


def _header(connection: "sqlite3.Connection", export: Export, chosen: Chosen) -> dict[str, Any]:
    return {
        "product": PRODUCT,
        "version": version("restrike-vta"),
        "export": export.name,
        "schema_version": schema_version(connection),
        "made_at": utc_now_iso(),
        "filters": chosen.filters,
        "columns": [{"key": column.key, "title": column.title, "kind": column.kind.value} for column in export.columns],
    }
