"""What happens in one round and when: drawn before it is fought, in the proportions of the captures."""

from random import Random
from typing import Final

from msgspec import Struct

from services.cli.simulator.plan import ActKind, Plan, Scenario
from services.cli.simulator.scoresheet import Scoresheet
from shared.messages.pss import Technique
from shared.messages.rules import RuleSet

WEIGHTS: Final = {
    Technique.PUNCH: 10,
    Technique.BODY: 48,
    Technique.HEAD: 32,
    Technique.TECHNICAL_BODY: 6,
    Technique.TECHNICAL_HEAD: 4,
}
MOST_POINTS: Final = 20
"""What one athlete scores in a round at most, but for a point gap that is asked for."""
EVEN_POINTS: Final = 10


class Act(Struct, frozen=True):
    """Something that happens when the clock of the round ran for `at_ms`; to, or by, `athlete`."""

    at_ms: int
    kind: ActKind
    athlete: int = 0
    technique: Technique | None = None


Move = tuple[int, Technique | None]
"""Who, and with what; None is a gam-jeom, which gives the opponent its points."""


def draw_script(random: Random, plan: Plan, *, sheet: Scoresheet, techniques: tuple[Technique, ...]) -> list[Act]:
    """The acts of the running round, in their order."""
    length_ms = sheet.rules.round_s * 1000
    moves = _draw_moves(random, plan, sheet=sheet, techniques=techniques)
    times = sorted(random.sample(range(1500, length_ms - 2100), len(moves)))
    acts = [_act(at_ms, move) for at_ms, move in zip(times, moves, strict=True)]
    kinds = [ActKind.PAUSE] * random.choices((0, 1, 2, 3), (2, 4, 3, 2))[0]
    kinds += [kind for number, kind in plan.incidents if number == sheet.number]
    acts += [Act(random.randrange(2000, length_ms - 3000), kind) for kind in kinds]
    if _ends_here(plan, sheet):
        acts.append(Act(random.randrange(3000, length_ms - 3000), ActKind.END))
    return sorted(acts, key=lambda act: act.at_ms)


def _act(at_ms: int, move: Move) -> Act:
    athlete, technique = move
    return Act(at_ms, ActKind.TECHNIQUE if technique else ActKind.GAM_JEOM, athlete, technique)


def _ends_here(plan: Plan, sheet: Scoresheet) -> bool:
    is_cut_short = plan.given is not None or plan.ending is Scenario.ABANDONED
    return is_cut_short and sheet.number == plan.round


def _draw_moves(random: Random, plan: Plan, *, sheet: Scoresheet, techniques: tuple[Technique, ...]) -> list[Move]:
    is_here = sheet.number == plan.round
    if sheet.is_golden:
        return _golden(random, sheet.rules, techniques)
    if plan.ending is Scenario.GOLDEN_ROUND or (plan.ending is Scenario.TIE and is_here):
        return _even(random, sheet.rules, techniques)
    moves = _natural(random, plan, rules=sheet.rules, techniques=techniques)
    if plan.ending is Scenario.POINT_GAP and is_here:
        return _with_gap(random, moves, plan=plan, sheet=sheet, techniques=techniques)
    if plan.ending is Scenario.GAM_JEOM_LIMIT and is_here:
        loser = 3 - plan.favourite
        lacking = sheet.rules.gam_jeom_limit - sheet.limit_counts()[loser - 1]
        # Both get points on the way, so that the point gap does not come first.
        moves += [(loser, None), (loser, random.choice(techniques))] * (lacking - 1) + [(loser, None)]
        random.shuffle(moves)
    return moves


def _draw_technique(random: Random, techniques: tuple[Technique, ...]) -> Technique:
    return random.choices(techniques, [WEIGHTS[technique] for technique in techniques])[0]


def _natural(random: Random, plan: Plan, *, rules: RuleSet, techniques: tuple[Technique, ...]) -> list[Move]:
    moves: list[Move] = []
    points = {1: 0, 2: 0}
    for _ in range(min(12, max(0, round(random.gauss(5.5, 2.5))))):
        athlete = plan.favourite if random.random() < plan.strength else 3 - plan.favourite
        technique = _draw_technique(random, techniques)
        points[athlete] += rules.points[technique]
        if points[athlete] <= MOST_POINTS:
            moves.append((athlete, technique))
    warnings = random.choices((0, 1, 2, 3), (5, 4, 2, 1))[0]
    moves += [(random.choice((1, 2)), None) for _ in range(warnings)]
    random.shuffle(moves)
    return moves


def _even(random: Random, rules: RuleSet, techniques: tuple[Technique, ...]) -> list[Move]:
    """Equal scores, by the same techniques or by others; in pairs, so that nobody is far ahead on the way."""
    total = random.randint(0, min(EVEN_POINTS, rules.point_gap - 1))
    first = _moves_worth(random, 1, total, rules=rules, techniques=techniques)
    is_same = random.random() < 0.4
    second: list[Move] = [(2, technique) for _, technique in first if technique] if is_same else []
    worth = sum(rules.points[technique] for _, technique in second if technique)
    second += _moves_worth(random, 2, total - worth, rules=rules, techniques=techniques)
    moves = first + second
    random.shuffle(moves)
    return moves


def _moves_worth(
    random: Random, athlete: int, total: int, *, rules: RuleSet, techniques: tuple[Technique, ...]
) -> list[Move]:
    """Moves that give `athlete` exactly so many points."""
    moves: list[Move] = []
    warnings = 0
    while total > 0:
        fitting = tuple(technique for technique in techniques if rules.points[technique] <= total)
        is_warning = rules.gam_jeom_points <= total and (not fitting or (warnings < 2 and random.random() < 0.15))
        if is_warning:
            moves.append((3 - athlete, None))
            warnings += 1
            total -= rules.gam_jeom_points
        else:
            technique = _draw_technique(random, fitting)
            moves.append((athlete, technique))
            total -= rules.points[technique]
    return moves


def _golden(random: Random, rules: RuleSet, techniques: tuple[Technique, ...]) -> list[Move]:
    """Somebody gets enough points, or nobody is ahead at its end."""
    enough = rules.golden_points or 1
    winner = random.choice((1, 2))
    before: list[Move] = []
    if enough > 1 and random.random() < 0.4:
        before = [(1, Technique.PUNCH), (2, Technique.PUNCH)]
        random.shuffle(before)
    if random.random() < 0.35:
        return before
    return [*before, *((winner, random.choice(techniques)) for _ in range(enough))]


def _with_gap(
    random: Random, moves: list[Move], *, plan: Plan, sheet: Scoresheet, techniques: tuple[Technique, ...]
) -> list[Move]:
    """`moves`, and what the favourite lacks of the gap."""
    rules, sign = sheet.rules, 1 if plan.favourite == 1 else -1
    lead = sign * sheet.lead() + sum(
        _worth(move, rules) * (1 if _gains(move) == plan.favourite else -1) for move in moves
    )
    while lead < rules.point_gap:
        technique = _draw_technique(random, techniques)
        moves.append((plan.favourite, technique))
        lead += rules.points[technique]
    return moves


def _gains(move: Move) -> int:
    athlete, technique = move
    return athlete if technique else 3 - athlete


def _worth(move: Move, rules: RuleSet) -> int:
    return rules.points[move[1]] if move[1] else rules.gam_jeom_points
