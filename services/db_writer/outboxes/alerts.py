"""Alerts and who was told of them (`alerts`, `alert_deliveries`), one row each; db-writer.

An alert that changed says all that is known of it, so the later one wins.
"""

from typing import Final

from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.alerts import AlertChanged, AlertDelivered

_ALERT: Final = """
INSERT INTO alerts (alert_key, rule, subject, severity, state, message, remedy, value, raised_at, acknowledged_at,
    acknowledged_by, note, cleared_at, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)
ON CONFLICT (alert_key) DO UPDATE SET state = excluded.state, message = excluded.message,
    acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by, note = excluded.note,
    cleared_at = excluded.cleared_at, updated_at = excluded.updated_at
"""
_DELIVERY: Final = """
INSERT INTO alert_deliveries (delivery_key, alert_key, channel, about, attempts, delivered_at, error, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (delivery_key) DO UPDATE SET attempts = excluded.attempts, delivered_at = excluded.delivered_at,
    error = excluded.error, updated_at = excluded.updated_at
"""

_text = Timestamps().text


def store_alert(connection: "sqlite3.Connection", fact: AlertChanged, stamp: Stamp) -> None:
    """An alert was raised, taken note of, or cleared."""
    what = (fact.alert_id, fact.rule, fact.subject, fact.severity.value, fact.state.value)
    words = (fact.message, fact.remedy, fact.value, _text(fact.raised_at_us))
    seen = (_time(fact.acknowledged_at_us), fact.acknowledged_by, fact.note, _time(fact.cleared_at_us))
    connection.execute(_ALERT, (*what, *words, *seen, stamp.now))


def store_delivery(connection: "sqlite3.Connection", fact: AlertDelivered, stamp: Stamp) -> None:
    """Somebody was told of an alert, or could not be."""
    what = (fact.delivery_id, fact.alert_id, fact.channel.value, fact.about.value, fact.attempts)
    connection.execute(_DELIVERY, (*what, _time(fact.delivered_at_us), fact.error, stamp.now))


def _time(at_us: int | None) -> str | None:
    return None if at_us is None else _text(at_us)
