"""One process's log: JSON lines on a pipe or in a file, readable on a terminal; one line an event, values as fields."""

import logging
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import msgspec
import structlog

from shared.clock import iso_utc, unix_ns
from shared.config.model import Config
from shared.log.handled import HANDLED
from shared.log.levels import NUMBERS, Levels
from shared.log.lines import Lines
from shared.log.logger import Logger, Outlet
from shared.log.subsystems import LIBRARIES
from shared.log.values import MOST_TRACE_CHARACTERS, field, text_of
from shared.messages.logs import LogLevels, SetLogLevel
from shared.paths import Paths

MOST_LINE_BYTES: Final = 64 * 1024
"""Of one line; what is longer keeps its first fields only. Every field is cut before, so that this is many of them."""
_FIRST: Final = ("timestamp", "level", "event", "service", "boot_id", "subsystem", "ring", "entry", "match_id")
_encode: Final = msgspec.json.Encoder().encode


class Log:
    """The log of `service`. Every line goes the same way: fields gathered, redacted, cut, written."""

    def __init__(self, *, service: str, boot_id: str, level: str, levels: Mapping[str, str], fallback: Path) -> None:
        self._service = service
        self._boot_id = boot_id
        self._lines = Lines(fallback, tell=self._told_dropped)
        self._outlets: dict[str | None, Outlet] = {}
        self._console = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else None
        self._levels = Levels(service, level=level, of_all=levels, changed=self._apply)
        structlog.configure(
            processors=[self._finish],
            wrapper_class=Logger,
            logger_factory=lambda *_: self._outlet(None),
            cache_logger_on_first_use=False,
        )

    @classmethod
    def of(cls, config: Config, paths: Paths, *, service: str, boot_id: str) -> Self:
        """The log of a service of one home, as restrike.json says."""
        levels, fallback = config.log_levels, paths.logs / f"{service}.log"
        return cls(service=service, boot_id=boot_id, level=config.log_level, levels=levels, fallback=fallback)

    @property
    def lines_dropped(self) -> int:
        """Lines that could not be written, since the start."""
        return self._lines.dropped

    def logger(self, subsystem: str | None = None) -> structlog.stdlib.BoundLogger:
        """The logger of a subsystem, whose level can be set on its own; of none: of all else.

        Raises:
            ValueError: shared/log/subsystems.py does not list it for this service.
        """
        if subsystem is not None and subsystem not in self._levels.known:
            raise ValueError(f"{self._service} has no subsystem {subsystem!r}: add it to shared/log/subsystems.py")
        made = structlog.wrap_logger(self._outlet(subsystem), processors=[self._finish], wrapper_class=Logger)
        return cast(structlog.stdlib.BoundLogger, made.bind())

    def levels(self) -> LogLevels:
        """What is written."""
        return self._levels.read()

    def set_level(self, command: SetLogLevel) -> LogLevels:
        """Write this much from now on."""
        found = self._levels.set(command.level, command.subsystem)
        self.logger().warning("log_level_set", of=command.subsystem, to=command.level or "as configured")
        return found

    def set_configured_level(self, level: str, levels: Mapping[str, str]) -> None:
        """Take what restrike.json says now; what was set by command stands over it."""
        self._levels.configure(level, levels)

    def take_over(self) -> None:
        """Make lines of what this process would print by itself: messages of libraries, warnings, uncaught errors."""
        root = logging.getLogger()
        root.handlers[:] = [_Libraries(self.logger(LIBRARIES))]
        logging.captureWarnings(capture=True)
        self._apply()
        sys.excepthook = self._tell_crash
        threading.excepthook = lambda args: self._tell_crash(
            args.exc_type, args.exc_value, args.exc_traceback, thread=args.thread.name if args.thread else None
        )

    def _outlet(self, subsystem: str | None) -> Outlet:
        found = self._outlets.get(subsystem)
        if found is None:
            level = NUMBERS[self._levels.level(subsystem)]
            found = self._outlets[subsystem] = Outlet(self._lines, subsystem, level)
        return found

    def _apply(self) -> None:
        for subsystem, outlet in self._outlets.items():
            outlet.level = NUMBERS[self._levels.level(subsystem)]
        if LIBRARIES in self._outlets:
            logging.getLogger().setLevel(self._outlets[LIBRARIES].level)

    def _finish(self, outlet: Any, level: str, fields: MutableMapping[str, Any]) -> bytes:
        """The line: the only way out, so that nothing is written with a secret in it."""
        trace = _trace(fields.pop("exc_info", None))
        line: dict[str, Any] = {
            "timestamp": iso_utc(unix_ns()),
            "level": level,
            "event": field("event", fields.pop("event", "")),
            "service": self._service,
            "boot_id": self._boot_id,
        }
        if outlet.subsystem is not None:
            line["subsystem"] = outlet.subsystem
        if fields.get("ring", HANDLED.ring) == HANDLED.ring:
            line |= HANDLED.fields()
        for name, value in fields.items():
            line[name] = field(name, value)
        if trace is not None:
            line["exception"] = text_of(trace, MOST_TRACE_CHARACTERS)
        return self._rendered(line)

    def _rendered(self, line: dict[str, Any]) -> bytes:
        if self._console is not None:
            text = self._console(None, "", dict(line))
            return str(text).encode("utf-8", "backslashreplace") + b"\n"
        body = _encode(line)
        if len(body) > MOST_LINE_BYTES:
            kept = {name: line[name] for name in _FIRST if name in line}
            body = _encode({**kept, "cut": f"{len(body)} bytes", "fields": list(line)[:50]})
        return body + b"\n"

    def _told_dropped(self, count: int) -> bytes:
        fields = {"timestamp": iso_utc(unix_ns()), "level": "warning", "event": "log_lines_dropped"}
        return self._rendered({**fields, "service": self._service, "boot_id": self._boot_id, "count": count})

    def _tell_crash(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        trace: TracebackType | None,
        *,
        thread: str | None = None,
    ) -> None:
        if issubclass(kind, SystemExit):
            return
        more = {} if thread is None else {"thread": thread}
        self.logger().critical("crashed", exc_info=(kind, error, trace), **more)


class _Libraries(logging.Handler):
    """Passes what libraries say to `logging` on as lines of the subsystem `libraries`."""

    def __init__(self, logger: structlog.stdlib.BoundLogger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as a line."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit their text
            text = str(record.msg)
        level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
        write = getattr(self._logger, level, self._logger.debug)
        write("library", library=record.name, message=text, exc_info=record.exc_info)


def _trace(given: Any) -> str | None:
    """The traceback of what a line was given as `exc_info`: an error, what `sys.exc_info()` gave, or true."""
    if isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    elif given and not isinstance(given, tuple):
        given = sys.exc_info()
    if not given or given[0] is None:
        return None
    return "".join(traceback.format_exception(*given)).rstrip("\n")
