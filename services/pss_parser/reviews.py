"""Whether a video review was heard from its request to its end; pss-parser.

`chX;` asks, `chX;0|1…;` answers, `chX;-1;` ends it 12 ms later, or takes it back.
"""

from services.pss_parser.sight import DETOUR_US, Heard
from services.pss_parser.state import RingState
from services.pss_parser.telling import information, is_repeated, late
from shared.messages.pss import ChallengeSignalled

_ENDED = -1


def challenge_signalled(state: RingState, reading: ChallengeSignalled) -> None:
    """`ch`."""
    if is_repeated(state) or reading.faults:
        return
    athlete = reading.athlete
    review = state.memory.sight.past.reviews[athlete]
    if reading.accepted is None:
        _tell_unended(state, review)
        _keep(state, athlete, Heard(state.now_us, state.entry, ("request",), state.now_us))
        return
    part = "end" if reading.accepted == _ENDED else "answer"
    is_ended = review is not None and "end" in review.streams
    if review is not None and is_ended and part == "answer" and state.now_us - review.last_at_us < DETOUR_US:
        late(state, "ch", "ch;-1")
        return
    if review is None or is_ended:
        _tell(state, "request", entry=state.entry)
        review = Heard(state.now_us, state.entry, ("request",), state.now_us)
    _keep(state, athlete, review.also(part, now_us=state.now_us))


def round_goes_on(state: RingState) -> None:
    """The clock was started: no review is under way any more."""
    reviews = state.memory.sight.past.reviews
    if any(reviews):
        for review in reviews:
            _tell_unended(state, review)
        state.memory.sight = state.memory.sight.after(reviews=(None, None, None))


def _tell_unended(state: RingState, review: Heard | None) -> None:
    if review is not None and "answer" in review.streams and "end" not in review.streams:
        _tell(state, "end", entry=review.entry)


def _tell(state: RingState, missing: str, *, entry: int) -> None:
    information(
        state,
        "review_incomplete",
        f"A video review took place, and its {missing} did not arrive.",
        missing=[missing],
        entry=entry,
    )


def _keep(state: RingState, athlete: int, review: Heard) -> None:
    reviews = list(state.memory.sight.past.reviews)
    reviews[athlete] = review
    state.memory.sight = state.memory.sight.after(reviews=tuple(reviews))
