"""Who won a round and the match, by the rules, and how the sender says so."""

from typing import Final, NamedTuple

from services.cli.simulator import wording
from services.cli.simulator.fight import Fight
from services.cli.simulator.truth import Decision, Method, RoundTruth
from shared.messages.rules import Format, TieBreak

GIVEN_BY: Final = {
    Decision.WDR: Method.WITHDRAWAL,
    Decision.DSQ: Method.DISQUALIFICATION,
    Decision.DQB: Method.DISQUALIFICATION,
    Decision.RSC: Method.REFEREE_STOP,
}


class Result(NamedTuple):
    """Who won the match, how, and what decided between equal scores."""

    winner: int = 0
    decision: Decision | None = None
    tie_break: TieBreak | None = None


class RoundEnd(NamedTuple):
    """A round that is over, and the result if the match is."""

    truth: RoundTruth
    result: Result | None


class _Won(NamedTuple):
    winner: int
    method: Method | None
    tie_break: TieBreak | None = None


def end_of_round(fight: Fight) -> RoundEnd:
    """Some seconds after its end the operator declares the round's winner."""
    won = _round_winner(fight)
    sheet = fight.sheet
    if fight.is_given:
        # The round that is given counts in `wrd`, and not in the rounds of `wmh`.
        winners = [*sheet.winners, won.winner]
    else:
        sheet.winners.append(won.winner)
        winners = sheet.winners
    result = _match_result(fight, won)
    shown = (winners + [0] * fight.rules.rounds)[: len(sheet.round_winners())]
    fight.tape.pass_s(3, 10)
    fight.tape.say(
        wording.round_winners(shown),
        wording.scores(sheet.round_scores()),
        wording.statistics(sheet.number, [(side.techniques, side.gam_jeoms) for side in sheet.rounds[-1]]),
        "rsr;",
    )
    return RoundEnd(round_truth(fight, won), result)


def end_of_match(fight: Fight, result: Result) -> None:
    """The result is said some seconds after the last round's."""
    if result.decision is None:
        return
    athlete = fight.card.chong if result.winner == 1 else fight.card.hong
    decided = wording.decision(fight.words.name(athlete), fight.sheet.rounds_won(), result.decision)
    both = [wording.winner(result.winner), decided]
    fight.tape.pass_s(2.4, 8)
    fight.tape.say_all(both if fight.words.winner_comes_first else reversed(both))
    if fight.plan.has_banners:
        fight.tape.pass_s(5, 20)
        fight.tape.say_all(fight.words.farewell())


def round_truth(fight: Fight, won: _Won | None = None) -> RoundTruth:
    """The running round; without a winner it was abandoned."""
    sheet = fight.sheet
    chong, hong = sheet.rounds[-1]
    return RoundTruth(
        number=sheet.number,
        winner=won.winner if won else 0,
        method=won.method if won else None,
        tie_break=won.tie_break if won else None,
        score=sheet.score(),
        gam_jeoms=sheet.gam_jeoms(),
        techniques=(dict(chong.techniques), dict(hong.techniques)),
        hits=(chong.hits, hong.hits),
        fought_s=fight.clock.ran_ms / 1000,
    )


def _round_winner(fight: Fight) -> _Won:
    sheet, plan = fight.sheet, fight.plan
    if fight.is_given and plan.given is not None:
        return _Won(plan.favourite, GIVEN_BY[plan.given])
    if loser := sheet.over_the_limit():
        return _Won(3 - loser, Method.GAM_JEOMS)
    if sheet.gap_is_reached():
        return _Won(sheet.leader(), Method.GAP)
    chong, hong = sheet.score()
    if chong != hong:
        return _Won(1 if chong > hong else 2, Method.POINTS)
    if fight.rules.format is Format.SUMMED:
        return _Won(0, None)
    return _by_superiority(fight)


def _by_superiority(fight: Fight) -> _Won:
    """What the rules go through; the officials decide where they name nothing else."""
    winner, criterion = fight.sheet.superior(unused=(TieBreak.OFFICIALS,))
    if winner:
        return _Won(winner, Method.SUPERIORITY, criterion)
    return _Won(fight.random.choice((1, 2)), Method.OFFICIALS, TieBreak.OFFICIALS)


def _match_result(fight: Fight, won: _Won) -> Result | None:
    sheet, rules = fight.sheet, fight.rules
    if fight.is_given:
        return Result(won.winner, fight.plan.given)
    if rules.format is Format.BEST_OF_THREE:
        if max(sheet.rounds_won()) < rules.rounds_to_win:
            return None
        return Result(won.winner, Decision.PUN if won.method is Method.GAM_JEOMS else Decision.PTF)
    if won.method is Method.GAM_JEOMS:
        return Result(won.winner, Decision.PUN)
    if won.method is Method.GAP:
        return Result(won.winner, Decision.PTG)
    if sheet.number < rules.rounds:
        return None
    if leader := sheet.leader():
        return Result(leader, Decision.GDP if sheet.is_golden else Decision.PTF)
    if rules.golden_points is not None and not sheet.is_golden:
        return None
    decided = _by_superiority(fight)
    return Result(decided.winner, Decision.SUP, decided.tie_break)
