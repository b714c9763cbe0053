"""Alerts and deliveries in their tables: one row each, as they were said last."""

from typing import Final

import msgspec

from services.db_writer.outboxes.store import FactStore
from shared.db.sqlite import sqlite3
from shared.messages.alerts import AlertChanged, AlertDelivered, AlertSeverity, AlertState, Channel
from shared.messages.outbox import AnyStored, Facts, StoredFact

NOW_US: Final = 1_772_357_400_000_000
RAISED = AlertChanged(
    alert_id="a1",
    rule="disk.low",
    subject="/",
    severity=AlertSeverity.WARNING,
    state=AlertState.RAISED,
    message="1 GiB are left.",
    raised_at_us=NOW_US,
    remedy="Free space.",
    value=1.0,
)
NOTED = msgspec.structs.replace(
    RAISED, state=AlertState.ACKNOWLEDGED, acknowledged_at_us=NOW_US + 1, acknowledged_by="ana", note="cable"
)
OVER = msgspec.structs.replace(NOTED, state=AlertState.CLEARED, cleared_at_us=NOW_US + 2_000_000)
TOLD = AlertDelivered(
    delivery_id="a1-mail-raised",
    alert_id="a1",
    channel=Channel.MAIL,
    about=AlertState.RAISED,
    attempts=2,
    delivered_at_us=NOW_US + 5,
)


def test_one_row_each(connection: "sqlite3.Connection") -> None:
    """Told again after a restore, too; the last word counts."""
    store, facts = FactStore(connection), (RAISED, TOLD, NOTED, OVER, RAISED, OVER, TOLD)
    said = [StoredFact(NOW_US, msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=AnyStored)) for one in facts]
    assert store.apply(Facts("cpu-monitor", "run", "run", 1, said), now_us=NOW_US).refused == {}
    rows = connection.execute(
        "SELECT alert_key, state, raised_at, acknowledged_by, note, cleared_at, value FROM alerts"
    ).fetchall()
    at = "2026-03-01T09:30:0"
    assert rows == [("a1", "cleared", f"{at}0.000000Z", "ana", "cable", f"{at}2.000000Z", 1.0)]
    rows = connection.execute("SELECT channel, about, attempts, delivered_at, error FROM alert_deliveries").fetchall()
    assert rows == [("mail", "raised", 2, f"{at}0.000005Z", None)]
