"""Records the matches of one OBS: compares what ought to be recorded with what is, and takes the next step; obs-bridge.

It is led by states, not by single events: whatever was missed, refused or interrupted, the next look at both sides says
what to do. One procedure at a time is under way. An intent is kept before each request, so that a recorder that was
killed knows at its start which recording of OBS is its own.
"""

import uuid
from collections.abc import Callable
from typing import Any, Final

import structlog

from services.obs_bridge.acts import recording
from services.obs_bridge.acts.outputs import state_of
from services.obs_bridge.acts.recording import Begun, Ended, Progress
from services.obs_bridge.execution import Outcome
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.procedure import Data, Procedure
from services.obs_bridge.recording import beginning, rounds, says
from services.obs_bridge.recording.beginning import Wish
from services.obs_bridge.recording.plans import Plan
from services.obs_bridge.recording.take import Take
from services.obs_bridge.recording.tape import Tape
from services.obs_bridge.recording.timeline import Pause
from services.obs_bridge.recording.wall_clock import WallClock
from services.obs_bridge.surroundings import NO_RING, UNSURE, Obs, Surroundings, is_fresh
from shared.automation.happenings import Happened
from shared.clock import monotonic_ns
from shared.messages.automation import Happening
from shared.messages.recordings import RecordingState

RETRY_US: Final = 2_000_000
"""A start, an end or a look that OBS refused or did not confirm is tried again after this long, while it is wanted."""
SHORT_US: Final = 2_000_000
"""A recording that ends by itself within this was none: OBS could not write it."""


class Recorder:
    """The recorder of one connection; its `tape` is what it keeps and tells. While it `is_busy` OBS acts for it."""

    def __init__(  # noqa: PLR0913 - what it drives, what it keeps, and its log
        self,
        obs: Obs,
        around: Surroundings,
        ledger: Ledger,
        *,
        kept: bytes | None,
        alive_until_us: int | None,
        log: structlog.stdlib.BoundLogger,
        monotonic_us: Callable[[], int] = lambda: monotonic_ns() // 1000,
    ) -> None:
        self._obs = obs
        self._around = around
        self._ledger = ledger
        self._log = log.bind(obs=obs.name)
        self._clock = WallClock(around.now_us(), monotonic_us)
        self.tape = Tape(obs, around, ledger, kept=kept)
        self.is_busy = False
        self._is_looked = False
        self._retry_at_us = 0
        self._free_mib: int | None = None
        if self.take is not None and alive_until_us is not None and not self.take.is_away:
            self.take.heard_at_us = max(self.take.heard_at_us, alive_until_us)

    @property
    def take(self) -> Take | None:
        """The recording that is prepared or under way."""
        return self.tape.take

    @property
    def state(self) -> RecordingState:
        """How it stands."""
        if self.take is not None:
            return self.take.state
        return RecordingState.IDLE if self.tape.failed is None else RecordingState.FAILED

    @property
    def problem(self) -> str | None:
        """Why what ought to be recorded is not; None while it is, or nobody knows."""
        return self.tape.failed.reason if self.tape.failed is not None else None

    def due(self) -> Plan | None:
        """The match that ought to be recorded now."""
        if not self._obs.recording.records_matches:
            return None
        current = self.take.key if self.take is not None else None
        return self.tape.plans.due(self._around.now_us(), self.tape.rolls, current=current)

    @property
    def rings_under_way(self) -> set[str]:
        """The rings whose past matters after a restart."""
        takes = {self.take.ring} if self.take is not None else set()
        return takes | {plan.view.ring for plan in self.tape.plans.by_ring.values() if plan.is_open}

    # What it is told

    def took(self, happened: Happened) -> None:
        """Go on with what happened on a ring that this connection serves."""
        fresh = is_fresh(self._around, happened.at_us) and not self._around.is_paused
        self.tape.took(happened, is_fresh=fresh)
        if happened.what is Happening.ROUND_STARTED and fresh:
            self._mark_round(happened)

    def link_up(self) -> None:
        """OBS can be asked again: look what it does before anything else is done."""
        self._is_looked = False
        self.is_busy = True
        self._obs.run(recording.progress(), self._looked, what="the state of the recording")

    def link_down(self) -> None:
        """OBS is gone, or does not answer; what it records goes on or not."""
        self._is_looked = False
        if self.take is not None and not self.take.is_away:
            self.take.is_away = True
            self.tape.changed()

    def event(self, name: str, data: Data) -> None:
        """An event of OBS."""
        take = self.take
        if name == recording.EVENT:
            went = _WENT.get(state_of(data))
            if went is not None:
                went(self, data.get("outputPath"))
        elif name == "RecordFileChanged" and take is not None and take.state is RecordingState.RECORDING:
            self.tape.split(take, str(data.get("newOutputPath", "")))

    def room(self, free_mib: int) -> None:
        """So much is left where OBS records: what runs is ended while it can be closed in order."""
        self._free_mib = free_mib
        take = self.take
        if take is None or take.state is not RecordingState.RECORDING or take.by_hand or not self._may_act():
            return
        if free_mib <= self._obs.recording.least_free_mib:
            self._end(take, says.disk_low(free_mib))

    def turn(self, *, may_act: bool = True) -> None:
        """Store what is known, and take the next step; `may_act`: nobody else just sets how OBS names files."""
        if by_us := self._clock.stepped_us(self._around.now_us()):
            self._retry_at_us += by_us
            self.tape.stepped(by_us)
        self.tape.flush()
        if may_act and not self._is_looked and not self.is_busy and self._obs.is_connected and not self._is_resting():
            self.link_up()
        elif may_act and not self._around.is_paused:
            self._step()

    # The next step

    def _step(self) -> None:
        take, due = self.take, self.due()
        if not self._may_act():
            if not self._obs.is_connected and not self.is_busy and due is not None:
                self._tell_away(due)
        elif take is not None and take.is_under_way:
            if take.by_hand:
                self._attach(take, due)
            elif due is None or take.key != due.key:
                self._end(take, None if self._obs.recording.records_matches else says.SWITCHED_OFF)
        elif due is not None:
            self._begin(due)
        elif not self._obs.recording.records_matches:
            self.tape.drop(says.SWITCHED_OFF)
        elif take is not None and (why := self.tape.plans.why_not(take.key)) is not None:
            self.tape.drop(why)
        elif (plan := self.tape.plans.unprepared()) is not None:
            self._prepare(plan)

    def _may_act(self) -> bool:
        is_up = self._is_looked and self._obs.is_connected and not self._around.is_paused
        return is_up and not self.is_busy and not self._is_resting()

    def _is_resting(self) -> bool:
        return 0 < self._retry_at_us - self._around.now_us() <= RETRY_US

    def _rest(self) -> None:
        self._retry_at_us = self._around.now_us() + RETRY_US

    def _tell_away(self, plan: Plan) -> None:
        """A match ought to be recorded, and OBS cannot be asked."""
        if self.take is None or not self.take.is_under_way:
            if self.tape.has_failed(plan, says.NOT_CONNECTED):
                return
            self._fail(self.tape.ready(plan), says.NOT_CONNECTED)
            self._retry_at_us = 0

    def _prepare(self, plan: Plan) -> None:
        """See to folder and room at the load, so that the start is quick and what is wrong is known early."""
        plan.is_prepared = True
        wish = self._wish(plan, self.tape.ready(plan))
        self._do(lambda: beginning.prepare(wish, self._obs.facts), self._prepared, "the preparation of the recording")

    def _prepared(self, outcome: Outcome[int]) -> None:
        self.is_busy = False
        take = self.take
        if outcome.error is None or take is None or take.is_under_way:
            return
        if self._obs.is_connected and outcome.error.code not in UNSURE:
            self._fail(take, outcome.error.message)

    def _begin(self, plan: Plan) -> None:
        take = self.tape.ready(plan)
        plan.is_prepared = True
        take.asked_at_us = self._around.now_us()
        self.tape.changed()
        wish = self._wish(plan, take)
        self._do(lambda: beginning.begin(wish, self._obs.facts), self._begun, "the start of the recording")

    def _wish(self, plan: Plan, take: Take) -> Wish:
        return beginning.wish(self._obs.recording, plan.view, part=take.part, at_us=self._around.now_us())

    def _begun(self, outcome: Outcome[Begun]) -> None:
        self.is_busy = False
        take, error = self.take, outcome.error
        if take is None or take.state is not RecordingState.PREPARING:
            if error is not None:
                self._log.warning("recording_begun_with_trouble", reason=error.message)
            return  # STARTED told it already, or it is over again
        if error is None:
            take.started_at_us = self._began_us(outcome.value().record_ms)
            self.tape.runs(take, outcome.value().path)
        elif error.code in UNSURE:
            take.doubt = error.message
            self.tape.changed()
            self._look_again()
        elif error.code in ("obs.busy", "obs.not_connected"):
            take.asked_at_us = None  # it was not asked for; what OBS records, if it does, is somebody else's
            self.tape.changed()
            self._look_again()
        else:
            self._fail(take, error.message)

    def _look_again(self) -> None:
        self._is_looked = False  # which turn sees to

    def _end(self, take: Take, reason: str | None) -> None:
        take.asked_at_us = self._around.now_us()
        take.reason = reason
        self.tape.change(take, RecordingState.STOPPING, reason)
        self._do(lambda: recording.stop(self._obs.facts), self._stopped, "the end of the recording")

    def _stopped(self, outcome: Outcome[Ended]) -> None:
        self.is_busy = False
        take = self.take
        if take is None or take.state is not RecordingState.STOPPING:
            return
        if outcome.error is None:
            self._ended(outcome.value().path)
            return
        self._rest()
        take.doubt = outcome.error.message
        self._log.warning("recording_not_ended", reason=take.doubt)
        self._look_again()

    def _mark_round(self, happened: Happened) -> None:
        """A chapter or a file for each round, where this OBS can."""
        take, act = self.take, rounds.mark_of(happened, self._obs.recording, self._obs.facts)
        is_ours = take is not None and take.state is RecordingState.RECORDING and take.ring == happened.ring
        if is_ours and act is not None and self._may_act():
            self._do(lambda: act, self._marked_round, "the mark of a round")

    def _marked_round(self, outcome: Outcome[Any]) -> None:
        self.is_busy = False
        if outcome.error is not None:
            self._log.warning("round_not_marked", reason=outcome.error.message)

    def _do(self, procedure: Callable[[], Procedure[Any]], then: Callable[[Outcome[Any]], None], what: str) -> None:
        """Keep the intent, then do it."""
        self.is_busy = True
        self._ledger.then(lambda: self._obs.run(procedure(), then, what=what))

    # What OBS does

    def _looked(self, outcome: Outcome[Progress]) -> None:
        self.is_busy = False
        if outcome.error is not None:
            self._rest()
            return
        self._is_looked = True
        found, take = outcome.value(), self.take
        began_us = self._began_us(found.record_ms)
        if take is None or not take.is_under_way:
            if found.is_recording:
                self._by_hand(None, began_us, is_paused=found.is_paused)
        elif not found.is_recording:
            self._gone(take)
        elif take.is_another(found.record_ms, began_us, now_us=self._around.now_us()):
            self._gone(take)
            self._by_hand(None, began_us, is_paused=found.is_paused)
        elif take.state is RecordingState.PREPARING:
            take.started_at_us = began_us
            self.tape.runs(take, None)
        else:
            self.tape.agree(take, found.record_ms, is_paused=found.is_paused)
            if take.state is RecordingState.STOPPING:
                self.tape.change(take, RecordingState.RECORDING, take.doubt or says.GOES_ON)

    def _began_us(self, record_ms: int) -> int:
        """When a recording began that is so far by OBS's own time code, which its encoder's delay makes late."""
        lag_ms = self.tape.lag_ms if record_ms else 0
        return self._around.now_us() - (record_ms + lag_ms) * 1000

    def _started(self, path: str | None) -> None:
        take, now_us = self.take, self._around.now_us()
        if take is None or not take.is_under_way:
            self._by_hand(path, now_us)
        elif take.state is RecordingState.PREPARING:
            take.started_at_us = now_us
            self.tape.runs(take, path)

    def _by_hand(self, path: str | None, began_us: int, *, is_paused: bool = False) -> None:
        """Somebody started it in OBS: it is theirs to end, and the match on the mat is in it."""
        self.tape.drop(says.BY_HAND_ALREADY)
        take = Take(video_id=uuid.uuid4().hex, ring=NO_RING, match_id=None, by_hand=True, started_at_us=began_us)
        if is_paused:
            take.pauses.append(Pause(self._around.now_us()))
        due = self.due()
        if due is not None:
            self.tape.belongs(take, due)
        self.tape.runs(take, path, says.BY_HAND)

    def _attach(self, take: Take, due: Plan | None) -> None:
        """A recording by hand belongs to the first match that it shows."""
        if take.match_id is None and due is not None:
            self.tape.belongs(take, due)
            self.tape.change(take, take.state, says.BY_HAND)

    def _paused(self, _: str | None) -> None:
        if self.take is not None and self.take.is_under_way and self.take.open_pause is None:
            self.take.pauses.append(Pause(self._around.now_us()))
            self.tape.changed()

    def _resumed(self, _: str | None) -> None:
        if self.take is not None and self.take.open_pause is not None:
            self.take.open_pause.to_us = self._around.now_us()
            self.tape.changed()

    def _ending(self, _: str | None) -> None:
        """OBS takes no more pictures; its encoder and the file need a while yet."""
        if self.take is not None and self.take.is_under_way:
            self.take.ending_at_us = self._around.now_us()
            self.tape.changed()

    def _ended(self, path: str | None) -> None:
        """OBS has closed the file."""
        take, now_us = self.take, self._around.now_us()
        if take is None or not take.is_under_way or take.state is RecordingState.PREPARING:
            return
        take.obs_path = take.obs_path if take.is_split and take.obs_path else path or take.obs_path
        is_asked = take.state is RecordingState.STOPPING or take.by_hand
        if not is_asked and (take.started_at_us is None or 0 <= now_us - take.started_at_us < SHORT_US):
            self._rest()
            self.tape.close(take, ended_at_us=now_us, problem=says.ENDED_AT_ONCE, is_whole=False)
            self.tape.void(take)
            return
        problem = None if is_asked else self._ended_early(take)
        self.tape.close(take, ended_at_us=take.ending_at_us or now_us, problem=problem)

    def _ended_early(self, take: Take) -> str | None:
        """What is wrong when OBS ended a recording that nobody here asked it to end."""
        plan = self.due()
        if plan is None or plan.key != take.key:
            return None
        if self._free_mib is not None and self._free_mib <= max(self._obs.recording.least_free_mib, says.FULL_MIB):
            self._rest()
            return says.disk_full(self._free_mib)
        plan.is_given_up = True
        return says.ENDED_BY_HAND if plan.ended_at_us is None else None

    def _gone(self, take: Take) -> None:
        """OBS does not record it, and nobody told us since when."""
        if take.state is RecordingState.PREPARING and take.doubt is None:
            take.asked_at_us = None  # we ended before OBS was asked
            self.tape.changed()
        elif take.state is RecordingState.PREPARING:
            self._fail(take, take.doubt or says.LOST)
        elif take.state is RecordingState.STOPPING:
            self.tape.close(take, ended_at_us=take.asked_at_us, problem=None)
        else:
            self.tape.close(take, ended_at_us=None, problem=says.LOST, is_whole=False)

    def _fail(self, take: Take, reason: str) -> None:
        self._rest()
        if self.tape.fail(take, reason):
            self._log.error("recording_failed", ring=take.ring, match_id=take.match_id, reason=reason)


_WENT: Final[dict[str, Callable[[Recorder, str | None], None]]] = {
    "STARTED": Recorder._started,  # noqa: SLF001 - the table of this module's own class
    "PAUSED": Recorder._paused,  # noqa: SLF001 - as above
    "RESUMED": Recorder._resumed,  # noqa: SLF001 - as above
    "STOPPING": Recorder._ending,  # noqa: SLF001 - as above
    "STOPPED": Recorder._ended,  # noqa: SLF001 - as above
}
