"""Whether the cpu-monitor before this one ended in order: if not, this one is the first who can tell; cpu-monitor.

Kept in its outbox while it runs: when it came back like that within the last minute.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from services.cpu_monitor.guarding.restarts import WITHIN_S
from shared.outbox import Outbox

RUNS: Final = "guard.runs"
_US: Final = 1_000_000


class Returns:
    """The returns of cpu-monitor itself. `recent` counts those of the last minute, this one with them."""

    def __init__(self, outbox: Outbox) -> None:
        self.recent = 0
        self._outbox = outbox

    def begin(self, *, was_alive_us: int | None, now_us: int) -> str | None:
        """Note that it runs; what to tell when the one before ended without a word, else None. Unix microseconds."""
        kept = self._outbox.kept(RUNS)
        returned = was_alive_us is not None and RUNS in kept
        times = [at for at in _times(kept) if 0 <= now_us - at <= WITHIN_S * _US] + [now_us] * returned
        self.recent = len(times)
        self._outbox.add([], kept={RUNS: msgspec.msgpack.encode(times)})
        if not returned or was_alive_us is None:
            return None
        return f"It ended without a word, and was away for {max(0, now_us - was_alive_us) / _US:.0f} s."

    def end(self) -> None:
        """It ends in order: the next one has nothing to tell."""
        self._outbox.add([], kept={RUNS: None})


def _times(kept: Mapping[str, bytes]) -> list[int]:
    try:
        return msgspec.msgpack.decode(kept[RUNS], type=list[int])
    except (KeyError, msgspec.DecodeError):
        return []
