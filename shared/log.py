"""Log lines of a service: JSON on a pipe or file, readable on a terminal; one line an event, values as fields."""

import contextlib
import logging
import sys
from pathlib import Path
from typing import TextIO, cast

import structlog


class Lines:
    """Where log lines go: stderr, which supervisord reads and rotates; the log file itself once supervisord is gone,
    for a service outlives it. A line that cannot be written anywhere is dropped: a full disk must not end a service.
    """

    def __init__(self, fallback: Path) -> None:
        self._fallback = fallback
        self._file: TextIO = sys.stderr

    def write(self, text: str) -> int:
        """Write `text`."""
        try:
            self._file.write(text)
            self._file.flush()
        except OSError:
            self._write_to_fallback(text)
        return len(text)

    def flush(self) -> None:
        """Nothing: `write` flushes."""

    def _write_to_fallback(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._file = self._fallback.open("a", encoding="utf-8")
            self._file.write(text)
            self._file.flush()


def configure(*, service: str, boot_id: str, level: str, fallback: Path) -> structlog.stdlib.BoundLogger:
    """Set up this process's log and return its logger with `service` and `boot_id` bound."""
    human = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not human:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Lines(fallback))),
        cache_logger_on_first_use=True,
    )
    logger: structlog.stdlib.BoundLogger = structlog.get_logger().bind(service=service, boot_id=boot_id)
    return logger
