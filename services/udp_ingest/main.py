"""udp-ingest: takes every datagram of every ring, journals it, then publishes it."""

from collections.abc import Callable
from functools import partial

from services.udp_ingest.decisions import Decisions
from services.udp_ingest.entry_lines import write_entries
from services.udp_ingest.recorder import Recorder, trimmer
from services.udp_ingest.rings import Rings
from shared import interfaces
from shared.journal import Journal
from shared.log.subsystems import DATAGRAMS
from shared.messages.commands import (
    ApplyInterpretation,
    AskSender,
    BeginReplay,
    EndReplay,
    GetRings,
    ListInterfaces,
    ReplayEntries,
    RestartRing,
    StartRing,
    StopRing,
)
from shared.messages.commands import (
    Rings as RingsReply,
)
from shared.messages.decisions import CloseMatch, EditMatch, EnterMatch, UndoEdit
from shared.messages.service import PARSER, WRITER, ServiceHealth
from shared.messages.topics import SERVICE_HEALTH
from shared.messages.udp import Interfaces
from shared.runtime import Runtime, serve
from shared.settings.catalogue import CLIENTS_KEPT

BUSY_ENTRIES = 32
"""A turn that took so many is one of a flood: more come by waiting a little, and a commit's cost is shared. A venue's
busiest moments (1,300/s) have two or three a turn, and wait for nothing."""
REST_S = 0.002
"""How long a flood collects; a receive buffer of 4 MiB holds 10,000 datagrams, 5 million a second."""
LOOK_EVERY_S = 1.0
BIND_EVERY_S = 2.0
TRIM_EVERY_S = 5.0


def build(runtime: Runtime) -> None:
    """Open the journal, register rings, commands and timers."""
    config, log = runtime.config, runtime.logger("journal")
    journal, damaged = Journal.opened(runtime.paths.journal)
    if damaged is not None:
        log.error("journal_damaged", set_aside=str(damaged), help="A new journal was begun; keep the old file.")
    recorder = Recorder(
        journal,
        wire=runtime.wire(),
        bus=runtime.bus,
        memory_bytes=config.journal.memory_bytes,
        log=log,
        meters=runtime.meters,
    )
    recorder.taken = partial(write_entries, runtime.logger(DATAGRAMS))
    rings = Rings(runtime, recorder)
    register_commands(runtime, rings, recorder)
    runtime.on_setting(CLIENTS_KEPT, rings.keep_senders)
    runtime.on_config("rings", rings.take_over)
    runtime.on_config("journal.memory_bytes", recorder.keep_in_memory)
    runtime.on_config("journal.keep_hours", lambda _: None)  # read at each use
    register_turns(runtime, rings, recorder)


def register_turns(runtime: Runtime, rings: Rings, recorder: Recorder) -> None:
    """Say in health how it stands; do what each turn of the loop, a timer and the end ask for."""

    def catch_up() -> None:
        if recorder.retry():
            runtime.post(catch_up)

    def record() -> None:
        if recorder.record() >= BUSY_ENTRIES:
            runtime.rest(REST_S)

    runtime.positions = lambda: {ring: stream.position() for ring, stream in recorder.streams.items()}
    runtime.is_sound = lambda: recorder.is_sound
    runtime.queue_depth = lambda: recorder.waiting()[0]
    runtime.on_start(rings.start_wanted)
    runtime.on_start(record)
    runtime.after_turn(rings.resync)
    runtime.after_turn(record)
    runtime.after_turn(rings.mend_journal)
    runtime.after_turn(rings.introduce)
    runtime.every(LOOK_EVERY_S, rings.look)
    runtime.every(LOOK_EVERY_S, recorder.standing)
    runtime.every(LOOK_EVERY_S, catch_up)
    runtime.every(BIND_EVERY_S, rings.start_wanted)
    runtime.every(BIND_EVERY_S, rings.follow_interfaces)
    allowed = no_longer_needed(runtime, recorder)
    runtime.every(
        TRIM_EVERY_S, trimmer(recorder, keep_hours=lambda: runtime.config.journal.keep_hours, through=allowed)
    )
    runtime.on_stop(rings.close)
    runtime.on_stop(recorder.finish)


def register_commands(runtime: Runtime, rings: Rings, recorder: Recorder) -> None:
    """Answer what is asked of udp-ingest."""
    runtime.on_command(GetRings, lambda _: RingsReply(rings=rings.statuses()))
    runtime.on_command(StartRing, lambda command: rings.start(command.ring))
    runtime.on_command(StopRing, lambda command: rings.stop(command.ring))
    runtime.on_command(RestartRing, lambda command: rings.restart(command.ring))
    runtime.on_command(ListInterfaces, lambda _: Interfaces(interfaces=interfaces.detect()))
    runtime.on_command(ReplayEntries, recorder.page)
    runtime.on_command(BeginReplay, rings.begin_replay)
    runtime.on_command(EndReplay, rings.end_replay)
    runtime.on_command(ApplyInterpretation, lambda command: rings.apply(command.ring))
    runtime.on_command(AskSender, rings.ask_sender)
    decisions = Decisions(recorder)
    runtime.on_command(EditMatch, decisions.edit)
    runtime.on_command(UndoEdit, decisions.undo)
    runtime.on_command(EnterMatch, decisions.enter)
    runtime.on_command(CloseMatch, decisions.close)


def no_longer_needed(runtime: Runtime, recorder: Recorder) -> Callable[[str], int]:
    """Up to which entry a ring's journal may be trimmed: to where pss-parser has a saved state, once db-writer has
    stored that much. 0 while they did not say.
    """
    done: dict[str, ServiceHealth] = {}

    @runtime.on(SERVICE_HEALTH, PARSER, WRITER)
    def remember(health: ServiceHealth) -> None:
        if health.service in (PARSER, WRITER):
            done[health.service] = health

    def done_with(service: str, ring: str) -> int:
        position = done[service].done_with.get(ring) if service in done else None
        return position.entry if position is not None and position.journal_id == recorder.journal.id else 0

    def through(ring: str) -> int:
        parsed = done_with(PARSER, ring)
        return parsed if done_with(WRITER, ring) >= parsed else 0

    return through


def main() -> None:
    """Run the service."""
    serve("udp-ingest", build)
