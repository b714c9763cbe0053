"""Plays one match from a seed: a pure function of its arguments."""

from random import Random
from typing import Final

from services.cli.simulator import incidents, loading, wording
from services.cli.simulator.card import Card, draw_card
from services.cli.simulator.clocks import count_down
from services.cli.simulator.fight import Fight
from services.cli.simulator.plan import ActKind, Plan, Scenario, can_be_played, draw_plan
from services.cli.simulator.results import Result, end_of_match, end_of_round, round_truth
from services.cli.simulator.scoresheet import Side
from services.cli.simulator.script import Act, draw_script
from services.cli.simulator.truth import Bout, RoundTruth, Truth
from shared.messages.rules import Dialect, RuleSet

SHORTEST_ROUND_S: Final = 10
LAST_S: Final = 2
"""Nothing happens at 00:01 and 00:00: a clock that is stopped at 0:00 cannot be told from time that is up."""


def play(  # noqa: PLR0913  # each is a wish of its own
    seed: int,
    *,
    rule_set: RuleSet,
    dialect: Dialect = Dialect.B,
    scenario: Scenario = Scenario.MIXED,
    match_number: str | None = None,
    card: Card | None = None,
) -> Bout:
    """One match: its datagrams, `at_s` counted from the first, and its truth. The same arguments give the same bytes.

    `card` says who fights for what; None: it is drawn, with `match_number` if that is given.

    Raises:
        ValueError: these rules do not know the scenario, or their rounds are shorter than 10 s.
    """
    if rule_set.round_s < SHORTEST_ROUND_S:
        raise ValueError(f"{rule_set.name} has rounds of {rule_set.round_s} s; the shortest that are played: 10 s.")
    if not can_be_played(scenario, rule_set):
        raise ValueError(f"{rule_set.name} knows no {scenario.value}.")
    random = Random(seed)  # noqa: S311  # a match must come out the same again; nothing here is secret
    if card is None:
        card = draw_card(random, number=match_number)
    plan = draw_plan(random, scenario, rules=rule_set, dialect=dialect)
    fight = Fight(random, card=card, plan=plan, rules=rule_set, words=wording.wording(dialect))
    rounds, result = _play_rounds(fight)
    truth = _truth(fight, seed=seed, scenario=scenario, rounds=rounds, result=result)
    return Bout(datagrams=fight.tape.datagrams, truth=truth)


def _truth(fight: Fight, *, seed: int, scenario: Scenario, rounds: list[RoundTruth], result: Result) -> Truth:
    card = fight.card
    return Truth(
        seed=seed,
        scenario=scenario.value,
        rule_set=fight.rules.name,
        dialect=fight.words.dialect,
        match_number=card.number,
        weight_class=fight.words.weight(card),
        division=card.division,
        phase=card.phase,
        chong=card.chong,
        hong=card.hong,
        loads=fight.loads,
        rounds=rounds,
        winner=result.winner,
        decision=result.decision,
        tie_break=result.tie_break,
        rounds_won=fight.sheet.rounds_won(),
        challenges=fight.challenges,
        injuries=fight.injuries,
        corrections=fight.corrections,
    )


def _play_rounds(fight: Fight) -> tuple[list[RoundTruth], Result]:
    rounds: list[RoundTruth] = []
    while True:
        fight.sheet.rounds.append((Side(), Side()))
        fight.clock.set(fight.rules.round_s)
        if fight.sheet.number == 1:
            loading.prepare(fight)
        else:
            _call_round(fight)
        _fight_round(fight)
        if fight.plan.ending is Scenario.ABANDONED and fight.is_given:
            return [*rounds, round_truth(fight)], Result()
        ended = end_of_round(fight)
        rounds.append(ended.truth)
        if ended.result is not None:
            end_of_match(fight, ended.result)
            return rounds, ended.result
        _rest(fight)


def _rest(fight: Fight) -> None:
    """The break: to its end, or until the operator goes on."""
    rest_s = fight.rules.rest_s

    def tick(seconds: int) -> str:
        return f"brk;{wording.time(seconds)};"

    fight.tape.say(tick(rest_s - 1))
    if fight.random.random() < 0.5:
        count_down(fight.tape, tick, shown_s=rest_s - 1, seconds=rest_s)
        fight.tape.say_all((wording.BREAK_OVER,))
    else:
        count_down(fight.tape, tick, shown_s=rest_s - 1, seconds=fight.random.randint(1, rest_s))
        fight.tape.pass_s(0.1, 0.9)


def _call_round(fight: Fight) -> None:
    """`rnd`: scores and gam-jeoms restart without a word, superiority with one."""
    fight.tape.say_all((*fight.superiority(), f"rnd;{fight.sheet.number};"))
    fight.tape.pass_s(2, 20)


def _fight_round(fight: Fight) -> None:
    fight.is_round_over = False
    plan, clock = fight.plan, fight.clock
    if plan.is_between_rounds and fight.sheet.number == plan.round:
        fight.is_given = True
        return
    script = draw_script(fight.random, plan, sheet=fight.sheet, techniques=fight.words.techniques)
    clock.start()
    for act in script:
        if not clock.run(max(0, act.at_ms - clock.ran_ms)):
            break
        _perform(fight, act, plan)
        if fight.is_round_over or fight.is_given:
            return
        if not clock.is_running:
            clock.start()
    while clock.run(1000):
        pass
    clock.end_by_time()


def _perform(fight: Fight, act: Act, plan: Plan) -> None:
    if fight.clock.shown_s < LAST_S:
        return
    if act.kind is ActKind.TECHNIQUE and act.technique is not None:
        fight.technique(act.athlete, act.technique)
    elif act.kind is ActKind.GAM_JEOM:
        fight.gam_jeom(act.athlete)
    elif act.kind is ActKind.END:
        fight.is_given = True
        fight.clock.stop()
        fight.tape.pass_s(3, 60)
        if plan.ending is not Scenario.ABANDONED:
            fight.clock.end_early()
    else:
        incidents.INCIDENTS[act.kind](fight)
