"""How a ring stands, as udp-ingest tells it: its socket, its senders and its counters."""

from services.udp_ingest.port import Port
from services.udp_ingest.recorder import Recorder
from shared.config import Ring
from shared.messages.udp import RingStatus
from shared.messages.wire import Origin


def status_of(ring: Ring, port: Port | None, recorder: Recorder, *, error: str | None, queries: int) -> RingStatus:
    """The status of `ring`, which listens on `port`: where it is heard now, which may not be where it should be."""
    stream = recorder.stream(ring.name)
    heard = port.heard[ring.name] if port else None
    senders = [*port.senders.of_ring(ring.name), *port.senders.summed_up(ring.name)] if port else []
    return RingStatus(
        ring=ring.name,
        listening=port is not None,
        session=stream.session if port else None,
        journal_id=stream.journal_id,
        entry=stream.last,
        bind=ring.bind,
        address=port.address if port else None,
        port=port.number if port else ring.port,
        source=heard.ring.source if heard else ring.source,
        error=error,
        receive_buffer_bytes=port.receive_buffer_bytes if port else 0,
        receive_buffer_asked_bytes=ring.receive_buffer_bytes,
        max_packet_bytes=ring.max_packet_bytes,
        packets=sum(s.packets for s in senders),
        bytes=sum(s.bytes for s in senders),
        kernel_drops=heard.kernel_drops if heard else 0,
        refused=heard.refused if heard else 0,
        cut=heard.cut if heard else 0,
        lost=recorder.lost(ring.name),
        unjournaled_bytes=recorder.waiting()[1],
        last_packet_us=max((s.last_seen_us for s in senders), default=None),
        senders=[s.public() for s in senders],
        queries_sent=queries,
        answers=sum(s.packets for s in senders if s.origin is Origin.ANSWER),
        journal_error=recorder.error,
    )
