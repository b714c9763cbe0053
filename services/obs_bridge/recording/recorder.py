"""Records the matches of one OBS: compares what ought to be recorded with what is, and takes the next step; obs-bridge.

It is led by states, not by single events: whatever was missed, refused or interrupted, the next look at both sides says
what to do. One procedure at a time is under way. An intent is kept before each request, so that a recorder that was
killed knows at its start which recording of OBS is its own.
"""

from collections.abc import Callable
from typing import Any

import structlog

from services.obs_bridge.acts import recording
from services.obs_bridge.acts.recording import Begun, Ended
from services.obs_bridge.execution import Outcome
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.procedure import Procedure
from services.obs_bridge.recording import beginning, rounds, says
from services.obs_bridge.recording.beginning import Wish
from services.obs_bridge.recording.commands import Commands, Then
from services.obs_bridge.recording.first_picture import FirstPicture
from services.obs_bridge.recording.plans import Plan
from services.obs_bridge.recording.take import Take
from services.obs_bridge.recording.tape import Tape
from services.obs_bridge.recording.wall_clock import WallClock
from services.obs_bridge.recording.witness import Witness
from services.obs_bridge.surroundings import UNSURE, Obs, Surroundings, is_fresh
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.clock import monotonic_ns
from shared.licensing.features import OBS_AUTOMATION
from shared.messages.automation import Happening
from shared.messages.recordings import RecordingState


class Recorder(Witness):
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
        tape = Tape(obs, around, ledger, kept=kept, log=log)
        super().__init__(obs, around, tape, log=log)
        self._ledger = ledger
        self._clock = WallClock(around.now_us(), monotonic_us)
        self._first_picture = FirstPicture(obs, self.tape, around.now_us)
        self._commands = Commands(self.tape, around.now_us)
        self._was_paused = around.is_paused
        self._refused: set[str] = set()
        """Rings on which something happened in a match that the licence does not allow to be recorded."""
        if self.take is not None and alive_until_us is not None and not self.take.is_away:
            self.take.heard_at_us = max(self.take.heard_at_us, alive_until_us)

    @property
    def state(self) -> RecordingState:
        """How it stands."""
        if self.take is not None:
            return self.take.state
        is_failed = self.tape.failed is not None and self.wants
        return RecordingState.FAILED if is_failed else RecordingState.IDLE

    @property
    def wants(self) -> bool:
        """Whether a match is on that ought to be recorded, or was until somebody ended that."""
        return self.due() is not None or self.given_up is not None

    @property
    def given_up(self) -> Plan | None:
        """The match that goes on and is recorded no more."""
        if not self._obs.recording.records_matches:
            return None
        return self.tape.plans.given_up(self._around.now_us(), self._is_refused)

    @property
    def lacking(self) -> Plan | None:
        """The match that OBS does not record though it ought to: it records another one, or that was ended."""
        return next(iter(self._left_out()), None) or self.given_up

    @property
    def problem(self) -> str | None:
        """Why what ought to be recorded is not; None while it is, or nobody knows."""
        missed = next((plan.missed_why for plan in self._left_out() if plan.missed_why is not None), None)
        if missed is not None:
            return missed
        if (seconds := self._first_picture.missing_s()) is not None:
            return says.nothing_written(seconds)
        if self.tape.failed is not None:
            return self.tape.failed.reason
        return self.given_up.given_up if self.given_up is not None else None

    @property
    def rings_under_way(self) -> set[str]:
        """The rings whose past matters after a restart."""
        takes = {self.take.ring} if self.take is not None else set()
        return takes | {plan.view.ring for plan in self.tape.plans.by_ring.values() if plan.is_open}

    # What it is told

    def took(self, happened: Happened) -> None:
        """Go on with what happened on a ring that this connection serves."""
        is_refused = self._is_refused(happened.view)
        if is_refused:
            self._refused.add(happened.ring)
        fresh = is_fresh(self._around, happened.at_us) and not (self._around.is_paused or is_refused)
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

    def room(self, free_mib: int) -> None:
        """So much is left where OBS records: what runs is ended while it can be closed in order."""
        take = self.take
        is_low = self._room.is_low(free_mib, take)
        is_ours = take is not None and take.state is RecordingState.RECORDING and not take.by_hand
        if is_low and take is not None and is_ours and self._may_act():
            self._end(take, says.disk_low(free_mib))

    def start_by_command(self, then: Then) -> bool:
        """Record the match that is on, as its next part where it has one; `then` is told when OBS does, or that it does
        already. False: no match is on, so that nothing but a recording is meant, or OBS cannot be asked.
        """
        if not (self._is_looked and self._obs.is_connected):
            return False
        if self.take is not None and self.take.state is RecordingState.RECORDING:
            self._commands.start(then, was_running=True)
            return True
        plan = self.tape.plans.on(self._around.now_us()) if self._obs.recording.records_matches else None
        is_free = self.take is None or not self.take.is_under_way
        if plan is None or not is_free:
            return False
        plan.take_up(self._around.now_us())
        self.tape.forgive()
        self._retry_at_us = 0
        self._commands.start(then, was_running=False)
        return True

    def stop_by_command(self, then: Then) -> bool:
        """End the recording of a match, and do not begin it again; `then` is told when OBS has. False: it is none."""
        take = self.take
        runs = take is not None and take.state in (RecordingState.PREPARING, RecordingState.RECORDING)
        if take is None or not runs or not take.is_under_way or take.by_hand or not self._obs.is_connected:
            return False
        plan = self.tape.plan_of(take)
        if plan is not None:
            plan.given_up, plan.is_left = says.BY_COMMAND, True
            take.reason = says.BY_COMMAND if plan.ended_at_us is None else None
        self.tape.changed()
        self._retry_at_us = 0
        self._commands.stop(take, then)
        return True

    def turn(self, *, may_act: bool = True) -> None:
        """Store what is known, and take the next step; `may_act`: nobody else just sets how OBS names files."""
        if by_us := self._clock.stepped_us(self._around.now_us()):
            self._retry_at_us += by_us
            self.tape.stepped(by_us)
        self._resume()
        self.tape.flush()
        self._first_picture.turn()
        if may_act and not self._is_looked and not self.is_busy and self._obs.is_connected and not self._is_resting():
            self.link_up()
        elif may_act and not self._is_held:
            self._step()
        self._commands.turn()

    def _resume(self) -> None:
        """Go on with the matches that nothing holds back any more. What runs was never held back."""
        self._refused &= self.tape.plans.by_ring.keys()
        if not self._around.is_paused:
            held = self.tape.plans.by_ring if self._was_paused else self._refused
            free = [ring for ring in held if not self._is_ring_refused(ring)]
            if free:
                self._refused.difference_update(free)
                self.tape.plans.resume(self._around.now_us(), free)
                self.tape.changed()
        self._was_paused = self._around.is_paused

    def _refused_plan(self) -> Plan | None:
        """A match that goes on and is not recorded by us: what somebody records by hand is that match all the same."""
        if not self._obs.recording.records_matches:
            return None
        held = [plan for plan in self.tape.plans.by_ring.values() if plan.is_held and plan.is_waiting]
        return next((plan for plan in held if not plan.is_stale and self._is_refused(plan.view)), None)

    def _is_ring_refused(self, ring: str) -> bool:
        plan = self.tape.plans.by_ring.get(ring)
        return plan is not None and self._is_refused(plan.view)

    def _is_refused(self, view: MatchView) -> bool:
        """Whether the licence allows no recording of this match but one that a person wants."""
        return self._around.refusal(OBS_AUTOMATION, view) is not None

    # The next step

    def _step(self) -> None:
        take, due = self.take, self.due()
        if not self._may_act():
            if not self._obs.is_connected and not self.is_busy and due is not None:
                self._tell_away(due)
        elif self.tape.own_format is not None:
            self._give_back(self.tape.own_format)
        elif take is not None and take.is_under_way:
            self._go_on(take, due)
        elif due is not None:
            self._begin(due)
        elif not self._obs.recording.records_matches:
            self.tape.drop(says.SWITCHED_OFF)
        elif take is not None and (why := self.tape.plans.why_not(take.key)) is not None:
            self.tape.drop(why)
        elif (plan := self.tape.plans.unprepared(self._is_refused)) is not None:
            self._prepare(plan)

    def _go_on(self, take: Take, due: Plan | None) -> None:
        if take.by_hand:
            self._attach(take, due or self._refused_plan())
        elif due is None or take.key != due.key:
            self._end(take, take.reason if self._obs.recording.records_matches else says.SWITCHED_OFF)
        self._tell_left_out(take)

    @property
    def _is_held(self) -> bool:
        """Paused, but for what was commanded."""
        return self._around.is_paused and not self._commands

    def _may_act(self) -> bool:
        is_up = self._is_looked and self._obs.is_connected and not self._is_held
        return is_up and not self.is_busy and not self._is_resting()

    def _left_out(self) -> list[Plan]:
        """Matches that ought to be recorded, while OBS records something else for longer than a moment."""
        take = self.take
        if take is None or take.state is not RecordingState.RECORDING or not self._obs.recording.records_matches:
            return []
        plan = self.tape.plan_of(take)
        if not take.by_hand and plan is not None and plan.ended_at_us is not None:
            return []
        return self.tape.plans.left_out(self._around.now_us(), self.tape.rolls, current=take.key)

    def _tell_left_out(self, take: Take) -> None:
        for plan in self._left_out():
            reason = says.IN_ANOTHER if take.by_hand else says.occupied(take.ring)
            if self.tape.miss(plan, reason):
                self._log.error("recording_missed", ring=plan.view.ring, match_id=plan.view.match_id, reason=reason)

    def _give_back(self, own: str) -> None:
        """The connection was lost while OBS had a match's name as its format of names."""
        self._do(lambda: beginning.give_back(own, self.tape.lend_format), self._given_back, "the format of file names")

    def _given_back(self, outcome: Outcome[None]) -> None:
        self.is_busy = False
        if outcome.error is not None:
            self._rest()

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
        take.name, take.least_free_mib = wish.name.replace("%%", "%"), wish.least_free_mib
        tape = self.tape
        self._do(
            lambda: beginning.begin(wish, self._obs.facts, own=tape.own_format, lend=tape.lend_format),
            self._begun,
            "the start of the recording",
        )

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
            begun = outcome.value()
            take.started_at_us = self._began_us(begun.record_ms)
            self.tape.runs(take, begun.path, is_awaited=begun.record_ms == 0)
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
