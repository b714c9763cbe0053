"""The rings of udp-ingest: which listen, and on which socket; start, stop and restart one without the others."""

from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from services.udp_ingest.changes import plan_of
from services.udp_ingest.interpreting import at_any_rate, interpretation_of
from services.udp_ingest.introducing import introduce
from services.udp_ingest.opening import address_of, known_ring, opened
from services.udp_ingest.places import ALL_ADDRESSES, Place, Places, Way, stays
from services.udp_ingest.port import Port
from services.udp_ingest.recorder import Recorder
from services.udp_ingest.resync import Resync
from services.udp_ingest.ring_status import status_of
from services.udp_ingest.senders import MAX_SENDERS, SenderRecord
from shared import interfaces
from shared.clock import unix_ns
from shared.config import Ring, load
from shared.errors import NetworkError, ValidationError
from shared.messages.commands import AskSender, BeginReplay, EndReplay, QueriesAsked, ReplayTicket
from shared.messages.facts import InterpretationChosen, NetworkInterface, ReplayBegan, ReplayEnded
from shared.messages.rules import Interpretation
from shared.messages.topics import UDP_RING
from shared.messages.udp import RingStatus
from shared.runtime import Runtime
from shared.settings.catalogue import HEARD_WITHIN_S

INTERPRETING: Final = ("rules", "dialect", "unknown_streams", "encodings", "resync_port", "resync_every_s")
"""What of a ring's configuration may change while it listens."""


class Rings:
    """All configured rings. `wanted` are those that should listen; one that cannot is tried again. `misplaced` are
    those that listen where they did before, because they cannot where they should; they are tried again, too.
    """

    def __init__(self, runtime: Runtime, recorder: Recorder) -> None:
        self._runtime = runtime
        self._recorder = recorder
        self._rings = {ring.name: ring for ring in runtime.config.rings}
        self._places = Places(runtime)
        self._port_of: dict[str, Port] = {}
        self._errors: dict[str, str] = {}
        self._misplaced: set[str] = set()
        self._told: dict[str, tuple[object, ...]] = {}
        self._replays: dict[str, set[tuple[str, int]]] = {}
        self._wanted = {ring.name for ring in runtime.config.rings if ring.auto_start}
        self._advised: dict[str, str] = {}
        self._misjudged: dict[str, str] = {}
        self._resync = Resync(runtime.logger("senders"))
        self._most_senders = MAX_SENDERS
        # A ring that was renamed or removed too: what its journal holds must still reach who has not stored it.
        for name in [*self._rings, *recorder.journal.rings()]:
            recorder.stream(name)

    def keep_senders(self, most: int) -> None:
        """Tell apart so many senders of a port from here on; those that are known already stay."""
        self._most_senders = most
        for port in self._places:
            port.senders.most = most

    def take_over(self, rings: list[Ring]) -> None:
        """Go by `rings` from here on. A ring that did not change is not touched: its socket and session stay."""
        after = {ring.name: ring for ring in rings}
        plan = plan_of(self._rings, after)
        taken_on = {(after[name].bind, after[name].port) for name in plan.added}
        for name in plan.removed:
            self._unbind(name, reason="removed", keep=taken_on)
            self._wanted.discard(name)
            self._errors.pop(name, None)
            self._told.pop(name, None)
        self._rings = after
        self._wanted.update(plan.wanted, (name for name in plan.added if after[name].auto_start))
        for name in (*plan.added, *plan.moved):
            self._recorder.stream(name)
            self._errors.pop(name, None)
            self._misplaced.discard(name)
        self._move([name for name in plan.moved if name in self._port_of], keep=taken_on)
        self.start_wanted()
        for name in plan.reread:
            self._read_anew(name)

    # Commands

    def start(self, name: str) -> RingStatus:
        """Listen for the ring, as `restrike.json` says now; nothing happens when it listens already.

        Raises:
            ConfigError: `restrike.json` cannot be used.
            ValidationError: there is no such ring.
            NetworkError: its socket cannot be bound; it is not tried again by itself.
        """
        if name not in self._port_of:
            self._rings[name] = self._configured(name)
            self._bind(self._rings[name])
            self._wanted.add(name)
        return self.status(name)

    def stop(self, name: str) -> RingStatus:
        """Stop to listen for the ring; what its socket holds is taken first."""
        self._ring(name)
        self._wanted.discard(name)
        self._errors.pop(name, None)
        self._unbind(name, reason="asked")
        return self.status(name)

    def restart(self, name: str) -> RingStatus:
        """Stop and start the ring, as `restrike.json` says now; it goes on when that cannot be used."""
        self._configured(name)
        self._unbind(name, reason="restart")
        return self.start(name)

    def apply(self, name: str) -> Interpretation:
        """Read and judge the ring as `restrike.json` says now, and ask its scoring system as it says; its socket stays
        as it is.

        Raises:
            ConfigError: `restrike.json` or a rule set cannot be used; all stays as it was.
            ValidationError: there is no such ring.
        """
        configured = self._configured(name)
        chosen = interpretation_of(configured, self._runtime.paths.rules)
        if name in self._rings:
            self._rings[name] = replace(
                self._rings[name], **{field: getattr(configured, field) for field in INTERPRETING}
            )
            self._misjudged.pop(name, None)
            stream = self._recorder.stream(name)
            if stream.session:  # else its first session will say it
                stream.note(InterpretationChosen(interpretation=chosen))
                self._recorder.record()
        return chosen

    def ask_sender(self, command: AskSender) -> QueriesAsked:
        """Ask the ring's scoring system where the match stands; refused as `Resync.ask` says."""
        ring = self._ring(command.ring)
        return self._resync.ask(ring, self._port_of.get(ring.name), reason=command.reason)

    def statuses(self) -> list[RingStatus]:
        """The status of every ring."""
        return [self.status(name) for name in self._rings]

    def status(self, name: str) -> RingStatus:
        """A ring's socket and counters."""
        return status_of(
            self._ring(name),
            self._port_of.get(name),
            self._recorder,
            error=self._errors.get(name) or self._misjudged.get(name),
            queries=self._resync.queries(name) if name in self._port_of else 0,
        )

    def begin_replay(self, command: BeginReplay) -> ReplayTicket:
        """Let a replay send to the ring.

        Raises:
            ValidationError: the ring does not listen, or hears another sender and `force` is not set.
        """
        port = self._port_of.get(command.ring)
        if port is None:
            raise ValidationError(
                "replay.not_listening", f"{command.ring} does not listen: restrike udp start {command.ring}"
            )
        others = self._heard_lately(port, command.ring)
        if others and not command.force:
            other = f"{others[0].address}:{others[0].port}"
            raise ValidationError(
                "replay.ring_in_use",
                f"{command.ring} hears {other}, a replay would be mixed into it. "
                f"Wait until it is silent for {self._runtime.settings.get(HEARD_WITHIN_S)} s, or use --force.",
            )
        source = (command.address, command.port)
        self._replays.setdefault(command.ring, set()).add(source)
        port.senders.expect_replay(command.ring, source, now_us=unix_ns() // 1000)
        stream = self._recorder.stream(command.ring)
        stream.note(ReplayBegan(address=command.address, port=command.port, file=command.file))
        address = "127.0.0.1" if port.address == ALL_ADDRESSES else port.address
        return ReplayTicket(ring=command.ring, address=address, port=port.number)

    def end_replay(self, command: EndReplay) -> ReplayTicket:
        """Note that a replay is over; what it sent was taken before."""
        source = (command.address, command.port)
        self._replays.get(command.ring, set()).discard(source)
        port = self._port_of.get(command.ring)
        if port is None:
            raise ValidationError("replay.not_listening", f"{command.ring} does not listen any more.")
        port.take_what_waits()
        if port.senders.end_replay(source):
            stream = self._recorder.stream(command.ring)
            stream.note(ReplayEnded(address=command.address, port=command.port))
        return ReplayTicket(ring=command.ring, address=port.address, port=port.number)

    # Timers

    def start_wanted(self) -> None:
        """Bind the rings that should listen and do not: at the start, and after trouble."""
        for ring in self._rings.values():
            if ring.name in self._wanted and ring.name not in self._port_of:
                self._try_to_bind(ring)
        if self._misplaced:
            self._move(sorted(self._misplaced), is_first=False)
        self._places.close_idle()

    def follow_interfaces(self) -> None:
        """Move rings with `bind: auto` to the recommended address when it changed; one that hears its scoring system
        where it is stays there.
        """
        automatic = [r for r in self._rings.values() if r.bind == "auto" and r.name in self._port_of]
        automatic = [r for r in automatic if r.name not in self._misplaced]
        if not automatic:
            return
        found = interfaces.detect()
        best = interfaces.recommended(found)
        up = {interface.address for interface in found if interface.is_up}
        for ring in automatic:
            port = self._port_of[ring.name]
            if best is None or port.address == best.address:
                self._advised.pop(ring.name, None)
            elif port.address in up and self._heard_lately(port, ring.name):
                if self._advised.get(ring.name) != best.address:
                    self._advised[ring.name] = best.address
                    self._runtime.log.warning(
                        "interface_recommended", ring=ring.name, address=best.address, stays_at=port.address
                    )
            else:
                self._runtime.log.warning("interface_changed", ring=ring.name, address=best.address)
                self._unbind(ring.name, reason=f"moved to {best.address}")
                self._try_to_bind(ring)

    def look(self) -> None:
        """Each second: kernel drops into the streams, status of rings whose counters moved onto the bus."""
        for port in self._places:
            port.look_for_drops()
        for name, port in self._port_of.items():
            self._resync.watch(name, holes=port.heard[name].kernel_drops + self._recorder.lost(name))
        for name in self._rings:
            status = self.status(name)
            counts = (status.entry, status.kernel_drops, status.refused)
            key = (status.listening, status.error, status.session, status.journal_error, *counts)
            if self._told.get(name) != key:
                self._told[name] = key
                self._runtime.bus.publish(UDP_RING, name, status)

    def introduce(self) -> None:
        """Publish the senders that were met since the last turn."""
        for port in self._places:
            while port.met:
                introduce(self._runtime, port.met.pop())

    def resync(self) -> None:
        """At the end of each turn: ask the scoring systems that are to be asked."""
        for name, port in self._port_of.items():
            self._resync.ask_if_due(self._rings[name], port)

    def close(self) -> None:
        """Stop to listen for all rings, in order."""
        for name in list(self._port_of):
            self._unbind(name, reason="shutdown")

    def mend_journal(self) -> None:
        """Go on in a new journal when the old one is damaged: each ring that listens with a new session."""
        if not self._recorder.is_damaged:
            return
        for name in self._port_of:
            self._recorder.stream(name).close_session("journal damaged")
        self._recorder.record()
        self._recorder.begin_anew()
        found = interfaces.detect()
        for name, port in self._port_of.items():
            self._begin_session(self._rings[name], port, found)
        self._recorder.record()

    # Sockets

    def _ring(self, name: str) -> Ring:
        return known_ring(self._rings.get(name), name, self._rings)

    def _configured(self, name: str) -> Ring:
        config = load(self._runtime.paths.config)
        return known_ring(config.ring(name), name, [ring.name for ring in config.rings])

    def _try_to_bind(self, ring: Ring) -> None:
        try:
            self._bind(ring)
        except NetworkError as error:
            self._tell_error(ring.name, str(error))

    def _bind(self, ring: Ring) -> None:
        found = interfaces.detect()
        address = address_of(ring, found)
        stream = self._recorder.stream(ring.name)
        self._recorder.record()
        port = self._places.opened((address, ring.port))
        port.senders.most = self._most_senders
        port.listen(ring, stream, beside=self._beside(address, ring.port, ring.bind))
        for source in self._replays.get(ring.name, ()):
            port.senders.expect_replay(ring.name, source, now_us=unix_ns() // 1000)
        self._port_of[ring.name] = port
        self._errors.pop(ring.name, None)
        self._begin_session(ring, port, found)
        self._runtime.log.info("listening", ring=ring.name, address=address, port=ring.port)

    def _move(self, names: list[str], *, keep: Collection[Place] = (), is_first: bool = True) -> None:
        """Have rings that listen go where they should. Sockets there are opened before any is left; a ring that cannot
        go there stays where it is, says so, and is tried again (not `is_first`). Sockets at `keep` stay open.
        """
        found = interfaces.detect()
        going = {name: way for name in names if (way := self._way(name, found, is_first=is_first)) is not None}
        rings = self._rings
        while clashes := {n: e for n, way in going.items() if (e := self._places.clash(rings[n], way, but=going))}:
            for name, error in clashes.items():
                self._stay(name, error)
                del going[name]
        before = {name: (self._port_of[name], self._port_of[name].heard[name].ring) for name in going}
        for name in going:
            self._unbind(name, reason="moved", keep={*keep, *going.values()})
        for port in self._places:
            port.take_over(self._beside(port.address, port.number))
        for name, (port, ring) in before.items():
            try:
                self._bind(rings[name])
            except NetworkError as error:
                self._go_back(replace(ring, bind=port.address, port=port.number), error)

    def _way(self, name: str, found: list[NetworkInterface], *, is_first: bool) -> Place | None:
        """Where a ring is to go; None when it is there, or has to stay."""
        try:
            way = self._places.way_to(self._rings[name], self._port_of[name], found, may_close=is_first)
        except NetworkError as error:
            self._stay(name, error)
            return None
        if way is Way.THERE:
            self._misplaced.discard(name)
            self._errors.pop(name, None)
        return way if isinstance(way, tuple) else None

    def _stay(self, name: str, error: NetworkError) -> None:
        self._misplaced.add(name)
        self._tell_error(name, stays(self._port_of[name], error))

    def _go_back(self, ring: Ring, error: NetworkError) -> None:
        """Listen as `ring` says, which is as before: the socket where it should be could not be opened after all."""
        self._try_to_bind(ring)
        if ring.name in self._port_of:
            self._stay(ring.name, error)

    def _tell_error(self, name: str, error: str) -> None:
        if self._errors.get(name) != error:
            self._runtime.log.warning("ring_cannot_listen", ring=name, error=error)
        self._errors[name] = error

    def _beside(self, address: str, port: int, *binds: str) -> list[Ring]:
        """The configured rings of a place, whether they listen or not."""
        there = self._places.at((address, port))
        here = [ring for ring in self._rings.values() if there and self._port_of.get(ring.name) is there]
        placed = [ring for ring in here if ring.name not in self._misplaced]
        binds_here = {address, *binds, *(ring.bind for ring in placed)}
        strays = [ring for ring in here if ring not in placed]  # they are heard as they were
        rings = [ring for ring in self._rings.values() if ring not in strays]
        return [ring for ring in rings if ring.port == port and ring.bind in binds_here]

    def _read_anew(self, name: str) -> None:
        """Note in the ring's stream how it is read and judged from here on; it goes on to listen."""
        stream = self._recorder.stream(name)
        if stream.session:  # else its first session will say it
            self._note_interpretation(name)
            self._recorder.record()

    def _note_interpretation(self, name: str) -> None:
        chosen, error = at_any_rate(self._rings[name], self._runtime.paths.rules)
        self._recorder.stream(name).note(InterpretationChosen(interpretation=chosen))
        self._misjudged.pop(name, None)
        if error is not None:
            self._misjudged[name] = error
            self._runtime.log.error("rules_not_usable", ring=name, error=error)

    def _begin_session(self, ring: Ring, port: Port, found: list[NetworkInterface]) -> None:
        stream = self._recorder.stream(ring.name)
        self._resync.begin(ring.name, after_break=stream.is_broken, holes=self._recorder.lost(ring.name))
        stream.open_session(opened(ring, port, found), last_alive_us=self._runtime.last_alive_us)
        self._note_interpretation(ring.name)

    def _unbind(self, name: str, *, reason: str, keep: Collection[Place] = ()) -> None:
        """Hear a ring no more; its socket is closed when no ring is left, unless another one goes to that place."""
        port = self._port_of.pop(name, None)
        self._misplaced.discard(name)
        if port is None:
            return
        port.stop(name)
        self._places.close_idle(but=keep)
        self._recorder.stream(name).close_session(reason)
        self._recorder.record()

    def _heard_lately(self, port: Port, name: str) -> list[SenderRecord]:
        since_us = unix_ns() // 1000 - self._runtime.settings.get(HEARD_WITHIN_S) * 1_000_000
        return [sender for sender in port.senders.of_ring(name) if sender.last_seen_us > since_us]
