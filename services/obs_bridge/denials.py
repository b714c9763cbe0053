"""What the licence keeps one OBS from, as an operator is told it: an alarm, and a line in the log for each match;
obs-bridge.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from msgspec import Struct

from services.obs_bridge.surroundings import Surroundings
from shared.automation.match_view import MatchView
from shared.licensing.features import Feature

NO_MATCH: Final = MatchView(ring="")
"""For it is decided as the licence stands now."""


class Denial(Struct, frozen=True):
    """A match that OBS does not follow, and why."""

    view: MatchView
    sentence: str


class Denials:
    """Of one connection. `found` is what was found last, `ahead` why a match that is loaded next is refused."""

    def __init__(self, connection: str, around: Surroundings, *, log: structlog.stdlib.BoundLogger) -> None:
        self.found: Denial | None = None
        self.ahead: str | None = None
        self._around = around
        self._log = log.bind(obs=connection)
        self._told: dict[str, str | None] = {}
        """The match of each ring that was refused last."""

    @property
    def problem(self) -> str | None:
        """Why a match is not followed; None: each is that ought to be."""
        return self.found.sentence if self.found is not None else None

    def look(self, views: Iterable[MatchView], features: Sequence[Feature]) -> None:
        """Find the first of these matches for which one of `features`, all that this OBS is for, is refused."""
        found = [denial for view in views if (denial := self._denial(view, features)) is not None]
        self.found = next(iter(found), None)
        refused = (self._around.refusal(feature, NO_MATCH) for feature in features)
        self.ahead = next((sentence for sentence in refused if sentence is not None), None)

    def _denial(self, view: MatchView, features: Sequence[Feature]) -> Denial | None:
        if view.match_id is None:
            return None
        refused = {
            feature.name: sentence
            for feature in features
            if (sentence := self._around.refusal(feature, view)) is not None
        }
        if not refused:
            self._told.pop(view.ring, None)
            return None
        denial = Denial(view, next(iter(refused.values())))
        if self._told.get(view.ring) != view.match_id:
            self._told[view.ring] = view.match_id
            self._log.warning(
                "not_licensed",
                ring=view.ring,
                match_id=view.match_id,
                features=list(refused),
                reason=denial.sentence,
            )
        return denial
