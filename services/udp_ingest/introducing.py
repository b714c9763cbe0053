"""Tells of a sender that was met: whom a ring hears, and who may not send; udp-ingest."""

from services.udp_ingest.senders import SenderRecord
from shared.messages.topics import UDP_REFUSED, UDP_SENDER
from shared.messages.udp import SenderAppeared, SenderRefused
from shared.runtime import Runtime


def introduce(runtime: Runtime, record: SenderRecord) -> None:
    """Publish the sender, and log it."""
    bus, log = runtime.bus, runtime.logger("senders")
    if record.ring is not None:
        appeared = SenderAppeared(ring=record.ring, address=record.address, port=record.port, origin=record.origin)
        bus.publish(UDP_SENDER, record.ring, appeared)
        log.info("sender", ring=record.ring, address=record.address, port=record.port)
        return
    ring = record.refused_by or "none"
    refused = SenderRefused(ring=ring, address=record.address, port=record.port, count=record.packets)
    bus.publish(UDP_REFUSED, ring, refused)
    log.warning("sender_refused", ring=ring, address=record.address, port=record.port)
