"""Operators' acts on the database: one transaction each, with its row in `operator_audit`; db-writer.

The desk shares the connection of the store and acts between its transactions, never within one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.db_writer.audit import DONE, INSERT_ACT, REFUSED
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError, RestrikeError, ValidationError
from shared.messages.topic import Topic
from shared.paths import Paths
from shared.settings.reader import Settings

_to_json = msgspec.json.Encoder().encode


MOST_CHARACTERS: Final = 200
"""Of an author and a reason, as in the edits of a match."""


def check_who(author: str, reason: str | None) -> None:
    """Refuse an author or a reason that would spoil the audit.

    Raises:
        ValidationError: it is empty, too long, or more than a line.
    """
    for name, text in (("author", author), ("reason", reason)):
        if text is not None and not (text.strip() and len(text) <= MOST_CHARACTERS and text.isprintable()):
            sentence = f"The {name} must be one line of up to {MOST_CHARACTERS} characters, and not empty."
            raise ValidationError(f"act.{name}", sentence, value=text[:MOST_CHARACTERS])


class Act(Struct, kw_only=True):
    """What somebody does: `action` is dotted (`setting.change`), `target` names on what. `details` must hold nothing
    that is secret.
    """

    author: str
    action: str
    target: str | None = None
    details: dict[str, Any] = {}
    reason: str | None = None


class Desk:
    """One writing connection in the hands of operators.

    `forget` tells the store that rows may have changed behind its back; `publish` puts an event on the bus under this
    service's name (nothing without a bus); `restart` ends the process in order, to be started anew. `settings` are read
    again after each change.
    """

    def __init__(
        self,
        connection: "sqlite3.Connection",
        *,
        paths: Paths,
        forget: Callable[[], None] = lambda: None,
        publish: Callable[[Topic, Any], None] = lambda _topic, _event: None,
        restart: Callable[[], None] = lambda: None,
    ) -> None:
        self.connection = connection
        self.paths = paths
        self.publish = publish
        self.settings = Settings.of_connection(connection, paths)
        self.restart = restart
        self._forget = forget

    @contextmanager
    def acting(self, act: Act) -> Iterator["sqlite3.Connection"]:
        """The connection inside the transaction of `act`, which may still be described until the block ends.

        What the block refuses (RestrikeError) is undone, and kept in the audit as refused.
        Raises DatabaseError `db.write_failed`: nothing was changed; ValidationError: see `check_who`.
        """
        check_who(act.author, act.reason)
        try:
            with self._durably(), self.changing() as connection:
                yield connection
                self._audit(act, outcome=DONE, error=None)
        except DatabaseError as error:
            if error.code == "db.write_failed":
                raise
            self._refused(act, error)
            raise
        except RestrikeError as error:
            self._refused(act, error)
            raise

    @contextmanager
    def changing(self) -> Iterator["sqlite3.Connection"]:
        """The connection inside a transaction that nobody is answerable for: a step of a job, a mark of care."""
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            raise DatabaseError(
                "db.contradiction",
                f"The database refused it: {error}. Nothing was changed.",
            ) from error
        except sqlite3.Error as error:
            raise DatabaseError(
                "db.write_failed",
                "The database could not be written and nothing was changed; free space on its file system and see that"
                " no other program holds the file.",
                value=f"{type(error).__name__}: {error}",
            ) from error
        finally:
            if connection.in_transaction:
                # After some errors SQLite has rolled back by itself; if it could not, the next BEGIN will say so.
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            self.settings.forget()
            self._forget()

    @contextmanager
    def _durably(self) -> Iterator[None]:
        """What a person did is in no journal, so its commit waits for the disk. See docs/adr/0006."""
        self.connection.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            self.connection.execute("PRAGMA synchronous = NORMAL")

    def _refused(self, act: Act, error: RestrikeError) -> None:
        with self.changing():
            self._audit(act, outcome=REFUSED, error=str(error))

    def _audit(self, act: Act, *, outcome: str, error: str | None) -> None:
        details = _to_json(act.details).decode() if act.details else None
        values = (utc_now_iso(), act.author, act.action, act.target, details, act.reason, outcome, error)
        self.connection.execute(INSERT_ACT, values)
