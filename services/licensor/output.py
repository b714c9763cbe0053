"""What `restrike-licensor` prints: one JSON document, or plain lines and tables. It looks like `restrike`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
NOTHING: Final = "-"
MOST_COLUMNS: Final = 100
"""Of a line of a table."""
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_CONTROLS_BUT_NEWLINES: Final = {code: shown for code, shown in _CONTROLS.items() if code != ord("\n")}


def document(value: object) -> None:
    """Print `value` as a JSON document."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=_plain), indent=2).decode())


def line(text: str) -> None:
    """Print one line or more."""
    typer.echo(text.translate(_CONTROLS_BUT_NEWLINES))


def note(text: str) -> None:
    """Print a line on standard error: for the reader, not part of the result."""
    typer.echo(text.translate(_CONTROLS_BUT_NEWLINES), err=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their longest cell; the last one is cut where a line would be too long."""
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headers))]
    widths[-1] = min(widths[-1], max(MOST_COLUMNS - sum(widths[:-1]) - 2 * (len(widths) - 1), len(headers[-1])))
    for row in cells:
        row[-1] = cut(row[-1], widths[-1])
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def facts(rows: Sequence[tuple[str, object]]) -> str:
    """Names and values, one below the other."""
    return "\n".join(f"{name:<10} {_cell(value)}" for name, value in rows)


def cut(text: str, most: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def moment(at: int | None) -> str | None:
    """Date and time (UTC), to the minute."""
    return None if at is None else f"{datetime.fromtimestamp(at, tz=UTC):%Y-%m-%d %H:%M}"


def _cell(value: object) -> str:
    return NOTHING if value is None or value == "" else str(value).translate(_CONTROLS)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
