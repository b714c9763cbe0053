"""The one list of topics: what may be published, by whom, and what it carries."""

from typing import Any, Final

from msgspec import Struct

from shared.messages import (
    automation,
    database,
    jobs,
    match,
    obs,
    outbox,
    pss,
    recordings,
    service,
    settings,
    tournaments,
    udp,
    wire,
)
from shared.messages.service import ANY_SERVICE, BRIDGE, INGEST, PARSER, WRITER

RING: Final = "ring"
SERVICE: Final = "service"
CONNECTION: Final = "connection"


class Topic(Struct, frozen=True, kw_only=True):
    """A topic: its frame is `name/<key>/`, where the key is a ring, a service or an OBS connection
    (`keyed_by`).

    `type` is what `event` holds. `direct` topics do not cross the broker: their consumers connect to the producer.
    `durable` facts go through their producer's outbox. While there is something to say, `max_silence_s` is the longest
    that a subscriber waits for it.
    """

    name: str
    type: Any
    producer: str
    doc: str
    keyed_by: str = RING
    direct: bool = False
    durable: bool = False
    max_silence_s: float | None = None

    def frame(self, key: str) -> bytes:
        """The first frame of an event: `name/<key>/`."""
        return f"{self.name}/{key}/".encode()

    @property
    def prefix(self) -> bytes:
        """What to subscribe to for all keys: `name/`."""
        return f"{self.name}/".encode()


def _reading(name: str, reading: type[pss.Reading]) -> Topic:
    doc = (reading.__doc__ or "").strip()
    return Topic(name=f"pss.{name}", type=pss.PssEvent[reading], producer=PARSER, doc=doc)  # type: ignore[valid-type]  # one topic per reading, made from the class


def _deduction(name: str, deduction: type[match.Deduction]) -> Topic:
    doc = (deduction.__doc__ or "").strip()
    return Topic(name=f"match.{name}", type=match.MatchEvent[deduction], producer=PARSER, doc=doc)  # type: ignore[valid-type]  # one topic per deduction, made from the class


WIRE_DATAGRAMS: Final = Topic(
    name="wire.datagrams",
    type=wire.Datagrams,
    producer=INGEST,
    direct=True,
    max_silence_s=1.0,
    doc="Journal entries as they are committed, for pss-parser; an empty batch each second says where the journal is.",
)
WIRE_EVENTS: Final = Topic(
    name="wire.events",
    type=wire.ParsedEntries,
    producer=PARSER,
    direct=True,
    max_silence_s=1.0,
    doc="What the parser made of each entry, for db-writer; an empty batch each second says where the parser is.",
)
WIRE_FACTS: Final = Topic(
    name="wire.facts",
    type=outbox.Facts,
    producer=BRIDGE,
    keyed_by=SERVICE,
    direct=True,
    max_silence_s=1.0,
    doc="What must be stored, as it is committed to the outbox; an empty batch each second says where the outbox is.",
)
READING_TOPICS: Final[dict[type[pss.Reading], Topic]] = {
    pss.LoadBegan: _reading("load", pss.LoadBegan),
    pss.LoadCompleted: _reading("ready", pss.LoadCompleted),
    pss.AthletesNamed: _reading("athletes", pss.AthletesNamed),
    pss.OfficialsNamed: _reading("officials", pss.OfficialsNamed),
    pss.MatchDescribed: _reading("match", pss.MatchDescribed),
    pss.ClockTicked: _reading("clock", pss.ClockTicked),
    pss.RoundSet: _reading("round", pss.RoundSet),
    pss.BreakTicked: _reading("break", pss.BreakTicked),
    pss.PointScored: _reading("point", pss.PointScored),
    pss.HitMeasured: _reading("hit_level", pss.HitMeasured),
    pss.ScoreShown: _reading("score", pss.ScoreShown),
    pss.RoundScoresShown: _reading("round_scores", pss.RoundScoresShown),
    pss.GamJeomsShown: _reading("gam_jeom", pss.GamJeomsShown),
    pss.InjuryTicked: _reading("injury", pss.InjuryTicked),
    pss.ChallengeSignalled: _reading("challenge", pss.ChallengeSignalled),
    pss.ParaTimeoutTicked: _reading("para_timeout", pss.ParaTimeoutTicked),
    pss.AthleteVideoTimeSet: _reading("athlete_video_time", pss.AthleteVideoTimeSet),
    pss.HardwareTested: _reading("hardware_test", pss.HardwareTested),
    pss.BannerReceived: _reading("banner", pss.BannerReceived),
    pss.RoundWinnersDeclared: _reading("round_winners", pss.RoundWinnersDeclared),
    pss.SuperiorityShown: _reading("superiority", pss.SuperiorityShown),
    pss.StatisticsReported: _reading("statistics", pss.StatisticsReported),
    pss.StatisticsFinished: _reading("statistics_end", pss.StatisticsFinished),
    pss.WinnerDeclared: _reading("winner", pss.WinnerDeclared),
    pss.DecisionDeclared: _reading("decision", pss.DecisionDeclared),
    pss.SenderChanged: _reading("sender", pss.SenderChanged),
    pss.UnknownReceived: _reading("unknown", pss.UnknownReceived),
    pss.HandlingFailed: _reading("internal_error", pss.HandlingFailed),
}
DEDUCTION_TOPICS: Final[dict[type[match.Deduction], Topic]] = {
    match.MatchLoaded: _deduction("loaded", match.MatchLoaded),
    match.RoundStarted: _deduction("round_started", match.RoundStarted),
    match.RoundEnded: _deduction("round_ended", match.RoundEnded),
    match.RoundWon: _deduction("round_won", match.RoundWon),
    match.ScoreChanged: _deduction("score_changed", match.ScoreChanged),
    match.GamJeomsChanged: _deduction("gam_jeoms_changed", match.GamJeomsChanged),
    match.MatchDecided: _deduction("decided", match.MatchDecided),
    match.StageChanged: _deduction("stage", match.StageChanged),
    match.CorrectionMade: _deduction("correction", match.CorrectionMade),
    match.ChallengeChanged: _deduction("challenge", match.ChallengeChanged),
    match.InjuryChanged: _deduction("injury", match.InjuryChanged),
    match.DialectDetected: _deduction("dialect", match.DialectDetected),
    match.RoundAssessed: _deduction("round_result", match.RoundAssessed),
    match.ResultAssessed: _deduction("result", match.ResultAssessed),
    match.MatchEdited: _deduction("edited", match.MatchEdited),
    match.EditUndone: _deduction("edit_undone", match.EditUndone),
    match.MatchClosed: _deduction("closed", match.MatchClosed),
    match.Finding: _deduction("finding", match.Finding),
}
MATCH_STATE: Final = Topic(
    name="match.state",
    type=match.MatchState,
    producer=PARSER,
    max_silence_s=5.0,
    doc="The whole state of a ring's match, on every change, and every 5 s while a match is loaded.",
)
UDP_RING: Final = Topic(
    name="udp.ring", type=udp.RingStatus, producer=INGEST, doc="A ring's socket and counters, when they changed."
)
UDP_SENDER: Final = Topic(
    name="udp.sender", type=udp.SenderAppeared, producer=INGEST, doc="A new sender was heard on a ring."
)
UDP_REFUSED: Final = Topic(
    name="udp.refused", type=udp.SenderRefused, producer=INGEST, doc="A sender is not on a ring's allow-list."
)
UDP_JOURNAL: Final = Topic(
    name="udp.journal", type=udp.JournalTrouble, producer=INGEST, doc="The journal cannot be written, or can again."
)
DB_COMMITTED: Final = Topic(
    name="db.committed", type=database.EntriesCommitted, producer=WRITER, doc="A ring's entries are in the database."
)
DB_TROUBLE: Final = Topic(
    name="db.trouble",
    type=database.WriteTrouble,
    producer=WRITER,
    keyed_by=SERVICE,
    doc="The database cannot be written, or can again.",
)
SETTINGS_CHANGED: Final = Topic(
    name="settings.changed",
    type=settings.SettingChanged,
    producer=WRITER,
    keyed_by=SERVICE,
    doc="A setting has a new value.",
)
TOURNAMENT_CHANGED: Final = Topic(
    name="tournament.changed",
    type=tournaments.TournamentChanged,
    producer=WRITER,
    keyed_by=SERVICE,
    doc="A tournament was made, changed, activated or ended.",
)
JOB_PROGRESS: Final = Topic(
    name="job.progress",
    type=jobs.Job,
    producer=WRITER,
    keyed_by=SERVICE,
    doc="How far a backup, an archive, an import or a check is.",
)
OBS_CHANGED: Final = Topic(
    name="obs.changed",
    type=obs.ObsChanged,
    producer=WRITER,
    keyed_by=SERVICE,
    doc="Connections to OBS, or rules, were made, changed or removed.",
)
OBS_LINK: Final = Topic(
    name="obs.link",
    type=obs.ObsLinkChanged,
    producer=BRIDGE,
    keyed_by=CONNECTION,
    doc="A connection to OBS came up, went down, or is refused.",
)
OBS_STATUS: Final = Topic(
    name="obs.status",
    type=obs.ObsStatus,
    producer=BRIDGE,
    keyed_by=CONNECTION,
    max_silence_s=1.0,
    doc="Scene, outputs, time codes, frames and load of an OBS, each second while connected.",
)
OBS_ALARM: Final = Topic(
    name="obs.alarm",
    type=obs.ObsAlarm,
    producer=BRIDGE,
    keyed_by=CONNECTION,
    doc="Something is wrong with an OBS that ought to work for a match, or is well again.",
)
OBS_RECORDING: Final = Topic(
    name="obs.recording",
    type=recordings.RecordingChanged,
    producer=BRIDGE,
    keyed_by=CONNECTION,
    durable=True,
    doc="The recording of a match is prepared, runs, ends or failed.",
)
OBS_VIDEO: Final = Topic(
    name="obs.video",
    type=recordings.VideoStored,
    producer=BRIDGE,
    durable=True,
    doc="A file that OBS wrote, and what is known of it.",
)
OBS_VIDEO_EVENTS: Final = Topic(
    name="obs.video_events",
    type=recordings.VideoEventsPlaced,
    producer=BRIDGE,
    durable=True,
    doc="Where in a recording something is to be seen.",
)
REVIEW_CLIP_READY: Final = Topic(
    name="review.clip_ready",
    type=recordings.ClipReady,
    producer=BRIDGE,
    doc="The clip of a video review can be watched.",
)
OBS_RULE_FIRED: Final = Topic(
    name="obs.rule_fired",
    type=automation.RuleFired,
    producer=BRIDGE,
    durable=True,
    doc="A rule made OBS do something, and what came of it.",
)
SERVICE_HEALTH: Final = Topic(
    name="service.health",
    type=service.ServiceHealth,
    producer=ANY_SERVICE,
    keyed_by=SERVICE,
    max_silence_s=1.0,
    doc="Each second: that a service lives, and its counters.",
)
SERVICE_FAULT: Final = Topic(
    name="service.fault",
    type=service.ServiceFault,
    producer=ANY_SERVICE,
    keyed_by=SERVICE,
    doc="Something in a service failed; it goes on.",
)
SERVICE_LOSS: Final = Topic(
    name="service.loss",
    type=service.EventsLost,
    producer=ANY_SERVICE,
    keyed_by=SERVICE,
    doc="A service missed events on the bus.",
)

MARK_PREFIX: Final = b"~mark/"
"""A late joiner subscribes to `~mark/<nonce>/` last; `~` sorts after every topic, and subscriptions travel in order."""
ON_BUS_FRAME: Final = b"~ready/"
"""The broker's own subscription: a publisher that has seen it is on the bus."""


def listed(topics: list[Topic]) -> dict[str, Topic]:
    """Topics by name.

    Raises:
        ValueError: two topics share a name.
    """
    by_name = {topic.name: topic for topic in topics}
    if len(by_name) != len(topics):
        raise ValueError("a topic is listed twice")
    return by_name


TOPICS: Final = listed(
    [
        WIRE_DATAGRAMS,
        WIRE_EVENTS,
        WIRE_FACTS,
        *READING_TOPICS.values(),
        *DEDUCTION_TOPICS.values(),
        MATCH_STATE,
        UDP_RING,
        UDP_SENDER,
        UDP_REFUSED,
        UDP_JOURNAL,
        DB_COMMITTED,
        DB_TROUBLE,
        SETTINGS_CHANGED,
        TOURNAMENT_CHANGED,
        JOB_PROGRESS,
        OBS_CHANGED,
        OBS_LINK,
        OBS_STATUS,
        OBS_ALARM,
        OBS_RECORDING,
        OBS_VIDEO,
        OBS_VIDEO_EVENTS,
        REVIEW_CLIP_READY,
        OBS_RULE_FIRED,
        SERVICE_HEALTH,
        SERVICE_FAULT,
        SERVICE_LOSS,
    ]
)
