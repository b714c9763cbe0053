"""A log line for each journal entry, at `debug` of the subsystem `datagrams`; udp-ingest."""

import logging
from typing import Any, Final

import msgspec
import structlog

from shared.journal import StoredBatch
from shared.messages.wire import Datagrams, Entry

BEGINNING: Final = 60
"""Bytes of a datagram that are shown: its stream and first fields; all of it is in the journal."""
_decode = msgspec.msgpack.Decoder(Datagrams).decode


def write_entries(log: structlog.stdlib.BoundLogger, batches: list[StoredBatch], is_journaled: bool) -> None:  # noqa: FBT001 - called by the recorder, with what it knows
    """Say of each entry what came, if that is wanted."""
    if not log.isEnabledFor(logging.DEBUG):
        return
    event = "journaled" if is_journaled else "kept_in_memory"
    for batch in batches:
        for number, entry in enumerate(_decode(batch.body).entries, batch.first):
            log.debug(event, ring=batch.ring, entry=number, **_shown(entry))


def _shown(entry: Entry) -> dict[str, Any]:
    if entry.fact is not None:
        return {"fact": type(entry.fact).__name__}
    beginning = entry.body[:BEGINNING].decode("utf-8", "backslashreplace")
    return {"sender": f"{entry.address}:{entry.port}", "bytes": len(entry.body), "begins": beginning}
