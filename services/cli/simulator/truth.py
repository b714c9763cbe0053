"""What was played: the truth that a suite's result is compared with, as `restrike simulate --truth` writes it.

Pairs are (chong, hong); an athlete is 1 (chong) or 2 (hong), 0 is nobody.
"""

from enum import StrEnum

from msgspec import Struct

from services.cli.captures import Datagram
from shared.messages.pss import Technique
from shared.messages.rules import Dialect, TieBreak


class Method(StrEnum):
    """How a round was won."""

    POINTS = "points"
    GAP = "gap"
    GAM_JEOMS = "gam_jeoms"
    SUPERIORITY = "superiority"
    OFFICIALS = "officials"
    WITHDRAWAL = "withdrawal"
    DISQUALIFICATION = "disqualification"
    REFEREE_STOP = "referee_stop"


class Decision(StrEnum):
    """How a match was won; the codes of `wmh`."""

    PTF = "PTF"
    PTG = "PTG"
    GDP = "GDP"
    SUP = "SUP"
    PUN = "PUN"
    RSC = "RSC"
    WDR = "WDR"
    DSQ = "DSQ"
    DQB = "DQB"


class Outcome(StrEnum):
    """How a challenge ended. `accepted`: it was closed without a word on who was right."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    WON = "won"
    LOST = "lost"


class Corrected(StrEnum):
    """What an operator corrected."""

    CLOCK = "clock"
    SCORE = "score"
    GAM_JEOMS = "gam_jeoms"


class Athlete(Struct, frozen=True, kw_only=True):
    """One athlete. Dialect A never sends `long_name`: it puts the short one in both fields."""

    short_name: str
    long_name: str
    noc: str


class RoundTruth(Struct, frozen=True, kw_only=True):
    """One round that was at least called. `winner` 0 and no `method`: nobody won it (a summed round's tie; abandoned).

    `techniques` are counted as they were sent by `pt`, and stay counted when an operator lowers the score; `hits` are
    the `hl` that were sent; `fought_s` is how long the clock ran; `tie_break` is what decided between equal scores.
    """

    number: int
    winner: int
    method: Method | None
    tie_break: TieBreak | None
    score: tuple[int, int]
    gam_jeoms: tuple[int, int]
    techniques: tuple[dict[Technique, int], dict[Technique, int]]
    hits: tuple[int, int]
    fought_s: float


class Challenge(Struct, frozen=True, kw_only=True):
    """A video review that `athlete` asked for (0: the referee)."""

    round: int
    athlete: int
    outcome: Outcome


class Injury(Struct, frozen=True, kw_only=True):
    """Injury time: whose (0: the sender did not say), and how long it ran."""

    round: int
    athlete: int
    seconds: int


class Correction(Struct, frozen=True, kw_only=True):
    """An operator's correction. Clocks in seconds, of athlete 0; a gam-jeom that was taken back also took the
    opponent's points for it.
    """

    round: int
    what: Corrected
    athlete: int
    before: int
    after: int


class Truth(Struct, frozen=True, kw_only=True):
    """One match. `winner` 0 and no `decision`: it was abandoned. `rounds_won` is what `wmh` says: without a round given
    by withdrawal, disqualification or the referee, and without the golden round. `tie_break` is what decided a match of
    summed rounds that was SUP.
    """

    seed: int
    scenario: str
    rule_set: str
    dialect: Dialect
    match_number: str
    weight_class: str
    division: str
    phase: str
    chong: Athlete
    hong: Athlete
    loads: int
    rounds: list[RoundTruth]
    winner: int
    decision: Decision | None
    tie_break: TieBreak | None
    rounds_won: tuple[int, int]
    challenges: list[Challenge]
    injuries: list[Injury]
    corrections: list[Correction]


class Bout(Struct, frozen=True, kw_only=True):
    """One match as it goes over the network, `at_s` counted from its first datagram, and the truth of it."""

    datagrams: list[Datagram]
    truth: Truth
