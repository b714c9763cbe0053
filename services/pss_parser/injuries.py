"""Injury times and para timeouts: `ij`, `to`, from their beginning to their end; pss-parser.

Each is one object: its clock ticks without a word, and its end, which senders often say twice, is told once.
"""

from typing import Final

import msgspec

from services.pss_parser.state import SOON_US, RingState
from services.pss_parser.story import MOST_TOLD
from shared.messages.episodes import Injury, InjuryKind
from shared.messages.match import InjuryChanged, Stage
from shared.messages.pss import InjuryAction, InjuryTicked, ParaTimeoutTicked

_LAST_TICKS_MS: Final = 2000
_replace: Final = msgspec.structs.replace
_ENDS: Final = (Stage.DECIDED, Stage.CLOSED)


def injury_ticked(state: RingState, reading: InjuryTicked) -> None:
    """`ij`: injury time is shown, goes on, is set back (which shows nothing by itself) or is hidden."""
    bout = state.bout
    _ticked(state, InjuryKind.INJURY, reading)
    injury = _open(state, InjuryKind.INJURY)
    if injury is None:
        state.end_injury()
    else:
        bout.injury_ms, bout.injury_athlete = injury.left_ms, injury.athlete
    if reading.action is not None or bout.stage is not Stage.INJURY:
        state.show_stage()


def timeout_ticked(state: RingState, reading: ParaTimeoutTicked) -> None:
    """`to`: the same for a para athlete's timeout."""
    _ticked(state, InjuryKind.PARA_TIMEOUT, reading)
    state.show_stage()


def end_all(state: RingState, why: str) -> None:
    """Those that go on, if any do, are over: `why` as in `Injury.end`."""
    for injury in state.memory.story.injuries:
        if injury.is_open:
            _end(state, injury, why)
    state.end_injury()


def _ticked(state: RingState, kind: InjuryKind, reading: InjuryTicked | ParaTimeoutTicked) -> None:
    injury = _open(state, kind)
    if reading.action is InjuryAction.HIDE:
        if injury is not None:
            _end(state, injury, _why_hidden(injury, reading.clock_ms))
    elif reading.clock_ms is None:
        return
    elif injury is not None:
        _goes_on(state, injury, reading)
    elif reading.action is not InjuryAction.RESET and not _is_late(state, kind, reading):
        _begin(state, kind, reading)


def _goes_on(state: RingState, injury: Injury, reading: InjuryTicked | ParaTimeoutTicked) -> None:
    athlete = reading.athlete
    if athlete in (0, injury.athlete):
        _put(state, _replace(injury, left_ms=reading.clock_ms))
    elif injury.athlete == 0:
        now = _replace(injury, athlete=athlete, left_ms=reading.clock_ms)
        _put(state, now)
        state.events.append(InjuryChanged(injury=now))
    else:
        _end(state, injury, "other_athlete")
        _begin(state, injury.kind, reading)


def _why_hidden(injury: Injury, said_ms: int | None) -> str:
    left_ms = injury.left_ms
    # A hidden clock may say 0:00 whatever it showed before; the last tick may be lost.
    is_near = left_ms is None or left_ms <= _LAST_TICKS_MS
    return "expired" if left_ms == 0 or (said_ms == 0 and is_near) else "hidden"


def _is_late(state: RingState, kind: InjuryKind, reading: InjuryTicked | ParaTimeoutTicked) -> bool:
    """Whether a tick was overtaken by the end of its time, or comes after the match's."""
    if state.memory.stage in _ENDS:
        return True
    ends = [injury.ended_at_us or 0 for injury in state.memory.story.injuries if injury.kind is kind]
    return reading.action is None and bool(ends) and 0 <= state.now_us - ends[-1] <= SOON_US


def _begin(state: RingState, kind: InjuryKind, reading: InjuryTicked | ParaTimeoutTicked) -> None:
    if len(state.memory.story.injuries) >= MOST_TOLD:
        return
    injury = Injury(
        number=len(state.memory.story.injuries) + 1,
        kind=kind,
        athlete=reading.athlete,
        entry=state.entry,
        began_at_us=state.now_us,
        round=state.bout.round,
        clock_ms=state.bout.clock_ms,
        left_ms=reading.clock_ms,
    )
    _put(state, injury)
    state.events.append(InjuryChanged(injury=injury))


def _end(state: RingState, injury: Injury, why: str) -> None:
    left_ms = 0 if why == "expired" else injury.left_ms
    over = _replace(injury, left_ms=left_ms, ended_at_us=state.now_us, end=why)
    _put(state, over)
    state.events.append(InjuryChanged(injury=over))


def _put(state: RingState, injury: Injury) -> None:
    story = state.memory.story
    at = injury.number - 1
    injuries = (*story.injuries[:at], injury, *story.injuries[at + 1 :])
    state.memory.story = _replace(story, injuries=injuries)


def _open(state: RingState, kind: InjuryKind) -> Injury | None:
    for injury in state.memory.story.injuries:
        if injury.ended_at_us is None and injury.kind is kind:
            return injury
    return None
