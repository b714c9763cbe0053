"""What people decide about a ring's matches: edits, edits taken back, matches by hand and closed ones; pss-parser.

What was sent stays as it is: an edit lies beside it in the match's story. Of a match that left the ring only the event
is told, for those who store it.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from services.pss_parser import by_hand, challenges, identity, injuries, judging
from services.pss_parser.state import RingState
from services.pss_parser.story import MOST_EDITS, Story
from shared.messages.edits import Changes
from shared.messages.facts import CloseAsked, EditMade, EditTakenBack, Fact, MatchEntered
from shared.messages.match import EditUndone, Finding, MatchClosed, MatchEdited, Severity, Stage
from shared.messages.pss import MatchDescribed


def edit_made(state: RingState, fact: EditMade) -> None:
    """A person edited a match."""
    _edit(state, fact.match_id, author=fact.author, reason=fact.reason, changes=fact.changes)


def edit_taken_back(state: RingState, fact: EditTakenBack) -> None:
    """A person took an edit back; one that is not in force, or is another match's, is a finding."""
    stories = _stories(state)
    edited = next((match_id for match_id, story in stories.items() if _has(story, fact.edit_id)), None)
    if edited != fact.match_id and (edited is not None or fact.match_id in stories):
        state.events.append(
            Finding(
                rule="edit_unknown",
                severity=Severity.WARNING,
                explanation=f"{fact.author} took the edit {fact.edit_id} back, but it is not in force in that match.",
                evidence={"edit_id": fact.edit_id, "match_id": fact.match_id, "match_id_of_edit": edited},
            )
        )
        return
    state.events.append(
        EditUndone(edit_id=fact.edit_id, match_id=fact.match_id, author=fact.author, reason=fact.reason)
    )
    _change(
        state,
        fact.match_id,
        lambda story: msgspec.structs.replace(
            story, edits=tuple(edit for edit in story.edits if edit.edit_id != fact.edit_id)
        ),
    )


def match_entered(state: RingState, fact: MatchEntered) -> None:
    """A person entered a match; a result that comes with it is an edit."""
    changes = fact.changes
    match_id = identity.enter_by_hand(
        state,
        by_hand.athletes_of(changes),
        MatchDescribed(
            match_number=changes.match_number,
            phase=changes.phase,
            weight_class=changes.weight_class,
            division=changes.division,
            total_rounds=fact.total_rounds,
            round_ms=fact.round_ms,
        ),
    )
    judging.match_loaded(state)
    decided = Changes(round_winners=changes.round_winners, winner=changes.winner, decision=changes.decision)
    if decided != Changes():
        _edit(state, match_id, author=fact.author, reason=fact.reason, changes=decided)


def close_asked(state: RingState, fact: CloseAsked) -> None:
    """A person ended a match. If it is loaded, the ring has none; in any case its number is a new match from now on."""
    memory = state.memory
    is_loaded = state.bout.match_id == fact.match_id
    if is_loaded:
        challenges.end(state, "match_ended")
        injuries.end_all(state, "match_ended")
    state.events.append(MatchClosed(match_id=fact.match_id, author=fact.author, reason=fact.reason))
    memory.known = tuple(match for match in memory.known if match.match_id != fact.match_id)
    if is_loaded:
        identity.empty(state)
        memory.stage = Stage.CLOSED
        state.show_stage()


def _edit(state: RingState, match_id: str, *, author: str, reason: str, changes: Changes) -> None:
    story = _stories(state).get(match_id)
    if story is not None and len(story.edits) >= MOST_EDITS:
        state.events.append(
            Finding(
                rule="edit_refused",
                severity=Severity.WARNING,
                explanation=f"{author} edited a match that has {MOST_EDITS} edits in force; it changes nothing.",
                evidence={"match_id": match_id, "entry": state.entry},
            )
        )
        return
    edit = MatchEdited(
        edit_id=f"{state.ring}.{state.session[:8]}.{state.entry}",
        match_id=match_id,
        author=author,
        reason=reason,
        changes=changes,
    )
    state.events.append(edit)
    _change(state, match_id, lambda story: msgspec.structs.replace(story, edits=(*story.edits, edit)))


def _stories(state: RingState) -> dict[str, Story]:
    """The stories of the matches that the ring still knows, by match."""
    stories = {match.match_id: match.story for match in state.memory.known}
    if state.bout.match_id is not None:
        stories[state.bout.match_id] = state.memory.story
    return stories


def _has(story: Story, edit_id: str) -> bool:
    return any(edit.edit_id == edit_id for edit in story.edits)


def _change(state: RingState, match_id: str, change: Callable[[Story], Story]) -> None:
    memory = state.memory
    if match_id == state.bout.match_id:
        memory.story = change(memory.story)
        judging.reassess(state)
        return
    memory.known = tuple(
        msgspec.structs.replace(match, story=change(match.story)) if match.match_id == match_id else match
        for match in memory.known
    )


HANDLERS: Final[dict[type[Fact], Callable[[RingState, Any], None]]] = {
    EditMade: edit_made,
    EditTakenBack: edit_taken_back,
    MatchEntered: match_entered,
    CloseAsked: close_asked,
}
