"""What happened in one match besides its scores: reviews, injuries, and what people changed; pss-parser.

Kept per match, so that loading it again, even with other matches between, goes on with it. Immutable.
"""

from typing import Final

from msgspec import Struct

from shared.messages.episodes import Challenge, Injury
from shared.messages.match import MatchEdited

MOST_TOLD: Final = 64
"""Reviews, and injuries and timeouts, of one match: garbage must not fill the state. Real matches have a handful."""


class Story(Struct, frozen=True, kw_only=True):
    """`edits` are those in force, in the order in which they were made."""

    challenges: tuple[Challenge, ...] = ()
    injuries: tuple[Injury, ...] = ()
    edits: tuple[MatchEdited, ...] = ()

    @property
    def review(self) -> Challenge | None:
        """The review that goes on."""
        last = self.challenges[-1] if self.challenges else None
        return last if last is not None and last.is_open else None

    @property
    def injured(self) -> bool:
        """Whether an injury time or a para timeout goes on."""
        return any(injury.ended_at_us is None for injury in self.injuries)
