"""Where in a recording something is that happened on the mat; obs-bridge."""

from typing import Final

from services.obs_bridge.recording.take import Take
from services.obs_bridge.recording.timeline import offset_ms
from shared.automation.happenings import Happened
from shared.messages.automation import Happening
from shared.messages.recordings import VideoEvent

NOT_PLACED: Final = frozenset(
    {
        Happening.CLOCK,  # each second
        Happening.SCORE_CHANGED,  # the point itself is placed
        Happening.MATCH_READY,
        Happening.RECORDING_STARTED,
        Happening.RECORDING_ENDED,
        Happening.CLIP_READY,
        Happening.OBS_CONNECTED,
    }
)
MOST_HELD: Final = 1_000
"""Happenings between the request to record and OBS's word that it does: a second's worth."""


class Placing:
    """The events of the recording under way that are not stored yet."""

    def __init__(self) -> None:
        self._held: list[Happened] = []
        self._placed: list[VideoEvent] = []

    def take(self, happened: Happened, take: Take | None, *, delay_ms: int) -> None:
        """Place what happened, now or as soon as it is known when the recording began."""
        if take is None or happened.what in NOT_PLACED or happened.ring != take.ring or not take.is_under_way:
            return
        if take.started_at_us is None:
            self._held = [*self._held[-MOST_HELD:], happened]
        else:
            self._place(happened, take.started_at_us, take, delay_ms)

    def started(self, take: Take, *, delay_ms: int) -> None:
        """It is known when the recording began."""
        held, self._held = self._held, []
        for happened in held:
            self.take(happened, take, delay_ms=delay_ms)

    def forget(self) -> None:
        """It did not begin."""
        self._held = []

    def stored(self) -> list[VideoEvent]:
        """What was placed since the last call."""
        placed, self._placed = self._placed, []
        return placed

    def _place(self, happened: Happened, started_at_us: int, take: Take, delay_ms: int) -> None:
        if happened.at_us + delay_ms * 1000 < started_at_us:
            return  # before the first picture
        offset = offset_ms(happened.at_us, started_at_us=started_at_us, pauses=take.pauses, delay_ms=delay_ms)
        view, review = happened.view, happened.challenge
        self._placed.append(
            VideoEvent(
                kind=happened.what.value,
                label=happened.label,
                offset_ms=offset,
                at_us=happened.at_us,
                session=happened.session,
                entry=happened.entry,
                index=happened.index,
                match_id=view.match_id,
                athlete=review.athlete if review is not None else happened.athlete,
                round=view.round,
                clock_ms=view.clock_ms,
                score=view.score,
            )
        )
