"""Log lines for people, and as JSON; `restrike logs`."""

import re
import sys
from datetime import datetime
from typing import Any, Final

import typer

from services.cli import output
from services.cli.logs.records import Record
from shared.log.redaction import redacted

_COLOURS: Final = {
    "debug": typer.colors.BRIGHT_BLACK,
    "warning": typer.colors.YELLOW,
    "error": typer.colors.RED,
    "critical": typer.colors.MAGENTA,
}
_SERVICES: Final = (typer.colors.CYAN, typer.colors.GREEN, typer.colors.BLUE, typer.colors.BRIGHT_CYAN)
_ABOVE: Final = frozenset(
    {"timestamp", "level", "event", "service", "boot_id", "subsystem", "ring", "entry", "exception"}
)
_SUPERVISOR: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4} ")
_NO_TIME: Final = "-" * 12


class HumanLines:
    """Lines for a terminal, coloured there: `09:30:12.345 WARNING udp-ingest   sender_refused ring-1 address=…`."""

    def __init__(self, *, is_coloured: bool | None = None) -> None:
        self._is_coloured = sys.stdout.isatty() if is_coloured is None else is_coloured
        self._day = ""

    def show(self, record: Record) -> None:
        """Print a record; the day before the first one of it."""
        day, clock = _local(record.at)
        if day and day != self._day:
            self._day = day
            typer.echo(self._in(typer.colors.BRIGHT_BLACK, f"--- {day}"))
        level, source = record.level, record.source
        colour = _SERVICES[sum(source.encode()) % len(_SERVICES)]
        head = f"{clock} {self._in(_COLOURS.get(level), level.upper().ljust(7))} {self._in(colour, source.ljust(11))} "
        typer.echo(head + self._in(_COLOURS.get(level), said(record)))
        trace = (record.fields or {}).get("exception")
        self.show_more(str(trace).splitlines() if trace else [])
        self.show_more([line.decode("utf-8", "replace") for line in record.more])

    def show_more(self, lines: list[str]) -> None:
        """Print lines that belong to the one before."""
        for line in lines:
            typer.echo(f"    {output.one_line(redacted(line))}")

    def _in(self, colour: str | None, text: str) -> str:
        return typer.style(text, fg=colour) if self._is_coloured and colour else text


class JsonLines:
    """A JSON object a line, as the services wrote them."""

    def show(self, record: Record) -> None:
        """Print a record."""
        output.document(document_of(record), is_line=True)

    def show_more(self, lines: list[str]) -> None:
        """Print lines that belong to the one before."""
        for line in lines:
            output.document({"text": redacted(line)}, is_line=True)


def said(record: Record) -> str:
    """What a record says, in one line."""
    fields = record.fields
    if fields is None:
        text = _SUPERVISOR.sub("", record.line.decode("utf-8", "replace"))
        return output.one_line(redacted(text))
    ring, entry = fields.get("ring"), fields.get("entry")
    place = [] if ring is None else [str(ring) if entry is None else f"{ring}/{entry}"]
    rest = [f"{name}={_short(value)}" for name, value in fields.items() if name not in _ABOVE and value is not None]
    return output.one_line(" ".join([str(fields.get("event", "")), *place, *rest]))


def document_of(record: Record) -> dict[str, Any]:
    """A record for JSON: its fields; text in `text`, with the time and the service that it has."""
    text = [redacted(line.decode("utf-8", "replace")) for line in record.more]
    if record.fields is None:
        text = [redacted(record.line.decode("utf-8", "replace")), *text]
        known = {"timestamp": record.at or None, "level": record.level, "event": "text", "service": record.source}
        return {**known, "text": "\n".join(text)}
    return {"service": record.source, **record.fields, **({"text": "\n".join(text)} if text else {})}


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(str(item) for item in value)}]"
    text = str(value)
    return repr(text) if isinstance(value, str) and (" " in text or not text) else text


def _local(at: str) -> tuple[str, str]:
    try:
        moment = datetime.fromisoformat(at).astimezone()
    except ValueError:
        return "", _NO_TIME
    return f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
