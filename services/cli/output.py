"""What every command prints with: one JSON document, or plain lines and tables that read the same over a pipe."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
NOTHING: Final = "-"
"""What a table shows where there is no value."""
_UNDECODED: Final = {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)}
"""How Python keeps the bytes of a file's name or an argument that are no UTF-8."""
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | _UNDECODED
_BUT_NEWLINES: Final = {code: shown for code, shown in _CONTROLS.items() if code != ord("\n")}


def document(value: object, *, is_line: bool = False) -> None:
    """Print `value` as a JSON document: indented, or as one line of a stream that is flushed at once."""
    text = msgspec.json.encode(value, enc_hook=_plain)
    if not is_line:
        text = msgspec.json.format(text, indent=2)
    typer.echo(text.decode())


def line(text: str) -> None:
    """Print one line or more on standard output, at once, even into a pipe."""
    typer.echo(text.translate(_BUT_NEWLINES))


def one_line(text: str) -> str:
    """What came from the network, as a part of a line: it can neither end the line nor command the terminal."""
    return text.translate(_CONTROLS)


def note(text: str) -> None:
    """Print a line on standard error: for the reader, not part of the result."""
    typer.echo(text.translate(_BUT_NEWLINES), err=True)


def plain(value: object) -> str:
    """A file's name, as text that can be stored, sent and printed: bytes that are no UTF-8 show as such."""
    return str(value).translate(_UNDECODED)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their longest cell; None and empty cells show as `-`."""
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headers))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def local_time(unix_us: int) -> str:
    """Time of day on this machine, to the millisecond: `09:30:12.345`."""
    moment = datetime.fromtimestamp(unix_us // 1_000_000, tz=UTC).astimezone()
    return f"{moment:%H:%M:%S}.{unix_us // 1000 % 1000:03d}"


def local_date_time(iso_utc: str | None) -> str | None:
    """A stored UTC time as date and time on this machine, to the second: `2026-03-01 09:30:12`."""
    return f"{datetime.fromisoformat(iso_utc).astimezone():%Y-%m-%d %H:%M:%S}" if iso_utc else None


def clock(milliseconds: int | None) -> str:
    """A match clock: `01:23`; `--:--` when it is not known."""
    if milliseconds is None:
        return "--:--"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes:02d}:{seconds:02d}"


def size(count: int) -> str:
    """Bytes for people: `13.2 KiB`."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def _cell(value: object) -> str:
    return NOTHING if value is None or value == "" else one_line(str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return plain(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
