"""A match's results: what was declared beside what follows from the rules, and what a person edited; pss-parser.

Pure: tallies, rules and edits in, results out.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.pss_parser import figures, rules
from services.pss_parser.figures import Figures
from services.pss_parser.rules import Derived, Facts
from services.pss_parser.tallies import Declared, RoundTally, Tallies
from shared.messages.edits import Changes
from shared.messages.match import MatchEdited
from shared.messages.results import Method, Result, RoundResult, Standing
from shared.messages.rules import Format, RuleSet

RULED: Final = frozenset(("PTF", "PTG", "GDP", "SUP", "PUN"))
"""Decisions that follow from what was fought."""
GIVEN: Final = frozenset(("WDR", "DSQ", "DQB", "RSC"))
"""Decisions by which a match is given away in a round."""
KNOWN: Final = RULED | GIVEN | frozenset(("PTS", "IRM", "CSC", "BKO", "HKO"))


class Case(NamedTuple):
    """One match to be judged; the rules with its own number of rounds where these are summed."""

    tallies: Tallies
    rules: RuleSet
    edits: Changes


class Judged(NamedTuple):
    """A round's result, with what it follows from."""

    tally: RoundTally
    figures: Figures
    facts: Facts
    derived: Derived | None
    result: RoundResult


def merged(edits: Sequence[MatchEdited], match_id: str | None) -> Changes:
    """The edits of that match laid over each other: later ones win."""
    winner: int | None = None
    decision: str | None = None
    winners: list[int | None] = []
    for edit in edits:
        if edit.match_id != match_id:
            continue
        changes = edit.changes
        winner = winner if changes.winner is None else changes.winner
        decision = changes.decision or decision
        for at, value in enumerate(changes.round_winners):
            winners += [None] * (at + 1 - len(winners))
            winners[at] = winners[at] if value is None else value
    return Changes(winner=winner, decision=decision, round_winners=tuple(winners))


def judge_rounds(case: Case) -> list[Judged]:
    """The rounds that were begun, in order."""
    found: list[Judged] = []
    begun = [tally for tally in case.tallies.tallied if tally.is_begun or is_settled(tally)]
    heard = {tally.number for tally in begun}
    edited = [number for number, winner in enumerate(case.edits.round_winners, 1) if winner is not None]
    begun += [RoundTally(number=number, is_whole=False) for number in edited if number not in heard]
    begun.sort(key=lambda tally: tally.number)
    for tally in begun:
        found.append(_judge_round(case, tally, [one.facts for one in found], is_last=tally is begun[-1]))
    return found


def judge_match(case: Case, rounds: Sequence[Judged]) -> Result | None:
    """The match's result; None while it goes on and nobody edited one."""
    tallies, said, edits = case.tallies, case.tallies.declared, case.edits
    is_edited = edits.winner is not None or edits.decision is not None
    if not (is_edited or is_decided(tallies) or (tallies.is_gone and rounds)):
        return None
    derived = None if said.decision in GIVEN else rules.derive_match(case.rules, [one.facts for one in rounds])
    declared = declared_winner(case)
    winner = declared if edits.winner is None else edits.winner
    doubts = list(_doubts(case, declared))
    if winner is None and not is_decided(tallies) and derived is not None and derived.method is Method.ROUNDS:
        winner = derived.winner
    return Result(
        match_id=tallies.match_id or "",
        standing=Standing.EDITED if is_edited else _standing(winner, derived, case),
        winner=winner,
        decision=edits.decision or said.decision,
        declared_winner=said.winner,
        declared_decision=said.decision,
        declared_name=said.name,
        declared_rounds=said.rounds,
        derived_winner=derived.winner if derived else None,
        method=derived.method if derived else None,
        rounds_won=rounds_won(rounds),
        rule_set=case.rules.name,
        doubts=tuple(doubts),
    )


def is_decided(tallies: Tallies) -> bool:
    """Whether any half of a result was declared."""
    return tallies.declared.has_winner or tallies.declared.has_decision


def rounds_won(rounds: Sequence[Judged]) -> tuple[int, int]:
    """How many rounds each has won, those given away included and a golden round not."""
    won = [one.result.winner for one in rounds if not one.result.is_golden]
    return won.count(1), won.count(2)


def declared_winner(case: Case) -> int | None:
    """Who the sender says won: by `win`, by the name or the rounds of `wmh`; None where these contradict each other."""
    said = case.tallies.declared
    named = named_winner(said)
    if said.winner is not None:
        return None if named is not None and named != said.winner else said.winner
    if named is not None:
        return named
    if said.rounds is None or said.decision not in RULED or case.rules.format is not Format.BEST_OF_THREE:
        return None
    most = rules.more(*said.rounds)
    return most if most and max(said.rounds) >= case.rules.rounds_to_win else None


def named_winner(said: Declared) -> int | None:
    """Whose name `wmh` tells; None: nobody's, or that of both."""
    named = named_athletes(said)
    return named[0] if len(named) == 1 else None


def named_athletes(said: Declared) -> tuple[int, ...]:
    """Whom the name of `wmh` may mean. Where nobody is called just that, it or theirs may have been cut."""
    name = (said.name or "").casefold()
    for is_meant in (_is_same, _is_cut):
        found = [
            athlete
            for athlete, names in enumerate(said.names, 1)
            if any(is_meant(name, known.casefold()) for known in names)
        ]
        if found:
            return tuple(found)
    return ()


def _is_same(said: str, known: str) -> bool:
    return said == known


def _is_cut(said: str, known: str) -> bool:
    return (len(said) > 1 and known.startswith(said)) or (len(known) > 1 and said.startswith(known))


def _doubts(case: Case, declared: int | None) -> Sequence[str]:
    said, tallies = case.tallies.declared, case.tallies
    doubts = []
    if said.has_winner != said.has_decision or (tallies.is_gone and not is_decided(tallies)):
        doubts.append("result_incomplete")
    if said.has_decision and said.decision not in KNOWN:
        doubts.append("decision_unknown")
    if said.winner is not None and declared is None:
        doubts.append("winner_name_contradicts_winner")
    return doubts


def _standing(winner: int | None, derived: Derived | None, case: Case) -> Standing:
    if winner is None:
        return Standing.UNDETERMINED
    if derived is None or not is_decided(case.tallies):
        return Standing.DECLARED
    if winner == derived.winner:
        return Standing.AGREED
    return Standing.CONTRADICTED if derived.is_sure and is_ruled(case) else Standing.DECLARED


def is_ruled(case: Case) -> bool:
    """Whether the result must follow from the rounds. Without a decision, and none to come, only rounds that are won
    one by one tell.
    """
    decision = case.tallies.declared.decision
    if decision is None:
        return case.tallies.is_closed and case.rules.format is Format.BEST_OF_THREE
    return decision in RULED


def _judge_round(case: Case, tally: RoundTally, before: Sequence[Facts], *, is_last: bool) -> Judged:
    said = case.tallies.declared
    settled = figures.settle(tally, case.rules)
    golden = rules.is_golden(case.rules, tally.number)
    declared = tally.declared
    if declared is None and is_last and not golden:
        declared = _left_by_count(case, before)
    edited = _edited(case.edits, tally.number)
    winner = declared if edited is None else edited
    if golden and winner is None:
        winner = _golden_winner(case, settled.facts(tally, winner=None, is_golden=True), before)
    facts = settled.facts(tally, winner=winner, is_golden=golden)
    is_given = is_last and said.decision in GIVEN
    derived = rules.derive_round(case.rules, facts, before) if is_settled(tally) and not is_given else None
    result = RoundResult(
        round=tally.number,
        standing=Standing.EDITED if edited is not None else _round_standing(tally, settled, winner, derived),
        score=settled.score,
        gam_jeoms=settled.gam_jeoms,
        chong=settled.counts(1),
        hong=settled.counts(2),
        winner=winner,
        declared_winner=declared,
        derived_winner=derived.winner if derived else None,
        method=derived.method if derived else None,
        fought_ms=tally.fought_ms,
        is_golden=golden,
        doubts=_round_doubts(tally, settled, winner),
    )
    return Judged(tally, settled, facts, derived, result)


def is_settled(tally: RoundTally) -> bool:
    """Whether it is over, so that a winner follows."""
    return tally.is_over or tally.declared is not None


def _golden_winner(case: Case, facts: Facts, before: Sequence[Facts]) -> int | None:
    """`wrd` has no place for a golden round: the match's result says who won it."""
    decision = case.tallies.declared.decision
    if decision is not None and decision != "PUN":
        return {"GDP": declared_winner(case), "SUP": 0}.get(decision)
    derived = rules.derive_round(case.rules, facts, before)
    return derived.winner if derived and derived.winner in (0, declared_winner(case)) else None


def _left_by_count(case: Case, before: Sequence[Facts]) -> int | None:
    """Who won the last round, by what the rounds of `wmh` leave for it when `wrd` was lost."""
    said = case.tallies.declared
    if said.rounds is None or said.decision not in RULED or any(facts.winner is None for facts in before):
        return None
    won = [facts.winner for facts in before]
    left = said.rounds[0] - won.count(1), said.rounds[1] - won.count(2)
    winners = {(1, 0): 1, (0, 1): 2, (0, 0): 0 if case.rules.format is Format.SUMMED else None}
    return winners.get(left)


def _edited(edits: Changes, number: int) -> int | None:
    return edits.round_winners[number - 1] if number <= len(edits.round_winners) else None


def _round_standing(tally: RoundTally, settled: Figures, winner: int | None, derived: Derived | None) -> Standing:
    if not is_settled(tally):
        return Standing.OPEN
    if winner is None or settled.score is None:
        return Standing.UNDETERMINED
    if derived is None:
        return Standing.DECLARED
    if derived.winner == winner:
        return Standing.AGREED
    return Standing.CONTRADICTED if derived.is_sure else Standing.DECLARED


def _round_doubts(tally: RoundTally, settled: Figures, winner: int | None) -> tuple[str, ...]:
    doubts = list(tally.doubts)
    if is_settled(tally) and missing(settled, winner):
        doubts.append("round_undetermined")
    if settled.disagreeing:
        doubts.append("statistics_disagree")
    return tuple(dict.fromkeys(doubts))


def missing(settled: Figures, winner: int | None) -> list[str]:
    """What is not known of a round that is over."""
    parts = (
        ("winner", winner is None),
        ("score", settled.score is None),
        ("gam_jeoms", settled.gam_jeoms is None),
        ("techniques", None in settled.techniques),
    )
    return [name for name, is_missing in parts if is_missing]


def is_ruled_for_sure(case: Case) -> bool:
    """Whether the match was declared by a decision that follows from what was fought, so that its last round was not
    given away.
    """
    return case.tallies.declared.decision in RULED
