"""Settings get new values, and sensitive ones a new key: all in one transaction, told once it is committed; db-writer.

What is stored is only what is not at its default.
"""

from typing import Any, Final

from msgspec import Struct

from services.db_writer.office.desk import Act, Desk, check_who
from shared.clock import iso_utc, unix_ns
from shared.db.sqlite import sqlite3
from shared.messages.settings import (
    ChangeSettings,
    KeyRotated,
    RotateKey,
    SettingChanged,
    SettingsChanged,
    SettingValue,
)
from shared.messages.topics import SETTINGS_CHANGED
from shared.settings.key import Key
from shared.settings.secrets import SecretError, Secrets
from shared.settings.values import MASK, accepted, key_named, parsed, sendable, text_of

MOST_CHARACTERS: Final = 200
"""Of a refused act's names in the audit."""

_SELECT: Final = """
SELECT k.id, v.value FROM settings_keys k LEFT JOIN settings_values v ON v.key_id = k.id WHERE k.key_name = ?
"""
_SET: Final = """
INSERT INTO settings_values (key_id, value, created_at, updated_at) VALUES (:id, :value, :at, :at)
ON CONFLICT (key_id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
"""
_RESET: Final = "DELETE FROM settings_values WHERE key_id = ?"
_REMEMBER: Final = """
INSERT INTO settings_history (key_id, old_value, new_value, changed_by, change_reason, created_at)
VALUES (?, ?, ?, ?, ?, ?)
"""
ENCRYPTED: Final = (
    "SELECT v.id, v.value FROM settings_values v JOIN settings_keys k ON k.id = v.key_id WHERE k.is_sensitive = 1",
    "SELECT id, password FROM obs_connections WHERE password IS NOT NULL",
)
_ENCRYPT: Final = (
    "UPDATE settings_values SET value = ? WHERE id = ?",
    "UPDATE obs_connections SET password = ? WHERE id = ?",
)


class Change(Struct, frozen=True, kw_only=True):
    """A setting that gets another value; texts are as stored and in clear, None where it is at its default."""

    key: Key[Any]
    key_id: int
    before: str | None
    after: str | None
    value: SettingValue

    def shown(self) -> tuple[str | None, str | None]:
        """Before and after as anybody may see them."""
        if not self.key.is_sensitive:
            return self.before, self.after
        return self.before and MASK, self.after and MASK


def change_settings(desk: Desk, command: ChangeSettings) -> SettingsChanged:
    """Store the values that differ, with their history, then tell who listens.

    Raises:
        ValidationError: a name, a value, the author or the reason is not acceptable; nothing was changed.
        SecretError: a sensitive value cannot be encrypted; nothing was changed.
    """
    names = ", ".join(command.values)[:MOST_CHARACTERS]
    act = Act(author=command.author, action="setting.change", target=names, reason=command.reason)
    secrets = Secrets(desk.paths)
    now_ns = unix_ns()
    with desk.acting(act) as connection:
        accept = {name: _accepted(name, value) for name, value in command.values.items()}
        found = [_change(connection, secrets, key=key, value=value) for key, value in accept.values()]
        changes = [change for change in found if change is not None]
        act.details = {change.key.name: dict(zip(("from", "to"), change.shown(), strict=True)) for change in changes}
        for change in changes:
            _store(connection, secrets, change, command=command, at=iso_utc(now_ns))
    told = [_told(change, command=command, at_us=now_ns // 1000) for change in changes]
    for event in told:
        desk.publish(SETTINGS_CHANGED, event)
    return SettingsChanged(changed=told)


def rotate_key(desk: Desk, command: RotateKey) -> KeyRotated:
    """Encrypt every sensitive value with a new key. Whenever this ends, each value of the database is readable: the old
    key is let go only when nothing in it needs that any more. Older backups do: restored, their sensitive values can
    only be set again. What could not be read before cannot be read after.

    Raises:
        SecretError: the key file cannot be used or written.
    """
    check_who(command.author, None)
    secrets = Secrets(desk.paths)
    secrets.begin_rotation()
    act = Act(author=command.author, action="setting.rotate_key", target=str(secrets.path))
    # A power cut may undo a commit of this connection (see docs/adr/0006), but then the old key would be gone.
    (synchronous,) = desk.connection.execute("PRAGMA synchronous").fetchone()
    desk.connection.execute("PRAGMA synchronous = FULL")
    try:
        with desk.acting(act) as connection:
            count = sum(
                _encrypt_anew(connection, secrets, select=select, update=update)
                for select, update in zip(ENCRYPTED, _ENCRYPT, strict=True)
            )
            act.details = {"values": count}
    finally:
        desk.connection.execute(f"PRAGMA synchronous = {synchronous}")
    secrets.end_rotation()
    return KeyRotated(values=count)


def _accepted(name: str, value: SettingValue) -> tuple[Key[Any], Any]:
    key = key_named(name)
    if isinstance(value, str):
        parsed(key, value)  # of a typed text it says which rule is broken
    return key, key.default if value is None else accepted(key, value)


def _change(connection: "sqlite3.Connection", secrets: Secrets, *, key: Key[Any], value: Any) -> Change | None:
    """What is to be done so that `key` has `value`; None when it has it already."""
    key_id, stored = connection.execute(_SELECT, (key.name,)).fetchone()
    is_default = value == key.default
    after = None if is_default else text_of(key, value)
    if (_plain(secrets, stored) if key.is_sensitive else stored) == after:
        return None
    sent = None if is_default or key.is_sensitive else sendable(key, value)
    return Change(key=key, key_id=key_id, before=stored, after=after, value=sent)


def _plain(secrets: Secrets, stored: str | None) -> str | None:
    """A sensitive value in clear; the stored text itself, which is like no other, when it cannot be read."""
    try:
        return None if stored is None else secrets.decrypt(stored)
    except SecretError:
        return stored


def _store(
    connection: "sqlite3.Connection", secrets: Secrets, change: Change, *, command: ChangeSettings, at: str
) -> None:
    if change.after is None:
        connection.execute(_RESET, (change.key_id,))
    else:
        value = secrets.encrypt(change.after) if change.key.is_sensitive else change.after
        connection.execute(_SET, {"id": change.key_id, "value": value, "at": at})
    connection.execute(_REMEMBER, (change.key_id, *change.shown(), command.author, command.reason, at))


def _told(change: Change, *, command: ChangeSettings, at_us: int) -> SettingChanged:
    return SettingChanged(
        key=change.key.name,
        value=change.value,
        is_sensitive=change.key.is_sensitive,
        is_default=change.after is None,
        author=command.author,
        reason=command.reason,
        changed_at_us=at_us,
        needs_restart=list(change.key.needs_restart),
    )


def _encrypt_anew(connection: "sqlite3.Connection", secrets: Secrets, *, select: str, update: str) -> int:
    count = 0
    for row_id, stored in connection.execute(select).fetchall():
        try:
            text = secrets.decrypt(stored)
        except SecretError:
            continue
        connection.execute(update, (secrets.encrypt(text), row_id))
        count += 1
    return count
