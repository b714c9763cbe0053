"""Whether the cpu-monitor before this one ended in order: if not, this one is the first who can tell; cpu-monitor.

Kept in its outbox while it runs: when it came back like that within the last minute.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from services.cpu_monitor.guarding.restarts import WITHIN_S
from services.cpu_monitor.guarding.standing import KEPT_SERVICES
from shared.outbox import Outbox

RUNS: Final = "guard.runs"
_US: Final = 1_000_000


class Returns:
    """The returns of cpu-monitor itself. `recent` counts those of the last minute, this one with them."""

    def __init__(self, outbox: Outbox) -> None:
        self.recent = 0
        self._outbox = outbox

    def begin(self, *, was_alive_us: int | None, now_us: int, ended_by: str | None = None) -> str | None:
        """Note that it runs; what to tell when the one before did not end in order, else None. Unix microseconds.
        `ended_by`: who ended it, if that is known.
        """
        kept = self._outbox.kept(RUNS)
        returned = was_alive_us is not None and (RUNS in kept or ended_by is not None)
        times = [at for at in _times(kept) if 0 <= now_us - at <= WITHIN_S * _US] + [now_us] * returned
        self.recent = len(times)
        self._outbox.add([], kept={RUNS: msgspec.msgpack.encode(times)})
        if not returned or was_alive_us is None:
            return None
        how = "It ended without a word" if ended_by is None else f"It was frozen and ended by {ended_by}"
        return f"{how}, and was away for {max(0, now_us - was_alive_us) / _US:.0f} s."

    def end(self) -> None:
        """It ends in order: the next one has nothing to tell, and what happens to the others meanwhile is wanted."""
        self._outbox.add([], kept={RUNS: None, KEPT_SERVICES: None})


def _times(kept: Mapping[str, bytes]) -> list[int]:
    try:
        return msgspec.msgpack.decode(kept[RUNS], type=list[int])
    except (KeyError, msgspec.DecodeError):
        return []
