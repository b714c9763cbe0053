"""The catalogue of settings as rows (`settings_categories`, `settings_keys`), so that the database explains itself;
db-writer, and `once` without it, at their start.

A key that the catalogue no longer has loses its category and keeps its value and history, for a program that knows it.
"""

from typing import Any, Final

import msgspec

from services.db_writer.office.desk import Desk
from shared.clock import utc_now_iso
from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Key
from shared.settings.values import text_of

_COLUMNS: Final = (
    "key_name",
    "category_id",
    "display_name",
    "description",
    "data_type",
    "default_value",
    "validation_rules",
    "is_required",
    "is_sensitive",
)
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM settings_keys WHERE category_id IS NOT NULL"
_UPSERT: Final = f"""
INSERT INTO settings_keys ({", ".join(_COLUMNS)}, created_at, updated_at)
VALUES ({", ".join("?" for _ in _COLUMNS)}, ?, ?)
ON CONFLICT (key_name) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])}, updated_at = excluded.updated_at
"""
_RETIRE: Final = "UPDATE settings_keys SET category_id = NULL, updated_at = ? WHERE key_name = ?"

Row = tuple[Any, ...]


def bring_up_to_date(desk: Desk) -> None:
    """Make the rows those of the catalogue; writes only when something differs.

    Raises DatabaseError: the database could not be written.
    """
    categories = dict(desk.connection.execute("SELECT name, id FROM settings_categories").fetchall())
    stored = {row[0]: row for row in desk.connection.execute(_SELECT).fetchall()}
    wanted = {name: _row(key, categories) for name, key in CATALOGUE.items()}
    if stored != wanted:
        with desk.changing() as connection:
            now = utc_now_iso()
            rows = [(*row, now, now) for name, row in wanted.items() if stored.get(name) != row]
            connection.executemany(_UPSERT, rows)
            connection.executemany(_RETIRE, [(now, name) for name in stored.keys() - wanted.keys()])


def _row(key: Key[Any], categories: dict[str, int]) -> Row:
    default = None if key.default == "" else text_of(key, key.default)
    rules = msgspec.json.encode(key.rules).decode()
    flags = (int(key.is_required), int(key.is_sensitive))
    where = categories.get(key.category)
    return (key.name, where, key.title, key.description, key.kind.value, default, rules, *flags)
