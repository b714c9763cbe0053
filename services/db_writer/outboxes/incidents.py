"""What services went through (`service_incidents`), one row each; db-writer."""

from typing import Final

from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.incidents import ServiceIncident

_STORE: Final = """
INSERT OR IGNORE INTO service_incidents (incident_key, service, kind, happened_at, pid, detail)
VALUES (?, ?, ?, ?, ?, ?)
"""

_text = Timestamps().text


def store_incident(connection: "sqlite3.Connection", fact: ServiceIncident, _stamp: Stamp) -> None:
    """Something happened to a service."""
    what = (fact.incident_id, fact.service, fact.kind.value, _text(fact.happened_at_us), fact.pid, fact.detail)
    connection.execute(_STORE, what)
