"""Rules for alerts stored and removed by an operator, all that are named or none; db-writer, or `once` without it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from services.db_writer.office.desk import Act, Desk
from shared.alerts.defaults import DEFAULTS
from shared.alerts.faults import faults_of
from shared.clock import utc_now_iso
from shared.errors import ValidationError
from shared.messages.alerts import AlertRulesChanged, RemoveAlertRules, SaveAlertRules
from shared.messages.topics import ALERT_RULES_CHANGED

MOST_RULES: Final = 200
"""Stored: each is held against all its values every second."""
SHOWN: Final = 80
MOST_LISTED: Final = 100
_SAVE: Final = """
INSERT INTO alert_rules (name, is_enabled, definition, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
ON CONFLICT (name) DO UPDATE SET is_enabled = excluded.is_enabled, definition = excluded.definition,
    updated_at = excluded.updated_at
"""
_REMOVE: Final = "DELETE FROM alert_rules WHERE name = ?"
_NAMES: Final = "SELECT name FROM alert_rules"

_to_json = msgspec.json.Encoder().encode


def save_alert_rules(desk: Desk, command: SaveAlertRules) -> AlertRulesChanged:
    """Store rules as they are given, in the place of those of their names, and tell who listens.

    Raises:
        ValidationError: one can never work (all faults are in the sentence), or is given twice; nothing was changed.
    """
    names = [rule.name for rule in command.rules]
    act = Act(author=command.author, action="alerts.rules.save", details=_listed(names), reason=command.reason)
    with desk.acting(act) as connection:
        _check_named(names)
        faults = [f"{rule.name[:SHOWN]}: {fault}" for rule in command.rules for fault in faults_of(rule)]
        if faults:
            raise ValidationError("alerts.invalid", " ".join(faults))
        stored = {name for (name,) in connection.execute(_NAMES).fetchall()}
        if len(stored | set(names)) > MOST_RULES:
            sentence = f"There can be {MOST_RULES} rules for alerts of one's own; remove some first."
            raise ValidationError("alerts.too_many", sentence, value=len(stored | set(names)))
        now = utc_now_iso()
        rows = [(rule.name, rule.is_enabled, _to_json(rule).decode(), now) for rule in command.rules]
        connection.executemany(_SAVE, rows)
    return _told(desk, names, command.author)


def remove_alert_rules(desk: Desk, command: RemoveAlertRules) -> AlertRulesChanged:
    """Forget stored rules, and tell who listens.

    Raises:
        ValidationError: none of one of the names is stored; nothing was changed.
    """
    names = list(dict.fromkeys(command.rules))
    act = Act(author=command.author, action="alerts.rules.remove", details=_listed(names), reason=command.reason)
    with desk.acting(act) as connection:
        _check_named(names)
        for name in names:
            if not connection.execute(_REMOVE, (name,)).rowcount:
                default = "It is a default rule that nobody changed; switch it off with: restrike alerts rules disable."
                sentence = default if name in DEFAULTS else "There is no rule of that name: restrike alerts rules list."
                raise ValidationError("alerts.unknown", sentence, value=name[:SHOWN])
    return _told(desk, names, command.author)


def _check_named(names: Sequence[str]) -> None:
    if not names:
        raise ValidationError("alerts.none", "No rule is named; name at least one.")
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise ValidationError("alerts.twice", "A rule is given twice; give it once.", value=twice[:SHOWN])


def _listed(names: Sequence[str]) -> dict[str, object]:
    return {"rules": [name[:SHOWN] for name in names[:MOST_LISTED]], "count": len(names)}


def _told(desk: Desk, names: Sequence[str], author: str) -> AlertRulesChanged:
    changed = AlertRulesChanged(names=tuple(names), author=author)
    desk.publish(ALERT_RULES_CHANGED, changed)
    return changed
