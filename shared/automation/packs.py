"""Ready-made sets of rules, which work with the scenes that `restrike obs collection build` makes; the CLI."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.automation import scene_names as names
from shared.messages.automation import Conditions, Happening, OncePer, Rule
from shared.messages.obs_actions import AnyAction, SetScene, SetText, ShowSource

SCORE_TEXT: Final = "{country1} {player1}  {score1} : {score2}  {player2} {country2}"
FIGHTERS: Final = "{player1} ({country1}) - {player2} ({country2})\n{weight}  {phase}"
WON: Final = "{winner} {winnerCountry}\n{rounds1} : {rounds2}"
LOWER_THIRD_MS: Final = 15_000
"""Long enough to read two names and a weight aloud; the first clock hides it sooner."""
WINNER_MS: Final = 10_000


class Pack(Struct, frozen=True, kw_only=True):
    """A named set of rules and what it is good for."""

    name: str
    purpose: str
    rules: tuple[Rule, ...]


def _rule(pack: str, name: str, description: str, on: tuple[Happening, ...], *actions: AnyAction) -> Rule:
    return Rule(rule=f"{pack}: {name}", on=on, actions=actions, description=description, pack=pack)


def _hidden(name: str, description: str, *on: Happening) -> Rule:
    hide = ShowSource(source=names.LOWER_THIRD, scene=names.MATCH, visible=False)
    return _rule("lower-third", name, description, on, hide)


def _scene(name: str, scene: str, description: str, *on: Happening) -> Rule:
    return _rule("scenes", name, description, on, SetScene(scene=scene))


SCENES: Final = Pack(
    name="scenes",
    purpose="The scene follows the match: Match, Break, Review, Injury, Winner, and Idle after it.",
    rules=(
        replace(
            _scene("match", names.MATCH, "The fight is shown from the first load on.", Happening.MATCH_LOADED),
            once_per=OncePer.MATCH,
        ),
        replace(
            _scene(
                "fight",
                names.MATCH,
                "Back to the fight when it goes on.",
                Happening.ROUND_STARTED,
                Happening.CLOCK_STARTED,
                Happening.REVIEW_ENDED,
                Happening.INJURY_ENDED,
            ),
            when=Conditions(stages=("ready", "running", "paused")),
            cooldown_ms=300,  # a round's start and its clock's are one moment
        ),
        _scene("break", names.BREAK, "Between two rounds.", Happening.BREAK_BEGAN),
        _scene("review", names.REVIEW, "While a video review goes on.", Happening.REVIEW_REQUESTED),
        _scene("injury", names.INJURY, "During an injury time or a para timeout.", Happening.INJURY_BEGAN),
        _scene("winner", names.WINNER, "When the match is decided.", Happening.MATCH_DECIDED),
        replace(
            _scene("idle", names.IDLE, "After the winner, if no match was loaded by then.", Happening.MATCH_DECIDED),
            delay_ms=WINNER_MS,
        ),
        _scene("closed", names.IDLE, "When a match was ended by hand.", Happening.MATCH_CLOSED),
    ),
)
LOWER: Final = Pack(
    name="lower-third",
    purpose="Names, countries and weight at the bottom from the load on: for 15 s, or until the first clock.",
    rules=(
        replace(
            _rule(
                "lower-third",
                "show",
                "Who fights, when a match is loaded for the first time.",
                (Happening.MATCH_LOADED,),
                SetText(source=names.LOWER_THIRD, text=FIGHTERS),
                ShowSource(source=names.LOWER_THIRD, scene=names.MATCH),
            ),
            once_per=OncePer.MATCH,
        ),
        replace(_hidden("hide", "When it was shown long enough.", Happening.MATCH_LOADED), debounce_ms=LOWER_THIRD_MS),
        replace(_hidden("clock", "When the match begins.", Happening.CLOCK_STARTED), once_per=OncePer.MATCH),
    ),
)
WINNER: Final = Pack(
    name="winner",
    purpose="The winner scene with name, country and rounds, when the match is decided.",
    rules=(
        replace(
            _rule(
                "winner",
                "show",
                "Who won, and the scene for it.",
                (Happening.MATCH_DECIDED,),
                SetText(source=names.WINNER_TEXT, text=WON),
                SetScene(scene=names.WINNER),
            ),
            priority=10,
        ),
    ),
)
SCORE: Final = Pack(
    name="score",
    purpose="The score at the top, as it stands.",
    rules=(
        _rule(
            "score",
            "text",
            "Whenever it changes.",
            (Happening.MATCH_LOADED, Happening.ROUND_STARTED, Happening.SCORE_CHANGED, Happening.CORRECTION),
            SetText(source=names.SCORE, text=SCORE_TEXT),
        ),
    ),
)
PACKS: Final[dict[str, Pack]] = {pack.name: pack for pack in (SCENES, LOWER, WINNER, SCORE)}
"""Every pack by its name."""
