"""What is set, as a service reads it: typed values from the database, defaults where there is none; every process.

Values are read when they are first asked for and kept until `forget` or `look`.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from typing import Any, Final, TypeVar, cast

from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import DatabaseError, RestrikeError
from shared.paths import Paths
from shared.settings.key import Key
from shared.settings.secrets import SecretError, Secrets
from shared.settings.values import parsed

LOOK_EVERY_S: Final = 10.0
"""How often a service looks by itself: a change by who knows no bus, or a database that was put back, tells nobody."""
WAIT_S: Final = 0.1
"""How long a database that another holds is waited for; a service has more urgent things to do."""
SELECT: Final = "SELECT k.key_name, v.value FROM settings_values v JOIN settings_keys k ON k.id = v.key_id"

T = TypeVar("T")
Warn = Callable[[str, RestrikeError], None]
Read = Callable[[], Mapping[str, str]]


class Settings:
    """The settings of one process. `read` gives stored texts by key name; `warn` is told once of each value that
    cannot be used, and of the default that is in force instead.
    """

    def __init__(self, read: Read, secrets: Secrets, *, warn: Warn = lambda _name, _error: None) -> None:
        self.faults: dict[str, RestrikeError] = {}
        self._read = read
        self._secrets = secrets
        self._warn = warn
        self._stored: Mapping[str, str] = {}
        self._is_read = False
        self._values: dict[str, Any] = {}
        self._watched: list[_Watched] = []

    @classmethod
    def of_file(cls, paths: Paths, *, warn: Warn = lambda _name, _error: None) -> "Settings":
        """Settings of a process that only reads the database. Each look opens it, so that it may be replaced."""

        def read() -> Mapping[str, str]:
            with closing(connect_reader(paths.database, timeout_s=WAIT_S)) as connection:
                return dict(connection.execute(SELECT).fetchall())

        return cls(read, Secrets(paths), warn=warn)

    @classmethod
    def of_connection(
        cls, connection: "sqlite3.Connection", paths: Paths, *, warn: Warn = lambda _name, _error: None
    ) -> "Settings":
        """Settings of db-writer, on its own connection."""
        return cls(lambda: dict(connection.execute(SELECT).fetchall()), Secrets(paths), warn=warn)

    def get(self, key: Key[T]) -> T:
        """The value of `key`; its default when none is set, or what is stored cannot be read or used."""
        try:
            return cast(T, self._values[key.name])
        except KeyError:
            value = self._values[key.name] = self._value_of(key)
            return value

    def forget(self) -> None:
        """Read again what is asked for next: it may have changed."""
        self._is_read = False
        self._values.clear()

    def watch(self, key: Key[T], callback: Callable[[T], None]) -> None:
        """Call `callback` with the value of `key`: now, and by `look` when it changed."""
        value = self.get(key)
        self._watched.append(_Watched(key, callback, value))
        callback(value)

    def look(self) -> None:
        """Read again, and tell the watchers what changed; one who raises keeps no other waiting, and is told again."""
        self.forget()
        with ExitStack() as watchers:  # it calls each, in reverse order, and then raises
            for watched in reversed(self._watched):
                watchers.callback(watched.tell, self.get(watched.key))

    def _value_of(self, key: Key[T]) -> T:
        stored = self._texts().get(key.name)
        if stored is None:
            self.faults.pop(key.name, None)
            return key.default
        try:
            value = parsed(key, self._plain(key, stored) if key.is_sensitive else stored)
        except RestrikeError as error:
            self._tell(key.name, error)
            return key.default
        self.faults.pop(key.name, None)
        return value

    def _plain(self, key: Key[Any], stored: str) -> str:
        try:
            return self._secrets.decrypt(stored)
        except SecretError:
            self._is_read = False  # the key was perhaps rotated between the two readings
            return self._secrets.decrypt(self._texts().get(key.name, stored))

    def _texts(self) -> Mapping[str, str]:
        """What is stored; what was stored when it was last read, if it cannot be read now or is of an older schema."""
        if not self._is_read:
            self._is_read = True
            with suppress(DatabaseError, sqlite3.Error):
                self._stored = self._read()
        return self._stored

    def _tell(self, name: str, error: RestrikeError) -> None:
        told = self.faults.get(name)
        self.faults[name] = error
        if told is None or str(told) != str(error):
            self._warn(name, error)


class _Watched:
    """A setting that somebody wants to hear of, and the value that he knows."""

    def __init__(self, key: Key[Any], callback: Callable[[Any], None], value: object) -> None:
        self.key = key
        self.callback = callback
        self.value = value

    def tell(self, value: object) -> None:
        """Call back if `value` is another one; it is known once that succeeded."""
        if value != self.value:
            self.callback(value)
            self.value = value
