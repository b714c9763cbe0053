"""A verdict on the licence without a service, for tests of what is gated."""

from types import SimpleNamespace
from typing import Any

from shared.clock import unix_ns
from shared.licensing.features import FEATURES
from shared.licensing.gate import LOOK_EVERY_S, Gates
from shared.licensing.installation import Installation
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseState, LicenseStatus
from shared.paths import Paths

EXPIRED = "The licence L-1 expired on 2026-03-01."
RENEW = "Ask the vendor for another one."


def store_verdict(paths: Paths) -> None:
    """Leave a verdict of now in a home, by which everything is allowed."""
    installation = Installation(paths)
    installation.make()
    now_us = unix_ns() // 1000
    allowed = tuple(FEATURES)
    status = LicenseStatus(state=LicenseState.TRIAL, judged_at_us=now_us, sentence="Trial.", allowed=allowed)
    VerdictFile(paths, installation).write(status)


class Verdicts:
    """`gates` go by what `allow` and `refuse` said last; they look at once."""

    def __init__(self, paths: Paths) -> None:
        self.now_s = 0.0
        self._said: LicenseStatus | None = None
        self._paths = paths
        self.restart()

    def restart(self) -> None:
        """The process that asks begins anew."""
        file: Any = SimpleNamespace(read=lambda: self._said)
        self.gates = Gates(
            self._paths, verdicts=file, now_us=lambda: int(self.now_s * 1e6), steady_s=lambda: self.now_s
        )

    def allow(self, *features: str) -> None:
        """A licence is valid and allows these features."""
        self._say(LicenseState.VALID, allowed=features, sentence="The licence L-1 is valid.", license_id="L-1")

    def refuse(self) -> None:
        """The licence expired."""
        self._say(LicenseState.EXPIRED, sentence=EXPIRED, remedy=RENEW)

    def _say(self, state: LicenseState, **more: Any) -> None:
        self.now_s += LOOK_EVERY_S
        self._said = LicenseStatus(state=state, judged_at_us=int(self.now_s * 1e6), **more)
