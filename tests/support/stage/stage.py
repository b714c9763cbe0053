"""The stage: a small OBS, the service that records it, and what both told."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import structlog

from services.obs_bridge import faults
from services.obs_bridge.execution import Reply
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.permits import KEY as PERMITS_KEY
from services.obs_bridge.permits import Permits
from services.obs_bridge.procedure import Data
from services.obs_bridge.recording import tape
from services.obs_bridge.recording.recorder import Recorder
from services.obs_bridge.reviews import clips
from services.obs_bridge.reviews.buffer import Buffer
from services.obs_bridge.reviews.clips import Clips
from services.pss_parser.ring import RingParser
from shared.automation.happenings import Follower, Happened
from shared.automation.match_view import MatchView, Venue
from shared.errors import ObsError
from shared.licensing.features import Feature
from shared.licensing.gate import Gates
from shared.messages.facts import InterpretationChosen
from shared.messages.obs import RecordingSettings
from shared.messages.recordings import (
    ClipReady,
    RecordingChanged,
    RecordingState,
    VideoEvent,
    VideoEventsPlaced,
    VideoStored,
)
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Entry
from shared.outbox import Outbox
from shared.paths import Paths
from shared.rules import shipped
from tests.support.obs.studio import RefusalError, Studio
from tests.support.stage.clock import AT_US, Time
from tests.support.stage.obs import NAME, SimFiles, SimObs
from tests.support.stage.verdict import SimVerdict

TURN_S = 0.25


class Stage:
    """`facts` is what was stored so far, `asked` the requests that OBS got. `feed` are happenings that are still to
    come, each at its time.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.time = Time()
        monkeypatch.setattr("tests.support.obs.studio.time", self.time)
        self.folder = folder
        self.settings = RecordingSettings(**settings)
        self.asked: list[tuple[str, Data]] = []
        self.refusals: dict[str, ObsError | None] = {}
        self.ignored: set[str] = set()
        """Requests that OBS says yes to and does not do."""
        self.free_mib = 50_000.0
        self.late_ms = 0
        """By how much OBS's own time code of the recording is late: its encoder, and the wait for a key frame."""
        self.studio = Studio(tell=self._tell, later=self._later, records=None)
        self.disk: dict[str, int] = {}
        """Files of OBS, and how long they are (ms)."""
        self.clip_ms = 20_000
        self.facts: list[Any] = []
        self.published: list[Any] = []
        self.said: list[Happened] = []
        self.ready: list[ClipReady] = []
        self.is_reachable = True
        self.replays = False
        """Whether replay buffer and clips are worked, too."""
        self.is_paused = False
        self.verdict = SimVerdict(self.now_us)
        self.act_within_us = 5_000_000
        self.log: Any = Mock(spec=structlog.stdlib.BoundLogger)
        self.log.bind.return_value = self.log
        self.happened_so_far: list[Happened] = []
        self.position = 0
        self.is_up = True
        self.last_alive_us: int | None = None
        self._tick()
        self.begin()
        self._measure()

    # Surroundings

    def now_us(self) -> int:
        """The wall clock."""
        return self.time.wall_us

    def refusal(self, feature: Feature, view: MatchView) -> str | None:
        """Why the licence does not allow it."""
        return self.permits.refusal(feature, view)

    def closed(self, video: VideoStored) -> None:
        """OBS closed a file."""
        self.ledger.tell(video)

    def happened(self, happened: Happened) -> None:
        """Something happened on OBS."""
        self.said.append(happened)

    def ours(self, obs_path: str) -> Path | None:
        """Where a file of OBS is here."""
        return Path(obs_path) if self.is_reachable and obs_path in self.disk else None

    # The service

    def begin(self) -> None:
        """Begin the service with what it kept."""
        self.outbox = Outbox(self.folder / "outbox.db", producer="obs-bridge", publish=lambda _: None, log=self.log)
        add = self.outbox.add

        def stored(facts: Any, **more: Any) -> int:
            self.facts += facts
            return add(facts, **more)

        self.outbox.add = stored  # type: ignore[method-assign]  # what was stored is what tests look at
        bus: Any = Mock()
        bus.publish.side_effect = lambda _topic, _key, fact: self.published.append(fact)
        self.ledger = Ledger(self.outbox, bus)
        self.ledger.keepers.append(lambda: {"test/position": str(self.position).encode()})
        gates = Gates(Paths(self.folder), verdicts=self.verdict, now_us=self.now_us, steady_s=self.time.monotonic)
        self.permits = Permits(gates, self.ledger, kept=self.outbox.kept(PERMITS_KEY), log=self.log)
        self.obs = SimObs(self)
        kept = self.outbox.kept()
        self.recorder = Recorder(
            self.obs,
            self,
            self.ledger,
            kept=kept.get(tape.KEY + NAME),
            alive_until_us=self.last_alive_us,
            log=self.log,
            monotonic_us=lambda: self.time.mono_us,
        )
        self.buffer = Buffer(self.obs, self, log=self.log)
        self.files = SimFiles(self)
        self.clips = Clips(
            self.obs,
            self,
            self.ledger,
            files=self.files,  # type: ignore[arg-type]  # without a thread
            places=self,
            ready=self.ready.append,
            kept=kept.get(clips.KEY + NAME),
            log=self.log,
        )
        self.position = int(kept.get("test/position", b"0"))
        self.is_up = True
        self.last_alive_us = None

    def kill(self) -> None:
        """End the service as kill -9 does."""
        self.obs.is_dead = True
        self.is_up = False
        self.last_alive_us = self.now_us()
        self.outbox.close()

    def restart(self, *, after_s: float = 0.5) -> None:
        """Kill it, and begin it again; it connects, and hears what it missed."""
        is_connected = self.obs.is_connected
        self.kill()
        self.pass_s(after_s)
        self.begin()
        self.catch_up()
        if is_connected:
            self.connect()

    def catch_up(self) -> None:
        """The service hears what it missed, in order, and then how the ring stands."""
        missed = self.happened_so_far[self.position :]
        for happened in missed:
            self._take(happened)
        if self.happened_so_far:
            self.permits.took(self.happened_so_far[-1].view)
            self.recorder.tape.stands(self.happened_so_far[-1].view)
            self.buffer.stands(self.happened_so_far[-1].view)

    def connect(self) -> None:
        """The connection to OBS is up."""
        self.obs.is_connected = True
        self.recorder.link_up()
        if self.replays:
            self.buffer.link_up()
            self.clips.link_up()
        self.turn()

    def disconnect(self) -> None:
        """The connection to OBS is lost."""
        self.obs.lose()
        self.recorder.link_down()
        self.buffer.link_down()
        self.turn()

    def kill_obs(self) -> None:
        """OBS ends as by kill -9."""
        self.studio.running.clear()
        if self.obs.is_connected:
            self.disconnect()

    def turn(self) -> None:
        """One turn of the service's loop."""
        if self.is_up:
            self.recorder.turn(may_act=not self.buffer.is_naming)
            if self.replays:
                self.buffer.turn(may_act=not self.recorder.is_busy)
                self.clips.turn()
            self.ledger.commit()

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.time.pass_s(seconds, self.turn)

    def until(self, look: Callable[[], object], *, within: float = 60) -> None:
        """Let time pass until something is so."""
        waited = 0.0
        while not look():
            assert waited < within, f"not so within {within:g} s: {self.states()}"
            self.pass_s(0.05)
            waited += 0.05

    # The mat

    def play(self, *bouts: list[tuple[float, bytes]], ring: str = "ring-1", number: int = 0) -> None:
        """Have these datagrams come, each so many seconds from now."""
        parser = RingParser(ring, "0123456789abcdef")
        follower = Follower(MatchView(ring=ring), lambda: Venue(tournament="Open", day=1, time_zone="UTC"))
        interpretation = Interpretation(rule_set=next(iter(shipped().values())), dialect=Dialect.A)
        entries = [Entry(self.now_us(), 0, fact=InterpretationChosen(interpretation=interpretation))]
        for after_s, body in itertools.chain(*bouts):
            at_us = self.now_us() + round(after_s * 1e6)
            entries.append(Entry(at_us, at_us - AT_US, "192.0.2.10", 50_000, body))
        for count, entry in enumerate(entries, 1):
            parsed = parser.parse(count, f"{number}-{ring}", entry)
            for happened in follower.take_entry(parsed, session=f"{number}-{ring}", number=count):
                self.time.after((happened.at_us - self.now_us()) / 1e6, lambda one=happened: self.hear(one))  # type: ignore[misc]  # bound at once

    def hear(self, happened: Happened) -> None:
        """Something happens on the mat."""
        self.happened_so_far.append(happened)
        if self.is_up:
            self._take(happened)

    def _take(self, happened: Happened) -> None:
        self.permits.took(happened.view)
        self.recorder.took(happened)
        if self.replays:
            self.buffer.took(happened)
            self.clips.took(happened)
        self.position += 1

    # OBS

    def by_hand(self, request: str) -> None:
        """Somebody does something at OBS itself."""
        self.studio.answer(request, {})

    def reply(self, request: str, data: Data) -> Reply | None:
        """What OBS answers; None: nothing."""
        self.asked.append((request, data))
        if request in self.refusals:
            error = self.refusals[request]
            return None if error is None else Reply(error=error, sent_ns=1, answered_ns=2)
        if request in self.ignored:
            return Reply(data={}, sent_ns=1, answered_ns=2)
        try:
            answer = self.studio.answer(request, data)
        except RefusalError as refusal:
            return Reply(error=faults.refused(request, refusal.code, str(refusal)), sent_ns=1, answered_ns=2)
        if request == "GetRecordStatus":
            answer["outputDuration"] = self._record_ms()
        if request == "GetStats":
            answer["availableDiskSpace"] = self.free_mib
        return Reply(data=answer, sent_ns=1, answered_ns=2)

    def requests(self, name: str) -> int:
        """How often OBS was asked for this."""
        return sum(request == name for request, _ in self.asked)

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.time.after(seconds, callback)

    def _tell(self, event: str, data: Data) -> None:
        if event == "ReplayBufferSaved":
            self.disk[data["savedReplayPath"]] = self.clip_ms
        if self.is_up and self.obs.is_connected:
            self.recorder.event(event, data)
            if self.replays:
                self.buffer.event(event, data)
                self.clips.event(event, data)
            self.obs.hear(event, data)

    def _tick(self) -> None:
        self.time.after(TURN_S, self._tick)

    def _measure(self) -> None:
        self.time.after(1, self._measure)
        if self.is_up:
            self.permits.look()
        if self.is_up and self.obs.is_connected:
            self.recorder.tape.measure(self._record_ms())

    def _record_ms(self) -> int:
        return max(0, int(self.studio.answer("GetRecordStatus", {})["outputDuration"]) - self.late_ms)

    # What was stored

    def changes(self) -> list[RecordingChanged]:
        """How recordings went on, in order."""
        return [fact for fact in self.facts if isinstance(fact, RecordingChanged)]

    def states(self, match: int | None = None) -> list[RecordingState]:
        """The states of all recordings, or of those of the match with this place (from 0), in order."""
        told = self.changes()
        if match is not None:
            matches = list(dict.fromkeys(one.match_id for one in told if one.match_id))
            told = [one for one in told if one.match_id == matches[match]]
        return [one.state for one in told]

    def videos(self) -> list[VideoStored]:
        """The files, each as it was told last."""
        return list({fact.video_id: fact for fact in self.facts if isinstance(fact, VideoStored)}.values())

    def rows(self) -> list[RecordingChanged]:
        """The recordings, each as it was told last."""
        return list({one.video_id: one for one in self.changes()}.values())

    def events(self) -> list[VideoEvent]:
        """What was placed in recordings, in order."""
        placed = [fact for fact in self.facts if isinstance(fact, VideoEventsPlaced)]
        return [event for fact in placed for event in fact.events]
