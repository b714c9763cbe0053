"""Queries that operators keep under a name; db-writer, or `once` without it."""

from contextlib import closing
from typing import Any, Final

from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.tournament_fields import name_of
from shared.clock import utc_now_iso
from shared.db.reading_only import allow_reading_only, is_refusal
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import ValidationError
from shared.messages.saved_queries import ForgetQuery, SavedQuery, SaveQuery

MOST_CHARACTERS: Final = 20_000
"""Of a query: far more than a person writes."""
_FIND: Final = "SELECT name, sql, description, author FROM saved_queries WHERE name = ?"
_SAVE: Final = """
INSERT INTO saved_queries (name, sql, description, author, created_at, updated_at) VALUES (?, ?, ?, ?, ?5, ?5)
ON CONFLICT (name) DO UPDATE SET sql = excluded.sql, description = coalesce(excluded.description, description),
    author = excluded.author, updated_at = excluded.updated_at
"""
_FORGET: Final = "DELETE FROM saved_queries WHERE name = ?"


def save_query(desk: Desk, command: SaveQuery) -> SavedQuery:
    """Keep a query that only reads.

    Raises:
        ValidationError: it does more, it cannot be asked, or the name is taken.
    """
    name = name_of(command.query, what="name")
    act = Act(author=command.author, action="query.save", target=name)
    act.details = {"sql": command.sql[:MOST_CHARACTERS]}
    with desk.acting(act) as connection:
        _check(desk, command.sql)
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


class _Anything(dict[str, Any]):
    """A value for every parameter: a query is only looked at, not run."""

    def __missing__(self, _name: str) -> None:
        return None


def _check(desk: Desk, sql: str) -> None:
    """Let SQLite look at the query, on a connection that can only read. Raises ValidationError: it refuses it."""
    if len(sql) > MOST_CHARACTERS:
        raise ValidationError("query.too_long", f"A saved query has at most {MOST_CHARACTERS} characters.")
    is_explained = sql.lstrip()[:7].upper() == "EXPLAIN"
    with closing(connect_reader(desk.paths.database)) as reader:
        allow_reading_only(reader)
        try:
            looked_at = reader.execute(sql if is_explained else f"EXPLAIN {sql}", _Anything())
        except (sqlite3.Error, sqlite3.Warning) as error:
            said = "it may only read" if is_refusal(error) else str(error).rstrip(".")
            raise ValidationError("query.refused", f"This query cannot be kept: {said}.", value=sql[:200]) from error
        if looked_at.description is None:
            raise ValidationError("query.refused", "This is no query: it gives no columns. Begin with SELECT.")
