"""What happened in one match besides its scores: reviews, injuries, and what people changed; pss-parser.

Kept per match, so that loading it again, even with other matches between, goes on with it. Immutable.
"""

from typing import Final

from msgspec import Struct

from shared.messages.episodes import Challenge, Injury
from shared.messages.match import MatchEdited

MOST_TOLD: Final = 64
"""Reviews, and injuries and timeouts, of one match: garbage must not fill the state. Real matches have a handful."""
MOST_EDITS: Final = 64
"""Edits in force of one match: each is in every state of it that is published. Real matches have one or two."""


class Story(Struct, frozen=True, kw_only=True):
    """`edits` are those in force, in the order in which they were made."""

    challenges: tuple[Challenge, ...] = ()
    injuries: tuple[Injury, ...] = ()
    edits: tuple[MatchEdited, ...] = ()

    @property
    def reviewed(self) -> bool:
        """Whether a video review goes on: both coaches may have asked for one."""
        return any(challenge.is_open for challenge in self.challenges)

    @property
    def injured(self) -> bool:
        """Whether an injury time or a para timeout goes on."""
        return any(injury.ended_at_us is None for injury in self.injuries)
