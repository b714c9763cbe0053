"""What is wrong with an OBS that ought to work: raised once, cleared once, without flutter; obs-bridge. No I/O."""

from collections import deque
from typing import Final

from msgspec import Struct

from services.obs_bridge.denials import Denial
from shared.messages.obs import AlarmKind, LinkState, ObsAlarm, ObsStatus, Outputs

RAISED_AFTER_S: Final = {
    AlarmKind.NOT_CONNECTED: 1.0,
    AlarmKind.NOT_RECORDING: 2.5,
    AlarmKind.REPLAY_OFF: 3.0,
    AlarmKind.DISK_LOW: 0.0,
    AlarmKind.FRAMES_DROPPED: 0.0,
    AlarmKind.NOT_LICENSED: 0.0,
}
"""How long something must be wrong: a recording takes its time to start, and statuses come once a second."""
CLEARED_AFTER_S: Final = 1.0
WINDOW_S: Final = 10.0
LEAST_WINDOW_S: Final = 3.0
LEAST_FRAMES: Final = 2
"""One frame that is skipped at a start is nobody's trouble."""
WELL: Final = 0.5
"""Frames are well again below this part of the limit,"""
ROOMY: Final = 1.1
"""and a disk with this much of what must be left."""


class Duty(Struct, frozen=True, kw_only=True):
    """What a connection ought to do now. `ring` and `match_id`: of the match that runs on a ring that it serves, None
    for none. `least_free_bytes` 0: the disk is not looked at. `problem`: why it is not recorded, where that is known.
    `denial`: the match that the licence does not let it follow.
    """

    records: bool = False
    replays: bool = False
    ring: str | None = None
    match_id: str | None = None
    least_free_bytes: int = 0
    problem: str | None = None
    denial: Denial | None = None


class Frames(Struct, frozen=True):
    """Counts at a moment: of each pair, all frames and those that were lost."""

    at_s: float
    pairs: tuple[tuple[int, int], ...]


class Alarms:
    """Of one connection. `dropped_percent` is the setting obs.dropped_percent, which may change."""

    def __init__(self, connection: str, *, dropped_percent: float) -> None:
        self.dropped_percent = dropped_percent
        self._connection = connection
        self._frames: deque[Frames] = deque()
        self._raised: dict[AlarmKind, ObsAlarm] = {}
        self._turning: dict[AlarmKind, float] = {}
        """Since when (monotonic s) a kind is no more as it was told."""

    @property
    def raised(self) -> tuple[AlarmKind, ...]:
        """What is wrong now."""
        return tuple(sorted(self._raised))

    def look(self, status: ObsStatus, duty: Duty, *, now_s: float, now_us: int) -> list[ObsAlarm]:
        """Alarms that are raised or cleared by this status. now_s: monotonic s; now_us: Unix us."""
        wrong = self._wrong(status, duty, now_s)
        told = []
        for kind in AlarmKind:
            if kind not in wrong:
                self._turning.pop(kind, None)  # no time counts in which it cannot be judged
                continue
            message = wrong[kind]
            is_raised = kind in self._raised
            if (message is not None) == is_raised:
                self._turning.pop(kind, None)
                continue
            since_s = self._turning.setdefault(kind, now_s)
            if now_s - since_s < (CLEARED_AFTER_S if is_raised else RAISED_AFTER_S[kind]):
                continue
            del self._turning[kind]
            told.append(self._tell(kind, message, duty, now_us))
        return told

    def _tell(self, kind: AlarmKind, message: str | None, duty: Duty, now_us: int) -> ObsAlarm:
        if message is None:
            del self._raised[kind]
        ring, match_id = duty.ring, duty.match_id
        if kind is AlarmKind.NOT_LICENSED and duty.denial is not None:
            ring, match_id = duty.denial.view.ring, duty.denial.view.match_id
        alarm = ObsAlarm(
            connection=self._connection,
            kind=kind,
            is_raised=message is not None,
            message=message or WELL_AGAIN[kind],
            since_us=now_us,
            ring=ring,
            match_id=match_id,
        )
        if message is not None:
            self._raised[kind] = alarm
        return alarm

    def _wrong(self, status: ObsStatus, duty: Duty, now_s: float) -> dict[AlarmKind, str | None]:
        """Each kind that can be judged -> what is wrong, None: nothing. While OBS is away only that can be judged, and
        what has nothing to do with it.
        """
        is_connected = status.state is LinkState.CONNECTED
        away = None
        if not is_connected and duty.match_id is not None and status.is_active:
            away = f"A match runs, and OBS is not connected. {status.reason or 'It is being connected.'}"
        denied = duty.denial.sentence if duty.denial is not None else None
        found: dict[AlarmKind, str | None] = {AlarmKind.NOT_CONNECTED: away, AlarmKind.NOT_LICENSED: denied}
        outputs, load = status.outputs, status.load
        if not is_connected or outputs is None:
            self._frames.clear()
            return found
        found[AlarmKind.NOT_RECORDING] = _unrecorded(outputs, duty.problem) if duty.records else None
        off = duty.replays and not outputs.is_replay_on
        found[AlarmKind.REPLAY_OFF] = REPLAY_IS_OFF if off else None
        if load is not None:
            found[AlarmKind.DISK_LOW] = self._disk(load.disk_free_bytes, duty.least_free_bytes)
            found[AlarmKind.FRAMES_DROPPED] = self._dropped(status, now_s)
        return found

    def _disk(self, free: int, least: int) -> str | None:
        limit = least * ROOMY if AlarmKind.DISK_LOW in self._raised else least
        if least == 0 or free > limit:
            return None
        if free == 0:
            return "Nothing is left where OBS records: its folder is not there, or its disk is full."
        return f"Only {free >> 20} MiB are left where OBS records: make room, or record to another disk."

    def _dropped(self, status: ObsStatus, now_s: float) -> str | None:
        outputs, load = status.outputs, status.load
        if outputs is None or load is None or not _runs(outputs):
            self._frames.clear()
            return None
        pairs = (
            (load.render_frames, load.render_frames_skipped),
            (load.output_frames, load.output_frames_skipped),
            (outputs.stream_frames, outputs.stream_frames_dropped),
        )
        if self._frames and any(new[0] < old[0] for new, old in zip(pairs, self._frames[-1].pairs, strict=True)):
            self._frames.clear()  # OBS counts from the beginning again
        self._frames.append(Frames(now_s, pairs))
        while now_s - self._frames[0].at_s > WINDOW_S:
            self._frames.popleft()
        limit = self.dropped_percent * (WELL if AlarmKind.FRAMES_DROPPED in self._raised else 1)
        percents = [_lost_percent(old, new) for old, new in zip(self._frames[0].pairs, pairs, strict=True)]
        worst = max(range(3), key=percents.__getitem__)
        if now_s - self._frames[0].at_s < LEAST_WINDOW_S or percents[worst] < limit:
            return None
        return f"OBS loses {percents[worst]:.1f} % of the frames: {CAUSES[worst]}"


CAUSES: Final = (
    "the graphics card does not keep up; close other programs, or take smaller scenes.",
    "the encoder does not keep up; choose a faster preset or a smaller picture.",
    "the network does not keep up with the stream; lower the bitrate.",
)
"""Of frames lost while drawing, encoding and sending."""
REPLAY_IS_OFF: Final = "A match runs, and OBS keeps no replay buffer: a review would have no clip. Start it."
WELL_AGAIN: Final = {
    AlarmKind.NOT_CONNECTED: "OBS is connected, or no match needs it.",
    AlarmKind.NOT_RECORDING: "OBS records, or no match needs it.",
    AlarmKind.REPLAY_OFF: "OBS keeps the replay buffer, or no match needs it.",
    AlarmKind.DISK_LOW: "There is room again where OBS records.",
    AlarmKind.FRAMES_DROPPED: "OBS loses no frames any more.",
    AlarmKind.NOT_LICENSED: "The licence lets OBS follow the matches.",
}


def _unrecorded(outputs: Outputs, problem: str | None) -> str | None:
    if problem is not None:
        return f"A match runs, and OBS does not record it. {problem}"
    if not outputs.is_recording:
        return "A match runs, and OBS does not record it: look at its screen, a window may be open; start it by hand."
    if outputs.is_record_paused:
        return "A match runs, and the recording is paused: go on with it."
    return None


def _runs(outputs: Outputs) -> bool:
    return outputs.is_recording or outputs.is_streaming or outputs.is_replay_on


def _lost_percent(old: tuple[int, int], new: tuple[int, int]) -> float:
    frames, lost = new[0] - old[0], new[1] - old[1]
    return 100 * lost / frames if frames > 0 and lost >= LEAST_FRAMES else 0.0
