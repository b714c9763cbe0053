"""Rows of connections to OBS and of rules, found and written; db-writer. All within the caller's transaction."""

from typing import Any, Final

import msgspec

from shared.clock import utc_now_iso
from shared.db.obs_config import RECORDING_FIELDS, connections, rules
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError, ValidationError
from shared.messages.automation import Rule
from shared.messages.obs import ObsConnection, RecordingSettings, Role

_to_json = msgspec.json.Encoder().encode

_INSERT: Final = """
INSERT INTO obs_connections (name, host, port, is_active, roles, rings, path_map, created_at, updated_at)
VALUES (:name, :host, :port, :is_active, :roles, :rings, :path_map, :now, :now)
"""
_UPDATE: Final = """
UPDATE obs_connections SET host = :host, port = :port, is_active = :is_active, roles = :roles, rings = :rings,
    path_map = :path_map, updated_at = :now
WHERE name = :name
"""
_ENCRYPT: Final = "UPDATE obs_connections SET password = ? WHERE name = ?"
_RECORDING: Final = f"""
INSERT INTO obs_recording_config (connection_id, {", ".join(RECORDING_FIELDS)}, created_at, updated_at)
VALUES ((SELECT id FROM obs_connections WHERE name = :name), {", ".join(f":{name}" for name in RECORDING_FIELDS)},
    :now, :now)
ON CONFLICT (connection_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in RECORDING_FIELDS)}, updated_at = excluded.updated_at
"""
_RENAME: Final = (
    "UPDATE obs_connections SET name = :new, updated_at = :now WHERE name = :old",
    "UPDATE obs_recording_sessions SET connection = :new, updated_at = :now WHERE connection = :old",
    "UPDATE recorded_videos SET connection = :new, updated_at = :now WHERE connection = :old",
)
# Its recording settings go with it.
_REMOVE: Final = "DELETE FROM obs_connections WHERE name = ?"
_SAVE_RULE: Final = """
INSERT INTO obs_rules (name, is_enabled, priority, pack, description, definition, created_at, updated_at)
VALUES (:name, :is_enabled, :priority, :pack, :description, :definition, :now, :now)
ON CONFLICT (name) DO UPDATE SET is_enabled = excluded.is_enabled, priority = excluded.priority, pack = excluded.pack,
    description = excluded.description, definition = excluded.definition, updated_at = excluded.updated_at
"""
_ENABLE_RULE: Final = "UPDATE obs_rules SET is_enabled = ?, updated_at = ? WHERE name = ?"
_REMOVE_RULE: Final = "DELETE FROM obs_rules WHERE name = ?"
_RULE_NAMES: Final = "SELECT name FROM obs_rules"


def connection_named(connection: "sqlite3.Connection", name: str) -> ObsConnection | None:
    """The connection of that name, None if there is none. Raises DatabaseError: its row cannot be read."""
    told: list[str] = []
    found = {one.connection: one for one in connections(connection, tell=told.append)}.get(name)
    is_there = "SELECT 1 FROM obs_connections WHERE name = ?"
    if found is None and connection.execute(is_there, (name,)).fetchone() is not None:
        sentence = f"{' '.join(told)} A newer version may have written it; remove it, and make it anew."
        raise DatabaseError("obs.unreadable", sentence)
    return found


def meant_connection(connection: "sqlite3.Connection", name: str) -> ObsConnection:
    """The connection of that name. Raises ValidationError: there is none."""
    found = connection_named(connection, name)
    if found is None:
        names = ", ".join(one.connection for one in connections(connection)) or "none"
        sentence = f"There is no OBS connection of that name; there are: {names}. Make one with: restrike obs add"
        raise ValidationError("obs.unknown", sentence, value=name)
    return found


def write_connection(connection: "sqlite3.Connection", wanted: ObsConnection, *, is_new: bool) -> None:
    """Store everything of a connection but its password."""
    values = {
        "name": wanted.connection,
        "host": wanted.host,
        "port": wanted.port,
        "is_active": wanted.is_active,
        "roles": _to_json(wanted.roles).decode(),
        "rings": _to_json(wanted.rings).decode(),
        "path_map": _to_json(wanted.path_map).decode(),
        "now": utc_now_iso(),
    }
    connection.execute(_INSERT if is_new else _UPDATE, values)
    recording: dict[str, Any] = msgspec.to_builtins(wanted.recording)
    connection.execute(_RECORDING, {"name": wanted.connection, "now": values["now"], **recording})


def write_password(connection: "sqlite3.Connection", name: str, encrypted: str | None) -> None:
    """Store a connection's password as it was encrypted; None: it has none."""
    connection.execute(_ENCRYPT, (encrypted, name))


def rename_connection(connection: "sqlite3.Connection", old: str, new: str) -> list[str]:
    """Give a connection another name, and with it to its recordings and to the rules that name it; those rules."""
    values = {"old": old, "new": new, "now": utc_now_iso()}
    for statement in _RENAME:
        connection.execute(statement, values)
    naming = [rule for rule in rules(connection) if old in rule.connections]
    for rule in naming:
        names = tuple(new if name == old else name for name in rule.connections)
        write_rule(connection, msgspec.structs.replace(rule, connections=names))
    return [rule.rule for rule in naming]


def remove_connection(connection: "sqlite3.Connection", name: str) -> bool:
    """Forget a connection, with its password and what it records; whether there was one."""
    return connection.execute(_REMOVE, (name,)).rowcount > 0


def rule_names(connection: "sqlite3.Connection") -> set[str]:
    """The names of all rules, those that cannot be read among them."""
    return {name for (name,) in connection.execute(_RULE_NAMES).fetchall()}


def write_rule(connection: "sqlite3.Connection", rule: Rule) -> None:
    """Store a rule in the place of the one of its name, if there is one."""
    values = {
        "name": rule.rule,
        "is_enabled": rule.is_enabled,
        "priority": rule.priority,
        "pack": rule.pack,
        "description": rule.description or None,
        "definition": _to_json(rule).decode(),
        "now": utc_now_iso(),
    }
    connection.execute(_SAVE_RULE, values)


def enable_rule(connection: "sqlite3.Connection", name: str, *, is_enabled: bool) -> bool:
    """Switch a rule on or off; whether there is one of that name. The column is what counts."""
    return connection.execute(_ENABLE_RULE, (is_enabled, utc_now_iso(), name)).rowcount > 0


def remove_rule(connection: "sqlite3.Connection", name: str) -> bool:
    """Remove a rule; whether there was one."""
    return connection.execute(_REMOVE_RULE, (name,)).rowcount > 0


def new_connection(name: str) -> ObsConnection:
    """A connection of that name as it is made when nothing else is said: OBS on this machine, for everything."""
    return ObsConnection(
        connection=name,
        host="127.0.0.1",
        port=4455,
        has_password=False,
        is_active=True,
        roles=tuple(Role),
        rings=(),
        path_map={},
        recording=RecordingSettings(),
    )
