"""What is stored encrypted: which of it the key file reads, and its clear text, which a bundle is cleared of."""

from contextlib import closing
from typing import Final

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError, RestrikeError
from shared.paths import Paths
from shared.settings.secrets import PREFIX, Secrets

_STORED: Final = (
    "SELECT 'password of OBS ' || name, password FROM obs_connections WHERE coalesce(password, '') <> ''",
    f"""SELECT 'setting ' || k.key_name, v.value FROM settings_values v JOIN settings_keys k ON k.id = v.key_id
        WHERE v.value LIKE '{PREFIX}%'""",
)


def encrypted(paths: Paths) -> dict[str, bool]:
    """What is stored encrypted, by name, and whether the key file reads it."""
    return {name: clear is not None for name, clear in clear_texts(paths).items()}


def clear_texts(paths: Paths) -> dict[str, str | None]:
    """What is stored encrypted, by name, in clear; None where the key file does not read it."""
    secrets = Secrets(paths)
    found: dict[str, str | None] = {}
    for name, stored in _stored(paths):
        try:
            found[name] = secrets.decrypt(stored)
        except RestrikeError:
            found[name] = None
    return found


def _stored(paths: Paths) -> list[tuple[str, str]]:
    if is_empty(paths.database):
        return []
    rows: list[tuple[str, str]] = []
    with closing(connect_reader(paths.database, timeout_s=1.0)) as connection:
        for sql in _STORED:
            try:
                rows += connection.execute(sql).fetchall()
            except sqlite3.Error as error:
                if "no such" not in str(error):  # an older schema has no such table yet
                    raise DatabaseError("database.unreadable", f"The database cannot be read: {error}.") from error
    return rows
