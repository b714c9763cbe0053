"""Whether the licence lets alerts leave the machine; cpu-monitor.

Alerts are raised, stored and shown without it. Where it ends while a match is on, they go out until that is over: after
a restart of cpu-monitor in its middle, too.
"""

from collections.abc import Callable
from typing import Final

from services.cpu_monitor.picture import Picture
from shared.clock import monotonic_s
from shared.errors import LicenseError
from shared.licensing.features import ALERT_DELIVERY
from shared.licensing.gate import Gates

LOOK_EVERY_S: Final = 1.0
"""It must be known how it was when a match began."""
KEPT: Final = "alert_permission"
"""Under which key of the outbox it is kept that they may leave; without it they may not."""
KNOWN_WITHIN_S: Final = 30.0
"""So long after a start at most it counts as a match that nobody has said yet whether one is on."""


class Permission:
    """`look` each second, so that what held at the beginning of a match holds until its end. `was_allowed`: in the
    process before this one. `keep` has KEPT changed in the outbox, when it is another.
    """

    def __init__(
        self, gates: Gates, picture: Picture, *, was_allowed: bool, keep: Callable[[bytes | None], None]
    ) -> None:
        self._gates = gates
        self._picture = picture
        self._is_kept = self._was_allowed = was_allowed
        self._keep = keep
        if was_allowed:
            gates.hold(ALERT_DELIVERY, "")

    def refusal(self) -> LicenseError | None:
        """Why nothing new may go out; None: it may."""
        return self._gates.refusal(ALERT_DELIVERY, under_way=self._is_match_on(monotonic_s()))

    def look(self) -> None:
        """Ask, and keep in mind how it is."""
        is_allowed = self.refusal() is None
        if is_allowed != self._is_kept:
            self._is_kept = is_allowed
            self._keep(b"1" if is_allowed else None)

    def _is_match_on(self, now_s: float) -> bool:
        """Whether one is on, or may be, as far as this process has heard yet."""
        if self._picture.is_match_on(now_s=now_s):
            return True
        is_early = now_s - self._picture.began_at_s < KNOWN_WITHIN_S
        return self._was_allowed and is_early and self._picture.is_match_unknown
