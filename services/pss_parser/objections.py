"""What does not add up in a match's rounds and result, as findings; pss-parser. Pure."""

from collections.abc import Sequence
from typing import Final

from services.pss_parser import results, rules
from services.pss_parser.ledger import NAMES, told
from services.pss_parser.results import Case, Judged
from shared.messages.match import Finding, Severity
from shared.messages.results import Method, Result
from shared.messages.rules import Format, RuleSet

_BY: Final = {
    Method.POINTS: "by points",
    Method.POINT_GAP: "by the point gap",
    Method.GAM_JEOMS: "by the opponent's gam-jeoms",
    Method.SUPERIORITY: "by superiority",
    Method.GOLDEN_POINT: "in the golden round",
    Method.ROUNDS: "by rounds",
    Method.OFFICIALS: "by the officials",
}
_WHO: Final = ("nobody", *NAMES)


def of_round(case: Case, judged: Judged, *, is_last: bool) -> list[Finding]:
    """The findings of a round that is over and will not be heard of again; `is_last`: the match ended with it."""
    tally, result = judged.tally, judged.result
    if not results.is_settled(tally):
        return []
    found = []
    missing = results.missing(judged.figures, result.winner)
    if missing:
        found.append(
            told(
                Severity.WARNING,
                "round_undetermined",
                f"Of round {tally.number}, {', '.join(missing)} cannot be known from what arrived.",
                round=tally.number,
                missing=missing,
                doubts=list(tally.doubts),
            )
        )
    found += [_statistics(judged, athlete) for athlete in judged.figures.disagreeing]
    if is_last and not results.is_ruled_for_sure(case):
        return found
    return [*found, *_of_winner(case, judged)]


def of_match(case: Case, rounds: Sequence[Judged], result: Result) -> list[Finding]:
    """The findings of a match whose result is complete, or will not become so."""
    return [*_of_names(case), *_of_halves(case), *_of_rounds(case, rounds, result)]


def _statistics(judged: Judged, athlete: int) -> Finding:
    side = judged.tally.sides[athlete - 1]
    return told(
        Severity.WARNING,
        "statistics_disagree",
        f"The statistics of round {judged.tally.number} are others than what {NAMES[athlete - 1]} was seen to score.",
        round=judged.tally.number,
        athlete=athlete,
        counted=list(side.techniques),
        reported=side.reported,
    )


def _of_winner(case: Case, judged: Judged) -> list[Finding]:
    tally, result, derived = judged.tally, judged.result, judged.derived
    if derived is None or not derived.is_sure:
        return []
    declared, number = result.declared_winner, tally.number
    evidence = {
        "round": number,
        "declared": declared,
        "derived": derived.winner,
        "method": derived.method,
        "criterion": derived.criterion,
        "score": result.score,
        "gam_jeoms": result.gam_jeoms,
        "superiority": tally.superiority,
    }
    is_other = declared is not None and declared != derived.winner
    if derived.criterion is None:
        if not is_other:
            return []
        said = f"Round {number} was declared for {_WHO[declared or 0]}, and {_WHO[derived.winner]} won it"
        how = f"{_BY[derived.method]} ({case.rules.name})"
        return [told(Severity.WARNING, "round_winner_contradicts_score", f"{said} {how}.", **evidence)]
    is_bo3 = case.rules.format is Format.BEST_OF_THREE
    if is_other or (is_bo3 and tally.superiority and tally.superiority != derived.winner):
        said = f"Round {number} ended equal; by {derived.criterion} {_WHO[derived.winner]} is superior"
        return [told(Severity.WARNING, "superiority_disagrees", f"{said}, not who was said to be.", **evidence)]
    return []


def _of_names(case: Case) -> list[Finding]:
    said = case.tallies.declared
    athletes = results.named_athletes(said)
    if said.name is None:
        return []
    if not athletes:
        if not all(said.names):
            return []
        text = f'The result names "{said.name}", who is neither of the athletes.'
        return [told(Severity.WARNING, "winner_name_unknown", text, name=said.name, athletes=said.names)]
    if len(athletes) == 1 and said.winner is not None and said.winner != athletes[0]:
        text = f"The result was declared for {_WHO[said.winner]}, and names {NAMES[athletes[0] - 1]}."
        return [told(Severity.ERROR, "winner_name_contradicts_winner", text, winner=said.winner, name=said.name)]
    return []


def _of_halves(case: Case) -> list[Finding]:
    said = case.tallies.declared
    if said.has_winner != said.has_decision:
        missing = "wmh" if said.has_winner else "win"
        text = f"Half of the result did not arrive: {missing}."
        return [told(Severity.INFORMATION, "result_incomplete", text, missing=missing)]
    if said.has_decision and said.decision not in results.KNOWN:
        text = (
            f'The decision "{said.decision}" is none that is known.'
            if said.decision
            else "The decision was cut off or left out."
        )
        return [told(Severity.INFORMATION, "decision_unknown", text, decision=said.decision)]
    return []


def _of_rounds(case: Case, rounds: Sequence[Judged], result: Result) -> list[Finding]:
    said = case.tallies.declared
    declared = results.declared_winner(case)
    winners = [one.result.winner for one in rounds if not one.result.is_golden]
    evidence = {
        "winner": declared,
        "decision": said.decision,
        "declared_rounds": said.rounds,
        "round_winners": winners,
        "rounds_won": result.rounds_won,
        "derived": result.derived_winner,
        "scores": [one.result.score for one in rounds],
        "rule_set": case.rules.name,
    }
    derived = rules.derive_match(case.rules, [one.facts for one in rounds])
    if said.decision in results.GIVEN:
        if said.rounds is not None and winners and said.rounds == _without_last(winners) != result.rounds_won:
            text = f"The rounds {_pair(said.rounds)} leave out round {len(winners)}, given by {said.decision}."
            return [told(Severity.INFORMATION, "rounds_leave_out_given", text, **evidence)]
        return []
    is_other = derived is not None and derived.is_sure and declared is not None and declared != derived.winner
    if derived is not None and is_other and results.is_ruled(case):
        text = (
            f"{_rule(case.rules, derived.method)}. {_what(result, rounds, case)} make {_WHO[derived.winner]} the winner"
        )
        text += f"; {_WHO[declared or 0]} was declared."
        return [told(Severity.ERROR, "winner_contradicts_rounds", text, **evidence)]
    if said.rounds is None or said.decision not in results.RULED or None in winners:
        return []
    if said.rounds != result.rounds_won:
        text = f"The result tells rounds {_pair(said.rounds)}, and {_pair(result.rounds_won)} were declared one by one."
        return [told(Severity.ERROR, "rounds_contradict_winners", text, **evidence)]
    return []


def _without_last(winners: Sequence[int | None]) -> tuple[int, int]:
    return winners[:-1].count(1), winners[:-1].count(2)


def _pair(pair: tuple[int, int]) -> str:
    return f"{pair[0]}-{pair[1]}"


def _rule(rule_set: RuleSet, method: Method) -> str:
    if rule_set.format is Format.BEST_OF_THREE:
        return f"Best of three ({rule_set.name}): {rule_set.rounds_to_win} rounds win the match"
    return f"Summed rounds ({rule_set.name}): the match is won {_BY[method]}"


def _what(result: Result, rounds: Sequence[Judged], case: Case) -> str:
    if case.rules.format is Format.BEST_OF_THREE:
        return f"The rounds declared one by one, {_pair(result.rounds_won)},"
    return "The scores " + ", ".join(_pair(one.result.score) for one in rounds if one.result.score)
