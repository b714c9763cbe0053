"""Connections to OBS made, changed, renamed and removed by an operator; db-writer, or `once` without it.

A connection that gets another name takes its recordings, its clips and the rules that name it along, so that they are
found under its present name. What was told under the old one before obs-bridge heard of the new one stays with it. The
log of what rules did keeps the names of then.
"""

from typing import Any

import msgspec

from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.obs import fields, rows
from services.db_writer.office.obs.recording import recording_of
from shared.db.sqlite import sqlite3
from shared.errors import ValidationError
from shared.messages.obs import ObsChanged, ObsConfigured, ObsConnection
from shared.messages.obs_commands import RemoveObsConnection, SaveObsConnection
from shared.messages.topics import OBS_CHANGED
from shared.settings.secrets import Secrets
from shared.settings.values import MASK


def save_connection(desk: Desk, command: SaveObsConnection) -> ObsConnection:
    """Make a connection or change one, and tell who listens.

    Raises:
        ValidationError: the name is taken or unknown, or a field is not acceptable; nothing was changed.
        SecretError: the password cannot be encrypted; nothing was changed.
    """
    act = Act(
        author=command.author,
        action="obs.add" if command.is_new else "obs.change",
        target=command.connection[: fields.MOST_CHARACTERS],
    )
    with desk.acting(act) as connection:
        before = _before(connection, command)
        wanted = _wanted(before, command)
        rows.write_connection(connection, wanted, is_new=command.is_new)
        _set_password(connection, Secrets(desk.paths), wanted.connection, command.password)
        renamed = _rename(connection, command)
        name = wanted.connection if command.rename is None else command.rename
        after = rows.meant_connection(connection, name)
        act.details = _changes(None if command.is_new else before, after)
        if command.password is not None:
            act.details["password"] = {"to": MASK if command.password else None}
    names = tuple(dict.fromkeys((command.connection, name)))
    if act.details:
        _tell(desk, ObsConfigured.CONNECTION, names, command.author)
    if renamed:
        _tell(desk, ObsConfigured.RULES, tuple(renamed), command.author)
    return after


def remove_connection(desk: Desk, command: RemoveObsConnection) -> ObsConnection:
    """Remove a connection, with its password; what was recorded through it stays, and so do rules that name it.

    Raises:
        ValidationError: there is none of that name.
    """
    name = command.connection
    act = Act(author=command.author, action="obs.remove", target=name[: fields.MOST_CHARACTERS])
    with desk.acting(act) as connection:
        found = rows.meant_connection(connection, name)
        act.details = _changes(found, None)
        rows.remove_connection(connection, name)
    _tell(desk, ObsConfigured.CONNECTION, (name,), command.author)
    return found


def _before(connection: "sqlite3.Connection", command: SaveObsConnection) -> ObsConnection:
    """The connection that is meant; a new one as it is when nothing is said of it."""
    if not command.is_new:
        return rows.meant_connection(connection, command.connection)
    name = fields.name_of(command.connection)
    _check_free(connection, name)
    return rows.new_connection(name)


def _check_free(connection: "sqlite3.Connection", name: str) -> None:
    if rows.connection_named(connection, name) is not None:
        sentence = (
            "There is an OBS connection of that name already; choose another, or change it with: restrike obs edit"
        )
        raise ValidationError("obs.taken", sentence, value=name)


def _wanted(before: ObsConnection, command: SaveObsConnection) -> ObsConnection:
    """What is to be stored, under the name that the connection has."""
    said: dict[str, Any] = {}
    if command.host is not None:
        said["host"] = fields.host_of(command.host)
    if command.port is not None:
        said["port"] = fields.port_of(command.port)
    if command.is_active is not None:
        said["is_active"] = command.is_active
    if command.roles is not None:
        said["roles"] = fields.roles_of(command.roles)
    if command.rings is not None:
        said["rings"] = fields.rings_of(command.rings)
    if command.path_map is not None:
        said["path_map"] = fields.path_map_of(command.path_map)
    return msgspec.structs.replace(before, recording=recording_of(before.recording, command.recording), **said)


def _set_password(connection: "sqlite3.Connection", secrets: Secrets, name: str, said: str | None) -> None:
    """Store the password that is said; None: as it is, "": none."""
    if said is not None:
        password = fields.password_of(said)
        rows.write_password(connection, name, secrets.encrypt(password) if password else None)


def _rename(connection: "sqlite3.Connection", command: SaveObsConnection) -> list[str]:
    """Give the connection its new name, if there is one; the rules that named it."""
    if command.rename is None or command.rename == command.connection:
        return []
    new = fields.name_of(command.rename, what="new name of the connection")
    _check_free(connection, new)
    return rows.rename_connection(connection, command.connection, new)


def _changes(before: ObsConnection | None, after: ObsConnection | None) -> dict[str, Any]:
    """The fields that differ, each from what to what; those of a new or removed connection are all told."""
    old, new = _flat(before), _flat(after)
    names = [name for name in old | new if old.get(name) != new.get(name)]
    if before is None or after is None:
        return {name: (old | new)[name] for name in names}
    return {name: {"from": old[name], "to": new[name]} for name in names}


def _flat(connection: ObsConnection | None) -> dict[str, Any]:
    if connection is None:
        return {}
    found: dict[str, Any] = msgspec.to_builtins(connection)
    del found["has_password"]
    found.update(found.pop("recording"))
    return found


def _tell(desk: Desk, what: ObsConfigured, names: tuple[str, ...], author: str) -> None:
    desk.publish(OBS_CHANGED, ObsChanged(what=what, names=names, author=author))
