"""pss-parser: understands what the rings' scoring systems say, and keeps the state of each match."""

import contextlib
from functools import partial
from typing import Final

from services.pss_parser.checkpoints import Checkpoints
from services.pss_parser.entry_lines import write_entries
from services.pss_parser.publishing import RingPublisher
from services.pss_parser.stand import Stand
from shared.clock import monotonic_ns, monotonic_s, unix_ns
from shared.config import Ring
from shared.errors import NetworkError, ValidationError
from shared.log.handled import HANDLED
from shared.log.subsystems import DATAGRAMS
from shared.messages.commands import (
    AskSender,
    EventsPage,
    GetMatchState,
    ListMatchStates,
    ParserRings,
    ReplayEvents,
    Snapshot,
    SnapshotTaken,
)
from shared.messages.match import Finding, MatchState, Stage
from shared.messages.service import Mark, Position
from shared.messages.topic import MARK_PREFIX
from shared.messages.topics import WIRE_DATAGRAMS
from shared.messages.wire import Datagrams, ParsedEntries
from shared.rpc import RefusedError
from shared.runtime import Runtime, serve

ASK_WITHIN_S: Final = 1.0
"""A page is answered within milliseconds; while udp-ingest hangs, our own commands must still be answered."""
GAPS: Final = frozenset(
    {"burst_incomplete", "joined_mid_match", "load_incomplete", "report_incomplete", "ticks_missing"}
)
"""Findings after which the scoring system is asked where the match stands."""
ASK_SENDER_WITHIN_S: Final = 0.2
"""It is only a request: what comes of it are entries like any other."""
RETRY_S: Final = 1.0
SOON_S: Final = 0.05
"""One that does not run says so at once, and may be there in a moment."""
SAVE_BOUNDARIES_EVERY_S: Final = 1.0
SAVE_EVERY_S: Final = 10.0
STATE_EVERY_S: Final = 5.0
STANDING_EVERY_S: Final = 1.0
PRUNE_EVERY_S: Final = 60.0


class Desk:
    """All rings of pss-parser."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wire = runtime.wire()
        self._entry_log = runtime.logger(DATAGRAMS)
        self._parsed = runtime.meters.latency("parsed")
        self._stands: dict[str, Stand] = {}
        self._publishers: dict[str, RingPublisher] = {}
        self._done_with: dict[str, Position] = {}
        self._retry_at: dict[str, float] = {}
        self._is_scheduled = False
        self._round = 0
        for ring in runtime.config.rings:
            self._open(ring.name)

    def know(self, rings: list[Ring]) -> None:
        """Have a state of each of these rings, heard or not."""
        for ring in rings:
            if ring.name not in self._stands:
                self._open(ring.name)
        self.schedule()

    def take(self, batch: Datagrams) -> None:
        """Parse a batch and publish what follows from it."""
        stand = self._stands.get(batch.ring) or self._open(batch.ring)
        with contextlib.suppress(NetworkError, RefusedError):  # udp-ingest is away; its next batch tells again
            self._publish(stand, stand.take(batch))
        if stand.is_waiting:
            self.schedule()

    def schedule(self) -> None:
        """See to it that rings that are not at their journal's end get there: a page of one ring a turn, so that the
        loop turns however long the way is.
        """
        if not self._is_scheduled and self._waiting():
            self._is_scheduled = True
            self._runtime.post(self._catch_up)

    def _waiting(self) -> list[Stand]:
        now = monotonic_s()
        return [s for s in self._stands.values() if s.is_waiting and self._retry_at.get(s.ring, 0.0) <= now]

    def _catch_up(self) -> None:
        self._is_scheduled = False
        waiting = self._waiting()
        if not waiting:
            return
        self._round += 1
        stand = waiting[self._round % len(waiting)]
        try:
            self._publish(stand, stand.catch_up())
        except (NetworkError, RefusedError) as error:
            is_away = error.code == "service.not_running"  # for all rings; one that hangs is left alone for longer
            pause_s = SOON_S if is_away else RETRY_S
            self._retry_at |= dict.fromkeys(self._stands if is_away else [stand.ring], monotonic_s() + pause_s)
            self._runtime.after(pause_s, self.schedule)
        self.schedule()

    def _publish(self, stand: Stand, results: list[ParsedEntries]) -> None:
        publisher = self._publishers[stand.ring]
        for result in results:
            write_entries(self._entry_log, result)
            publisher.publish(result)
            self._parsed.arrived([one.entry.monotonic_us for one in result.results], monotonic_ns() // 1000)
            if stand.resumed and shows_gap(result):
                self._runtime.post(partial(self._ask_sender, stand.ring))
        for entry, error in stand.take_failures():
            HANDLED.ring, HANDLED.entry = stand.ring, entry
            self._runtime.tell_fault(f"{stand.ring} entry {entry}", error)
        if stand.take_change():
            publisher.publish_state(stand.parser)

    def _ask_sender(self, ring: str) -> None:
        """Have the scoring system asked where the match stands: udp-ingest does it where that is wanted, and not often;
        elsewhere it refuses.
        """
        with contextlib.suppress(NetworkError, RefusedError):
            self._runtime.client.call(AskSender(ring=ring, reason="gap"), deadline_s=ASK_SENDER_WITHIN_S)

    def state(self, ring: str) -> MatchState:
        """A ring's match as it stands."""
        return self._stand(ring).parser.state()

    def snapshot(self, command: Snapshot) -> SnapshotTaken:
        """Set a mark on the event socket and answer with the state at that place."""
        state = self.state(command.ring)
        mark = Mark(nonce=command.nonce, entry=state.entry)
        self._runtime.bus.mark(MARK_PREFIX + command.nonce.encode() + b"/", mark)
        return SnapshotTaken(ring=command.ring, journal_id=state.journal_id, entry=state.entry, state=state)

    def replay(self, command: ReplayEvents) -> EventsPage:
        """Answer what followed from entries that were missed."""
        return self._stand(command.ring).replay(command)

    def states(self) -> ParserRings:
        """Every ring's match."""
        return ParserRings(states=[stand.parser.state() for stand in self._stands.values()])

    def positions(self) -> dict[str, Position]:
        """How far each ring is."""
        return {ring: stand.position() for ring, stand in self._stands.items() if stand.resumed}

    def done_with(self) -> dict[str, Position]:
        """What the journal may forget."""
        return self._done_with

    def stages(self) -> dict[str, Stage]:
        """How far each ring's match is."""
        return {ring: stand.parser.stage for ring, stand in self._stands.items() if stand.resumed}

    def repeat_states(self) -> None:
        """Publish again the state of every ring that has a match, so that a lost last message mends itself."""
        for ring, stand in self._stands.items():
            if stand.parser.state().match_id is not None:
                self._publishers[ring].publish_state(stand.parser)

    def stand_up(self) -> None:
        """Say to our own processes where each ring stands."""
        for ring, stand in self._stands.items():
            if stand.resumed:
                self._publishers[ring].wire.offer(stand.standing)

    def save(self) -> None:
        """Save the states that moved."""
        for stand in self._stands.values():
            if stand.resumed:
                stand.save()

    def save_boundaries(self) -> None:
        """Save the states after a load or a round's end; not at once, for whoever waits for the event comes first."""
        for stand in self._stands.values():
            if stand.resumed:
                stand.save_boundary()

    def prune(self) -> None:
        """Forget saved states that are older than the journal is kept."""
        now_us = unix_ns() // 1000
        before_us = now_us - self._runtime.config.journal.keep_hours * 3_600_000_000
        for ring, stand in self._stands.items():
            with contextlib.suppress(NetworkError, RefusedError):  # next time, then
                position = stand.prune(before_us=before_us, now_us=now_us) if stand.resumed else None
                if position is not None:
                    self._done_with[ring] = position

    def _open(self, ring: str) -> Stand:
        checkpoints = Checkpoints(self._runtime.paths.parser_states, ring)
        ask = partial(self._runtime.client.call, deadline_s=ASK_WITHIN_S)
        stand = self._stands[ring] = Stand(ring, checkpoints, ask)
        publisher = self._publishers[ring] = RingPublisher(ring, wire=self._wire, bus=self._runtime.bus)
        publisher.tell(self._runtime.meters)
        return stand

    def _stand(self, ring: str) -> Stand:
        stand = self._stands.get(ring)
        if stand is None:
            known = ", ".join(self._stands)
            raise ValidationError("ring.unknown", f"There is no ring {ring}. Known: {known}.", value=ring)
        return stand


def shows_gap(result: ParsedEntries) -> bool:
    """Whether something between two datagrams was lost on the way, or the ring was joined in mid-match: what only the
    messages themselves can tell. (udp-ingest knows its own holes.)
    """
    return any(
        type(event) is Finding and event.rule in GAPS
        for parsed in result.results
        for events in (parsed.events, *(message.events for message in parsed.messages))
        for event in events
    )


def build(runtime: Runtime) -> None:
    """Register the stream, the commands and the timers."""
    desk = Desk(runtime)
    runtime.on(WIRE_DATAGRAMS)(desk.take)
    runtime.on_config("rings", desk.know)
    runtime.on_config("journal.keep_hours", lambda _: None)  # read at each use
    runtime.on_command(GetMatchState, lambda command: desk.state(command.ring))
    runtime.on_command(ListMatchStates, lambda _: desk.states())
    runtime.on_command(Snapshot, desk.snapshot)
    runtime.on_command(ReplayEvents, desk.replay)
    runtime.positions = desk.positions
    runtime.done_with = desk.done_with
    runtime.stages = desk.stages
    runtime.post(desk.schedule)
    runtime.every(RETRY_S, desk.schedule)  # a fault in the midst of catching up leaves nobody else who would go on
    runtime.every(STANDING_EVERY_S, desk.stand_up)
    runtime.every(STATE_EVERY_S, desk.repeat_states)
    runtime.every(SAVE_BOUNDARIES_EVERY_S, desk.save_boundaries)
    runtime.every(SAVE_EVERY_S, desk.save)
    runtime.every(PRUNE_EVERY_S, desk.prune)
    runtime.on_stop(desk.save)


def main() -> None:
    """Run the service."""
    serve("pss-parser", build)
