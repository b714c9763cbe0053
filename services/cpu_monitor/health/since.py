"""Since when each thing is in its condition, kept in the outbox over a restart of cpu-monitor."""

from typing import Final

import msgspec
from msgspec import Struct

from services.cpu_monitor.picture import Picture
from services.cpu_monitor.trails import Stood, is_long_ago
from shared.messages.health import RANK, Condition, HealthReport, Subject
from shared.outbox import Outbox

KEPT: Final = "health.since"
SETTLED_S: Final = 30.0
"""By then cpu-monitor has heard and measured everything anew: what is not found in the condition that it had before was
in another one.
"""
KEEP_EVERY_S: Final = 5.0
"""What flutters is not written more often."""


class Was(Struct, frozen=True, array_like=True):
    """A thing, its condition, and since when (Unix microseconds)."""

    subject: Subject
    name: str
    condition: Condition
    since_us: int


decode_since = msgspec.msgpack.Decoder(list[Was]).decode
_encode = msgspec.msgpack.Encoder().encode


class Since:
    """Puts what was kept into the picture, and keeps what is found. `was_alive_us`: until when the cpu-monitor before
    this one lived, None: it is not known.
    """

    def __init__(self, outbox: Outbox, picture: Picture, *, was_alive_us: int | None, now_us: int) -> None:
        self._outbox = outbox
        self._picture = picture
        self._kept = outbox.kept(KEPT).get(KEPT)
        if self._kept is not None and not is_long_ago(was_alive_us, now_us=now_us):
            found = decode_since(self._kept)
            picture.trails.stood = {(was.subject, was.name): Stood(was.condition, was.since_us) for was in found}

    def keep(self, report: HealthReport, *, now_s: float) -> None:
        """Keep it, if a condition changed. Waits for the disk."""
        self._settle(now_s)
        body = _encode([Was(*key, one.condition, one.since_us) for key, one in sorted(self._merged(report).items())])
        if body != self._kept:
            self._kept = body
            self._outbox.add([], kept={KEPT: body})

    def _settle(self, now_s: float) -> None:
        """Forget how it stood before, once everything was found anew."""
        if now_s - self._picture.began_at_s >= SETTLED_S:
            self._picture.trails.stood.clear()

    def _merged(self, report: HealthReport) -> dict[tuple[Subject, str], Stood]:
        """How it stands. What was not found anew yet, nor worse, is as it was."""
        now = {(item.subject, item.name): Stood(item.condition, item.since_us) for item in report.items}
        for key, before in self._picture.trails.stood.items():
            if key not in now or RANK[now[key].condition] <= RANK[Condition.UNKNOWN]:
                now[key] = before
        return now
