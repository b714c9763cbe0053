"""What follows from a fact of the journal: how the ring is read, what a person decided, a hole; pss-parser."""

from collections.abc import Callable
from typing import Any, Final

from services.pss_parser import edits, findings
from services.pss_parser.state import RingState
from shared.messages.facts import Fact, InterpretationChosen, ReplayEnded
from shared.messages.match import AnyMatchEvent
from shared.messages.wire import Entry, ParsedEntry


def parse(state: RingState, entry: Entry) -> ParsedEntry:
    """What follows from the entry's fact, at the moment of the match that the fact names, else of the loaded one."""
    fact = entry.fact
    assert fact is not None  # noqa: S101  # narrows the type: whoever calls this looked
    events: list[AnyMatchEvent] = []
    state.events = events
    handle = HANDLERS.get(type(fact))
    if handle is not None:
        handle(state, fact)
        state.tell_stage()
    finding = findings.from_fact(fact)
    if finding is not None:
        events.append(finding)
    bout = state.bout
    match_id: str | None = getattr(fact, "match_id", bout.match_id)
    if match_id != bout.match_id or bout.match_id is None:
        return ParsedEntry(entry, [], events, match_id)
    return ParsedEntry(entry, [], events, match_id, bout.round, bout.clock_ms, bout.score)


def _interpretation_chosen(state: RingState, fact: InterpretationChosen) -> None:
    """How the ring is read and judged from now on. Nothing that came before is judged anew: a result keeps the rule set
    by which it was assessed last, and what still comes of a match that runs is judged by the new one.
    """
    # Said at each session's begin: the same again changes nothing.
    if fact.interpretation != state.memory.interpretation:
        state.memory.interpretation = fact.interpretation


def _replay_ended(state: RingState, _fact: ReplayEnded) -> None:
    findings.end_replay(state.memory)


HANDLERS: Final[dict[type[Fact], Callable[[RingState, Any], None]]] = {
    InterpretationChosen: _interpretation_chosen,
    ReplayEnded: _replay_ended,
    **edits.HANDLERS,
}
