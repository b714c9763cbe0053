"""Settings and their history as they are stored, for `restrike settings`; reads the database, never writes."""

from contextlib import closing
from typing import Any, Final

from msgspec import Struct

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError, RestrikeError
from shared.paths import Paths
from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Key, Rules
from shared.settings.secrets import Secrets
from shared.settings.values import MASK, allowed, parsed, text_of

_VALUES: Final = """
SELECT k.key_name, v.value, v.updated_at,
    (SELECT h.changed_by FROM settings_history h WHERE h.key_id = k.id ORDER BY h.id DESC LIMIT 1)
FROM settings_values v JOIN settings_keys k ON k.id = v.key_id
"""
_HISTORY: Final = """
SELECT k.key_name, h.old_value, h.new_value, h.changed_by, h.change_reason, h.created_at
FROM settings_history h JOIN settings_keys k ON k.id = h.key_id
WHERE ?1 IS NULL OR k.key_name = ?1
ORDER BY h.id DESC LIMIT ?2
"""


class Setting(Struct, frozen=True, kw_only=True):
    """A setting as it is in force. `value` and `default` are the typed values; of a sensitive one `value` is the mask
    when it is set. `fault` says why what is stored is not in force.
    """

    name: str
    category: str
    title: str
    description: str
    kind: str
    value: Any
    default: Any
    is_default: bool
    is_sensitive: bool
    is_required: bool
    needs_restart: tuple[str, ...]
    rules: Rules
    allowed: str
    changed_at: str | None
    changed_by: str | None
    fault: str | None

    @property
    def text(self) -> str:
        """The value as it is typed and shown."""
        return MASK if self.value == MASK else text_of(CATALOGUE[self.name], self.value)


class HistoryRow(Struct, frozen=True, kw_only=True):
    """A change; None stands for the default."""

    name: str
    old_value: str | None
    new_value: str | None
    changed_by: str
    reason: str | None
    changed_at: str


def read_settings(paths: Paths) -> list[Setting]:
    """Every setting of the catalogue, in its order; the defaults when there is no database.

    Raises DatabaseError: the database cannot be read.
    """
    stored = {name: row for name, *row in _rows(paths, _VALUES, ())}
    secrets = Secrets(paths)
    return [_setting(key, stored.get(key.name), secrets) for key in CATALOGUE.values()]


def read_history(paths: Paths, name: str | None, *, limit: int) -> list[HistoryRow]:
    """Changes of one setting or of all, the newest first; of settings that are no more, too.

    Raises DatabaseError: the database cannot be read.
    """
    return [
        HistoryRow(name=key, old_value=old, new_value=new, changed_by=who, reason=why, changed_at=at)
        for key, old, new, who, why, at in _rows(paths, _HISTORY, (name, limit))
    ]


def _rows(paths: Paths, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    if is_empty(paths.database):
        return []
    try:
        with closing(connect_reader(paths.database)) as connection:
            tables = "SELECT count(*) FROM sqlite_master WHERE name = 'settings_history'"
            has_settings = connection.execute(tables).fetchone() == (1,)
            return list(connection.execute(sql, values).fetchall()) if has_settings else []
    except sqlite3.Error as error:
        raise DatabaseError("database.unreadable", f"The database cannot be read: {error}.") from error


def _setting(key: Key[Any], stored: list[Any] | None, secrets: Secrets) -> Setting:
    text, at, who = stored or (None, None, None)
    value, fault = key.default, None
    if text is not None:
        try:
            value = parsed(key, secrets.decrypt(text) if key.is_sensitive else text)
        except RestrikeError as error:
            fault = str(error)
    shown = MASK if key.is_sensitive and text is not None else value
    return Setting(
        name=key.name,
        category=key.category,
        title=key.title,
        description=key.description,
        kind=key.kind,
        value=shown,
        default=key.default,
        is_default=text is None,
        is_sensitive=key.is_sensitive,
        is_required=key.is_required,
        needs_restart=key.needs_restart,
        rules=key.rules,
        allowed=allowed(key),
        changed_at=at,
        changed_by=who,
        fault=fault,
    )
