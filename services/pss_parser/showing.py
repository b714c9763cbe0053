"""A ring's match as it is published; pss-parser."""

from typing import Any, Final

from services.pss_parser.state import Bout, RingState, is_golden
from shared.messages.match import Athlete, MatchState, Stage

_APART: Final = frozenset({"stage", "chong", "hong"})
_OF_BOUT: Final = tuple(name for name in Bout.__struct_fields__ if name in MatchState.__struct_fields__)
"""What is published as it is kept."""


def match_state(state: RingState, *, changed_at_us: int) -> MatchState:
    """The match as it stands; scores that were not said yet are 0."""
    bout, memory = state.bout, state.memory
    story, tallies, interpretation = memory.story, memory.tallies, memory.interpretation
    kept: dict[str, Any] = {name: getattr(bout, name) for name in _OF_BOUT if name not in _APART}
    return MatchState(
        ring=state.ring,
        journal_id=state.journal_id,
        entry=state.entry,
        changed_at_us=changed_at_us,
        stage=bout.stage or Stage.NOT_LOADED,
        chong=_athlete(bout, 1),
        hong=_athlete(bout, 2),
        is_golden=is_golden(bout, interpretation),
        dialect=interpretation.dialect or memory.dialect,
        rule_set=interpretation.rule_set.name,
        challenges=story.challenges,
        injuries=story.injuries,
        edits=story.edits,
        rounds=tallies.rounds,
        result=tallies.result,
        **kept,
    )


def _athlete(bout: Bout, athlete: int) -> Athlete:
    name = bout.chong if athlete == 1 else bout.hong
    return Athlete(
        short_name=name.short_name,
        long_name=name.long_name,
        noc=name.noc,
        score=bout.score[athlete - 1] if bout.score else 0,
        gam_jeoms=bout.gam_jeoms[athlete - 1] if bout.gam_jeoms else 0,
        round_scores=bout.round_scores[athlete - 1],
        rounds_won=bout.round_winners.count(athlete),
    )
