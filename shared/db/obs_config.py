"""How OBS is configured: connections, their passwords, rules, as the rows of the database say; every process.

Whoever reads gives a connection to the database. What a row holds that this version does not know (a newer one wrote
it) is left out and told; the rest is read.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from shared.db.sqlite import sqlite3
from shared.messages.automation import Rule
from shared.messages.obs import ObsConnection, RecordingSettings, Role
from shared.settings.secrets import Secrets

Tell = Callable[[str], None]
"""Gets a sentence about each thing that was left out."""

RECORDING_FIELDS: Final = RecordingSettings.__struct_fields__
"""The columns of `obs_recording_config` that are settings."""
_CONNECTIONS: Final = f"""
SELECT c.name, c.host, c.port, coalesce(c.password, '') <> '', coalesce(c.is_active, 1), c.roles, c.rings, c.path_map,
    r.id, {", ".join(f"r.{name}" for name in RECORDING_FIELDS)}
FROM obs_connections c LEFT JOIN obs_recording_config r ON r.connection_id = c.id ORDER BY c.name
"""
_ENCRYPTED: Final = "SELECT password FROM obs_connections WHERE name = ?"
_RULES: Final = "SELECT name, is_enabled, definition FROM obs_rules ORDER BY priority DESC, name"

_rule: Final = msgspec.json.Decoder(Rule)


def tell_nobody(_sentence: str) -> None:
    """Say nothing."""


def connections(connection: "sqlite3.Connection", *, tell: Tell = tell_nobody) -> list[ObsConnection]:
    """Every connection to OBS, in the order of their names.

    Raises sqlite3.Error: the database cannot be read.
    """
    found = [_connection(row, tell) for row in connection.execute(_CONNECTIONS).fetchall()]
    return [one for one in found if one is not None]


def password_of(connection: "sqlite3.Connection", name: str, secrets: Secrets) -> str | None:
    """The password of a connection in clear; None: it has none, or there is no such connection.

    Raises:
        SecretError: it cannot be read; the sentence says what to do.
        sqlite3.Error: the database cannot be read.
    """
    row = connection.execute(_ENCRYPTED, (name,)).fetchone()
    return None if row is None or not row[0] else secrets.decrypt(row[0])


def rules(connection: "sqlite3.Connection", *, tell: Tell = tell_nobody) -> list[Rule]:
    """Every rule, those of a higher priority first, then by name; those that are switched off, too.

    Raises sqlite3.Error: the database cannot be read.
    """
    found = []
    for name, is_enabled, definition in connection.execute(_RULES).fetchall():
        try:
            rule = _rule.decode(definition)
        except msgspec.DecodeError as error:
            tell(f"The rule {name} cannot be read and is left out: {error}.")
            continue
        found.append(msgspec.structs.replace(rule, rule=name, is_enabled=bool(is_enabled)))
    return found


def _connection(row: tuple[Any, ...], tell: Tell) -> ObsConnection | None:
    name, host, port, has_password, is_active, roles, rings, path_map, *recording = row
    try:
        return ObsConnection(
            connection=name,
            host=host,
            port=port,
            has_password=bool(has_password),
            is_active=bool(is_active),
            roles=tuple(_known_roles(msgspec.json.decode(roles, type=list[str]), name, tell)),
            rings=tuple(msgspec.json.decode(rings, type=list[str])),
            path_map=msgspec.json.decode(path_map, type=dict[str, str]),
            recording=_recording(recording),
        )
    except msgspec.MsgspecError as error:
        tell(f"The OBS connection {name} cannot be read and is left out: {error}.")
        return None


def _known_roles(said: Iterable[str], name: str, tell: Tell) -> Iterable[Role]:
    known = {role.value: role for role in Role}
    for word in said:
        if word in known:
            yield known[word]
        else:
            tell(f"The OBS connection {name} has a role that is not known here and is left out: {word}.")


def _recording(values: list[Any]) -> RecordingSettings:
    """The settings of a row; those of a new connection where there is none."""
    row_id, *settings = values
    if row_id is None:
        return RecordingSettings()
    said = dict(zip(RECORDING_FIELDS, settings, strict=True))
    return msgspec.convert(said, RecordingSettings, strict=False)
