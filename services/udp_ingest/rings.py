"""The rings of udp-ingest: which listen, and on which socket; start, stop and restart one without the others."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from services.udp_ingest.changes import plan_of
from services.udp_ingest.interpreting import at_any_rate, interpretation_of
from services.udp_ingest.opening import address_of, opened
from services.udp_ingest.port import Port
from services.udp_ingest.recorder import Recorder
from services.udp_ingest.resync import Resync
from services.udp_ingest.senders import MAX_SENDERS, SenderRecord
from shared import interfaces
from shared.clock import unix_ns
from shared.config import Ring, load
from shared.errors import NetworkError, ValidationError
from shared.messages.commands import AskSender, BeginReplay, EndReplay, QueriesAsked, ReplayTicket
from shared.messages.facts import InterpretationChosen, NetworkInterface, ReplayBegan, ReplayEnded
from shared.messages.rules import Interpretation
from shared.messages.topics import UDP_REFUSED, UDP_RING, UDP_SENDER
from shared.messages.udp import RingStatus, SenderAppeared, SenderRefused
from shared.messages.wire import Origin
from shared.runtime import Runtime
from shared.settings.catalogue import HEARD_WITHIN_S

ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104  # a ring binds it only when restrike.json says so
INTERPRETING: Final = ("rules", "dialect", "unknown_streams", "encodings", "resync_port", "resync_every_s")
"""What of a ring's configuration may change while it listens."""


class Rings:
    """All configured rings. `wanted` are those that should listen; one that cannot is tried again."""

    def __init__(self, runtime: Runtime, recorder: Recorder) -> None:
        self._runtime = runtime
        self._recorder = recorder
        self._rings = {ring.name: ring for ring in runtime.config.rings}
        self._ports: dict[tuple[str, int], Port] = {}
        self._port_of: dict[str, Port] = {}
        self._errors: dict[str, str] = {}
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
        for port in self._ports.values():
            port.senders.most = most

    def take_over(self, rings: list[Ring]) -> None:
        """Go by `rings` from here on. A ring that did not change is not touched: its socket and session stay."""
        after = {ring.name: ring for ring in rings}
        plan = plan_of(self._rings, after)
        listened = [name for name in plan.moved if name in self._port_of]
        for name in (*plan.removed, *listened):
            self._unbind(name, reason="removed" if name in plan.removed else "moved")
        for name in plan.removed:
            self._wanted.discard(name)
            self._errors.pop(name, None)
            self._told.pop(name, None)
        self._rings = after
        self._wanted.update(plan.wanted, (name for name in plan.added if after[name].auto_start))
        for name in (*plan.added, *plan.moved):
            self._recorder.stream(name)
            self._errors.pop(name, None)
        for port in self._ports.values():
            port.take_over(self._beside(port.address, port.number))
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
        ring = self._ring(name)
        stream = self._recorder.stream(name)
        port = self._port_of.get(name)
        heard = port.heard[name] if port else None
        senders = [*port.senders.of_ring(name), *port.senders.summed_up(name)] if port else []
        waiting = self._recorder.waiting()[1]
        return RingStatus(
            ring=name,
            listening=port is not None,
            session=stream.session if port else None,
            journal_id=stream.journal_id,
            entry=stream.last,
            bind=ring.bind,
            address=port.address if port else None,
            port=ring.port,
            source=ring.source,
            error=self._errors.get(name) or self._misjudged.get(name),
            receive_buffer_bytes=port.receive_buffer_bytes if port else 0,
            receive_buffer_asked_bytes=ring.receive_buffer_bytes,
            max_packet_bytes=ring.max_packet_bytes,
            packets=sum(s.packets for s in senders),
            bytes=sum(s.bytes for s in senders),
            kernel_drops=heard.kernel_drops if heard else 0,
            refused=heard.refused if heard else 0,
            cut=heard.cut if heard else 0,
            lost=self._recorder.lost(name),
            unjournaled_bytes=waiting,
            last_packet_us=max((s.last_seen_us for s in senders), default=None),
            senders=[s.public() for s in senders],
            queries_sent=self._resync.queries(name) if port else 0,
            answers=sum(s.packets for s in senders if s.origin is Origin.ANSWER),
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

    def follow_interfaces(self) -> None:
        """Move rings with `bind: auto` to the recommended address when it changed; one that hears its scoring system
        where it is stays there.
        """
        automatic = [r for r in self._rings.values() if r.bind == "auto" and r.name in self._port_of]
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
        for port in self._ports.values():
            port.look_for_drops()
        for name, port in self._port_of.items():
            self._resync.watch(name, holes=port.heard[name].kernel_drops + self._recorder.lost(name))
        for name in self._rings:
            status = self.status(name)
            key = (status.listening, status.error, status.entry, status.kernel_drops, status.refused, status.session)
            if self._told.get(name) != key:
                self._told[name] = key
                self._runtime.bus.publish(UDP_RING, name, status)

    def introduce(self) -> None:
        """Publish the senders that were met since the last turn."""
        for port in self._ports.values():
            while port.met:
                self._introduce(port.met.pop())

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
        return _known(self._rings.get(name), name, self._rings)

    def _configured(self, name: str) -> Ring:
        config = load(self._runtime.paths.config)
        return _known(config.ring(name), name, [ring.name for ring in config.rings])

    def _try_to_bind(self, ring: Ring) -> None:
        try:
            self._bind(ring)
        except NetworkError as error:
            if self._errors.get(ring.name) != str(error):
                self._runtime.log.warning("ring_cannot_listen", ring=ring.name, error=str(error))
            self._errors[ring.name] = str(error)

    def _bind(self, ring: Ring) -> None:
        found = interfaces.detect()
        address = address_of(ring, found)
        stream = self._recorder.stream(ring.name)
        self._recorder.record()
        port = self._ports.get((address, ring.port)) or Port(address=address, number=ring.port)
        port.senders.most = self._most_senders
        port.listen(ring, stream, beside=self._beside(address, ring.port, ring.bind))
        for source in self._replays.get(ring.name, ()):
            port.senders.expect_replay(ring.name, source, now_us=unix_ns() // 1000)
        if (address, ring.port) not in self._ports:
            self._ports[(address, ring.port)] = port
            self._runtime.on_readable(port.socket.fileno(), port.drain)
        self._port_of[ring.name] = port
        self._errors.pop(ring.name, None)
        self._begin_session(ring, port, found)
        self._runtime.log.info("listening", ring=ring.name, address=address, port=ring.port)

    def _beside(self, address: str, port: int, *binds: str) -> list[Ring]:
        """The configured rings of a place, whether they listen or not."""
        there = {address, *binds, *(r.bind for r in self._rings.values() if self._is_at(r.name, address, port))}
        return [ring for ring in self._rings.values() if ring.port == port and ring.bind in there]

    def _is_at(self, name: str, address: str, number: int) -> bool:
        port = self._port_of.get(name)
        return port is not None and (port.address, port.number) == (address, number)

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

    def _unbind(self, name: str, *, reason: str) -> None:
        port = self._port_of.pop(name, None)
        if port is None:
            return
        if len(port.heard) == 1:
            self._runtime.forget(port.socket.fileno())
            del self._ports[(port.address, port.number)]
        port.stop(name)
        self._recorder.stream(name).close_session(reason)
        self._recorder.record()

    def _heard_lately(self, port: Port, name: str) -> list[SenderRecord]:
        since_us = unix_ns() // 1000 - self._runtime.settings.get(HEARD_WITHIN_S) * 1_000_000
        return [sender for sender in port.senders.of_ring(name) if sender.last_seen_us > since_us]

    def _introduce(self, record: SenderRecord) -> None:
        bus = self._runtime.bus
        if record.ring is not None:
            appeared = SenderAppeared(ring=record.ring, address=record.address, port=record.port, origin=record.origin)
            bus.publish(UDP_SENDER, record.ring, appeared)
            self._runtime.logger("senders").info("sender", ring=record.ring, address=record.address, port=record.port)
            return
        ring = record.refused_by or "none"
        refused = SenderRefused(ring=ring, address=record.address, port=record.port, count=record.packets)
        bus.publish(UDP_REFUSED, ring, refused)
        self._runtime.logger("senders").warning("sender_refused", ring=ring, address=record.address, port=record.port)


def _known(ring: Ring | None, name: str, names: Iterable[str]) -> Ring:
    if ring is None:
        raise ValidationError("ring.unknown", f"There is no ring {name}. Configured: {', '.join(names)}.", value=name)
    return ring
