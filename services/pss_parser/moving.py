"""Which match and which round is counted: tallies move on with loads, `rnd`, the clock and `wrd`; pss-parser."""

from typing import Final

import msgspec

from services.pss_parser import ledger
from services.pss_parser.rules import Facts, is_golden, over_by
from services.pss_parser.state import RingState
from services.pss_parser.tallies import RoundTally, Side, Tallies
from shared.messages.match import RoundEnded
from shared.messages.results import Method
from shared.messages.rules import Format

_RULES: Final = {Method.POINT_GAP: "gap_reached", Method.GAM_JEOMS: "gam_jeom_limit_reached"}
_replace = msgspec.structs.replace


def at_match(state: RingState) -> Tallies:
    """The tallies of the ring's match, which may have been away."""
    tallies, match_id = state.memory.tallies, state.bout.match_id
    if tallies.match_id != match_id:
        tallies = Tallies(match_id=match_id)
    elif tallies.is_gone:
        tallies = _replace(tallies, is_gone=False, is_closed=False)
    total_rounds = state.bout.total_rounds
    if total_rounds is None or total_rounds == tallies.total_rounds:
        return tallies
    return _replace(tallies, total_rounds=total_rounds)


def put_back(state: RingState, tallies: Tallies) -> None:
    """Keep the tallies of a match that is not in the ring."""
    memory = state.memory
    memory.known = tuple(
        _replace(known, tallies=tallies) if known.match_id == tallies.match_id else known for known in memory.known
    )


def running(state: RingState) -> RoundTally | None:
    """The tally of the round that is counted, begun if need be; None where there is no match."""
    if state.bout.match_id is None:
        return None
    tallies = at_match(state)
    if tallies.current is None:
        tallies = at_round(state, tallies, state.bout.round or 1)
    state.memory.tallies = tallies
    return tallies.running


def at_round(state: RingState, tallies: Tallies, number: int) -> Tallies:
    """Go on to that round: those before it are over. Joined in its midst, what it holds is not known to be all."""
    for tally in tallies.tallied:
        if tally.number < number and tally.is_begun and not tally.is_over:
            tallies = tallies.with_round(_replace(tally, is_over=True))
    if tallies.of(number) is None:
        bout = state.bout
        is_first = tallies.current is None
        score = bout.score if is_first else (0, 0)
        given = bout.gam_jeoms if is_first else (0, 0)
        is_whole = score == (0, 0) and given == (0, 0)
        sides = tuple(Side(level=score[at] if score else None, gam_jeoms=given[at] if given else None) for at in (0, 1))
        tallies = tallies.with_round(RoundTally(number=number, sides=(sides[0], sides[1]), is_whole=is_whole))
    return _replace(tallies, current=number, is_over=False)


def aligned(state: RingState, tallies: Tallies) -> Tallies:
    """A load said where the match stands."""
    bout = state.bout
    if bout.match_id is None:
        return tallies
    number = bout.round or tallies.current or 1
    if tallies.of(number) is None or tallies.current != number:
        tallies = at_round(state, tallies, number)
    tally = tallies.of(number)
    if tally is not None:
        now = ledger.Moment(state.entry, state.now_us, state.memory.interpretation.rule_set)
        chong, hong = (
            side if score is None else ledger.score_said(_replace(side, shown=score), score, now)
            for side, score in zip(tally.sides, tallies.loaded, strict=True)
        )
        tallies = tallies.with_round(_replace(tally, sides=(chong, hong)))
    return with_winners(_replace(tallies, loaded=(None, None)), bout.round_winners)


def round_started(state: RingState, tallies: Tallies) -> Tallies:
    """The clock of a round runs; it is the next one if the one before was declared and `rnd` was lost."""
    number = tallies.current
    if number is None or (tallies.current != state.bout.round and state.bout.round is not None):
        number = max(number or 1, state.bout.round or 1)
    tally = tallies.of(number)
    if tally is not None and tally.declared is not None and tally.is_over:
        number += 1
    if tallies.of(number) is None or tallies.current != number:
        tallies = at_round(state, tallies, number)
    tally = tallies.of(number)
    return tallies.with_round(_replace(tally, is_begun=True)) if tally is not None else tallies


def round_ended(tallies: Tallies, event: RoundEnded) -> Tallies:
    """The clock of the round was closed."""
    tally = tallies.running
    if tally is None or tally.is_over:
        return tallies
    tally = _replace(tally, is_over=True, is_begun=True, fought_ms=event.fought_ms)
    return _replace(tallies.with_round(tally), is_over=False)


def ended(state: RingState, tallies: Tallies) -> Tallies:
    """If the message that is handled ended the round, note it."""
    for event in state.events:
        if isinstance(event, RoundEnded):
            tallies = round_ended(tallies, event)
    return tallies


def declared(state: RingState, tallies: Tallies, winners: tuple[int | None, ...]) -> Tallies:
    """`wrd`. It comes when a round is over; where rounds are summed, nobody may have won it."""
    tallies = with_winners(tallies, winners)
    if state.memory.interpretation.rule_set.format is not Format.SUMMED:
        return tallies
    for number, winner in enumerate(winners, 1):
        tally = tallies.of(number)
        if winner == 0 and tally is not None and tally.is_over and tally.declared is None:
            tallies = tallies.with_round(_replace(tally, declared=0))
    return tallies


def limited(state: RingState, tallies: Tallies) -> Tallies:
    """Note when the gap or the gam-jeom limit is reached, or is not any more."""
    tally, rules = tallies.running, state.memory.interpretation.rule_set
    if tally is None or tally.is_over:
        return tallies
    is_summed = rules.format is Format.SUMMED
    counted = [one for one in tallies.tallied if one.number <= tally.number] if is_summed else [tally]
    facts = [_so_far(one) for one in counted]
    over = over_by(rules, facts) if all(one.is_known for one in facts) else None
    rule = _RULES[over.method] if over and not is_golden(rules, tally.number, state.bout.total_rounds) else None
    if rule == tally.over_by:
        return tallies
    from_ms = state.bout.clock_ms if rule else None
    tally = _replace(tally, over_by=rule, over_from_ms=from_ms)
    return _replace(tallies.with_round(tally), is_over=rule is not None)


def _so_far(tally: RoundTally) -> Facts:
    chong, hong = tally.sides
    is_known = chong.level is not None and hong.level is not None
    is_given = chong.gam_jeoms is not None and hong.gam_jeoms is not None
    return Facts(
        score=(chong.level or 0, hong.level or 0) if is_known else None,
        gam_jeoms=(chong.gam_jeoms or 0, hong.gam_jeoms or 0) if is_given else None,
    )


def with_winners(tallies: Tallies, winners: tuple[int | None, ...]) -> Tallies:
    """The declared winners of the rounds; a round that has one is over."""
    for number, winner in enumerate(winners, 1):
        tally = tallies.of(number)
        if winner and (tally is None or tally.declared != winner):
            tally = tally or RoundTally(number=number, is_whole=False)
            tallies = tallies.with_round(_replace(tally, declared=winner, is_over=True))
        elif winner == 0 and tally is not None and tally.declared:
            tallies = tallies.with_round(_replace(tally, declared=None))
    return tallies
