"""The sport's rules as data, and how a ring's datagrams are to be read.

Rules change every cycle: a rule set is a named, versioned piece of data, used to check and to explain what a scoring
system says, never to overrule it. What is in force in a ring is a fact of its journal, whole, so that a replay years
later judges by the same rules.
"""

from enum import StrEnum

from msgspec import Struct

from shared.messages.pss import Technique


class Dialect(StrEnum):
    """Who speaks: `a` is TK-Strike Gen2, `b` is WT UDP 2.3 and Gen3."""

    A = "a"
    B = "b"


class Strictness(StrEnum):
    """What messages of unknown streams are: nothing to speak of, a warning or an error. They are stored in any case."""

    IGNORE = "ignore"
    WARN = "warn"
    ERROR = "error"


class Format(StrEnum):
    """How rounds make a match: each is won for itself, or their scores are summed."""

    BEST_OF_THREE = "best_of_three"
    SUMMED = "summed"


class TieBreak(StrEnum):
    """What decides when the scores are equal. More is better, but for fewer_gam_jeoms. A turning kick to the head is a
    head kick too, one to the body a body kick; `gam_jeoms` are the points that the opponent's gam-jeoms gave.
    """

    TURNING_POINTS = "turning_points"
    HEAD_KICKS = "head_kicks"
    BODY_KICKS = "body_kicks"
    PUNCHES = "punches"
    GAM_JEOMS = "gam_jeoms"
    HITS = "hits"
    ROUNDS_WON = "rounds_won"
    FEWER_GAM_JEOMS = "fewer_gam_jeoms"
    OFFICIALS = "officials"


class RuleSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule set. `points` are those of a technique; `gam_jeom_points` those that a gam-jeom gives to the opponent.

    The point gap and the gam-jeom limit count the round in a best of three, the whole match where rounds are summed;
    there the gap ends a match from round `point_gap_from_round` on. `golden_points` win the golden round that follows a
    tie of summed rounds; None: there is no such round. `tie` is gone through in its order when scores are equal.
    """

    name: str
    version: int
    title: str
    effective_from: str
    format: Format
    points: dict[Technique, int]
    point_gap: int
    gam_jeom_limit: int
    tie: tuple[TieBreak, ...]
    gam_jeom_points: int = 1
    point_gap_from_round: int = 1
    golden_points: int | None = None
    rounds: int = 3
    round_s: int = 120
    rest_s: int = 60
    is_confirmed: bool = True

    @property
    def rounds_to_win(self) -> int:
        """Rounds that win a match whose rounds are won one by one."""
        return self.rounds // 2 + 1


class Interpretation(Struct, frozen=True, kw_only=True):
    """How a ring's datagrams are read and judged. `dialect` None: detected. `encodings` are tried in their order for
    text that is not UTF-8.
    """

    rule_set: RuleSet
    dialect: Dialect | None = None
    strictness: Strictness = Strictness.WARN
    encodings: tuple[str, ...] = ("cp1250", "latin-1")
