"""The recording of one OBS as it is told, kept and stored, whatever led to it; obs-bridge."""

import uuid
from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from services.obs_bridge import kept_state
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.recording import plans, telling
from services.obs_bridge.recording.placing import Placing
from services.obs_bridge.recording.plans import Plan, Plans, Rolls
from services.obs_bridge.recording.take import TIMES, Kept, Take
from services.obs_bridge.recording.timeline import Pause, length_ms, shift
from services.obs_bridge.surroundings import Obs, Surroundings
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.messages.automation import Happening
from shared.messages.recordings import (
    RecordingChanged,
    RecordingState,
    VideoEvent,
    VideoEventsPlaced,
    VideoStored,
)

KEY: Final = "recording/"
"""Under which keys of the outbox tapes are kept."""
SETTLED_MS: Final = 5_000
"""OBS's time code is not later than this: what is, is a pause that nobody told."""
LAG_MS: Final = 50
"""By how much the measured delay must have changed to be kept anew."""
USUAL_LAG_MS: Final = 500
LONGEST_LAG_MS: Final = 1_500
"""The encoder's delay, while it is not known: 0.2 to 1.35 s were seen."""
LATE_MS: Final = 150
"""A first picture that is so much later than OBS's word is one that waited for a key frame."""
CATCHES_UP_US: Final = 1_500_000
"""An OBS that was frozen repeats the pictures that it missed within this."""
_encode = msgspec.msgpack.Encoder().encode


class Tape:
    """`take` is the recording that is prepared or under way; `failed` what was told last of one that could not be made
    or was broken off, until the next one runs. Whatever is told here is kept in the same commit.
    """

    def __init__(
        self,
        obs: Obs,
        around: Surroundings,
        ledger: Ledger,
        *,
        kept: bytes | None,
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._obs = obs
        self._around = around
        self._ledger = ledger
        self._kept = kept_state.read_again(kept, Kept, key=KEY + obs.name, log=log) or Kept()
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
        event = telling.chapter_of(take, title, at_us=now_us)
        self._tell_events(take, [event])

    def measure(self, record_ms: int) -> None:
        """OBS says that it records, and how far it is: that tells the first picture, and the encoder's delay."""
        take = self.take
        if take is None or take.started_at_us is None or record_ms == 0:
            return
        now_us = take.heard_at_us = self._around.now_us()
        take.record_ms = record_ms
        if take.open_pause is not None:
            return
        late_ms = length_ms(now_us, started_at_us=take.started_at_us, pauses=take.pauses) - record_ms
        if take.is_awaited:
            take.is_awaited = False
            waited_ms = late_ms - (self.lag_ms or USUAL_LAG_MS)
            if late_ms - (self.lag_ms or LONGEST_LAG_MS) > LATE_MS:
                self._begins_later(take, waited_ms)
                late_ms -= waited_ms
            self.changed()
        elif take.agreed_at_us is not None:
            if now_us - take.agreed_at_us < CATCHES_UP_US:
                return
            late_ms -= self._settle(take, take.agreed_at_us, late_ms - self.lag_ms)
        take.lag_ms = late_ms
        if 0 < late_ms <= SETTLED_MS and (self.lag_ms == 0 or late_ms < self.lag_ms - LAG_MS):
            self._kept.lag_ms = late_ms
            self.changed()

    def learn(self, video_id: str, late_ms: int) -> None:
        """A file was measured: it begins so much later than was told (negative: earlier)."""
        measured = self._kept.measured
        if measured is not None and measured[0] == video_id and 0 < measured[1] - late_ms <= SETTLED_MS:
            self._kept.measured = None
            self._kept.lag_ms = measured[1] - late_ms
            self.changed()

    def _begins_later(self, take: Take, by_ms: int) -> None:
        """Its first picture came later than was told: what was placed goes with it."""
        self.flush()
        before_us = take.started_at_us or 0
        take.started_at_us = before_us + by_ms * 1000
        video = self._video(take, ended_at_us=None, problem=None, is_whole=True)
        self._ledger.tell(replace(video, placed_from_us=before_us))

    def _settle(self, take: Take, agreed_at_us: int, missing_ms: int) -> int:
        """What is still missing some time after OBS was heard of again was a pause; how long it was (ms)."""
        take.agreed_at_us = None
        self.changed()
        if missing_ms <= SETTLED_MS:
            return 0
        take.pauses.append(Pause(agreed_at_us - missing_ms * 1000, agreed_at_us))
        return missing_ms

    def agree(self, take: Take, record_ms: int, *, is_paused: bool) -> None:
        """OBS records on after a time in which nobody listened: what is missing in its time code was a pause."""
        now_us = take.heard_at_us = self._around.now_us()
        take.is_away = False
        if take.started_at_us is not None and not take.is_awaited:
            lasted_ms = length_ms(now_us, started_at_us=take.started_at_us, pauses=take.pauses)
            missing_us = max(0, lasted_ms - record_ms - self.lag_ms) * 1000
            if take.open_pause is not None and not is_paused:
                take.open_pause.to_us = now_us - max(0, record_ms + self.lag_ms - lasted_ms) * 1000
            elif take.open_pause is None and is_paused:
                take.pauses.append(Pause(now_us - missing_us))
            elif missing_us > SETTLED_MS * 1000:
                take.agreed_at_us = now_us
        self.changed()

    def stepped(self, by_us: int) -> None:
        """The wall clock was set: what was before it is told in its time, so that all distances stay what they were."""
        take = self.take
        for plan in self.plans.by_ring.values():
            shift(plan, plans.TIMES, by_us)
        if take is not None:
            shift(take, TIMES, by_us)
            for pause in take.pauses:
                shift(pause, ("from_us", "to_us"), by_us)
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
        video_id, plan.missed, plan.missed_why = plan.missed, None, None
        if failed is not None and (failed.ring, failed.match_id, failed.part) == (ring, match_id, part):
            video_id = failed.video_id
        is_retry, video_id = video_id is not None, video_id or uuid.uuid4().hex
        take = self._kept.take = Take(video_id=video_id, ring=ring, match_id=match_id, part=part, plan=plan)
        if not is_retry:  # which says nothing new
            self.change(take, RecordingState.PREPARING, None)
        self.changed()
        return take

    def miss(self, plan: Plan, reason: str) -> bool:
        """OBS records something else: tell that this match is not recorded; whether that was not told before."""
        if plan.missed is not None:
            return False
        plan.missed, plan.missed_why = uuid.uuid4().hex, reason
        ring, match_id = plan.key
        self.change(
            Take(video_id=plan.missed, ring=ring, match_id=match_id, part=plan.parts + 1), RecordingState.FAILED, reason
        )
        return True

    def forgive(self) -> None:
        """What failed is tried anew, and told anew."""
        self._kept.failed = None
        self.changed()

    @property
    def own_format(self) -> str | None:
        """The operator's own format of names, while OBS has one of ours."""
        return self._kept.own_format

    def lend_format(self, own: str | None) -> None:
        """OBS gets a name of ours instead of its `own` format; None: it has that again."""
        self._kept.own_format = own
        self.changed()

    def renamed(self, before: str) -> None:
        """The connection has another name: what was kept goes with it."""
        self._ledger.keep(KEY + before, None)
        self.changed()

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

    def runs(self, take: Take, path: str | None, reason: str | None = None, *, is_awaited: bool = False) -> None:
        """OBS records `take`; `is_awaited`: its encoder gave no picture yet."""
        self._kept.take = take
        take.obs_path = path or take.obs_path
        take.heard_at_us = self._around.now_us()
        take.is_away, take.doubt, take.is_awaited, take.said_at_us = False, None, is_awaited, take.started_at_us
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
        told = (failed.video_id, telling.bare(failed.reason)) if failed is not None else None
        is_new = told != (take.video_id, telling.bare(reason))
        if is_new:
            self._kept.failed = self.change(take, RecordingState.FAILED, reason)
        return is_new

    def close(self, take: Take, *, ended_at_us: int | None, problem: str | None, is_whole: bool = True) -> None:
        """OBS records `take` no more; its file is told of. When OBS told its last picture, the file's length will tell
        its first one.
        """
        self.flush()
        self._kept.take = None
        state = RecordingState.IDLE if problem is None else RecordingState.FAILED
        changed = self.change(take, state, problem or take.reason)
        self._kept.failed = None if problem is None else changed
        if take.lag_ms is not None:
            self._kept.measured = take.video_id, take.lag_ms
        video = self._video(take, ended_at_us=ended_at_us, problem=changed.reason, is_whole=is_whole)
        if is_whole and take.ending_at_us is not None and ended_at_us == take.ending_at_us:
            video = replace(video, placed_from_us=take.said_at_us or video.started_at_us)
        self._around.closed(video)
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
        video = telling.video_of(take, self.plan_of(take), self._obs.recording, ended_at_us=ended_at_us)
        return replace(video, connection=self._obs.name, problem=problem, is_whole=is_whole)

    def _tell_events(self, take: Take, events: list[VideoEvent]) -> None:
        told = VideoEventsPlaced(video_id=take.video_id, connection=self._obs.name, ring=take.ring, events=events)
        self._ledger.tell(told)

    def _say(self, what: Happening, take: Take) -> None:
        said = telling.said_of(what, take, self.plan_of(take), at_us=self._around.now_us())
        self._around.happened(replace(said, connection=self._obs.name))

    def _mark(self, ring: str) -> tuple[object, ...]:
        """What of a ring's plan must be kept when it changes; not its clock."""
        plan = self.plans.by_ring.get(ring)
        if plan is None:
            return ()
        return plan.view.match_id, plan.armed_at_us, plan.ended_at_us, plan.first_clock_at_us, plan.is_held
