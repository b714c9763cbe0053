"""Which match a load belongs to; pss-parser.

A sender loads a match several times, with other matches between, and gives it no id of its own. A load belongs to the
ring's match without a result of the last 12 hours that has the same number, athletes and weight category; after a
result the same number is a new match. Where a load's `at1` or `mch` was lost, the other half decides alone.
"""

from typing import Final

import msgspec

from services.pss_parser import by_hand
from services.pss_parser.state import SOON_US, Bout, KnownMatch, RingState
from services.pss_parser.story import Story
from services.pss_parser.tallies import Tallies
from shared.messages.match import MatchLoaded, Stage
from shared.messages.pss import AthleteName, AthletesNamed, LoadBegan, LoadCompleted, MatchDescribed

_REMEMBERED_US: Final = 12 * 3600 * 1_000_000
_MOST_REMEMBERED: Final = 64  # what a flood of loads can cost; real days have fewer than 20


def load_announced(state: RingState, _reading: LoadBegan) -> None:
    """`pre`: another load, unless what follows it in a load has overtaken it or it is said twice."""
    if state.now_us - state.memory.named_at_us > SOON_US:
        load_began(state)


def load_began(state: RingState) -> None:
    """Whatever was loaded is unloaded; which match comes is not known yet."""
    memory, bout = state.memory, state.bout
    if bout.match_id is not None:
        memory.unloaded_match, memory.unloaded_winners = bout.match_id, bout.round_winners
        memory.unloaded_round = bout.round
        put_away(state)
    empty(state)
    memory.is_pending, memory.is_round_due = True, True
    memory.load_entry, memory.load_session, memory.load_at_us = state.entry, state.session, state.now_us
    memory.stage = Stage.LOADING
    state.show_stage()


def empty(state: RingState) -> None:
    """The ring has no match."""
    memory = state.memory
    state.bout = Bout(stage=state.bout.stage, stage_since_us=state.bout.stage_since_us)
    memory.is_pending = memory.is_round_due = False
    memory.athletes = memory.described = None
    memory.clock_stands = memory.clock_heard = memory.is_closed = memory.break_heard = False
    memory.story, memory.tallies = Story(), Tallies()


def put_away(state: RingState) -> None:
    """What happened in the loaded match is kept with it, if it may be loaded again."""
    memory, match_id = state.memory, state.bout.match_id
    memory.known = tuple(
        msgspec.structs.replace(match, story=memory.story, tallies=memory.tallies)
        if match.match_id == match_id
        else match
        for match in memory.known
    )


def athletes_named(state: RingState, reading: AthletesNamed) -> None:
    """`at1`: half of a match's identity; other athletes than those of the loaded match are a load of their own."""
    memory = state.memory
    memory.named_at_us = state.now_us
    if not memory.is_pending:
        known = memory.athletes
        if known is not None and not state.bout.is_decided and _names(known) == _names(reading):
            return
        if known is not None or memory.described is None or state.bout.is_decided:
            load_began(state)
    take_athletes(state, reading)
    settle_when_complete(state)


def match_described(state: RingState, reading: MatchDescribed) -> None:
    """`mch`: the other half; another number or weight category is a load of its own."""
    memory = state.memory
    memory.named_at_us = state.now_us
    if not memory.is_pending:
        known = memory.described
        is_same = known is not None and not state.bout.is_decided and key(known) == key(reading)
        if not is_same and (known is not None or memory.athletes is None or state.bout.is_decided):
            load_began(state)
        elif is_same and known == reading:
            return
    take_description(state, reading)
    settle_when_complete(state)


def take_athletes(state: RingState, reading: AthletesNamed) -> None:
    """The ring's athletes are these."""
    state.memory.athletes = reading
    state.bout.chong, state.bout.hong = reading.chong, reading.hong


def take_description(state: RingState, reading: MatchDescribed) -> None:
    """The ring's match is described so."""
    state.memory.described = reading
    bout = state.bout
    bout.match_number, bout.phase = reading.match_number, reading.phase
    bout.weight_class, bout.division = reading.weight_class, reading.division
    bout.total_rounds, bout.round_ms = reading.total_rounds, reading.round_ms


def load_completed(state: RingState, _reading: LoadCompleted) -> None:
    """`rdy`: the match is settled with what was heard."""
    settle(state)
    state.memory.named_at_us = 0
    state.enter(Stage.READY)


def settle(state: RingState) -> None:
    """Decide which match a pending load is; nothing to do if none is pending."""
    memory = state.memory
    if not memory.is_pending:
        return
    bout = state.bout
    bout.score = bout.score or (0, 0)
    bout.gam_jeoms = bout.gam_jeoms or (0, 0)
    identify(state)


def identify(state: RingState) -> None:
    """The pending load is of a match that is known, or of a new one."""
    memory, bout = state.memory, state.bout
    memory.is_pending = False
    known = _find(state)
    memory.is_reload = known is not None
    match_id = bout.match_id = known.match_id if known else _new_id(state)
    if known is not None:
        memory.story, memory.tallies = known.story, known.tallies
    if match_id == memory.unloaded_match:
        # So that only what the sender changed since is told as a change.
        bout.round_winners = bout.round_winners or memory.unloaded_winners
    if memory.stage in (None, Stage.LOADING):
        memory.stage = Stage.LOADED
    state.show_stage()
    _remember(state, match_id, known)
    announce(state, match_id)


def forget(state: RingState) -> None:
    """The match has a result: the same number is a new match from now on."""
    match_id = state.bout.match_id
    state.memory.known = tuple(match for match in state.memory.known if match.match_id != match_id)


def enter_by_hand(state: RingState, athletes: AthletesNamed, described: MatchDescribed) -> str:
    """A person says what the ring's match is: a new one. Its id."""
    load_began(state)
    take_athletes(state, athletes)
    take_description(state, described)
    memory, bout = state.memory, state.bout
    memory.is_pending = memory.is_reload = False
    bout.score = bout.gam_jeoms = (0, 0)
    match_id = bout.match_id = _new_id(state)
    memory.stage = Stage.LOADED
    state.show_stage()
    _remember(state, match_id, None, is_by_hand=True)
    announce(state, match_id, is_by_hand=True)
    return match_id


def settle_when_complete(state: RingState) -> None:
    """One half of a match's identity came: is it whole now, or was it settled without this half?"""
    memory = state.memory
    if memory.is_pending:
        if memory.athletes is not None and memory.described is not None:
            settle(state)
        return
    # The other half of a match that was settled without it, or a description that was corrected.
    match_id = state.bout.match_id
    if match_id is not None:
        known = next((match for match in memory.known if match.match_id == match_id), None)
        _remember(state, match_id, known)
        announce(state, match_id)


def _names(reading: AthletesNamed) -> tuple[AthleteName, AthleteName]:
    return reading.chong, reading.hong


def key(reading: MatchDescribed) -> tuple[str | None, str | None]:
    """What of a description says which match it is: number and weight category."""
    return reading.match_number, reading.weight_class


def _find(state: RingState) -> KnownMatch | None:
    """The newest known match that the load agrees with in all that both know, which must be something."""
    memory = state.memory
    athletes = _names(memory.athletes) if memory.athletes else None
    described = key(memory.described) if memory.described else None
    for match in reversed(memory.known):
        if state.now_us - match.loaded_at_us > _REMEMBERED_US:
            continue
        if match.by_hand:
            if by_hand.is_meant(match, memory.athletes, memory.described):
                return match
            continue
        halves = [
            (ours, theirs)
            for ours, theirs in ((athletes, match.athletes), (described, match.described))
            if ours is not None and theirs is not None
        ]
        if halves and all(ours == theirs for ours, theirs in halves):
            return match
    return None


def _new_id(state: RingState) -> str:
    memory = state.memory
    # Not the journal: one that was put back from a copy gives its entry numbers again, but in another session.
    match_id = f"{state.ring}.{memory.load_session[:8]}.{memory.load_entry}"
    is_second = memory.named_entry == memory.load_entry
    memory.named_entry = memory.load_entry
    return f"{match_id}-{state.index}" if is_second else match_id  # two loads in one datagram stay two


def _remember(state: RingState, match_id: str, known: KnownMatch | None, *, is_by_hand: bool = False) -> None:
    memory = state.memory
    athletes = _names(memory.athletes) if memory.athletes else None
    described = key(memory.described) if memory.described else None
    match = KnownMatch(
        match_id,
        described or (known.described if known else None),
        athletes or (known.athletes if known else None),
        state.now_us,
        by_hand=is_by_hand,
    )
    others = tuple(
        other
        for other in memory.known
        if other.match_id != match_id and state.now_us - other.loaded_at_us <= _REMEMBERED_US
    )
    memory.known = (*others, match)[-_MOST_REMEMBERED:]


def announce(state: RingState, match_id: str, *, is_by_hand: bool = False) -> None:
    """Tell what the ring's match is."""
    memory, bout = state.memory, state.bout
    described = memory.described or MatchDescribed()
    athletes = memory.athletes
    state.is_boundary = True
    state.events.append(
        MatchLoaded(
            match_id=match_id,
            load_entry=memory.load_entry,
            is_reload=memory.is_reload,
            match_number=bout.match_number,
            phase=bout.phase,
            weight_class=bout.weight_class,
            division=bout.division,
            total_rounds=bout.total_rounds,
            round_ms=bout.round_ms,
            countdown_type=described.countdown_type,
            chong=athletes.chong if athletes else None,
            hong=athletes.hong if athletes else None,
            colours=(
                described.chong_background,
                described.chong_foreground,
                described.hong_background,
                described.hong_foreground,
            ),
            athletes_partial=bool(athletes and athletes.faults),
            by_hand=is_by_hand,
        )
    )
