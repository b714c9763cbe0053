"""What cpu-monitor kept for its next start, as far as this version can read it; cpu-monitor. No I/O."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
import structlog

T = TypeVar("T")


def remains_of(
    kept: Mapping[str, bytes], decode: Callable[[bytes], T], log: structlog.stdlib.BoundLogger
) -> tuple[list[T], dict[str, None]]:
    """What is kept, and what to forget of it: another version may have written it, and the watch must go on."""
    found: list[T] = []
    unreadable: dict[str, None] = {}
    for key, body in kept.items():
        try:
            found.append(decode(body))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            unreadable[key] = None
            log.warning(
                "kept_not_readable", key=key, error=str(error), help="It is forgotten; another version wrote it."
            )
    return found, unreadable
