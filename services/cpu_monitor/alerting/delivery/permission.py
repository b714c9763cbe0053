"""Whether the licence lets alerts leave the machine; cpu-monitor.

Alerts are raised, stored and shown without it. Where it ends while a match is on, they go out until that is over.
"""

from typing import Final

from services.cpu_monitor.picture import Picture
from shared.clock import monotonic_s
from shared.errors import LicenseError
from shared.licensing.features import ALERT_DELIVERY
from shared.licensing.gate import Gates

LOOK_EVERY_S: Final = 1.0
"""It must be known how it was when a match began."""


class Permission:
    """`look` each second, so that what held at the beginning of a match holds until its end."""

    def __init__(self, gates: Gates, picture: Picture) -> None:
        self._gates = gates
        self._picture = picture

    def refusal(self) -> LicenseError | None:
        """Why nothing new may go out; None: it may."""
        is_match_on = self._picture.is_match_on(now_s=monotonic_s())
        return self._gates.refusal(ALERT_DELIVERY, under_way=is_match_on)

    def look(self) -> None:
        """Ask, and keep in mind how it is."""
        self.refusal()
