"""Which log lines are wanted, and which files and blocks can hold them; `restrike logs`."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

import msgspec
from msgspec import Struct

from services.cli.logs.records import Record
from services.registry import SERVICES
from shared.clock import unix_us
from shared.errors import ValidationError
from shared.log.files import LogFile
from shared.log.subsystems import LEVELS

SUPERVISOR: Final = "supervisord"
SOURCES: Final = (*SERVICES, SUPERVISOR)
LATE_US: Final = 3_600_000_000
"""How far lines of a file may be out of order: a clock may be set, by an hour at most where there is a time server."""


class Wanted(Struct, frozen=True, kw_only=True):
    """`since` and `until` are UTC text that sorts; `text` is compared without regard to case; `entry` is that of a
    journal; `levels` those that count, empty for all.
    """

    sources: tuple[str, ...] = SOURCES
    since: str = ""
    until: str = "~"
    ring: str | None = None
    entry: int | None = None
    match: str | None = None
    levels: tuple[str, ...] = ()
    text: str | None = None

    def file_may_match(self, file: LogFile) -> bool:
        """Whether a file can hold what is wanted, as far as its name says."""
        ends_before = file.end_us is not None and self.since and file.end_us < unix_us(self.since)
        begins_after = file.begin_us is not None and self.until != "~" and file.begin_us - LATE_US > unix_us(self.until)
        return not ends_before and not begins_after

    def pick(self, block: bytes) -> Iterable[bytes] | None:
        """The lines of a block that may be wanted, without looking at each; None: each must be looked at, as lines
        belong together or everything is wanted.
        """
        if _has_text(block):
            return None if self.text is None or _holds(block, self.text) else ()
        if self.text is not None and not self.text.isascii():
            return None if _holds(block, self.text) else ()
        needle = self._needle()
        return None if needle is None else _lines_with(needle, block, block if self.text is None else block.lower())

    def _needle(self) -> "re.Pattern[bytes] | None":
        """What a line must hold: the rarest of what is asked for."""
        if self.text is not None:
            forms = dict.fromkeys((self.text, _escaped(self.text)))
            return _pattern("|".join(re.escape(form) for form in forms))
        if self.entry is not None:
            return _pattern(rf'"entry": ?{self.entry}[,}}]')
        if self.match is not None:
            return _pattern(rf'"match_id": ?"{re.escape(_escaped(self.match))}"')
        if self.levels:
            return _pattern(rf'"level": ?"(?:{"|".join(self.levels)})"')
        return None if self.ring is None else _pattern(rf'"ring": ?"{re.escape(_escaped(self.ring))}"')

    def matches(self, record: Record) -> bool:
        """Whether a record is wanted."""
        if not self.since <= record.at < self.until:
            return False
        if self.levels and record.level not in self.levels:
            return False
        fields = record.fields or {}
        asked = (("ring", self.ring), ("entry", self.entry), ("match_id", self.match))
        if any(value is not None and fields.get(name) != value for name, value in asked):
            return False
        return self.text is None or _holds(b"\n".join((record.line, *record.more)), self.text)


def wanted(  # noqa: PLR0913 - what can be asked for
    *,
    services: list[str],
    window: tuple[str, str] = ("", "~"),
    ring: str | None = None,
    match: str | None = None,
    level: str | None = None,
    event: str | None = None,
    text: str | None = None,
) -> Wanted:
    """What somebody asked for. Raises ValidationError: there is no such service, level or event."""
    unknown = [service for service in services if service not in SOURCES]
    if unknown:
        known = ", ".join(SOURCES)
        raise ValidationError("service.unknown", f"There is no service {unknown[0]}. Known: {known}.", value=unknown[0])
    entry = None
    if event is not None:
        of, _, number = event.rpartition("/")
        if not of or not number.isdecimal() or (ring is not None and ring != of):
            sentence = "An event is a ring and the number of its journal entry, such as ring-1/123."
            raise ValidationError("log.event_unknown", sentence, value=event)
        ring, entry = of, int(number)
    return Wanted(
        sources=tuple(services) or SOURCES,
        since=window[0],
        until=window[1],
        ring=ring,
        entry=entry,
        match=match,
        levels=levels_from(level),
        text=text.lower() if text else None,
    )


def levels_from(level: str | None) -> tuple[str, ...]:
    """The levels that are at least `level`, and that of lines which end a service. Raises ValidationError."""
    if level is None or level == LEVELS[0]:
        return ()
    if level not in LEVELS:
        sentence = f"A level is one of {', '.join(LEVELS)}, not {level!r}."
        raise ValidationError("log.level_unknown", sentence, value=level)
    return (*LEVELS[LEVELS.index(level) :], "critical")


def _has_text(block: bytes) -> bool:
    """Whether some lines are no JSON. Counting is ten times as fast as looking at each line."""
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    return block.count(b"\n{") + block.startswith(b"{") < lines


@cache
def _pattern(text: str) -> "re.Pattern[bytes]":
    return re.compile(text.encode())


def _lines_with(needle: "re.Pattern[bytes]", block: bytes, searched: bytes) -> Iterator[bytes]:
    """The lines of `block` in which `searched`, which is as long, holds `needle`."""
    end = 0
    while (found := needle.search(searched, end)) is not None:
        begin = block.rfind(b"\n", 0, found.start()) + 1
        end = block.find(b"\n", found.start())
        end = len(block) if end < 0 else end
        yield block[begin:end]


def _escaped(text: str) -> str:
    """`text` as it stands within JSON."""
    return msgspec.json.encode(text).decode()[1:-1]


def _holds(lines: bytes, text: str) -> bool:
    lower = lines.lower()
    if text.encode() in lower or _escaped(text).encode() in lower:
        return True
    return not text.isascii() and text in lines.decode("utf-8", "replace").lower()
