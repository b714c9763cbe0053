"""Old sessions: closed where the predecessor left them open, and counted anew from their events."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from services.db_writer.office.predecessor.items import Client, SessionItem
from services.db_writer.office.predecessor.old_file import Fields, Row, text, whole
from services.db_writer.office.predecessor.order import Order
from services.db_writer.office.predecessor.times import of_microseconds, text_of, text_or_none

SESSIONS: Final = "udp_server_sessions"
CLIENTS: Final = "udp_client_connections"
NO_SESSION: Final = "none"
"""What stands for the id of the session of events that have none."""
LOG: Final = "log"
"""The same for rows of the flat log `pss_events`."""
_START, _END = ("start_time",), ("end_time",)
_FIELDS: Final[Fields] = {"ring": ("ring", "ring_name"), "start": _START, "end": _END}
_COUNTED: Final = (
    "status",
    "server_config_id",
    "packets_received",
    "packets_parsed",
    "parse_errors",
    "total_bytes_received",
    "average_packet_size",
    "max_packet_size_seen",
    "min_packet_size_seen",
    "unique_clients_count",
    "error_message",
    "created_at",
    "updated_at",
)
"""Columns that are known, and made anew."""
_CLIENT_FIELDS: Final[Fields] = {
    "session": ("session_id",),
    "address": ("client_address", "address"),
    "port": ("client_port", "port"),
    "first": ("first_seen",),
    "last": ("last_seen",),
    "packets": ("packets_received",),
    "bytes": ("total_bytes_received",),
    "active": ("is_active",),
    "made": ("created_at",),
    "changed": ("updated_at",),
}
_UNCLOSED: Final = "Imported: the predecessor never closed it; it ends with its last event."
_OF_NONE: Final = "Imported: events whose session is not in the file."
_OF_LOG: Final = "Imported: the flat log of the predecessor (pss_events), which knew no sessions."


class Counted(Struct):
    """What the events of a session add up to; times in microseconds, sizes in bytes of the text."""

    first_us: int
    last_us: int
    events: int = 0
    parsed: int = 0
    errors: int = 0
    bytes: int = 0
    largest: int = 0
    smallest: int = 1 << 62

    def add(self, at_us: int, size: int, *, is_valid: bool, is_known: bool) -> None:
        """Count an event."""
        self.first_us, self.last_us = min(self.first_us, at_us), max(self.last_us, at_us)
        self.events += 1
        self.errors += not is_valid
        self.parsed += is_valid and is_known
        self.bytes += size
        self.largest, self.smallest = max(self.largest, size), min(self.smallest, size)


def read_sessions(order: Order) -> dict[str, Row]:
    """The old sessions by their ids as text."""
    table = order.old.tables.get(SESSIONS)
    if table is not None:
        table.asked.update(_COUNTED)
    found = {str(row["id"]): row for row in order.old.rows(SESSIONS, _FIELDS)}
    order.report.table(SESSIONS).read = len(found)
    return found


def add_sessions(order: Order, rows: dict[str, Row], counted: dict[str, Counted]) -> dict[str, str]:
    """Add the sessions to the plan; their rings by old id."""
    clients = _clients(order, rows)
    rings = {}
    for old_id, row in rows.items():
        item = _session(order, old_id, row, counted.get(old_id), clients.get(old_id, []))
        if item is not None:
            rings[old_id] = item.ring
            order.plan.add(item)
            order.report.table(SESSIONS).imported += 1
    for old_id, error in ((NO_SESSION, _OF_NONE), (LOG, _OF_LOG)):
        if old_id in counted:
            rings[old_id] = order.ring_of(None)
            order.plan.add(_made(order, old_id, rings[old_id], counted[old_id], error=error))
    return rings


def _session(order: Order, old_id: str, row: Row, counted: Counted | None, clients: list[Client]) -> SessionItem | None:
    start, end = order.moment(SESSIONS, row["start"], _START), order.moment(SESSIONS, row["end"], _END)
    first = start if counted is None else of_microseconds(counted.first_us)
    last = end or start if counted is None else of_microseconds(counted.last_us)
    if first is None or last is None:
        order.report.drop(SESSIONS, "it has neither a time that can be read nor events", f"id {old_id}")
        return None
    is_closed = end is not None and end >= last
    if not is_closed:
        order.report.tell(SESSIONS, "never closed: broken at its last event", f"id {old_id}")
    begins: datetime = first if start is None else min(start, first)
    ring, ends = order.ring_of(row["ring"]), end if end is not None and is_closed else last
    made = _made(order, old_id, ring, counted, error=None if is_closed else _UNCLOSED, span=(begins, ends))
    return replace(made, clients=clients) if clients else made


def _made(  # noqa: PLR0913  # what makes a session
    order: Order,
    old_id: str,
    ring: str,
    counted: Counted | None,
    *,
    error: str | None,
    span: tuple[datetime, datetime] | None = None,
) -> SessionItem:
    sums = counted or Counted(0, 0, smallest=0)
    start, end = span or (of_microseconds(sums.first_us), of_microseconds(sums.last_us))
    return SessionItem(
        uuid=order.uuid_of(old_id),
        ring=ring,
        start=text_of(start),
        end=text_of(end),
        status="closed" if error is None else "broken",
        error=error,
        packets=sums.events,
        parsed=sums.parsed,
        errors=sums.errors,
        bytes=sums.bytes,
        largest=sums.largest if sums.events else None,
        smallest=sums.smallest if sums.events else None,
        last_entry=sums.events,
    )


def _clients(order: Order, sessions: dict[str, Row]) -> dict[str, list[Client]]:
    report, counts = order.report, order.report.table(CLIENTS)
    found: dict[str, dict[tuple[str, int], Client]] = {}
    for row in order.old.rows(CLIENTS, _CLIENT_FIELDS):
        counts.read += 1
        session, address, port = str(row["session"]), text(row["address"]), whole(row["port"])
        if session not in sessions:
            report.drop(CLIENTS, "its session is not there", f"id {row['id']}, session {session}")
        elif address is None or port is None:
            report.drop(CLIENTS, "it has no address or no port", f"id {row['id']}")
        elif (address, port) in found.setdefault(session, {}):
            report.merge(CLIENTS, "the same sender of a session again", f"{address}:{port}")
        else:
            counts.imported += 1
            found[session][address, port] = Client(
                address=address,
                port=port,
                first_seen=text_or_none(order.moment(CLIENTS, row["first"], ("first_seen",))),
                last_seen=text_or_none(order.moment(CLIENTS, row["last"], ("last_seen",))),
                packets=whole(row["packets"]) or 0,
                bytes=whole(row["bytes"]) or 0,
            )
    return {session: list(clients.values()) for session, clients in found.items()}
