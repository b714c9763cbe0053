"""The gates: whether something that only a licence allows may be done now. Every process that has such a thing.

A gate never waits and never asks a service: it reads the verdict (verdict.py). What is under way when a licence ends
goes on to its end: whoever asks says with `under_way` that it would be stopped in the middle (of a match).
"""

from collections.abc import Callable
from typing import Final

from shared.clock import iso_utc, monotonic_s, unix_ns
from shared.errors import IoError, LicenseError
from shared.licensing.features import Feature
from shared.licensing.verdict import VerdictFile
from shared.messages.license import LicenseState, LicenseStatus
from shared.paths import Paths

LOOK_EVERY_S: Final = 2.0
"""So often at most the file is looked at; a look costs microseconds."""
HOLDS_S: Final = 86_400
"""So long a verdict holds while nobody judges anew: a license service that is down on finals day stops nothing."""
FIRST_WITHIN_S: Final = 60.0
"""So long after its start a process allows everything where there is no verdict yet: at the first start of all, the
service that judges starts together with those that ask."""

STALE_WITHIN_S: Final = 120.0
"""So long a verdict that is too old is still gone by once it is found so: after a night, a suspend or a clock that was
set, the service judges anew within a minute.
"""

_SEE: Final = "See: restrike license status, restrike ps"
_NEVER_JUDGED: Final = f"Nobody has judged the licence: the service license must run. {_SEE}"
_NOT_JUDGED: Final = f"The licence was not judged since {{since}}: the service license must run. {_SEE}"


class Gates:
    """The gates of one process. One that `is_alone`, without the suite, waits for nobody who would judge anew."""

    def __init__(
        self,
        paths: Paths,
        *,
        is_alone: bool = False,
        verdicts: VerdictFile | None = None,
        now_us: Callable[[], int] = lambda: unix_ns() // 1000,
        steady_s: Callable[[], float] = monotonic_s,
    ) -> None:
        self._verdicts = verdicts or VerdictFile(paths)
        self._now_us = now_us
        self._steady_s = steady_s
        self._first_within_s = 0.0 if is_alone else FIRST_WITHIN_S
        self._stale_within_s = 0.0 if is_alone else STALE_WITHIN_S
        self._began_s = steady_s()
        self._looked_s = -LOOK_EVERY_S
        self._status: LicenseStatus | None = None
        self._unread_s: float | None = None
        self._stale_s: float | None = None
        self._open: set[tuple[str, str]] = set()

    def refusal(self, feature: Feature, *, subject: str = "", under_way: bool = False) -> LicenseError | None:
        """Why `feature` is refused now; None: it is allowed.

        With `under_way`, what was allowed when it was last asked for this `subject` (a ring) stays allowed. Ask when
        something begins, and while it goes on.
        """
        place = feature.name, subject
        found = self._refusal(feature)
        if found is not None:
            self._looked_s = -LOOK_EVERY_S  # it may be allowed since the last look: nobody is refused by an old one
            found = self._refusal(feature)
        if found is None:
            self._open.add(place)
        elif under_way and place in self._open:
            return None
        else:
            self._open.discard(place)
        return found

    def hold(self, feature: Feature, subject: str) -> None:
        """`feature` was allowed for `subject` in the process before this one, and what it was asked for goes on."""
        self._open.add((feature.name, subject))

    def status(self) -> LicenseStatus | None:
        """The verdict as it was last read; None: there is none."""
        now_s = self._steady_s()
        if now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            try:
                self._status, self._unread_s = self._verdicts.read(), None
            except IoError:  # perhaps for a moment: the service writes it anew
                self._unread_s = now_s if self._unread_s is None else self._unread_s
                if now_s - self._unread_s >= self._stale_within_s:
                    self._status = None
        return self._status

    def _refusal(self, feature: Feature) -> LicenseError | None:
        status = self.status()
        if status is None:
            if self._steady_s() - self._began_s < self._first_within_s:
                return None
            return _refused(feature, "not judged", _NEVER_JUDGED)
        if self._is_too_old(status):
            return _refused(feature, "not judged", _NOT_JUDGED.format(since=iso_utc(status.judged_at_us * 1000)))
        if feature.name in status.allowed:
            return None
        if status.state in (LicenseState.TRIAL, LicenseState.VALID, LicenseState.GRACE):
            sentence = f"the licence {status.license_id} does not include it. Ask the vendor for one that does."
            return _refused(feature, status.state, sentence)
        return _refused(feature, status.state, " ".join(filter(None, (status.sentence, status.remedy))))

    def _is_too_old(self, status: LicenseStatus) -> bool:
        """Whether nobody judges any more; a verdict of the future is one of a clock that was wrong."""
        if abs(self._now_us() - status.judged_at_us) <= HOLDS_S * 1_000_000:
            self._stale_s = None
            return False
        if self._stale_s is None:
            self._stale_s = self._steady_s()
        return self._steady_s() - self._stale_s >= self._stale_within_s


def _refused(feature: Feature, state: str, why: str) -> LicenseError:
    sentence = f"{feature.title}: not allowed by the licence ({state.replace('_', ' ')}). {why[:1].upper()}{why[1:]}"
    return LicenseError(f"license.refused.{feature.name}", sentence)
