"""The one list of commands: which service answers what, with what, and by when."""

from typing import Any, Final

from msgspec import Raw, Struct

from shared.messages.alerts import (
    AcknowledgeAlert,
    GetAlerts,
    RemoveAlertRules,
    SaveAlertRules,
    TellTestAlert,
)
from shared.messages.configuration import GetConfigurationState, ReloadConfiguration
from shared.messages.database import DatabaseStatus
from shared.messages.decisions import CloseMatch, EditMatch, EnterMatch, UndoEdit
from shared.messages.flags import ClearFlag, GetFlagPicture, GetFlags, RemoveFlagMapping, SaveFlagMapping, TakeFlags
from shared.messages.health import GetHealthReport
from shared.messages.jobs import CancelJob, GetJob, ListJobs, StartJob
from shared.messages.license import (
    ActivateLicense,
    CheckLicense,
    DeactivateLicense,
    GetFingerprint,
    GetLicense,
    InstallLicense,
    RequestLicense,
)
from shared.messages.logs import GetLogLevels, SetLogLevel
from shared.messages.match import MatchState
from shared.messages.memory import TraceMemory
from shared.messages.obs_commands import (
    ActOnObs,
    AskObs,
    CheckRules,
    DeleteVideo,
    EnableRules,
    GetObsStatus,
    KeepVideo,
    RemoveObsConnection,
    RemoveRules,
    SaveObsConnection,
    SaveRules,
)
from shared.messages.outbox import ReplayFacts
from shared.messages.requests import Command
from shared.messages.rules import Interpretation
from shared.messages.saved_queries import ForgetQuery, SaveQuery
from shared.messages.service import ANY_SERVICE, INGEST, PARSER, WRITER, ServiceHealth
from shared.messages.settings import ChangeSettings, RotateKey
from shared.messages.system import GetSystem
from shared.messages.tournaments import (
    ActivateDay,
    AssignMatches,
    ImportRows,
    RemoveTournament,
    SaveDay,
    SaveTournament,
)
from shared.messages.udp import Interfaces, RingStatus
from shared.messages.wire import Datagrams, ParsedEntries


class GetHealth(Command[ServiceHealth], frozen=True, kw_only=True):
    """How the service is, right now."""

    name = "get_health"
    service = ANY_SERVICE
    reply = ServiceHealth


class Rings(Struct, frozen=True, kw_only=True):
    """All configured rings."""

    rings: list[RingStatus]


class GetRings(Command[Rings], frozen=True, kw_only=True):
    """Every ring's socket and counters."""

    name = "get_rings"
    service = INGEST
    reply = Rings


class StartRing(Command[RingStatus], frozen=True, kw_only=True):
    """Listen for this ring, as `restrike.json` says now. Nothing happens when it listens already."""

    name = "start_ring"
    service = INGEST
    reply = RingStatus
    ring: str


class StopRing(Command[RingStatus], frozen=True, kw_only=True):
    """Stop to listen for this ring; what it received is journaled first. Other rings go on."""

    name = "stop_ring"
    service = INGEST
    reply = RingStatus
    ring: str


class RestartRing(Command[RingStatus], frozen=True, kw_only=True):
    """Stop and start this ring, as `restrike.json` says now."""

    name = "restart_ring"
    service = INGEST
    reply = RingStatus
    ring: str


class ListInterfaces(Command[Interfaces], frozen=True, kw_only=True):
    """The machine's IPv4 addresses, the recommended one first."""

    name = "list_interfaces"
    service = INGEST
    reply = Interfaces


class EntriesPage(Struct, frozen=True, kw_only=True):
    """Consecutive batches of a ring's journal from the one that holds the entry after `after`.

    `session_at_after` is the session of entry `after`, None when the journal does not hold it (any more); `first` is
    the oldest entry that the journal still holds, `end` the newest.
    """

    journal_id: str
    session_at_after: str | None
    first: int
    end: int
    batches: list[Datagrams]


class EncodedEntriesPage(Struct, frozen=True, kw_only=True):
    """An `EntriesPage` whose batches stay as they lie in the journal."""

    journal_id: str
    session_at_after: str | None
    first: int
    end: int
    batches: list[Raw]


class ReplayEntries(Command[EntriesPage], frozen=True, kw_only=True):
    """Send me again what I missed of a ring's journal: about `limit` entries after `after`."""

    name = "replay_entries"
    service = INGEST
    reply = EntriesPage
    deadline_s = 5.0
    ring: str
    after: int
    limit: int = 2000


class ReplayTicket(Struct, frozen=True, kw_only=True):
    """Where a replay may send to."""

    ring: str
    address: str
    port: int


class BeginReplay(Command[ReplayTicket], frozen=True, kw_only=True):
    """Datagrams from `address`:`port` will be a replay of `file`. Refused while the ring hears another sender,
    unless `force`.
    """

    name = "begin_replay"
    service = INGEST
    reply = ReplayTicket
    ring: str
    address: str
    port: int
    file: str
    force: bool = False


class EndReplay(Command[ReplayTicket], frozen=True, kw_only=True):
    """The replay from `address`:`port` is over."""

    name = "end_replay"
    service = INGEST
    reply = ReplayTicket
    ring: str
    address: str
    port: int


class ApplyInterpretation(Command[Interpretation], frozen=True, kw_only=True):
    """Read and judge this ring from now on as `restrike.json` and its rule set say now; it goes on to listen."""

    name = "apply_interpretation"
    service = INGEST
    reply = Interpretation
    ring: str


class QueriesAsked(Struct, frozen=True, kw_only=True):
    """Where queries were sent to, and which."""

    ring: str
    address: str
    port: int
    queries: tuple[str, ...]


class AskSender(Command[QueriesAsked], frozen=True, kw_only=True):
    """Ask the ring's scoring system where the match stands. Refused where the ring has no `resync_port`, no sender was
    heard, or it was asked a short time ago.
    """

    name = "ask_sender"
    service = INGEST
    reply = QueriesAsked
    ring: str
    reason: str = "asked"


class GetMatchState(Command[MatchState], frozen=True, kw_only=True):
    """A ring's match as it stands."""

    name = "get_match_state"
    service = PARSER
    reply = MatchState
    ring: str


class SnapshotTaken(Struct, frozen=True, kw_only=True):
    """The state at the mark: events up to `entry` are in it, drop them."""

    ring: str
    journal_id: str
    entry: int
    state: MatchState


class Snapshot(Command[SnapshotTaken], frozen=True, kw_only=True):
    """Publish `~mark/<nonce>/` on the event socket and answer with the state at that place."""

    name = "snapshot"
    service = PARSER
    reply = SnapshotTaken
    ring: str
    nonce: str


class EventsPage(Struct, frozen=True, kw_only=True):
    """Results for consecutive entries after `after`; `end` is the newest parsed entry.

    `session_at_after` is the session of entry `after`, None when that entry is not known (any more). An empty page
    with `warming_up` asks for patience: ask again.
    """

    journal_id: str
    session_at_after: str | None
    end: int
    warming_up: bool
    batches: list[ParsedEntries]


class ReplayEvents(Command[EventsPage], frozen=True, kw_only=True):
    """Send me again what followed from the entries after `after_entry`. Answered in pages; a journal that is not the
    one in use (`journal_id`) is answered from the oldest entry.
    """

    name = "replay_events"
    service = PARSER
    reply = EventsPage
    deadline_s = 5.0
    ring: str
    journal_id: str
    after_entry: int
    limit: int = 2000


class ParserRings(Struct, frozen=True, kw_only=True):
    """The rings that the parser knows, with their journal and newest entry."""

    states: list[MatchState]


class ListMatchStates(Command[ParserRings], frozen=True, kw_only=True):
    """Every ring's match as it stands."""

    name = "list_match_states"
    service = PARSER
    reply = ParserRings


class GetDatabaseStatus(Command[DatabaseStatus], frozen=True, kw_only=True):
    """Where the store is, and how far."""

    name = "get_database_status"
    service = WRITER
    reply = DatabaseStatus


def listed(commands: list[type[Command[Any]]]) -> dict[str, type[Command[Any]]]:
    """Commands by name.

    Raises:
        ValueError: two commands share a name.
    """
    by_name = {command.name: command for command in commands}
    if len(by_name) != len(commands):
        raise ValueError("a command is listed twice")
    return by_name


COMMANDS: Final = listed(
    [
        GetHealth,
        GetRings,
        StartRing,
        StopRing,
        RestartRing,
        ListInterfaces,
        ReplayEntries,
        BeginReplay,
        EndReplay,
        ApplyInterpretation,
        EditMatch,
        UndoEdit,
        EnterMatch,
        CloseMatch,
        AskSender,
        GetMatchState,
        ListMatchStates,
        Snapshot,
        ReplayEvents,
        GetDatabaseStatus,
        ChangeSettings,
        RotateKey,
        SaveTournament,
        RemoveTournament,
        SaveDay,
        ActivateDay,
        AssignMatches,
        ImportRows,
        StartJob,
        GetJob,
        ListJobs,
        CancelJob,
        SaveQuery,
        ForgetQuery,
        GetFlags,
        GetFlagPicture,
        SaveFlagMapping,
        RemoveFlagMapping,
        TakeFlags,
        ClearFlag,
        SaveObsConnection,
        RemoveObsConnection,
        SaveRules,
        EnableRules,
        RemoveRules,
        ReplayFacts,
        GetObsStatus,
        ActOnObs,
        AskObs,
        CheckRules,
        KeepVideo,
        DeleteVideo,
        GetSystem,
        GetHealthReport,
        GetAlerts,
        AcknowledgeAlert,
        TellTestAlert,
        SaveAlertRules,
        RemoveAlertRules,
        GetLogLevels,
        SetLogLevel,
        GetConfigurationState,
        ReloadConfiguration,
        TraceMemory,
        GetLicense,
        ActivateLicense,
        CheckLicense,
        DeactivateLicense,
        RequestLicense,
        InstallLicense,
        GetFingerprint,
    ]
)
