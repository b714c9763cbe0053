"""Rules for alerts: stored all or none, told, in the audit, and refused with all faults at once."""

from typing import Any

import pytest
from msgspec.structs import replace

from services.db_writer.office.desk import Desk
from services.db_writer.office.handlers import HANDLERS
from shared.alerts.defaults import DEFAULTS
from shared.alerts.in_force import rules_in_force, stored_rows
from shared.errors import ValidationError
from shared.messages.alerts import AlertRule, RemoveAlertRules, SaveAlertRules

LOW = replace(DEFAULTS["disk.low"], threshold=1.0)
OWN = replace(LOW, name="mine", is_enabled=False)


def _save(desk: Desk, *rules: AlertRule) -> None:
    HANDLERS[SaveAlertRules](desk, SaveAlertRules(rules=rules, author="ana", reason="because"))


def _own(desk: Desk) -> list[AlertRule]:
    return [one.rule for one in rules_in_force(stored_rows(desk.connection)) if not one.is_default]


def test_stored_and_removed(desk: Desk, published: list[tuple[str, Any]]) -> None:
    """Who listens is told; the audit says who and why; a default is in force again when its own is removed."""
    _save(desk, LOW, OWN)
    assert _own(desk) == [LOW, OWN]
    _save(desk, replace(LOW, threshold=2.0))
    HANDLERS[RemoveAlertRules](desk, RemoveAlertRules(rules=("disk.low",), author="ben"))
    assert _own(desk) == [OWN]
    assert [(topic, event.names, event.author) for topic, event in published] == [
        ("alert.rules_changed", ("disk.low", "mine"), "ana"),
        ("alert.rules_changed", ("disk.low",), "ana"),
        ("alert.rules_changed", ("disk.low",), "ben"),
    ]
    rows = desk.connection.execute("SELECT author, action, reason, outcome FROM operator_audit ORDER BY id").fetchall()
    assert rows == [
        ("ana", "alerts.rules.save", "because", "done"),
        ("ana", "alerts.rules.save", "because", "done"),
        ("ben", "alerts.rules.remove", None, "done"),
    ]


def test_all_faults_at_once_and_nothing_stored(desk: Desk, published: list[tuple[str, Any]]) -> None:
    """One that is sound beside two that are not is not stored either; the refusal is in the audit."""
    with pytest.raises(ValidationError) as caught:
        _save(desk, OWN, replace(LOW, metric="nonsense"), replace(LOW, name="other", for_s=-1))
    assert "disk.low: metric:" in caught.value.message
    assert "other: for_s:" in caught.value.message
    assert (_own(desk), published) == ([], [])
    assert desk.connection.execute("SELECT outcome FROM operator_audit").fetchall() == [("refused",)]


def test_refused(desk: Desk) -> None:
    """Nothing named, named twice, not there, or only a default: each says what to do."""
    for rules in ((), (OWN, OWN)):
        with pytest.raises(ValidationError):
            _save(desk, *rules)
    for name, advice in (("nobody", "restrike alerts rules list"), ("disk.low", "restrike alerts rules disable")):
        with pytest.raises(ValidationError, match=advice):
            HANDLERS[RemoveAlertRules](desk, RemoveAlertRules(rules=(name,), author="ana"))
