"""Queries that operators keep under a name; db-writer, or `once` without it."""

import re
from typing import TYPE_CHECKING, Final

from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.tournament.fields import name_of
from shared.clock import utc_now_iso
from shared.errors import ValidationError
from shared.messages.saved_queries import ForgetQuery, SavedQuery, SaveQuery

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

MOST_CHARACTERS: Final = 20_000
"""Of a query: far more than a person writes."""
_BEGINS: Final = re.compile(
    r"(?>\s+|--[^\n]*|/\*(?>.*?\*/))*+(SELECT|WITH|VALUES|EXPLAIN)\b", re.IGNORECASE | re.DOTALL | re.ASCII
)
"""White space and comments, which are not looked at twice, and then the first word."""
_FIND: Final = "SELECT name, sql, description, author FROM saved_queries WHERE name = ?"
_SAVE: Final = """
INSERT INTO saved_queries (name, sql, description, author, created_at, updated_at) VALUES (?, ?, ?, ?, ?5, ?5)
ON CONFLICT (name) DO UPDATE SET sql = excluded.sql, description = coalesce(excluded.description, description),
    author = excluded.author, updated_at = excluded.updated_at
"""
_FORGET: Final = "DELETE FROM saved_queries WHERE name = ?"


def save_query(desk: Desk, command: SaveQuery) -> SavedQuery:
    """Keep a query, as it is written.

    Raises:
        ValidationError: it is none, it is too long, or the name is taken.
    """
    name = name_of(command.query, what="name")
    act = Act(author=command.author, action="query.save", target=name)
    act.details = {"sql": command.sql[:MOST_CHARACTERS]}
    with desk.acting(act) as connection:
        _check(command.sql)
        if _find(connection, name) is not None and not command.replace:
            sentence = f"There is a query {name} already; give --replace to overwrite it."
            raise ValidationError("query.taken", sentence, value=name)
        connection.execute(_SAVE, (name, command.sql, command.description, act.author, utc_now_iso()))
        saved = _find(connection, name)
        assert saved is not None  # noqa: S101 - it was just written
    return saved


def forget_query(desk: Desk, command: ForgetQuery) -> SavedQuery:
    """Remove a query; what it was is answered.

    Raises:
        ValidationError: there is none of that name.
    """
    act = Act(author=command.author, action="query.forget", target=command.query)
    with desk.acting(act) as connection:
        found = _find(connection, command.query)
        if found is None:
            sentence = f"There is no saved query {command.query}. See restrike query saved."
            raise ValidationError("query.unknown", sentence, value=command.query)
        act.details = {"sql": found.sql}
        connection.execute(_FORGET, (command.query,))
    return found


def _find(connection: "sqlite3.Connection", name: str) -> SavedQuery | None:
    row = connection.execute(_FIND, (name,)).fetchone()
    return None if row is None else SavedQuery(name=row[0], sql=row[1], description=row[2], author=row[3])


def _check(sql: str) -> None:
    """Refuse what cannot be a query, by its length and its first word. Raises ValidationError.

    Not more: SQLite needs seconds, or without end, to understand some texts, and the loop must not stand still for so
    long. The command line has looked at it before, and who runs it can only read.
    """
    if len(sql) > MOST_CHARACTERS:
        raise ValidationError("query.too_long", f"A saved query has at most {MOST_CHARACTERS} characters.")
    if not _BEGINS.match(sql):
        sentence = "This is no query that only reads. Begin with SELECT, WITH, VALUES or EXPLAIN."
        raise ValidationError("query.refused", sentence, value=sql[:200])
