"""Records the matches of one OBS: compares what ought to be recorded with what is, and takes the next step; obs-bridge.

It is led by states, not by single events: whatever was missed, refused or interrupted, the next look at both sides says
what to do. One procedure at a time is under way. An intent is kept before each request, so that a recorder that was
killed knows at its start which recording of OBS is its own.
"""

import uuid
from collections.abc import Callable
from typing import Any, Final

import structlog

from services.obs_bridge import names
from services.obs_bridge.acts import recording
from services.obs_bridge.acts.outputs import state_of
from services.obs_bridge.acts.recording import Begun, Ended, Progress
from services.obs_bridge.execution import Outcome
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.procedure import Data, Procedure
from services.obs_bridge.recording import beginning
from services.obs_bridge.recording.beginning import Wish
from services.obs_bridge.recording.plans import Plan
from services.obs_bridge.recording.take import Take
from services.obs_bridge.recording.tape import Tape
from services.obs_bridge.recording.timeline import Pause
from services.obs_bridge.surroundings import Obs, Surroundings
from shared.automation.happenings import Happened
from shared.messages.automation import Happening
from shared.messages.obs_actions import AddChapter, SplitRecording
from shared.messages.recordings import RecordingState

RETRY_US: Final = 2_000_000
"""A start or an end that OBS refused or did not confirm is tried again after this long, while it is wanted."""
TOLERANCE_US: Final = 3_000_000
"""A recording that began so long after we last heard of ours is another one."""
SHORT_US: Final = 2_000_000
"""A recording that ends by itself within this was none: OBS could not write it."""
NO_RING: Final = "none"
"""The ring of what is recorded or saved by hand, when no match is on."""


class Recorder:
    """The recorder of one connection. `turn` is called at the end of each turn of the loop. While it `is_busy` OBS does
    something for it.
    """

    def __init__(  # noqa: PLR0913 - what it drives, what it keeps, and its log
        self,
        obs: Obs,
        around: Surroundings,
        ledger: Ledger,
        *,
        kept: bytes | None,
        alive_until_us: int | None,
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._obs = obs
        self._around = around
        self._ledger = ledger
        self._log = log.bind(obs=obs.name)
        self._tape = Tape(obs, around, ledger, kept=kept)
        self.is_busy = False
        self._is_looked = False
        self._retry_at_us = 0
        if self.take is not None and alive_until_us is not None:
            self.take.heard_at_us = max(self.take.heard_at_us, alive_until_us)

    @property
    def take(self) -> Take | None:
        """The recording that is prepared or under way."""
        return self._tape.take

    @property
    def state(self) -> RecordingState:
        """How it stands."""
        if self.take is not None:
            return self.take.state
        return RecordingState.IDLE if self._tape.failed is None else RecordingState.FAILED

    def due(self) -> Plan | None:
        """The match that ought to be recorded now."""
        settings = self._obs.recording
        if not settings.records_matches:
            return None
        current = self.take.key if self.take is not None else None
        return self._tape.plans.due(self._around.now_us(), post_roll_ms=settings.post_roll_ms, current=current)

    @property
    def rings_under_way(self) -> set[str]:
        """The rings whose past matters after a restart."""
        return {self.take.ring} if self.take is not None else set()

    # What it is told

    def took(self, happened: Happened) -> None:
        """Go on with what happened on a ring that this connection serves."""
        is_fresh = self._around.now_us() - happened.at_us <= self._around.act_within_us and not self._around.is_paused
        self._tape.took(happened, is_fresh=is_fresh)
        if happened.what is Happening.ROUND_STARTED and is_fresh:
            self._mark_round(happened)

    def chapter(self, title: str) -> None:
        """Set a chapter mark of an operator or a rule at this moment."""
        self._tape.chapter(title)

    def link_up(self) -> None:
        """OBS can be asked again: look what it does before anything else is done."""
        self._is_looked = False
        self.is_busy = True
        self._obs.run(recording.progress(), self._looked, what="the state of the recording")

    def link_down(self) -> None:
        """OBS is gone, or does not answer; what it records goes on or not."""
        self._is_looked = False

    def measure(self, record_ms: int) -> None:
        """OBS says that it records, and how far it is."""
        self._tape.measure(record_ms)

    def event(self, name: str, data: Data) -> None:
        """An event of OBS."""
        take = self.take
        if name == recording.EVENT:
            went = _WENT.get(state_of(data))
            if went is not None:
                went(self, data.get("outputPath"))
        elif name == "RecordFileChanged" and take is not None and take.state is RecordingState.RECORDING:
            self._tape.split(take, str(data.get("newOutputPath", "")))

    def room(self, free_mib: int) -> None:
        """So much is left where OBS records: what runs is ended while it can be closed in order."""
        take = self.take
        if take is None or take.state is not RecordingState.RECORDING or take.by_hand or self.is_busy:
            return
        if free_mib <= self._obs.recording.least_free_mib and self._around.now_us() >= self._retry_at_us:
            reason = f"Only {free_mib} MiB were left where OBS records; it was ended so that the file stays whole."
            self._end(take, reason)

    def turn(self) -> None:
        """Store what is known, and take the next step."""
        self._tape.flush()
        self._step()
        self._tape.keep()

    # The next step

    def _step(self) -> None:
        if self.is_busy or not self._is_looked or not self._obs.is_connected or self._around.is_paused:
            return
        if self._around.now_us() < self._retry_at_us:
            return
        take, due = self.take, self.due()
        if take is not None and take.is_under_way:
            if take.by_hand:
                self._attach(take, due)
            elif due is None or take.key != due.key:
                self._end(take, None)
        elif due is not None:
            self._begin(due)
        elif self._obs.recording.records_matches and (plan := self._tape.plans.unprepared()) is not None:
            self._prepare(plan)

    def _prepare(self, plan: Plan) -> None:
        """See to folder and room at the load, so that the start is quick and what is wrong is known early."""
        plan.is_prepared = True
        wish = self._wish(plan, self._tape.ready(plan))
        self._do(lambda: beginning.prepare(wish, self._obs.facts), self._prepared, "the preparation of the recording")

    def _prepared(self, outcome: Outcome[int]) -> None:
        self.is_busy = False
        if outcome.error is not None and self.take is not None and not self.take.is_under_way:
            self._fail(self.take, outcome.error.message)

    def _begin(self, plan: Plan) -> None:
        take = self._tape.ready(plan)
        plan.is_prepared = True
        take.asked_at_us = self._around.now_us()
        self._tape.is_changed = True
        wish = self._wish(plan, take)
        self._do(lambda: beginning.begin(wish, self._obs.facts), self._begun, "the start of the recording")

    def _wish(self, plan: Plan, take: Take) -> Wish:
        settings, at_us = self._obs.recording, self._around.now_us()
        name = names.match_name(settings.folder, settings.file_name, plan.view, at_us=at_us, part=take.part)
        return Wish(
            root=settings.root,
            name=names.for_obs(name),
            format=settings.format,
            least_free_mib=settings.least_free_mib,
        )

    def _begun(self, outcome: Outcome[Begun]) -> None:
        self.is_busy = False
        take = self.take
        if take is None or take.state is not RecordingState.PREPARING:
            return  # STARTED told it already, or it is over again
        if outcome.error is not None:
            self._fail(take, outcome.error.message)
            self.link_up()  # it may record all the same
            return
        begun = outcome.value()
        take.started_at_us = self._began_us(begun.record_ms)
        self._tape.runs(take, begun.path)

    def _end(self, take: Take, reason: str | None) -> None:
        take.asked_at_us = self._around.now_us()
        take.reason = reason
        self._tape.change(take, RecordingState.STOPPING, reason)
        self._do(lambda: recording.stop(self._obs.facts), self._stopped, "the end of the recording")

    def _stopped(self, outcome: Outcome[Ended]) -> None:
        self.is_busy = False
        take = self.take
        if take is None or take.state is not RecordingState.STOPPING:
            return
        if outcome.error is None:
            self._ended(outcome.value().path)
            return
        self._retry_at_us = self._around.now_us() + RETRY_US
        self._log.warning("recording_not_ended", reason=outcome.error.message)
        self._tape.change(take, RecordingState.RECORDING, outcome.error.message)
        if self._obs.is_connected:
            self.link_up()

    def _mark_round(self, happened: Happened) -> None:
        """A chapter or a file for each round, where this OBS can."""
        take, settings, facts = self.take, self._obs.recording, self._obs.facts
        if take is None or take.state is not RecordingState.RECORDING or take.ring != happened.ring or self.is_busy:
            return
        act: Procedure[Any]
        if settings.split_rounds and facts.knows("SplitRecordFile") and happened.view.round != 1:
            act = recording.split_recording(SplitRecording(), facts)
        elif settings.chapters and facts.knows("CreateRecordChapter"):
            act = recording.add_chapter(AddChapter(title=happened.label), facts)
        else:
            return
        self._do(lambda: act, self._marked_round, "the mark of a round")

    def _marked_round(self, outcome: Outcome[Any]) -> None:
        self.is_busy = False
        if outcome.error is not None:
            self._log.warning("round_not_marked", reason=outcome.error.message)

    def _do(self, procedure: Callable[[], Procedure[Any]], then: Callable[[Outcome[Any]], None], what: str) -> None:
        """Keep the intent, then do it."""
        self.is_busy = True
        self._ledger.then(lambda: self._run(procedure(), then, what))

    def _run(self, procedure: Procedure[Any], then: Callable[[Outcome[Any]], None], what: str) -> None:
        self._obs.run(procedure, then, what=what)

    # What OBS does

    def _looked(self, outcome: Outcome[Progress]) -> None:
        self.is_busy = False
        if outcome.error is not None:
            return
        self._is_looked = True
        found, take = outcome.value(), self.take
        is_under_way = take is not None and take.is_under_way
        began_us = self._began_us(found.record_ms)
        if take is None or not is_under_way:
            if found.is_recording:
                self._by_hand(None, began_us)
        elif not found.is_recording:
            self._lost(take)
        elif take.heard_at_us and began_us > max(take.heard_at_us, take.asked_at_us or 0) + TOLERANCE_US:
            self._lost(take)
            self._by_hand(None, began_us)
        elif take.state is RecordingState.PREPARING:
            take.started_at_us = began_us
            self._tape.runs(take, None)
        else:
            take.heard_at_us = self._around.now_us()
            if take.state is RecordingState.STOPPING:
                self._tape.change(take, RecordingState.RECORDING, "OBS records on.")

    def _began_us(self, record_ms: int) -> int:
        """When a recording began that is so far by OBS's own time code, which its encoder's delay makes late."""
        lag_ms = self._tape.lag_ms if record_ms else 0
        return self._around.now_us() - (record_ms + lag_ms) * 1000

    def _started(self, path: str | None) -> None:
        take, now_us = self.take, self._around.now_us()
        if take is None or not take.is_under_way:
            self._by_hand(path, now_us)
        elif take.state is RecordingState.PREPARING:
            take.started_at_us = now_us
            self._tape.runs(take, path)

    def _by_hand(self, path: str | None, began_us: int) -> None:
        """Somebody started it in OBS: it is theirs to end, and the match on the mat is in it."""
        if self.take is not None:
            self._tape.change(self.take, RecordingState.IDLE, "OBS records already; somebody started it by hand.")
        due = self.due()
        ring, match_id = due.key if due is not None else (NO_RING, None)
        take = Take(video_id=uuid.uuid4().hex, ring=ring, match_id=match_id, by_hand=True, started_at_us=began_us)
        self._tape.runs(take, path, "It was started in OBS by hand, and is ended there.")

    def _attach(self, take: Take, due: Plan | None) -> None:
        """A recording by hand belongs to the first match that it shows."""
        if take.match_id is None and due is not None:
            take.ring, take.match_id = due.key
            self._tape.change(take, take.state, take.reason)

    def _paused(self, _: str | None) -> None:
        if self.take is not None and self.take.is_under_way:
            self.take.pauses.append(Pause(self._around.now_us()))
            self._tape.is_changed = True

    def _resumed(self, _: str | None) -> None:
        if self.take is not None and self.take.pauses:
            self.take.pauses[-1].to_us = self._around.now_us()
            self._tape.is_changed = True

    def _ended(self, path: str | None) -> None:
        """OBS has closed the file."""
        take, now_us = self.take, self._around.now_us()
        if take is None or not take.is_under_way:
            return
        take.obs_path = path or take.obs_path
        problem = None
        if take.state is not RecordingState.STOPPING and not take.by_hand:
            plan = self._tape.plan_of(take)
            if take.started_at_us is None or now_us - take.started_at_us < SHORT_US:
                problem = "OBS began and ended at once: mostly its disk is full, or it cannot write to the folder."
                self._retry_at_us = now_us + RETRY_US
            else:
                problem = "It was ended in OBS before the match was over."
                if plan is not None and plan is self.due():
                    plan.is_given_up = True
        self._tape.close(take, ended_at_us=now_us, problem=problem)

    def _lost(self, take: Take) -> None:
        """It is over, and nobody told us when: OBS ended, or was ended, while we did not hear it."""
        problem = "OBS ended while it recorded, or while nobody listened; the file may lack its last seconds."
        self._tape.close(take, ended_at_us=None, problem=problem, is_whole=False)

    def _fail(self, take: Take, reason: str) -> None:
        self._retry_at_us = self._around.now_us() + RETRY_US
        if self._tape.fail(take, reason):
            self._log.error("recording_failed", ring=take.ring, match_id=take.match_id, reason=reason)


_WENT: Final[dict[str, Callable[[Recorder, str | None], None]]] = {
    "STARTED": Recorder._started,  # noqa: SLF001 - the table of this module's own class
    "PAUSED": Recorder._paused,  # noqa: SLF001 - as above
    "RESUMED": Recorder._resumed,  # noqa: SLF001 - as above
    "STOPPED": Recorder._ended,  # noqa: SLF001 - as above
}
