"""Which of the predecessor's settings is which of ours, and in which unit it was."""

import math
import re
from typing import Any, Final

from services.db_writer.office.predecessor.items import ConfigItem, SettingsItem
from services.db_writer.office.predecessor.old_file import Fields, text
from services.db_writer.office.predecessor.order import Order
from shared.errors import ValidationError
from shared.messages.settings import SettingValue
from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Key, Kind
from shared.settings.values import parsed, sendable, text_of

CONFIG: Final = "app_config"
VALUES: Final = "settings_values"
KEYS: Final = "settings_keys"
CATEGORIES: Final = "settings_categories"

OURS: Final[dict[str, tuple[str, float]]] = {
    "backup_interval_hours": ("backup.every_hours", 1),
    "backup_interval_minutes": ("backup.every_hours", 60),
    "backup_interval_seconds": ("backup.every_hours", 3_600),
    "backup_retention_days": ("backup.keep_daily", 1),
    "backup_compression_level": ("backup.compression_level", 1),
    "backup_verify_interval_hours": ("backup.verify_every_hours", 1),
    "event_retention_days": ("retention.events_days", 1),
    "events_retention_days": ("retention.events_days", 1),
    "data_retention_days": ("retention.events_days", 1),
    "raw_data_retention_days": ("retention.datagrams_days", 1),
    "audit_retention_days": ("retention.audit_days", 1),
    "udp_max_clients": ("udp.clients_kept", 1),
    "udp_idle_timeout_ms": ("udp.heard_within_s", 1_000),
    "udp_idle_timeout_seconds": ("udp.heard_within_s", 1),
}
"""Old name (small letters, words joined by `_`) -> our key, and how many old units are one of ours. A part of a unit is
rounded up. What bears the name of one of our keys is that one. Paths are not here: they are of another machine.
"""
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")
_SECRET: Final = re.compile(r"password|passwd|secret|token|credential|api_?key|license_?key|private_?key")
_CONFIG_FIELDS: Final[Fields] = {
    "key": ("key",),
    "value": ("value",),
    "category": ("category",),
    "description": ("description",),
    "made": ("created_at",),
    "changed": ("updated_at",),
}
_KEY_FIELDS: Final[Fields] = {
    "category": ("category_id",),
    "name": ("key_name",),
    "sensitive": ("is_sensitive",),
    "description": ("description",),
}
_DEFINED: Final = ("display_name", "data_type", "default_value", "validation_rules", "is_required", "display_order")
_NAMED: Final[dict[str, Key[Any]]] = {name.replace(".", "_"): key for name, key in CATALOGUE.items()}


class OldSettings:
    """Collects what is found; the newest table wins where both have a key."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._values: dict[str, SettingValue] = {}

    def add(self) -> None:
        """Read `app_config`, then `settings_values`, and add both to the plan."""
        for row in self._order.old.rows(CONFIG, _CONFIG_FIELDS):
            self._take(CONFIG, row["key"], row["value"], category=row["category"], description=row["description"])
        old = self._order.old
        categories = {row["id"]: row["name"] for row in old.rows(CATEGORIES, {"name": ("name",)})}
        keys = {row["id"]: row for row in old.rows(KEYS, _KEY_FIELDS)}
        for name in (KEYS, CATEGORIES, VALUES):
            if name in old.tables:
                old.tables[name].asked.update((*_DEFINED, "description", "created_at", "updated_at"))
        for row in old.rows(VALUES, {"key": ("key_id",), "value": ("value",)}):
            key = keys.get(row["key"])
            if key is None:
                self._order.report.table(VALUES).read += 1
                self._order.report.drop(VALUES, "unlinked: its key is not there", f"id {row['id']}, key {row['key']}")
                continue
            category = categories.get(key["category"])
            self._take(
                VALUES,
                key["name"],
                row["value"],
                category=category,
                description=key["description"],
                is_secret=bool(key["sensitive"]),
            )
        if self._values:
            self._order.plan.add(SettingsItem(values=self._values))

    def _take(  # noqa: PLR0913  # the columns of a row
        self, table: str, key: Any, value: Any, *, category: Any, description: Any, is_secret: bool = False
    ) -> None:
        report, name, said = self._order.report, text(key), text(value)
        report.table(table).read += 1
        if name is None or said is None:
            report.drop(table, "it has no key or no value", f"{name}")
            return
        folded = _folded(name)
        if is_secret or _SECRET.search(folded):
            report.drop(table, "it is secret: set it anew", name)
            return
        found = _ours(folded, _folded(text(category) or ""))
        if found is None:
            report.settings_unmapped.append(f"{name} = {said}"[:200])
        elif self._map(f"{name} = {said}"[:200], *found, said=said):
            report.table(table).imported += 1
            return
        kept = ConfigItem(key=name, value=said, category=text(category) or "imported", description=text(description))
        self._order.plan.add(kept)
        report.table(table).imported += 1

    def _map(self, shown: str, key: Key[Any], per_unit: float, *, said: str) -> bool:
        try:
            value = parsed(key, _converted(key, said, per_unit))
        except ValidationError as error:
            self._order.report.settings_refused.append(f"{shown}: {error.message}")
            return False
        self._values[key.name] = sendable(key, value)
        self._order.report.settings_mapped.append(f"{shown} -> {key.name} = {text_of(key, value)}")
        return True


def _ours(name: str, category: str) -> tuple[Key[Any], float] | None:
    for one in (name, f"{category}_{name}"):
        if one in OURS:
            ours, per_unit = OURS[one]
            return CATALOGUE[ours], per_unit
        if one in _NAMED and not _NAMED[one].is_sensitive:
            return _NAMED[one], 1
    return None


def _folded(name: str) -> str:
    return _BETWEEN.sub("_", _CAPITAL.sub("_", name).casefold()).strip("_")


def _converted(key: Key[Any], said: str, per_unit: float) -> str:
    """The value in our unit, as somebody would type it."""
    if key.kind is Kind.BOOLEAN:
        return {"1": "true", "0": "false"}.get(said, said)
    if key.kind is not Kind.INTEGER:
        return said
    try:
        number = float(said) / per_unit
        return str(math.ceil(number))
    except (ValueError, OverflowError):
        return said
