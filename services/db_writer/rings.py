"""What a ring listens on (`udp_server_configs`) and this machine's addresses (`network_interfaces`); db-writer.

Both mirror the newest `SessionOpened` and are never read back as configuration. `timeout_ms` has no meaning: NULL.
"""

from services.db_writer import statements
from shared.db.sqlite import sqlite3
from shared.messages.facts import NetworkInterface, SessionOpened


def store_ring(connection: "sqlite3.Connection", ring: str, fact: SessionOpened, *, now: str) -> int:
    """Write the interfaces and the configuration of `ring` as it was opened; returns the configuration's id."""
    connection.execute(statements.RETIRE_INTERFACES, (now,))
    connection.executemany(statements.UPSERT_INTERFACE, [_row(interface, now) for interface in fact.interfaces])
    found = connection.execute(statements.SELECT_INTERFACE, (fact.interface, fact.address)).fetchone()
    interface_id = found[0] if found else None
    limits = (fact.auto_start, fact.max_packet_bytes, fact.receive_buffer_bytes)
    values = (ring, fact.port, fact.address, interface_id, *limits, now, now)
    (config_id,) = connection.execute(statements.UPSERT_CONFIG, values).fetchone()
    return int(config_id)


def _row(interface: NetworkInterface, now: str) -> tuple[object, ...]:
    net = (interface.name, interface.address, interface.netmask, interface.broadcast)
    state = (interface.is_loopback, interface.is_up, interface.is_recommended)
    return (*net, *state, interface.speed_mbps, interface.mtu, interface.mac_address, interface.kind, now, now)
