"""What shall happen in a match besides points: a scenario by name, made definite by the seed."""

from enum import StrEnum
from random import Random
from typing import Final

from msgspec import Struct

from services.cli.simulator.truth import Decision
from shared.messages.rules import Dialect, Format, RuleSet


class Scenario(StrEnum):
    """What can be asked for. `mixed` draws an ending, and any of what may happen on the way."""

    MIXED = "mixed"
    PLAIN = "plain"
    TIE = "tie"
    GOLDEN_ROUND = "golden-round"
    POINT_GAP = "point-gap"
    GAM_JEOM_LIMIT = "gam-jeom-limit"
    DISQUALIFICATION = "disqualification"
    WITHDRAWAL = "withdrawal"
    REFEREE_STOP = "referee-stop"
    INJURIES = "injuries"
    CHALLENGES = "challenges"
    RELOAD = "reload"
    RELOADS_BEFORE = "reloads-before"
    CORRECTIONS = "corrections"
    HARDWARE_TESTS = "hardware-tests"
    ABANDONED = "abandoned"


class ActKind(StrEnum):
    """What happens at a moment of a round."""

    TECHNIQUE = "technique"
    GAM_JEOM = "gam_jeom"
    PAUSE = "pause"
    INJURY = "injury"
    CHALLENGE = "challenge"
    CORRECTION = "correction"
    RELOAD = "reload"
    TIMEOUT = "timeout"
    END = "end"


ENDINGS: Final = {
    Scenario.PLAIN: 50,
    Scenario.TIE: 10,
    Scenario.GOLDEN_ROUND: 8,
    Scenario.POINT_GAP: 8,
    Scenario.GAM_JEOM_LIMIT: 6,
    Scenario.DISQUALIFICATION: 4,
    Scenario.WITHDRAWAL: 5,
    Scenario.REFEREE_STOP: 4,
    Scenario.ABANDONED: 3,
}
"""How a mixed match ends, by weight."""
EVEN: Final = frozenset((Scenario.TIE, Scenario.GOLDEN_ROUND))
"""Where nothing may change the scores but the script."""
ON_THE_WAY: Final = {
    Scenario.INJURIES: ActKind.INJURY,
    Scenario.CHALLENGES: ActKind.CHALLENGE,
    Scenario.RELOAD: ActKind.RELOAD,
    Scenario.CORRECTIONS: ActKind.CORRECTION,
}
GIVEN: Final = {
    Scenario.WITHDRAWAL: (Decision.WDR,),
    Scenario.DISQUALIFICATION: (Decision.DSQ, Decision.DQB),
    Scenario.REFEREE_STOP: (Decision.RSC,),
}
"""Endings in which the officials give the match away, and their codes."""


class Plan(Struct, frozen=True, kw_only=True):
    """A match's course. `favourite` is who has the better of it (in a gam-jeom limit, a withdrawal and the like: wins),
    with `strength` of the techniques; the `ending` comes in round `round`. `incidents` happen in rounds of their own.
    """

    ending: Scenario
    favourite: int
    strength: float
    round: int
    incidents: tuple[tuple[int, ActKind], ...]
    loads: int
    has_hardware_tests: bool
    has_banners: bool
    given: Decision | None
    is_between_rounds: bool


def can_be_played(scenario: Scenario, rules: RuleSet) -> bool:
    """Whether these rules know it: a golden round follows summed rounds only."""
    return scenario is not Scenario.GOLDEN_ROUND or rules.golden_points is not None


def draw_plan(random: Random, scenario: Scenario, *, rules: RuleSet, dialect: Dialect) -> Plan:
    """Make a scenario definite."""
    is_mixed = scenario is Scenario.MIXED
    ending = _draw_ending(random, rules) if is_mixed else scenario if scenario in ENDINGS else Scenario.PLAIN
    first = rules.point_gap_from_round if ending is Scenario.POINT_GAP else 1
    last = max(first, rules.rounds_to_win if rules.format is Format.BEST_OF_THREE else rules.rounds)
    is_reloaded = scenario is Scenario.RELOADS_BEFORE or (is_mixed and random.random() < 0.3)
    codes = GIVEN.get(ending)
    return Plan(
        ending=ending,
        favourite=random.choice((1, 2)),
        strength=random.uniform(0.7, 0.85) if ending is Scenario.POINT_GAP else random.uniform(0.45, 0.65),
        round=random.randint(first, last),
        incidents=tuple(_draw_incidents(random, scenario, ending=ending, dialect=dialect)),
        loads=random.randint(2, 4) if is_reloaded else 1,
        has_hardware_tests=scenario is Scenario.HARDWARE_TESTS or (is_mixed and random.random() < 0.15),
        has_banners=is_mixed and random.random() < 0.2,
        given=random.choice(codes) if codes else None,
        is_between_rounds=ending is Scenario.WITHDRAWAL and random.random() < 0.4,
    )


def _draw_ending(random: Random, rules: RuleSet) -> Scenario:
    possible = [ending for ending in ENDINGS if can_be_played(ending, rules)]
    return random.choices(possible, [ENDINGS[ending] for ending in possible])[0]


def _draw_incidents(
    random: Random, scenario: Scenario, *, ending: Scenario, dialect: Dialect
) -> list[tuple[int, ActKind]]:
    found = []
    for asked, kind in ON_THE_WAY.items():
        if scenario is asked:
            # In the first two rounds, which are always fought.
            found += [(number, kind) for number in (1, 2) for _ in range(random.randint(number == 1, 2))]
        elif scenario is Scenario.MIXED and random.random() < 0.25:
            found.append((random.randint(1, 3), kind))
    if dialect is Dialect.A and scenario is Scenario.MIXED and random.random() < 0.05:
        found.append((random.randint(1, 2), ActKind.TIMEOUT))
    return [(number, kind) for number, kind in found if ending not in EVEN or kind is not ActKind.CORRECTION]
