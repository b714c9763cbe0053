"""The parts of obs-bridge, joined: what happens on the mats goes to the connections to OBS and to the rules."""

from typing import Any, Final

from services.obs_bridge.arrivals import Arrivals
from services.obs_bridge.automation import KEY as AUTOMATION_KEY
from services.obs_bridge.automation import Automation
from services.obs_bridge.connections import Connections
from services.obs_bridge.entry_lines import writing_facts
from services.obs_bridge.files import Files
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.permits import KEY as PERMITS_KEY
from services.obs_bridge.permits import Permits
from services.obs_bridge.programs import Programs
from services.obs_bridge.retention import Retention
from services.obs_bridge.rings import KEY as RINGS_KEY
from services.obs_bridge.rings import Rings
from services.obs_bridge.studio import House, Studio
from services.obs_bridge.tallies import Tallies
from services.obs_bridge.videos import Videos
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView, Venue
from shared.clock import monotonic_s, unix_ns
from shared.licensing.features import Feature
from shared.licensing.gate import Gates
from shared.log.subsystems import DATAGRAMS
from shared.messages.automation import Rule
from shared.messages.obs import ObsAlarm
from shared.messages.obs_commands import DeleteVideo, KeepVideo, ObsStatuses
from shared.messages.recordings import ClipReady, VideoStored
from shared.messages.topics import (
    OBS_ALARM,
    OBS_LINK,
    OBS_STATUS,
    REVIEW_CLIP_READY,
)
from shared.messages.wire import ParsedEntries
from shared.outbox import Outbox
from shared.rpc import Later
from shared.runtime import Runtime
from shared.settings.catalogue import (
    OBS_ACT_WITHIN_MS,
    OBS_CHECKSUM_MIB,
    OBS_CLIP_DAYS,
    OBS_CONFIRM_MS,
    OBS_DROPPED_PERCENT,
    OBS_PAUSED,
)

REST_S: Final = 0.005
"""Between batches: the first after silence is taken at once, of a venue's busiest moments several share a turn. That
halves what obs-bridge costs there, and OBS does not show a picture sooner than in 16 ms."""
IDLE_REST_S: Final = 0.05
"""Without an OBS nobody waits."""
REACH_WITHIN_S: Final = 1.0
"""At a start OBS gets so long to answer before anything is asked of it; longer, and it is not there."""


class Bridge:
    """The whole of the service; what recorders and clips share of it is `Surroundings`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._settings = runtime.settings
        outbox = Outbox.of(runtime, runtime.wire())
        self.ledger = Ledger(outbox, runtime.bus)
        self.permits = Permits(Gates(runtime.paths), self.ledger, kept=outbox.kept(PERMITS_KEY), log=runtime.log)
        self.files = Files(runtime.post, checksum_up_to_bytes=lambda: self._settings.get(OBS_CHECKSUM_MIB) << 20)
        self.videos = Videos(
            self.ledger,
            self.files,
            ours=self._ours,
            kept=outbox.kept(),
            after=runtime.after,
            begins=self._begins,
            log=runtime.logger("recordings"),
        )
        self.programs = Programs(runtime.post)
        self.tallies = Tallies(runtime.meters, lambda: [(studio.name, studio.link) for studio in self.connections])
        rules, recordings = runtime.logger("rules"), runtime.logger("recordings")
        self.ledger.told = writing_facts(rules, recordings, self.tallies.told)
        self.connections = Connections(
            runtime.paths,
            self._house(outbox),
            rules_changed=self._rules_changed,
            changed=self._configured,
            log=runtime.log,
        )
        self.rings = self._make_rings(outbox)
        self.automation = self._make_automation(outbox)
        self.arrivals = Arrivals(self.automation.take, session=runtime.boot_id, now_us=self.now_us, views=self._views)
        self.retention = self._make_retention()
        self._early: list[ParsedEntries] | None = []
        self._early_until_s = monotonic_s() + REACH_WITHIN_S
        self.ledger.stamp = self.retention.stamp
        self.ledger.keepers.append(self._rings_to_keep)

    def _make_rings(self, outbox: Outbox) -> Rings:
        return Rings(
            self._runtime.client.call,
            kept=outbox.kept(RINGS_KEY),
            venue_of=self._venue,
            took=self._took,
            needs_past=self._needs_past,
            stands=self._stands,
            log=self._runtime.log,
            entry_log=self._runtime.logger(DATAGRAMS),
        )

    def _make_retention(self) -> Retention:
        retention = Retention(
            self.files,
            ask=self.connections.database.ask,
            tell=self.ledger.tell,
            days=lambda: self._settings.get(OBS_CLIP_DAYS),
        )
        retention.is_written = self._is_written
        return retention

    def _make_automation(self, outbox: Outbox) -> Automation:
        return Automation(
            self.connections,
            self.ledger,
            kept=outbox.kept(AUTOMATION_KEY),
            programs=self.programs,
            after=self._runtime.after,
            now_us=self.now_us,
            act_within_ms=lambda: self._settings.get(OBS_ACT_WITHIN_MS),
            refusal=self.refusal,
            log=self._runtime.logger("rules"),
        )

    def _house(self, outbox: Outbox) -> House:
        """What every studio shares."""
        runtime = self._runtime
        return House(
            around=self,
            ledger=self.ledger,
            files=self.files,
            post=runtime.post,
            after=runtime.after,
            kept=outbox.kept,
            alive_until_us=runtime.last_alive_us,
            confirm_s=lambda: self._settings.get(OBS_CONFIRM_MS) / 1000,
            dropped_percent=lambda: self._settings.get(OBS_DROPPED_PERCENT),
            has_rules=lambda: self.automation.has_rules,
            ready=self._clip_ready,
            state_changed=self._went,
            told=lambda status: runtime.bus.publish(OBS_STATUS, status.connection, status),
            alarmed=self._alarmed,
            replies=self.tallies.replies,
            log=runtime.logger("obs"),
            recording_log=runtime.logger("recordings"),
        )

    # Surroundings

    @property
    def is_paused(self) -> bool:
        """Whether an operator paused all automation."""
        return self._settings.get(OBS_PAUSED)

    @property
    def act_within_us(self) -> int:
        """How old an event may be that makes OBS act."""
        return self._settings.get(OBS_ACT_WITHIN_MS) * 1000

    def now_us(self) -> int:
        """The wall clock."""
        return unix_ns() // 1000

    def refusal(self, feature: Feature, view: MatchView) -> str | None:
        """Why the licence keeps us from doing something by ourselves for this match; None: it does not."""
        return self.permits.refusal(feature, view)

    def closed(self, video: VideoStored) -> None:
        """OBS has closed a file."""
        self.videos.closed(video)

    def happened(self, happened: Happened) -> None:
        """Something happened on an OBS, which a rule may wait for."""
        self.automation.take(happened)

    # The loop

    def start(self) -> None:
        """Read the configuration, connect, go on with what was left."""
        self.connections.look()
        self.videos.go_on()

    def take(self, batch: ParsedEntries) -> None:
        """Take what happened on a ring."""
        if self._early is None:
            self.rings.take(batch)
        else:
            self._early.append(batch)
        if batch.results:
            self._runtime.rest(REST_S if self.connections.all() else IDLE_REST_S)

    def turn(self) -> None:
        """At the end of each turn: all that waited was heard."""
        if self._early is not None and self._is_reached():
            early, self._early = self._early, None
            for batch in early:
                self.rings.take(batch)
        if self._early is None and self.rings.catch_up():
            self._runtime.post(turn_again)
        for studio in self.connections:
            self._runtime.guard(studio.turn)
        self.ledger.commit()

    def second(self) -> None:
        """Look how every OBS is; and for the configuration, while it is not all there."""
        if not self.connections.is_well:
            self.connections.look()
        self.permits.look()
        for studio in self.connections.all():
            studio.second()

    def keep_video(self, command: KeepVideo) -> VideoStored:
        """Keep a video, or give it free; who did it is in the log."""
        kept = self.retention.keep(command)
        self._runtime.log.info("video_kept", video=kept.path, is_kept=kept.is_kept, author=command.author)
        return kept

    def delete_video(self, command: DeleteVideo) -> Later:
        """Delete a video; who did it is in the log."""
        later = self.retention.delete(command)
        self._runtime.log.info("video_deleted", video=command.video_id, author=command.author)
        return later

    def look_at_files(self) -> None:
        """Tell of disks and shares that do not answer."""
        for sentence in self.files.look():
            self._runtime.log.warning("files_slow", problem=sentence)

    def stop(self) -> None:
        """End in order. What OBS records goes on: the next start finds it."""
        self.ledger.commit()
        self.connections.close()
        self.ledger.commit()
        self.files.stop()
        self.programs.stop()

    def statuses(self) -> ObsStatuses:
        """How every connection stands."""
        return ObsStatuses(connections=[studio.status() for studio in self.connections], is_paused=self.is_paused)

    def _is_reached(self) -> bool:
        """Whether every OBS that is there answers: a review in the first moment after a restart must not miss it."""
        is_read, studios = self.connections.is_read, self.connections.all()
        return (is_read and all(studio.is_connected for studio in studios)) or monotonic_s() > self._early_until_s

    def _took(self, happened: Happened) -> None:
        self.permits.took(happened.view)
        for studio in self.connections:
            if studio.config.is_active and studio.serves(happened.ring):
                self._runtime.guard(studio.took, happened)
        self._runtime.guard(self.automation.take, happened)

    def _stands(self, view: MatchView) -> None:
        self.permits.took(view)
        for studio in self.connections.all():
            if studio.serves(view.ring):
                studio.stands(view)
        self.arrivals.stands(view)

    def _configured(self) -> None:
        """A connection that was away, or served other rings, has to hear how they stand."""
        for ring in self.rings:
            if not ring.is_behind:
                self._stands(ring.view)

    def _went(self, studio: Studio) -> None:
        self._runtime.bus.publish(OBS_LINK, studio.name, studio.link_changed())
        self.arrivals.went(studio, studio.link.state)

    def _views(self) -> list[MatchView]:
        """The matches of all rings: of those that are configured, and of any other that was heard of."""
        names = [ring.name for ring in self._runtime.config.rings] + [ring.name for ring in self.rings]
        return [self.rings.view(name) for name in dict.fromkeys(names)]

    def _clip_ready(self, clip: ClipReady) -> None:
        self.tallies.ready(clip)
        self._runtime.bus.publish(REVIEW_CLIP_READY, clip.ring, clip)

    def _alarmed(self, alarm: ObsAlarm) -> None:
        log = self._runtime.log.warning if alarm.is_raised else self._runtime.log.info
        log("alarm" if alarm.is_raised else "alarm_over", obs=alarm.connection, kind=alarm.kind, message=alarm.message)
        self._runtime.bus.publish(OBS_ALARM, alarm.connection, alarm)

    def _rules_changed(self, rules: list[Rule]) -> None:
        self.automation.change(rules)

    def _ours(self, name: str, obs_path: str) -> Any:
        studio = next((studio for studio in self.connections if studio.name == name), None)
        return studio.ours(obs_path) if studio is not None else None

    def _begins(self, name: str, video_id: str, late_ms: int) -> None:
        studio = next((studio for studio in self.connections if studio.name == name), None)
        if studio is not None:
            studio.recorder.tape.learn(video_id, late_ms)

    def _venue(self) -> Venue:
        return self.connections.venues.at(self.now_us())

    def _needs_past(self, ring: str) -> bool:
        return any(ring in studio.rings_under_way for studio in self.connections)

    def _is_written(self, video_id: str) -> bool:
        takes = (studio.recorder.take for studio in self.connections)
        return any(take is not None and take.video_id == video_id for take in takes)

    def _rings_to_keep(self) -> dict[str, bytes]:
        return {key: value for ring in self.rings for key, value in self.rings.to_keep(ring.name).items()}


def turn_again() -> None:
    """Nothing: posting it makes the loop turn at once."""
