"""What the licence lets obs-bridge do by itself for the match of each ring; obs-bridge.

It is decided when a match is first heard of, and holds until that match is off the mat: a licence that ends in the
middle stops nothing. What is allowed in the middle is allowed from then on. It is kept, so that a restart is no end.
"""

from typing import Final

import msgspec
import structlog
from msgspec import Struct

from services.obs_bridge import kept_state
from services.obs_bridge.ledger import Ledger
from shared.automation.match_view import MatchView
from shared.licensing.features import OBS_AUTOMATION, REPLAY_CLIPS, Feature
from shared.licensing.gate import Gates

KEY: Final = "permit/"
"""Under which keys of the outbox permits are kept, by ring."""
GATED: Final = (OBS_AUTOMATION, REPLAY_CLIPS)
MATCHES: Final = 2
"""Of a ring: the one on the mat, and the one before, whose recording ends and whose clips are ready a little later."""
_encode: Final = msgspec.msgpack.Encoder().encode


class Permit(Struct, frozen=True):
    """For one match: why a feature is refused, by its name; what is not in it is allowed."""

    match_id: str
    refusals: dict[str, str]


class Permits:
    """The permits of all rings. `kept` is what the outbox held under KEY."""

    def __init__(
        self, gates: Gates, ledger: Ledger, *, kept: dict[str, bytes], log: structlog.stdlib.BoundLogger
    ) -> None:
        self._gates = gates
        self._ledger = ledger
        self._of: dict[str, list[Permit]] = {}
        """By ring, that of the match on the mat first."""
        for key, value in kept.items():
            found = kept_state.read_again(value, list[Permit], key=key, log=log)
            if found:
                self._restore(key.removeprefix(KEY), found)

    def took(self, view: MatchView) -> None:
        """A ring's match as it stands: another one than before is decided anew."""
        permits = self._of.get(view.ring, [])
        if view.match_id is not None and not (permits and permits[0].match_id == view.match_id):
            permit = self._decided(view.ring, view.match_id, under_way=False)
            self._keep(view.ring, [permit, *permits[: MATCHES - 1]])

    def refusal(self, feature: Feature, view: MatchView) -> str | None:
        """Why this is refused for this match, None: it is allowed. Without a match it is decided at once."""
        for permit in self._of.get(view.ring, ()):
            if permit.match_id == view.match_id:
                return permit.refusals.get(feature.name)
        error = self._gates.refusal(feature)
        return error.message if error is not None else None

    def look(self) -> None:
        """What was refused may be allowed now; each second."""
        for ring, (permit, *before) in list(self._of.items()):
            now = self._decided(ring, permit.match_id, under_way=True)
            if now != permit:
                self._keep(ring, [now, *before])

    def _restore(self, ring: str, permits: list[Permit]) -> None:
        for feature in GATED:
            if feature.name not in permits[0].refusals:
                self._gates.hold(feature, ring)
        self._of[ring] = permits

    def _decided(self, ring: str, match_id: str, *, under_way: bool) -> Permit:
        refusals = {}
        for feature in GATED:
            error = self._gates.refusal(feature, subject=ring, under_way=under_way)
            if error is not None:
                refusals[feature.name] = error.message
        return Permit(match_id, refusals)

    def _keep(self, ring: str, permits: list[Permit]) -> None:
        self._of[ring] = permits
        self._ledger.keep(KEY + ring, _encode(permits))
