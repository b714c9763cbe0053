"""What this service kept of itself, read again; obs-bridge."""

from typing import TypeVar

import msgspec
import structlog

T = TypeVar("T")


def read_again(kept: bytes | None, kind: type[T], *, key: str, log: structlog.stdlib.BoundLogger) -> T | None:
    """What was kept under `key` as a `kind`; None when nothing was, or an older version kept something else, which is
    logged: no OBS stays without control for that.
    """
    if kept is None:
        return None
    try:
        return msgspec.msgpack.decode(kept, type=kind)
    except msgspec.DecodeError as error:  # a ValidationError is one
        log.warning("kept_state_dropped", kept=key, reason=str(error))
        return None
