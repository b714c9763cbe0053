"""The recording of one OBS as it is told, kept and stored, whatever led to it; obs-bridge."""

import uuid
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from services.obs_bridge.ledger import Ledger
from services.obs_bridge.recording.placing import Placing
from services.obs_bridge.recording.plans import Plan, Plans, Rolls
from services.obs_bridge.recording.take import Kept, Take
from services.obs_bridge.recording.timeline import Pause, length_ms, offset_ms
from services.obs_bridge.surroundings import Obs, Surroundings
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.messages.automation import Happening
from shared.messages.recordings import (
    RecordingChanged,
    RecordingState,
    VideoEvent,
    VideoEventsPlaced,
    VideoKind,
    VideoStored,
)

KEY: Final = "recording/"
"""Under which keys of the outbox tapes are kept."""
SETTLED_MS: Final = 5_000
"""OBS's time code is not later than this: what is, is a pause that nobody told."""
LAG_MS: Final = 50
"""By how much the measured delay must have changed to be kept anew."""
_encode = msgspec.msgpack.Encoder().encode


class Tape:
    """`take` is the recording that is prepared or under way; `failed` what was told last of one that could not be made
    or was broken off, until the next one runs. Whatever is told here is kept in the same commit.
    """

    def __init__(self, obs: Obs, around: Surroundings, ledger: Ledger, *, kept: bytes | None) -> None:
        self._obs = obs
        self._around = around
        self._ledger = ledger
        self._kept = msgspec.msgpack.decode(kept, type=Kept) if kept is not None else Kept()
        self.plans = Plans(self._kept.plans)
        self._placing = Placing()

    @property
    def take(self) -> Take | None:
        """The recording that is prepared or under way."""
        return self._kept.take

    @property
    def failed(self) -> RecordingChanged | None:
        """What could not be recorded, or was broken off, last."""
        return self._kept.failed

    @property
    def lag_ms(self) -> int:
        """By how much OBS's own time code is late: its encoder's delay, as it was measured."""
        return self._kept.lag_ms

    @property
    def rolls(self) -> Rolls:
        """When recordings begin and end."""
        return Rolls(self._obs.recording.start_on, self._obs.recording.post_roll_ms)

    def changed(self) -> None:
        """Keep all this with what is stored in this turn."""
        self._ledger.keep_latest(KEY + self._obs.name, lambda: _encode(self._kept))

    def took(self, happened: Happened, *, is_fresh: bool) -> None:
        """Go on with what happened."""
        before = self._mark(happened.ring)
        plan = self.plans.take(happened, self.rolls, is_fresh=is_fresh)
        take = self.take
        if take is not None and plan is not None and take.key == plan.key:
            take.plan = plan
        if self._mark(happened.ring) != before:
            self.changed()
        self._placing.take(happened, take, delay_ms=self._obs.recording.picture_delay_ms)

    def stands(self, view: MatchView) -> None:
        """How a ring stands now, whatever was missed."""
        self.plans.stands(view, self._around.now_us())
        self.changed()

    def chapter(self, title: str) -> None:
        """Set a chapter mark of an operator or a rule at this moment."""
        take, now_us = self.take, self._around.now_us()
        if take is None or take.started_at_us is None:
            return
        event = VideoEvent(
            kind="chapter",
            label=title,
            offset_ms=offset_ms(now_us, started_at_us=take.started_at_us, pauses=take.pauses),
            at_us=now_us,
            session=uuid.uuid4().hex[:16],
            entry=0,
            index=0,
            match_id=take.match_id,
        )
        self._tell_events(take, [event])

    def measure(self, record_ms: int) -> None:
        """OBS says that it records, and how far it is."""
        take = self.take
        if take is None or take.started_at_us is None or record_ms == 0:
            return
        take.heard_at_us = self._around.now_us()
        lag_ms = length_ms(take.heard_at_us, started_at_us=take.started_at_us, pauses=take.pauses) - record_ms
        if 0 <= lag_ms <= SETTLED_MS and take.open_pause is None and abs(lag_ms - self._kept.lag_ms) > LAG_MS:
            self._kept.lag_ms = lag_ms
            self.changed()

    def agree(self, take: Take, record_ms: int, *, is_paused: bool) -> None:
        """OBS records on after a time in which nobody listened: what is missing in its time code was a pause."""
        now_us = take.heard_at_us = self._around.now_us()
        take.is_away = False
        if take.started_at_us is not None:
            lasted_ms = length_ms(now_us, started_at_us=take.started_at_us, pauses=take.pauses)
            missing_us = max(0, lasted_ms - record_ms - self.lag_ms) * 1000
            if take.open_pause is not None and not is_paused:
                take.open_pause.to_us = now_us - max(0, record_ms + self.lag_ms - lasted_ms) * 1000
            elif take.open_pause is None and (is_paused or missing_us > SETTLED_MS * 1000):
                take.pauses.append(Pause(now_us - missing_us, None if is_paused else now_us))
        self.changed()

    def stepped(self, by_us: int) -> None:
        """The wall clock was set: what was before it is told in its time, so that all distances stay what they were."""
        take = self.take
        for plan in self.plans.by_ring.values():
            for name in ("armed_at_us", "first_clock_at_us", "ended_at_us"):
                _shift(plan, name, by_us)
        if take is not None:
            for name in ("asked_at_us", "started_at_us", "heard_at_us"):
                _shift(take, name, by_us)
            for pause in take.pauses:
                _shift(pause, "from_us", by_us)
                _shift(pause, "to_us", by_us)
        self.changed()

    def plan_of(self, take: Take) -> Plan | None:
        """The plan that a recording is for, as it was known last."""
        plan = self.plans.by_ring.get(take.ring)
        return plan if plan is not None and plan.key == take.key else take.plan

    def change(self, take: Take, state: RecordingState, reason: str | None) -> RecordingChanged:
        """A recording goes on to another state."""
        changed = RecordingChanged(
            video_id=take.video_id,
            connection=self._obs.name,
            ring=take.ring,
            match_id=take.match_id,
            before=take.state,
            state=state,
            at_us=self._around.now_us(),
            reason=reason,
            part=take.part,
            by_hand=take.by_hand,
            obs_path=take.obs_path,
            started_at_us=take.started_at_us,
        )
        take.state = state
        self.changed()
        self._ledger.tell(changed)
        return changed

    def ready(self, plan: Plan) -> Take:
        """The recording of this plan that is prepared, or a new one; of one that failed it is the same again."""
        take, failed = self.take, self.failed
        if take is not None and take.key == plan.key:
            return take
        if take is not None:
            self.drop("Another match was loaded before this one began.")
        ring, match_id = plan.key
        part = plan.parts + 1
        is_retry = failed is not None and (failed.ring, failed.match_id, failed.part) == (ring, match_id, part)
        video_id = failed.video_id if failed is not None and is_retry else uuid.uuid4().hex
        take = self._kept.take = Take(video_id=video_id, ring=ring, match_id=match_id, part=part, plan=plan)
        if not is_retry:  # which says nothing new
            self.change(take, RecordingState.PREPARING, None)
        self.changed()
        return take

    def has_failed(self, plan: Plan, reason: str) -> bool:
        """Whether this is known and told of the recording that `plan` wants."""
        failed = self.failed
        if failed is None or self.take is not None:
            return False
        return (failed.ring, failed.match_id, failed.part, failed.reason) == (*plan.key, plan.parts + 1, reason)

    def belongs(self, take: Take, plan: Plan) -> None:
        """A recording by hand is that of the match of `plan`, which may have parts already."""
        take.ring, take.match_id = plan.key
        take.plan, take.part = plan, plan.parts + 1
        plan.parts = take.part
        self.changed()

    def drop(self, reason: str) -> None:
        """Nothing is recorded of what was prepared."""
        if self.take is not None:
            self.change(self.take, RecordingState.IDLE, reason)
            self._kept.take = None

    def forget(self, serves: Callable[[str], bool]) -> None:
        """Plan nothing any more for rings that this connection does not serve now; a recording of theirs ends."""
        for ring in [ring for ring in self.plans.by_ring if not serves(ring)]:
            del self.plans.by_ring[ring]
            self.changed()

    def retire(self, reason: str) -> None:
        """This OBS is meant no more: what it records goes on without us."""
        take = self.take
        if take is not None and take.is_under_way:
            self.close(take, ended_at_us=None, problem=reason, is_whole=False)
        self.drop(reason)

    def runs(self, take: Take, path: str | None, reason: str | None = None) -> None:
        """OBS records `take`."""
        self._kept.take = take
        take.obs_path = path or take.obs_path
        take.heard_at_us = self._around.now_us()
        take.is_away, take.doubt = False, None
        self._kept.failed = None
        plan = self.plan_of(take)
        if plan is not None:
            plan.parts = max(plan.parts, take.part)
        self.change(take, RecordingState.RECORDING, reason)
        self._placing.started(take, delay_ms=self._obs.recording.picture_delay_ms)
        if not take.is_split:
            self._say(Happening.RECORDING_STARTED, take)

    def fail(self, take: Take, reason: str) -> bool:
        """It could not be begun; whether that was not known before."""
        failed = self.failed
        self._kept.take = None
        self._placing.forget()
        self.changed()
        is_new = failed is None or (failed.video_id, failed.reason) != (take.video_id, reason)
        if is_new:
            self._kept.failed = self.change(take, RecordingState.FAILED, reason)
        return is_new

    def close(self, take: Take, *, ended_at_us: int | None, problem: str | None, is_whole: bool = True) -> None:
        """OBS records `take` no more; its file is told of."""
        self.flush()
        self._kept.take = None
        state = RecordingState.IDLE if problem is None else RecordingState.FAILED
        changed = self.change(take, state, problem or take.reason)
        self._kept.failed = None if problem is None else changed
        self._around.closed(self._video(take, ended_at_us=ended_at_us, problem=changed.reason, is_whole=is_whole))
        self._say(Happening.RECORDING_ENDED, take)

    def void(self, take: Take) -> None:
        """What was just closed was nothing: the next try is for the same part."""
        plan = self.plan_of(take)
        if plan is not None:
            plan.parts = take.part - 1
            self.changed()

    def split(self, take: Take, path: str) -> None:
        """OBS goes on in another file."""
        now_us = self._around.now_us()
        self.flush()
        after = Take(
            video_id=uuid.uuid4().hex,
            ring=take.ring,
            match_id=take.match_id,
            part=take.part + 1,
            by_hand=take.by_hand,
            asked_at_us=take.asked_at_us,
            started_at_us=now_us,
            is_split=True,
            plan=take.plan,
        )
        self.change(take, RecordingState.IDLE, "OBS goes on in another file.")
        self._around.closed(self._video(take, ended_at_us=now_us, problem=None, is_whole=True))
        self.runs(after, path)

    def flush(self) -> None:
        """Store what was placed since the last time."""
        take = self.take
        if take is not None and (placed := self._placing.stored()):
            self._tell_events(take, placed)

    def _video(self, take: Take, *, ended_at_us: int | None, problem: str | None, is_whole: bool) -> VideoStored:
        settings, plan, began_us = self._obs.recording, self.plan_of(take), take.started_at_us

        def at(moment_us: int | None, roll_ms: int) -> int | None:
            if began_us is None or moment_us is None:
                return None
            delay_ms = settings.picture_delay_ms + roll_ms
            found = offset_ms(moment_us, started_at_us=began_us, pauses=take.pauses, delay_ms=delay_ms)
            if ended_at_us is None:
                return found
            return min(found, length_ms(ended_at_us, started_at_us=began_us, pauses=take.pauses))

        return VideoStored(
            video_id=take.video_id,
            kind=VideoKind.MATCH if take.match_id is not None else VideoKind.MANUAL,
            connection=self._obs.name,
            ring=take.ring,
            match_id=take.match_id,
            obs_path=take.obs_path or "",
            part=take.part,
            started_at_us=began_us,
            ended_at_us=ended_at_us,
            duration_ms=at(ended_at_us, -settings.picture_delay_ms),
            is_whole=is_whole,
            in_ms=at(plan.first_clock_at_us, -settings.pre_roll_ms) if plan is not None else None,
            out_ms=at(plan.ended_at_us, settings.post_roll_ms) if plan is not None else None,
            problem=problem,
        )

    def _tell_events(self, take: Take, events: list[VideoEvent]) -> None:
        told = VideoEventsPlaced(video_id=take.video_id, connection=self._obs.name, ring=take.ring, events=events)
        self._ledger.tell(told)

    def _say(self, what: Happening, take: Take) -> None:
        plan = self.plan_of(take)
        said = Happened(
            what=what,
            ring=take.ring,
            session=take.video_id,
            entry=0,
            index=0,
            at_us=self._around.now_us(),
            view=plan.view if plan is not None else MatchView(ring=take.ring),
            label=what.value.replace("_", " "),
            connection=self._obs.name,
        )
        self._around.happened(said)

    def _mark(self, ring: str) -> tuple[object, ...]:
        """What of a ring's plan must be kept when it changes; not its clock."""
        plan = self.plans.by_ring.get(ring)
        if plan is None:
            return ()
        return plan.view.match_id, plan.armed_at_us, plan.ended_at_us, plan.first_clock_at_us


def _shift(held: Struct, name: str, by_us: int) -> None:
    at_us = getattr(held, name)
    if at_us:
        setattr(held, name, at_us + by_us)
