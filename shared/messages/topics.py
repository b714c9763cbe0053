"""The one list of topics: what may be published, by whom, and what it carries."""

from typing import Final

from shared.messages import (
    alerts,
    automation,
    configuration,
    database,
    flags,
    health,
    incidents,
    jobs,
    match,
    meters,
    obs,
    outbox,
    pss,
    recordings,
    service,
    settings,
    system,
    tournaments,
    udp,
    wire,
)
from shared.messages.license import LicenseChanged, LicenseStatus
from shared.messages.service import ANY_SERVICE, BRIDGE, INGEST, LICENSE, MONITOR, PARSER, WRITER
from shared.messages.topic import CONNECTION, SERVICE, Topic, listed


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
    producer=ANY_SERVICE,
    several=outbox.PRODUCERS,
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
FLAGS_CHANGED: Final = Topic(
    name="flags.changed",
    type=flags.FlagsChanged,
    producer=WRITER,
    keyed_by=SERVICE,
    doc="Codes may be shown with another flag or name: ask again.",
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
SERVICE_CONFIGURATION: Final = Topic(
    name="service.configuration",
    type=configuration.ConfigurationState,
    producer=ANY_SERVICE,
    keyed_by=SERVICE,
    doc="A service took over a changed restrike.json, or refused it.",
)
SERVICE_KILLED: Final = Topic(
    name="service.killed",
    type=incidents.ServiceKilled,
    producer=ANY_SERVICE,
    keyed_by=SERVICE,
    doc="A service did not answer and was ended, to be started anew.",
)
SERVICE_METERS: Final = Topic(
    name="service.meters",
    type=meters.MetersRead,
    producer=ANY_SERVICE,
    keyed_by=SERVICE,
    max_silence_s=5.0,
    doc="Counts, values and durations that a service keeps of itself.",
)
SYSTEM_SAMPLE: Final = Topic(
    name="system.sample",
    type=system.SystemSample,
    producer=MONITOR,
    keyed_by=SERVICE,
    doc="The machine and its processes, at each interval (`monitor.interval_ms`).",
)
SYSTEM_AVERAGED: Final = Topic(
    name="system.averaged",
    type=system.SystemAveraged,
    producer=MONITOR,
    keyed_by=SERVICE,
    durable=True,
    doc="Samples of ten seconds, and of a minute, as one.",
)
SYSTEM_HEALTH: Final = Topic(
    name="system.health",
    type=health.HealthReport,
    producer=MONITOR,
    keyed_by=SERVICE,
    max_silence_s=5.0,
    doc="How everything stands, on each change and every 5 s.",
)
SYSTEM_INCIDENT: Final = Topic(
    name="system.incident",
    type=incidents.ServiceIncident,
    producer=MONITOR,
    keyed_by=SERVICE,
    durable=True,
    doc="A service was ended, came back, or does not stay up.",
)
ALERT_CHANGED: Final = Topic(
    name="alert.changed",
    type=alerts.AlertChanged,
    producer=MONITOR,
    keyed_by=SERVICE,
    durable=True,
    doc="An alert was raised, acknowledged or cleared.",
)
ALERT_DELIVERED: Final = Topic(
    name="alert.delivered",
    type=alerts.AlertDelivered,
    producer=MONITOR,
    keyed_by=SERVICE,
    durable=True,
    doc="Somebody was told of an alert, or could not be.",
)
ALERT_RULES_CHANGED: Final = Topic(
    name="alert.rules_changed",
    type=alerts.AlertRulesChanged,
    producer=WRITER,
    keyed_by=SERVICE,
    doc="Rules for alerts were changed.",
)
LICENSE_STATUS: Final = Topic(
    name="license.status",
    type=LicenseStatus,
    producer=LICENSE,
    keyed_by=SERVICE,
    max_silence_s=60.0,
    doc="How the licence stands and what it allows, on each change and every minute.",
)
LICENSE_CHANGED: Final = Topic(
    name="license.changed",
    type=LicenseChanged,
    producer=LICENSE,
    keyed_by=SERVICE,
    durable=True,
    doc="The licence stands otherwise than before, or an operator did something with it.",
)


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
        FLAGS_CHANGED,
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
        SERVICE_CONFIGURATION,
        SERVICE_KILLED,
        SERVICE_METERS,
        SYSTEM_SAMPLE,
        SYSTEM_AVERAGED,
        SYSTEM_HEALTH,
        SYSTEM_INCIDENT,
        ALERT_CHANGED,
        ALERT_DELIVERED,
        ALERT_RULES_CHANGED,
        LICENSE_STATUS,
        LICENSE_CHANGED,
    ]
)
