"""What happened in one match besides its scores: reviews, injuries, and what people changed; pss-parser.

Kept per match, so that loading it again, even with other matches between, goes on with it. Immutable.
"""

from msgspec import Struct

from shared.messages.episodes import Challenge, Injury
from shared.messages.match import MatchEdited


class Story(Struct, frozen=True, kw_only=True):
    """`edits` are those in force, in the order in which they were made."""

    challenges: tuple[Challenge, ...] = ()
    injuries: tuple[Injury, ...] = ()
    edits: tuple[MatchEdited, ...] = ()
