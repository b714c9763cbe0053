"""Rules stored, switched and removed by an operator, all that are named or none; db-writer, or `once` without it."""

from collections.abc import Collection, Sequence
from typing import Final

from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.obs import rows
from services.db_writer.office.obs.fields import name_of, rings_of
from shared.automation.faults import MOST_CHARACTERS, faults_of
from shared.db.obs_config import rules
from shared.db.sqlite import sqlite3
from shared.errors import ValidationError
from shared.messages.automation import Rule
from shared.messages.obs import ObsChanged, ObsConfigured
from shared.messages.obs_commands import EnableRules, RemoveRules, Rules, SaveRules
from shared.messages.topics import OBS_CHANGED

MOST_RULES: Final = 500
"""In the database: each is looked at whenever something happens."""
MOST_LISTED: Final = 100
"""Names in the audit."""


def save_rules(desk: Desk, command: SaveRules) -> Rules:
    """Store rules as they are given, and tell who listens.

    Raises:
        ValidationError: one is not acceptable, is given twice, or its name is taken; nothing was changed.
    """
    names = [rule.rule for rule in command.rules]
    act = Act(author=command.author, action="obs.rules.save", details=_listed(names))
    with desk.acting(act) as connection:
        _check_named(names)
        for rule in command.rules:
            check_rule(rule)
        known = rows.rule_names(connection)
        taken = sorted(known & set(names))
        if taken and not command.replace:
            sentence = "There is a rule of that name already; give --replace to overwrite it."
            raise ValidationError("obs.rule_taken", sentence, value=taken[0])
        if len(known | set(names)) > MOST_RULES:
            sentence = f"There can be {MOST_RULES} rules; remove some first."
            raise ValidationError("obs.rules_too_many", sentence, value=len(known | set(names)))
        act.details["replaced"] = taken[:MOST_LISTED]
        for rule in command.rules:
            rows.write_rule(connection, rule)
        saved = _named(connection, names)
    _tell(desk, names, command.author)
    return Rules(rules=saved)


def enable_rules(desk: Desk, command: EnableRules) -> Rules:
    """Switch rules on or off, and tell who listens.

    Raises:
        ValidationError: there is no rule of one of the names; nothing was changed.
    """
    names = list(dict.fromkeys(command.rules))
    act = Act(author=command.author, action="obs.rules.enable" if command.is_enabled else "obs.rules.disable")
    act.details = _listed(names)
    with desk.acting(act) as connection:
        _check_named(names)
        for name in names:
            if not rows.enable_rule(connection, name, is_enabled=command.is_enabled):
                raise _unknown(name)
        switched = _named(connection, names)
    _tell(desk, names, command.author)
    return Rules(rules=switched)


def remove_rules(desk: Desk, command: RemoveRules) -> Rules:
    """Remove rules, and tell who listens; what they were is answered, but for those that cannot be read.

    Raises:
        ValidationError: there is no rule of one of the names; nothing was changed.
    """
    names = list(dict.fromkeys(command.rules))
    act = Act(author=command.author, action="obs.rules.remove", details=_listed(names))
    with desk.acting(act) as connection:
        _check_named(names)
        removed = _named(connection, names)
        for name in names:
            if not rows.remove_rule(connection, name):
                raise _unknown(name)
    _tell(desk, names, command.author)
    return Rules(rules=removed)


def check_rule(rule: Rule) -> None:
    """Refuse a rule that could never fire, or whose actions could never work; the sentence says all that is wrong."""
    name = rule.rule[:MOST_CHARACTERS]
    faults = faults_of(rule)
    if faults:
        raise ValidationError("obs.rule", f"Rule {name}: {' '.join(faults)}")
    try:
        rings_of(rule.when.rings)
        for connection in rule.connections:
            name_of(connection)
    except ValidationError as error:
        raise ValidationError(error.code, f"Rule {name}: {error.message}", value=error.value) from error


def _check_named(names: Sequence[str]) -> None:
    if not names:
        raise ValidationError("obs.rules_none", "No rule is named; name at least one.")
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise ValidationError("obs.rule_twice", "A rule is given twice; give it once.", value=twice[:MOST_CHARACTERS])


def _named(connection: "sqlite3.Connection", names: Collection[str]) -> list[Rule]:
    return [rule for rule in rules(connection) if rule.rule in names]


def _unknown(name: str) -> ValidationError:
    sentence = "There is no rule of that name. See restrike obs rules list."
    return ValidationError("obs.rule_unknown", sentence, value=name[:MOST_CHARACTERS])


def _listed(names: Sequence[str]) -> dict[str, object]:
    return {"rules": [name[:MOST_CHARACTERS] for name in names[:MOST_LISTED]], "count": len(names)}


def _tell(desk: Desk, names: Sequence[str], author: str) -> None:
    desk.publish(OBS_CHANGED, ObsChanged(what=ObsConfigured.RULES, names=tuple(names), author=author))
