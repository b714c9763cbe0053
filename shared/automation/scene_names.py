"""The scenes and sources that the ready-made rules use and `build_scenes` makes; read by obs-bridge and the CLI.

Every scene holds the sources of `SCENE_SOURCES`, from the back to the front, all of them made if they are missing.
"""

from typing import Final

IDLE: Final = "Idle"
MATCH: Final = "Match"
BREAK: Final = "Break"
REVIEW: Final = "Review"
INJURY: Final = "Injury"
WINNER: Final = "Winner"
SCENES: Final = (IDLE, MATCH, BREAK, REVIEW, INJURY, WINNER)
"""One scene per state of a match."""

BACKGROUND: Final = "Background"
"""A colour over the whole picture, in every scene: without a source OBS keeps no replay buffer."""
SCORE: Final = "Score"
"""Text: the score, at the top."""
LOWER_THIRD: Final = "Lower third"
"""Text: who fights, at the bottom; hidden until a rule shows it."""
WINNER_TEXT: Final = "Winner text"
"""Text: who won. A source cannot have a scene's name, so it is not "Winner"."""
MESSAGE: Final = "Message"
"""Text: a short message over the picture; hidden until a rule shows it."""

HIDDEN: Final = frozenset({LOWER_THIRD, MESSAGE})
"""Sources that a new scene holds hidden."""

SCENE_SOURCES: Final[dict[str, tuple[str, ...]]] = {
    IDLE: (BACKGROUND, MESSAGE),
    MATCH: (BACKGROUND, SCORE, LOWER_THIRD, MESSAGE),
    BREAK: (BACKGROUND, SCORE, MESSAGE),
    REVIEW: (BACKGROUND, SCORE, MESSAGE),
    INJURY: (BACKGROUND, SCORE, MESSAGE),
    WINNER: (BACKGROUND, SCORE, WINNER_TEXT, MESSAGE),
}
"""Scene -> its sources, from the back to the front."""
