"""What one OBS records by itself, by our request or by somebody's hand, as its events and answers tell; obs-bridge."""

import uuid
from collections.abc import Callable
from typing import Final

import structlog

from services.obs_bridge.acts import recording
from services.obs_bridge.acts.outputs import state_of
from services.obs_bridge.acts.recording import Progress
from services.obs_bridge.execution import Outcome
from services.obs_bridge.procedure import Data
from services.obs_bridge.recording import beginning, says
from services.obs_bridge.recording.plans import Plan
from services.obs_bridge.recording.room import Room
from services.obs_bridge.recording.take import Take
from services.obs_bridge.recording.tape import Tape
from services.obs_bridge.recording.timeline import Pause
from services.obs_bridge.surroundings import Obs, Surroundings
from shared.messages.recordings import NO_RING, RecordingState

RETRY_US: Final = 2_000_000
"""A start, an end or a look that OBS refused or did not confirm is tried again after this long, while it is wanted."""
LATE_US: Final = 15_000_000
"""What OBS records so long after a start that seemed to come to nothing is that one."""
SHORT_US: Final = 2_000_000
"""A recording that ends by itself within this was none: OBS could not write it."""


class Witness:
    """Keeps `tape` true to what OBS does. `is_busy`: OBS is just asked something; what it does is known once it
    `is_looked` at.
    """

    def __init__(self, obs: Obs, around: Surroundings, tape: Tape, *, log: structlog.stdlib.BoundLogger) -> None:
        self._obs = obs
        self._around = around
        self._log = log.bind(obs=obs.name)
        self.tape = tape
        self.is_busy = False
        self._is_looked = False
        self._retry_at_us = 0
        self._room = Room()
        self._late: Take | None = None

    @property
    def take(self) -> Take | None:
        """The recording that is prepared or under way."""
        return self.tape.take

    def due(self) -> Plan | None:
        """The match that ought to be recorded now."""
        if not self._obs.recording.records_matches:
            return None
        current = self.take.key if self.take is not None else None
        return self.tape.plans.due(self._around.now_us(), self.tape.rolls, current=current)

    def event(self, name: str, data: Data) -> None:
        """An event of OBS."""
        take = self.take
        if name == recording.EVENT:
            went = _WENT.get(state_of(data))
            if went is not None:
                went(self, data.get("outputPath"))
        elif name == "RecordFileChanged" and take is not None and take.state is RecordingState.RECORDING:
            self.tape.split(take, str(data.get("newOutputPath", "")))

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
            self.tape.runs(take, None, is_awaited=found.record_ms == 0)
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
            self.tape.runs(take, path, is_awaited=True)

    def _by_hand(self, path: str | None, began_us: int, *, is_paused: bool = False) -> None:
        """Somebody started it in OBS: it is theirs to end, and the match on the mat is in it. Unless it is a start of
        ours that OBS took its time for.
        """
        late, self._late = self._late, None
        if late is not None and self._is_late(late, path, began_us):
            late.started_at_us = began_us
            self.tape.runs(late, path, is_awaited=path is not None)
            return
        self.tape.drop(says.BY_HAND_ALREADY)
        take = Take(video_id=uuid.uuid4().hex, ring=NO_RING, match_id=None, by_hand=True, started_at_us=began_us)
        if is_paused:
            take.pauses.append(Pause(self._around.now_us()))
        due = self.due()
        if due is not None:
            self.tape.belongs(take, due)
        self.tape.runs(take, path, says.BY_HAND, is_awaited=path is not None)

    def _is_late(self, late: Take, path: str | None, began_us: int) -> bool:
        asked_us = late.asked_at_us or 0
        is_named = path is None or (late.name is not None and late.name in path)
        return is_named and asked_us - LATE_US // 5 <= began_us <= asked_us + LATE_US

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
        ended_at_us = take.ending_at_us or now_us
        if is_asked:
            self.tape.close(take, ended_at_us=ended_at_us, problem=None)
            return
        # By itself or by somebody's hand? What was heard last of the disk may be a second old.
        self.is_busy = True
        self._obs.run(
            beginning.free(), lambda free: self._ended_unasked(take, ended_at_us, free), what="the room that is left"
        )

    def _ended_unasked(self, take: Take, ended_at_us: int, free: Outcome[int]) -> None:
        self.is_busy = False
        if free.result is not None:
            self._room.free_mib = free.result
        if self.take is take:
            self.tape.close(take, ended_at_us=ended_at_us, problem=self._ended_early(take))

    def _ended_early(self, take: Take) -> str | None:
        """What is wrong when OBS ended a recording that nobody here asked it to end."""
        plan = self.due()
        if plan is None or plan.key != take.key:
            return None
        if self._room.is_full():
            self._rest()
            take.ending_at_us = None  # the file may lack its end
            return says.disk_full(self._room.free_mib or 0)
        plan.early_ends += 1
        if plan.ended_at_us is None and plan.early_ends == 1:
            self._rest()
            return says.ENDED_EARLY
        plan.given_up = says.ENDED_BY_HAND
        return says.ENDED_BY_HAND if plan.ended_at_us is None else None

    def _gone(self, take: Take) -> None:
        """OBS does not record it, and nobody told us since when."""
        if take.state is RecordingState.PREPARING and take.doubt is None:
            take.asked_at_us = None  # we ended before OBS was asked
            self.tape.changed()
        elif take.state is RecordingState.PREPARING:
            self._late = take
            self._fail(take, take.doubt or says.LOST)
        elif take.state is RecordingState.STOPPING:
            self.tape.close(take, ended_at_us=take.asked_at_us, problem=None)
        else:
            self.tape.close(take, ended_at_us=None, problem=says.LOST, is_whole=False)

    def _is_resting(self) -> bool:
        return 0 < self._retry_at_us - self._around.now_us() <= RETRY_US

    def _rest(self) -> None:
        self._retry_at_us = self._around.now_us() + RETRY_US

    def _fail(self, take: Take, reason: str) -> None:
        self._rest()
        if self.tape.fail(take, reason):
            self._log.error("recording_failed", ring=take.ring, match_id=take.match_id, reason=reason)


_WENT: Final[dict[str, Callable[[Witness, str | None], None]]] = {
    "STARTED": Witness._started,  # noqa: SLF001 - the table of this module's own class
    "PAUSED": Witness._paused,  # noqa: SLF001 - as above
    "RESUMED": Witness._resumed,  # noqa: SLF001 - as above
    "STOPPING": Witness._ending,  # noqa: SLF001 - as above
    "STOPPED": Witness._ended,  # noqa: SLF001 - as above
}
