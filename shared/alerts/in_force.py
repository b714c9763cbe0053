"""Which rules for alerts are in force: an operator's stand for defaults of their name. cpu-monitor and the CLI."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from msgspec import Struct

from shared.alerts.defaults import DEFAULTS
from shared.alerts.faults import faults_of
from shared.db.sqlite import sqlite3
from shared.messages.alerts import AlertRule

SELECT: Final = "SELECT name, is_enabled, definition FROM alert_rules ORDER BY name"
_rule: Final = msgspec.json.Decoder(AlertRule)

Row = tuple[str, bool, str]


class RuleInForce(Struct, frozen=True):
    """A rule. `is_default`: nobody changed it; `fault` says why what is stored under its name is not used."""

    rule: AlertRule
    is_default: bool
    fault: str | None = None


def stored_rows(connection: "sqlite3.Connection") -> list[Row]:
    """The rules that are stored. Raises sqlite3.Error: the database cannot be read."""
    return [(name, bool(is_enabled), definition) for name, is_enabled, definition in connection.execute(SELECT)]


def rules_in_force(rows: Iterable[Row], *, tell: Callable[[str], None] = lambda _: None) -> list[RuleInForce]:
    """Every rule, switched on or off. A stored one that cannot be used is told, and its default stays in force."""
    found = {name: RuleInForce(rule, is_default=True) for name, rule in DEFAULTS.items()}
    for name, is_enabled, definition in rows:
        try:
            rule = msgspec.structs.replace(_rule.decode(definition), name=name, is_enabled=is_enabled)
            faults = " ".join(faults_of(rule))
        except msgspec.MsgspecError as error:
            faults = f"{error}."
        if not faults:
            found[name] = RuleInForce(rule, is_default=False)
            continue
        instead = "the default is in force" if name in DEFAULTS else "it is left out"
        tell(f"The alert rule {name} cannot be used, {instead}: {faults}")
        if name in DEFAULTS:
            found[name] = RuleInForce(DEFAULTS[name], is_default=True, fault=faults)
    return list(found.values())
