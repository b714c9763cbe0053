"""Says how the rounds and the match stand, whenever that is another than it was said last; pss-parser."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from services.pss_parser import ledger, objections, results
from services.pss_parser.results import Case, Judged
from services.pss_parser.state import RingState
from services.pss_parser.tallies import RoundTally, Tallies, with_doubt, with_side
from services.pss_parser.telling import tell_all
from shared.messages.match import Finding, ResultAssessed, RoundAssessed, Severity
from shared.messages.results import Standing
from shared.messages.rules import Format

HALF_US: Final = 5_000_000
"""How long one half of a result waits for the other."""
_replace = msgspec.structs.replace


def assess(state: RingState, tallies: Tallies, judged: Sequence[Judged] | None = None) -> Tallies:
    """`tallies` judged anew, with the events of what changed; `judged` are its rounds if that was done."""
    if tallies.match_id is None:
        return tallies
    case = _case(state, tallies)
    rounds = results.judge_rounds(case) if judged is None else judged
    known = {result.round: result for result in tallies.rounds}
    for one in rounds:
        is_told = results.is_settled(one.tally) or one.result.standing is Standing.EDITED
        if is_told and known.get(one.tally.number) != one.result:
            state.events.append(RoundAssessed(result=one.result))
    result = results.judge_match(case, rounds)
    if result is not None and result != tallies.result:
        state.events.append(ResultAssessed(result=result))
    told = tuple(one.result for one in rounds)
    if told == tallies.rounds and result == tallies.result:
        return tallies
    return _replace(tallies, rounds=told, result=result)


def close_rounds(state: RingState, tallies: Tallies, *, before: int) -> Tallies:
    """Tell what did not add up in the rounds before that one: nothing more comes of them. What is missing may still
    be said.
    """
    if all(tally.is_closed for tally in tallies.tallied if tally.number < before):
        return tallies
    case = _case(state, tallies)
    for one in results.judge_rounds(case):
        if one.tally.number < before and not results.missing(one.figures, one.result.winner):
            tallies = _close(state, tallies, case, one, is_last=False)
    return tallies


def _close(state: RingState, tallies: Tallies, case: Case, judged: Judged, *, is_last: bool) -> Tallies:
    if judged.tally.is_closed:
        return tallies
    tell_all(state, objections.of_round(case, judged, is_last=is_last))
    return tallies.with_round(_replace(judged.tally, is_closed=True))


def close_match(state: RingState, tallies: Tallies) -> Tallies:
    """The result is complete, or will not become so: tell what does not add up in it."""
    if tallies.match_id is None or tallies.is_closed:
        return tallies
    tallies = _replace(tallies, is_closed=True)
    case = _case(state, tallies)
    judged = results.judge_rounds(case)
    tallies = assess(state, tallies, judged)
    for one in judged:
        tallies = _close(state, tallies, case, one, is_last=one is judged[-1])
    if results.is_decided(tallies) and tallies.result is not None:
        tell_all(state, objections.of_match(case, judged, tallies.result))
    return tallies


def expire(state: RingState, tallies: Tallies, now_us: int) -> Tallies:
    """Tell what waited too long for its partner, as of `now_us`."""
    for tally in tallies.tallied:
        changed = tally
        for athlete in (1, 2):
            side, found = ledger.expired(changed.sides[athlete - 1], now_us, athlete=athlete)
            if found:
                changed = _doubted(with_side(changed, athlete, side), found)
                tell_all(state, found)
        if changed is not tally:
            tallies = tallies.with_round(changed)
    return tallies


def with_due(tallies: Tallies) -> Tallies:
    """The same, with the time when it must be looked at again."""
    tally = tallies.running
    due = [ledger.due_us(side) for side in tally.sides] if tally else []
    if tallies.decided_at_us and not tallies.is_closed:
        due.append(tallies.decided_at_us + HALF_US)
    due_us = min((one for one in due if one), default=0)
    return tallies if due_us == tallies.due_us else _replace(tallies, due_us=due_us)


def _doubted(tally: RoundTally, found: Iterable[Finding]) -> RoundTally:
    for finding in found:
        if finding.severity is not Severity.INFORMATION:
            tally = with_doubt(tally, finding.rule)
    return tally


def _case(state: RingState, tallies: Tallies) -> Case:
    memory, match_id = state.memory, tallies.match_id
    away = (known.story.edits for known in memory.known if known.match_id == match_id != state.bout.match_id)
    edits = next(away, memory.story.edits)
    rule_set = memory.interpretation.rule_set
    if tallies.total_rounds and rule_set.format is Format.SUMMED:
        rule_set = _replace(rule_set, rounds=tallies.total_rounds)
    return Case(tallies, rule_set, results.merged(edits, match_id))
