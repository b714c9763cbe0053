"""The logger that services hold: structlog's, with a level that can change while it is held; every process."""

import logging
from typing import Any

from structlog import BoundLoggerBase

from shared.log.lines import Lines


class Outlet:
    """Where the lines of one subsystem leave. All loggers bound for it share it, and with it its `level`."""

    __slots__ = ("level", "lines", "subsystem")

    def __init__(self, lines: Lines, subsystem: str | None, level: int) -> None:
        self.lines = lines
        self.subsystem = subsystem
        self.level = level

    def msg(self, line: bytes) -> None:
        """Write a line."""
        self.lines.write(line)

    debug = info = warning = error = critical = msg


class Logger(BoundLoggerBase):
    """A logger with fields bound to it. A line below the level costs one comparison."""

    _logger: Outlet

    def debug(self, event: str, **fields: Any) -> None:
        """What helps to find a fault."""
        if self._logger.level <= logging.DEBUG:
            self._proxy_to_logger("debug", event, **fields)

    def info(self, event: str, **fields: Any) -> None:
        """What happened."""
        if self._logger.level <= logging.INFO:
            self._proxy_to_logger("info", event, **fields)

    def warning(self, event: str, **fields: Any) -> None:
        """What somebody should know."""
        if self._logger.level <= logging.WARNING:
            self._proxy_to_logger("warning", event, **fields)

    def error(self, event: str, **fields: Any) -> None:
        """What failed."""
        self._proxy_to_logger("error", event, **fields)

    def critical(self, event: str, **fields: Any) -> None:
        """What ends the service."""
        self._proxy_to_logger("critical", event, **fields)

    def exception(self, event: str, **fields: Any) -> None:
        """What failed, with the traceback of what is being handled."""
        self.error(event, **{"exc_info": True, **fields})

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name that it has everywhere
        """Whether a line of this level is written: to be asked once before many lines are made."""
        return self._logger.level <= level
