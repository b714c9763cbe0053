"""One recording under way, as it is kept through a restart; obs-bridge."""

from typing import Final

from msgspec import Struct

from services.obs_bridge.recording.plans import Plan
from services.obs_bridge.recording.timeline import Pause, length_ms
from shared.messages.recordings import RecordingChanged, RecordingState

TOLERANCE_US: Final = 3_000_000
"""A recording that began so long after we last heard of ours is another one."""


TIMES: Final = ("asked_at_us", "said_at_us", "started_at_us", "heard_at_us", "ending_at_us", "agreed_at_us")
LONGEST_WAIT_MS: Final = 30_000
"""For the encoder's next key frame: 25 s with 10 pictures a second and OBS's own settings."""
FROZEN_MS: Final = 1_500
"""Its time code is asked for once a second."""


class Take(Struct, kw_only=True):
    """A recording. `asked_at_us` is when OBS was last asked to start or end it, `said_at_us` when it said that it
    records, `started_at_us` its first picture,
    `heard_at_us` when we last knew that it runs, `ending_at_us` its last picture (Unix microseconds); `is_away`: OBS
    cannot be asked since. `match_id` is None for one that somebody started by hand when no match was on. `plan` is the
    last known of its match. `is_split`: OBS went on in this file after another one, so its end may be told with the
    other's name. `reason` says what ended it, where that was not its plan; `doubt` why it is not known whether OBS did
    what it was asked. `is_awaited`: OBS records, and its encoder has given no picture yet, so that `started_at_us` is
    only when OBS said so. `record_ms` and `lag_ms` are how far OBS's time code was last, and by how much it was late.
    `agreed_at_us` is when OBS was heard of again, while it is open whether it paused meanwhile. `name` and
    `least_free_mib` are what it was begun with.
    """

    video_id: str
    ring: str
    match_id: str | None
    part: int = 1
    by_hand: bool = False
    state: RecordingState = RecordingState.PREPARING
    asked_at_us: int | None = None
    said_at_us: int | None = None
    started_at_us: int | None = None
    heard_at_us: int = 0
    ending_at_us: int | None = None
    is_away: bool = False
    obs_path: str | None = None
    is_split: bool = False
    pauses: list[Pause] = []
    plan: Plan | None = None
    reason: str | None = None
    doubt: str | None = None
    is_awaited: bool = False
    record_ms: int = 0
    lag_ms: int | None = None
    agreed_at_us: int | None = None
    name: str | None = None
    least_free_mib: int | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether OBS was asked for it, or records it by itself."""
        return self.asked_at_us is not None or self.by_hand

    @property
    def key(self) -> tuple[str, str | None]:
        """Its ring and match."""
        return self.ring, self.match_id

    @property
    def open_pause(self) -> Pause | None:
        """The pause that goes on."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].to_us is None else None

    def is_another(self, record_ms: int, began_us: int, *, now_us: int) -> bool:
        """Whether what OBS records, for `record_ms` and since about `began_us`, is not this, but what somebody began
        while nobody listened.
        """
        if self.state is RecordingState.PREPARING:
            return began_us < (self.asked_at_us or 0) - TOLERANCE_US
        if self.started_at_us is not None:
            lasted_ms = length_ms(now_us, started_at_us=self.started_at_us, pauses=self.pauses)
            if abs(lasted_ms - record_ms) * 1000 <= TOLERANCE_US:
                return False
            if self.is_awaited and 0 <= lasted_ms - record_ms <= LONGEST_WAIT_MS:
                return False
            if self.record_ms > 0 and 0 <= record_ms - self.record_ms <= FROZEN_MS:
                return False  # OBS stood still, and has not made up for it yet
        return began_us > self.heard_at_us + TOLERANCE_US


class Kept(Struct, kw_only=True):
    """What one connection's recorder keeps: the recording under way, what ought to be recorded, the last failure until
    the next recording runs, and by how much OBS's own time code is late (its encoder's delay; 0: not known yet).
    `measured` is the last file with its delay, as far as it is known. `own_format` is the operator's own format of
    names while OBS has one of ours.
    """

    take: Take | None = None
    plans: dict[str, Plan] = {}
    failed: RecordingChanged | None = None
    lag_ms: int = 0
    measured: tuple[str, int] | None = None
    own_format: str | None = None
