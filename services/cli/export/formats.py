"""Which format an export is written in: as asked, else as the file's name says, else CSV; `restrike export`."""

from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import IO

from msgspec import Struct

from services.cli.export.columns import Table, Written
from shared.errors import ValidationError


class Format(StrEnum):
    """The formats; each is also the ending of its files."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    XLSX = "xlsx"


class Way(Struct, frozen=True, kw_only=True):
    """How to write. `is_excel`: CSV begins with a byte order mark; `is_raw`: CSV leaves formulas as they are."""

    format: Format
    zone: tzinfo | None
    is_excel: bool = False
    is_raw: bool = False


def meant_format(said: Format | None, out: Path | None) -> Format:
    """The format that was asked for, or that the name of `out` (None: standard output) says."""
    if said is not None or out is None:
        return said or Format.CSV
    endings = {f".{known.value}": known for known in Format}
    found = endings.get(out.suffix.casefold())
    if found is None:
        raise ValidationError(
            "export.format", f"The name says no format; end it with {', '.join(endings)}, or add --format.", value=out
        )
    return found


def write(stream: IO[bytes], table: Table, way: Way) -> Written:
    """Write `table` in that way."""
    # Each format is loaded when it is written: openpyxl alone costs more than the rest of the start.
    if way.format is Format.XLSX:
        from services.cli.export.xlsx_format import write_xlsx  # noqa: PLC0415  # as above

        return write_xlsx(stream, table, zone=way.zone)
    if way.format is Format.CSV:
        from services.cli.export.csv_format import write_csv  # noqa: PLC0415  # as above

        return write_csv(stream, table, is_excel=way.is_excel, is_raw=way.is_raw)
    from services.cli.export.json_format import write_json, write_jsonl  # noqa: PLC0415  # as above

    return write_json(stream, table) if way.format is Format.JSON else write_jsonl(stream, table)
