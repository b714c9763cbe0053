"""A ring's match as it stands, in lines for a person; used by `restrike match show`."""

from itertools import zip_longest
from typing import Final

from services.cli import output
from services.cli.event_words import changed, verdict
from shared.messages.match import Athlete, MatchState
from shared.messages.results import Standing

SIDES: Final = {0: "tie", 1: "chong", 2: "hong"}


def described(state: MatchState) -> str:
    """One ring's match, in lines."""
    if state.match_id is None:
        return f"{state.ring}: no match is loaded."
    head = [f"match {state.match_number or '?'}", state.phase, state.weight_class, state.division]
    lines = [f"{state.ring}: {', '.join(word for word in head if word)}", f"  {_standing(state)}"]
    columns = ("", "athlete", "NOC", "score", "gam-jeoms", "rounds", "won")
    fought = _fought(state)
    rows = [_side("chong", state.chong, fought=fought), _side("hong", state.hong, fought=fought)]
    lines += [f"  {text}" for text in output.table(columns, rows).splitlines()]
    lines += [f"  {line}" for line in _judged(state)]
    lines = [output.one_line(line) for line in lines]
    return "\n".join(lines)


def _standing(state: MatchState) -> str:
    words = [state.stage.value.replace("_", " ") if state.stage else "loaded"]
    words.append(f"round {state.round or '?'}/{state.total_rounds or '?'}")
    words.append(f"clock {output.clock(state.clock_ms)}{' running' if state.clock_running else ''}")
    if state.break_ms is not None:
        words.append(f"break {output.clock(state.break_ms)}")
    if state.injury_ms is not None:
        words.append(f"injury {output.clock(state.injury_ms)} {SIDES.get(state.injury_athlete or -1, '')}".rstrip())
    if state.superiority is not None:
        words.append(f"superiority {SIDES.get(state.superiority, '?')}")
    return ", ".join(words)


def _fought(state: MatchState) -> int:
    """How many rounds were begun; the scoring system sends a score for each round there may be."""
    scored = zip_longest(state.chong.round_scores, state.hong.round_scores, fillvalue=0)
    with_score = (number for number, pair in enumerate(scored, 1) if any(pair))
    return max((*with_score, *(one.round for one in state.rounds)), default=0)


def _side(name: str, athlete: Athlete, *, fought: int) -> tuple[object, ...]:
    rounds = " ".join(str(score) for score in athlete.round_scores[:fought])
    who = athlete.long_name or athlete.short_name
    return (name, who, athlete.noc, athlete.score, athlete.gam_jeoms, rounds, athlete.rounds_won)


def _declared(state: MatchState) -> str | None:
    if state.winner is None and state.decision is None:
        return None
    words = [f"declared winner: {SIDES.get(state.winner, '?') if state.winner is not None else '?'}"]
    if state.winner_name:
        words.append(state.winner_name)
    if state.rounds_chong is not None and state.rounds_hong is not None:
        words.append(f"{state.rounds_chong}-{state.rounds_hong}")
    return " ".join([*words, state.decision or ""]).rstrip()


def _judged(state: MatchState) -> list[str]:
    """Results beside what was declared, what is going on besides, what people changed, and how the ring is read."""
    lines = [declared] if (declared := _declared(state)) is not None else []
    lines += [f"round {one.round}: {verdict(one)}" for one in state.rounds if one.standing is not Standing.OPEN]
    if state.result is not None:
        lines.append(f"result: {verdict(state.result)}")
    lines += [
        f"review {one.number} of {'the referee' if one.athlete == 0 else SIDES.get(one.athlete, '?')}: {one.status}"
        for one in state.challenges
        if one.is_open
    ]
    lines += [
        f"{one.kind.replace('_', ' ')} {one.number}: {SIDES[one.athlete] if one.athlete else 'not said whose'}"
        for one in state.injuries
        if one.is_open
    ]
    lines += [
        f"edited by {edit.author}: {changed(edit.changes)} ({edit.reason}) [{edit.edit_id}]" for edit in state.edits
    ]
    judged_by = state.result.rule_set if state.result is not None else None  # the ring may have other rules since
    rules = f"rules {judged_by or state.rule_set or '?'}"
    lines.append(f"{rules}, dialect {state.dialect.value.upper() if state.dialect else 'not known yet'}")
    return lines
