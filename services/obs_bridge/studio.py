"""One OBS with all that the suite does with it: its link, its recorder, its clips, its status; obs-bridge."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct
from msgspec.structs import replace

from services.obs_bridge import leftovers
from services.obs_bridge.account import Account
from services.obs_bridge.acts import profiles
from services.obs_bridge.acts.facts import LOST, Done, ObsFacts, facts_of
from services.obs_bridge.acts.registry import ALONE, perform
from services.obs_bridge.alarms import Alarms, Duty
from services.obs_bridge.denials import Denials
from services.obs_bridge.execution import After, Outcome, Post, Reply
from services.obs_bridge.files import Files
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.leftovers import Leftovers
from services.obs_bridge.link import Link, Owner
from services.obs_bridge.procedure import Data, Procedure
from services.obs_bridge.recording import says, tape
from services.obs_bridge.recording.recorder import Recorder
from services.obs_bridge.reviews import clips
from services.obs_bridge.reviews.buffer import Buffer
from services.obs_bridge.reviews.clips import Clips
from services.obs_bridge.status import Observer
from services.obs_bridge.surroundings import Surroundings
from services.obs_bridge.turnstile import Turnstile
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.automation.roles import word_of
from shared.clock import monotonic_s
from shared.licensing.features import OBS_AUTOMATION, REPLAY_CLIPS, Feature
from shared.messages.obs import (
    LinkState,
    ObsAlarm,
    ObsConnection,
    ObsLinkChanged,
    ObsStatus,
    RecordingSettings,
    Role,
)
from shared.messages.obs_actions import AddChapter, AnyAction, StartRecording, StopRecording
from shared.messages.recordings import ClipReady
from shared.video.path_map import is_this_machine, to_ours

UNKNOWN = ObsFacts(obs_version="", websocket_version="", platform="", requests=frozenset())
"""What is known of an OBS that was never connected."""


class House(Struct, frozen=True, kw_only=True):
    """What every studio shares: the loop, what is kept, and who is told."""

    around: Surroundings
    ledger: Ledger
    files: Files
    post: Post
    after: After
    kept: Callable[[], dict[str, bytes]]
    alive_until_us: int | None
    confirm_s: Callable[[], float]
    dropped_percent: Callable[[], float]
    has_rules: Callable[[], bool]
    ready: Callable[[ClipReady], None]
    state_changed: Callable[["Studio"], None]
    told: Callable[[ObsStatus], None]
    alarmed: Callable[[ObsAlarm], None]
    replies: Callable[[str], Callable[[Reply], None]]
    log: structlog.stdlib.BoundLogger
    recording_log: structlog.stdlib.BoundLogger


class Studio:
    """One connection to OBS as it is configured; `configure` changes what may change while it works."""

    def __init__(self, config: ObsConnection, password: str, house: House) -> None:
        self.config = config
        self._password = password
        self._views: dict[str, MatchView] = {}
        self._observer = Observer()
        self._is_looking = False
        self._house = house
        self._alarms, self._denials = self._watchers()
        self._version: ObsFacts = UNKNOWN
        self.facts = self._facts()
        self.link = self._link()
        kept, log = house.kept(), house.log
        self.recorder = Recorder(
            self,
            house.around,
            house.ledger,
            kept=kept.get(tape.KEY + self.name),
            alive_until_us=house.alive_until_us,
            log=house.recording_log,
        )
        self.buffer = Buffer(self, house.around, log=house.recording_log)
        self.turnstile = Turnstile(is_taken=self._is_naming, after=house.after)
        self.leftovers = Leftovers(
            self,
            house.ledger,
            kept=kept.get(leftovers.KEY + self.name),
            after=house.after,
            now_us=house.around.now_us,
            log=log,
        )
        self.clips = Clips(
            self,
            house.around,
            house.ledger,
            files=house.files,
            places=self,
            ready=house.ready,
            kept=kept.get(clips.KEY + self.name),
            log=house.recording_log,
        )

    @property
    def name(self) -> str:
        """The connection's name."""
        return self.config.connection

    @property
    def recording(self) -> RecordingSettings:
        """How it records; an OBS that is not for recording or replays does neither."""
        settings, roles = self.config.recording, self.config.roles
        return replace(
            settings,
            records_matches=settings.records_matches and Role.RECORDING in roles,
            keeps_replay=settings.keeps_replay and Role.REPLAY in roles,
        )

    @property
    def is_connected(self) -> bool:
        """Whether OBS can be asked now."""
        return self.link.is_connected

    @property
    def program_scene(self) -> str | None:
        """The scene that is on the air, as far as it is known."""
        return self._observer.program_scene

    @property
    def rings_under_way(self) -> set[str]:
        """The rings whose past matters after a restart."""
        return self.recorder.rings_under_way | self.clips.rings_under_way

    def serves(self, ring: str) -> bool:
        """Whether this connection is for a ring."""
        return not self.config.rings or ring in self.config.rings

    def ours(self, obs_path: str) -> Path | None:
        """Where a file or folder of OBS is on this machine; None where it cannot be reached."""
        return to_ours(obs_path, self.config.path_map, is_local=self.facts.is_local)

    def run(self, procedure: Procedure[Any], then: Callable[[Outcome[Any]], None], *, what: str) -> object:
        """Do a procedure."""
        return self.link.run(procedure, then, what=what)

    def act(self, action: AnyAction, then: Callable[[Outcome[Any]], None], *, by_hand: bool = False) -> None:
        """Do `action`, of a rule or of an operator (`by_hand`)."""
        if isinstance(action, AddChapter):
            self.recorder.tape.chapter(action.title)

        def done(outcome: Outcome[Done]) -> None:
            if self.leftovers.acted(action, outcome, by_hand=by_hand):
                self._house.ledger.then(partial(then, outcome))  # kept before anybody hears of it
            else:
                then(outcome)

        # A match's recording is the recorder's business, so that it is the match's again, under its name.
        if isinstance(action, StartRecording) and self.recorder.start_by_command(done):
            return
        if isinstance(action, StopRecording) and self.recorder.stop_by_command(done):
            return
        procedure = perform(action, self.facts, by_hand=by_hand)
        begin = partial(self.run, procedure, what=f"the action {word_of(action)}")
        if type(action) in ALONE:
            self.turnstile.let(begin, done)
        else:
            begin(done)

    def took(self, happened: Happened) -> None:
        """Go on with what happened on a ring that this connection serves."""
        self._views[happened.ring] = happened.view
        self.recorder.took(happened)
        self.buffer.took(happened)
        if self.recording.keeps_replay:
            self.clips.took(happened)

    def stands(self, view: MatchView) -> None:
        """How a ring that this connection serves stands, once nothing of it is missing any more."""
        self._views[view.ring] = view
        self.recorder.tape.stands(view)
        self.buffer.stands(view)

    def turn(self) -> None:
        """Take the next steps; at the end of each turn of the loop. Several set how OBS names files, so not at once."""
        self.recorder.turn(may_act=not self.turnstile.is_shut and not self.buffer.is_naming)
        self.buffer.turn(may_act=not self.turnstile.is_shut and not self.recorder.is_busy)
        self.turnstile.turn()
        self.clips.turn()

    def second(self) -> None:
        """Look how OBS is, and whether that is as it ought to be; each second."""
        if self.is_connected and not self._is_looking:
            self._is_looking = True
            self.facts = self._facts()
            self.run(self._observer.look(), self._looked, what="the status")
        else:
            self._judge()

    def status(self) -> ObsStatus:
        """Everything that is known of it."""
        due, take = self.recorder.due(), self.recorder.take
        ring, match_id = take.key if take is not None else due.key if due is not None else (None, None)
        return self._observer.status(
            self.config,
            self.link_changed(),
            recording=self.recorder.state.value,
            ring=ring,
            match_id=match_id,
            alarms=self._alarms.raised,
            problem=(self.recorder.problem if self.recorder.wants else None) or self._denials.problem,
            unlicensed=self._denials.problem or self._denials.ahead,
        )

    def link_changed(self) -> ObsLinkChanged:
        """How its connection stands."""
        link, facts = self.link, self.facts
        return ObsLinkChanged(
            connection=self.name,
            state=link.state,
            reason=link.reason,
            since_us=link.since_us,
            obs_version=facts.obs_version or None,
            websocket_version=facts.websocket_version or None,
            platform=facts.platform or None,
        )

    def configure(self, config: ObsConnection, password: str) -> None:
        """Go on with another configuration; the connection is made anew if it leads somewhere else."""
        before, self.config = self.config, config
        if before.connection != config.connection:
            self._renamed(before.connection)
        is_other = (before.host, before.port) != (config.host, config.port)
        self._views = {ring: view for ring, view in self._views.items() if self.serves(ring)}
        self.recorder.tape.forget(self.serves)
        self.buffer.forget(self.serves)
        if is_other:
            self.link.close()
            self.recorder.tape.retire(says.REMOVED)
            self.leftovers.drop()
        if is_other or password != self._password:
            self._password = password
            self.link.close()
            self.link = self._link()
        self.facts = self._facts()
        self.open()

    def _renamed(self, before: str) -> None:
        """It goes on under another name: what it records stays its own."""
        self.recorder.tape.renamed(before)
        self.clips.renamed(before)
        self.leftovers.renamed(before)
        self._alarms, self._denials = self._watchers()

    def _watchers(self) -> tuple[Alarms, Denials]:
        """What tells operators under its name."""
        house = self._house
        alarms = Alarms(self.name, dropped_percent=house.dropped_percent())
        return alarms, Denials(self.name, house.around, log=house.log)

    def open(self) -> None:
        """Connect, if an operator wants it connected."""
        if self.config.is_active:
            self.link.open()
        else:
            self.link.close()

    def close(self) -> None:
        """End the connection."""
        self.link.close()

    def remove(self) -> None:
        """The connection was removed: what OBS does goes on without us, and nothing is kept of it."""
        self.close()
        self.recorder.tape.retire(says.REMOVED)
        self.leftovers.drop()
        for key in (tape.KEY, clips.KEY):
            self._house.ledger.keep(key + self.name, None)

    def _link(self) -> Link:
        house, config = self._house, self.config
        owner = Owner(
            on_state=self._went, on_event=self._heard, on_stats=self._stats, on_reply=house.replies(config.connection)
        )
        account = Account(config.host, config.port, self._password)
        return Link(config.connection, account, post=house.post, after=house.after, owner=owner, log=house.log)

    def _facts(self) -> ObsFacts:
        return replace(
            self._version,
            is_local=is_this_machine(self.config.host),
            path_map=self.config.path_map,
            roles=self.config.roles,
            recording=self.config.recording,
            confirm_s=self._house.confirm_s(),
        )

    def _went(self, state: LinkState, _: str | None) -> None:
        if state is LinkState.CONNECTED:
            self._version = facts_of(self.link.version)
            self.facts = self._facts()
            self._observer.forget()
            put_back = profiles.put_back(self.facts)
            self.turnstile.let(partial(self.run, put_back, what="the look at the profile"), self._put_back)
            for part in (self.recorder, self.buffer, self.clips, self.leftovers):
                part.link_up()
            self.second()
        else:
            self._observer.forget()
            self.recorder.link_down()
            self.buffer.link_down()
        self._house.state_changed(self)
        self._house.told(self.status())

    def _is_naming(self) -> bool:
        """Whether recorder or buffer are at what only one may be at."""
        return self.recorder.is_busy or self.buffer.is_naming

    def _put_back(self, outcome: Outcome[str | None]) -> None:
        """OBS was left in our passing profile, and is back in its own; or it could not be changed."""
        if outcome.error is not None and outcome.error.code not in LOST:
            self._house.log.warning("profile_not_put_back", obs=self.name, reason=outcome.error.message)
        elif outcome.result is not None:
            self._house.log.warning("profile_put_back", obs=self.name, profile=outcome.result)

    def _heard(self, event: str, data: Data) -> None:
        if self._observer.hear(event, data):
            self._house.told(self.status())
        self.recorder.event(event, data)
        self.buffer.event(event, data)
        self.clips.event(event, data)

    def _stats(self, data: Data, round_trip_ms: float) -> None:
        self._observer.take_stats(data, round_trip_ms)
        self.recorder.room(int(data["availableDiskSpace"]))

    def _looked(self, outcome: Outcome[None]) -> None:
        self._is_looking = False
        outputs = self._observer.outputs
        if outcome.error is None and outputs is not None and outputs.is_recording:
            self.recorder.tape.measure(outputs.record_ms)
        self._judge()
        if self.is_connected:
            self._house.told(self.status())

    def _judge(self) -> None:
        """Raise and clear alarms."""
        house = self._house
        self._denials.look(self._views.values(), self._features())
        self._alarms.dropped_percent = house.dropped_percent()
        alarms = self._alarms.look(self.status(), self._duty(), now_s=monotonic_s(), now_us=house.around.now_us())
        for alarm in alarms:
            house.alarmed(alarm)

    def _features(self) -> list[Feature]:
        """What needs a licence of all that this OBS is for."""
        settings = self.recording
        wanted = {
            OBS_AUTOMATION: settings.records_matches or self._house.has_rules(),
            REPLAY_CLIPS: settings.keeps_replay,
        }
        return [feature for feature, is_wanted in wanted.items() if is_wanted]

    def _duty(self) -> Duty:
        lacking = self.recorder.lacking or self.recorder.due()
        fought = next((view for view in self._views.values() if view.is_fought), None)
        on = lacking.view if lacking is not None else fought
        settings = self.recording
        return Duty(
            records=self.recorder.wants and not self._house.around.is_paused,
            replays=self.buffer.is_wanted,
            ring=on.ring if on is not None else None,
            match_id=on.match_id if on is not None else None,
            least_free_bytes=settings.least_free_mib << 20 if settings.records_matches else 0,
            problem=self.recorder.problem,
            denial=self._denials.found,
        )
