"""When an event last kept an alert raised, kept in the outbox: the time after which it is over does not begin anew with
a restart of cpu-monitor. For most alerts that is when they were raised, which is kept with them.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

KEPT: Final = "alert_seen"
STEP_US: Final = 30_000_000
"""An event that comes again and again is written down so often; alerts by events last minutes."""

decode_seen = msgspec.msgpack.Decoder(dict[str, int]).decode
_encode = msgspec.msgpack.Encoder().encode


class Seen:
    """The last event of each alert by its id, in Unix microseconds, as the outbox has it."""

    def __init__(self, kept: Mapping[str, bytes]) -> None:
        body = kept.get(KEPT)
        self.times: Mapping[str, int] = {} if body is None else decode_seen(body)

    def to_keep(self, times: Mapping[str, int]) -> dict[str, bytes | None]:
        """What to write down, now that the last events were at `times`."""
        if all(0 <= at_us - self.times.get(alert_id, 0) < STEP_US for alert_id, at_us in times.items()):
            return {}
        self.times = times
        return {KEPT: _encode(times)}
