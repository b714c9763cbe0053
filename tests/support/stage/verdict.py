"""How the licence of a stage stands, as its test says."""

from collections.abc import Callable
from pathlib import Path

from shared.licensing.features import FEATURES
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseState, LicenseStatus
from shared.paths import Paths


class SimVerdict(VerdictFile):
    """A verdict that was given just now: with all features, unless `state` or `allowed` say otherwise."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        super().__init__(Paths(Path("/nowhere")))
        self.state = LicenseState.VALID
        self.allowed: tuple[str, ...] = tuple(FEATURES)
        self._now_us = now_us

    def expire(self) -> None:
        """Nothing is allowed any more."""
        self.state, self.allowed = LicenseState.EXPIRED, ()

    def renew(self) -> None:
        """Everything is allowed again."""
        self.state, self.allowed = LicenseState.VALID, tuple(FEATURES)

    def read(self) -> LicenseStatus:
        """The verdict."""
        sentence, remedy = ("It is good.", None) if self.allowed else ("It ended yesterday.", "Renew it.")
        return LicenseStatus(
            state=self.state, judged_at_us=self._now_us(), sentence=sentence, remedy=remedy, allowed=self.allowed
        )
