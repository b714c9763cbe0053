"""Video reviews: `ch`, from the request to the outcome; pss-parser.

A review is one object. Whatever is lost, late or said twice, it stays one; `-1` often follows its answer within
milliseconds, so that an outcome may come after the end. Both coaches may ask: each review has its own answer and end.
"""

from typing import Final

import msgspec

from services.pss_parser.state import SOON_US, RingState
from services.pss_parser.story import MOST_TOLD
from shared.messages.episodes import Challenge, ChallengeStatus
from shared.messages.match import ChallengeChanged
from shared.messages.pss import ChallengeSignalled

_LATE_US: Final = 10_000_000
_ACCEPTED: Final = 1
_CLOSED: Final = -1


def signalled(state: RingState, reading: ChallengeSignalled) -> None:
    """`ch`: asked for, answered, decided or closed."""
    if reading.faults:
        return
    if reading.accepted is None:
        _asked(state, reading.athlete)
    elif reading.accepted == _CLOSED:
        _closed(state, reading.athlete)
    else:
        _answered(state, reading.athlete, _status(reading))
    state.show_stage()


def end(state: RingState, why: str) -> None:
    """The reviews that go on, if any do, are over: `why` as in `Challenge.end`."""
    reviews = [review for review in state.memory.story.challenges if review.is_open]
    for review in reviews:
        _end(state, review, why)
    if reviews:
        state.show_stage()


def _status(reading: ChallengeSignalled) -> ChallengeStatus:
    if reading.accepted != _ACCEPTED:
        return ChallengeStatus.REJECTED
    if reading.won is None:
        return ChallengeStatus.ACCEPTED
    return ChallengeStatus.WON if reading.won else ChallengeStatus.LOST


def _asked(state: RingState, athlete: int) -> None:
    last = _last(state, athlete)
    if last is not None:
        is_waiting = last.is_open and last.status is ChallengeStatus.REQUESTED
        if is_waiting or 0 <= state.now_us - last.requested_at_us <= SOON_US:
            return  # said twice, or overtaken by its answer
    _begin(state, athlete, ChallengeStatus.REQUESTED)


def _closed(state: RingState, athlete: int) -> None:
    review = _last(state, athlete)
    if review is None or not review.is_open:
        return
    is_undecided = review.status is ChallengeStatus.REQUESTED
    status = ChallengeStatus.CANCELLED if is_undecided else review.status
    _change(state, msgspec.structs.replace(review, status=status, ended_at_us=state.now_us, end="closed"))


def _answered(state: RingState, athlete: int, status: ChallengeStatus) -> None:
    review = _last(state, athlete)
    if review is None or not _may_be_answered(state, review):
        _begin(state, athlete, status)
        return
    is_step_back = status is ChallengeStatus.ACCEPTED and review.status in _AFTER_ACCEPTED
    if review.status is status or is_step_back:
        return
    ended_at_us, why = review.ended_at_us, review.end
    if status is ChallengeStatus.REJECTED and review.is_open:
        ended_at_us, why = state.now_us, "rejected"
    _change(
        state,
        msgspec.structs.replace(review, status=status, decided_at_us=state.now_us, ended_at_us=ended_at_us, end=why),
    )


def _may_be_answered(state: RingState, review: Challenge) -> bool:
    return review.ended_at_us is None or 0 <= state.now_us - review.ended_at_us <= _LATE_US


def _begin(state: RingState, athlete: int, status: ChallengeStatus) -> None:
    """A review whose first message this is, though the request may have been lost."""
    last = _last(state, athlete)
    if last is not None and last.is_open:
        _end(state, last, "next_challenge")
    if len(state.memory.story.challenges) >= MOST_TOLD:
        return
    now_us, bout = state.now_us, state.bout
    is_rejected = status is ChallengeStatus.REJECTED
    review = Challenge(
        number=len(state.memory.story.challenges) + 1,
        athlete=athlete,
        status=status,
        entry=state.entry,
        requested_at_us=now_us,
        round=bout.round,
        clock_ms=bout.clock_ms,
        decided_at_us=None if status is ChallengeStatus.REQUESTED else now_us,
        ended_at_us=now_us if is_rejected else None,
        end="rejected" if is_rejected else None,
    )
    _change(state, review)


def _last(state: RingState, athlete: int) -> Challenge | None:
    """That athlete's last review: nobody answers an earlier one."""
    own = [review for review in state.memory.story.challenges if review.athlete == athlete]
    return own[-1] if own else None


def _end(state: RingState, review: Challenge, why: str) -> None:
    _change(state, msgspec.structs.replace(review, ended_at_us=state.now_us, end=why))


def _change(state: RingState, review: Challenge) -> None:
    story = state.memory.story
    at = review.number - 1
    challenges = (*story.challenges[:at], review, *story.challenges[at + 1 :])
    state.memory.story = msgspec.structs.replace(story, challenges=challenges)
    state.events.append(ChallengeChanged(challenge=review))


_AFTER_ACCEPTED: Final = (ChallengeStatus.WON, ChallengeStatus.LOST)
