"""Results: what the scoring system declared, beside what follows from the rules and what a person edited.

Athlete 1 is chong, 2 hong, 0 a tie or nobody; None: not declared, or not to be derived. Pairs are (chong, hong).
"""

from enum import StrEnum

from msgspec import Struct

from shared.messages.pss import TechniqueCounts


class Standing(StrEnum):
    """How a result stands. `agreed`: declared and derived are the same. `declared`: the rules alone do not say it (an
    officials' decision, a withdrawal). `contradicted`: they differ. `undetermined`: what arrived does not say it; see
    `doubts`. `edited`: a person decided. `open`: it is not over.
    """

    OPEN = "open"
    AGREED = "agreed"
    DECLARED = "declared"
    CONTRADICTED = "contradicted"
    UNDETERMINED = "undetermined"
    EDITED = "edited"


class Method(StrEnum):
    """By which rule a round or a match is won."""

    POINTS = "points"
    POINT_GAP = "point_gap"
    GAM_JEOMS = "gam_jeoms"
    GOLDEN_POINT = "golden_point"
    SUPERIORITY = "superiority"
    OFFICIALS = "officials"
    ROUNDS = "rounds"


class RoundResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One round. `score`, `gam_jeoms` and the technique counts are what is known best, None where what arrived
    contradicts itself. `winner` is the one in force: edited, else declared. `doubts` name what is missing or does not
    fit, by the rules of their findings.
    """

    round: int
    standing: Standing
    score: tuple[int, int] | None = None
    gam_jeoms: tuple[int, int] | None = None
    chong: TechniqueCounts | None = None
    hong: TechniqueCounts | None = None
    winner: int | None = None
    declared_winner: int | None = None
    derived_winner: int | None = None
    method: Method | None = None
    fought_ms: int | None = None
    is_golden: bool = False
    doubts: tuple[str, ...] = ()


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A match. `winner` and `decision` are those in force: edited, else declared, else derived; None while they are
    undetermined. `rounds_won` counts the winners of the rounds, `declared_rounds` is what the sender said.
    """

    match_id: str
    standing: Standing
    winner: int | None = None
    decision: str | None = None
    declared_winner: int | None = None
    declared_decision: str | None = None
    declared_name: str | None = None
    declared_rounds: tuple[int, int] | None = None
    derived_winner: int | None = None
    method: Method | None = None
    rounds_won: tuple[int, int] = (0, 0)
    rule_set: str | None = None
    doubts: tuple[str, ...] = ()
