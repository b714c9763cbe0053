"""Queries that operators keep under a name; they are run by whoever reads the database."""

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import WRITER


class SavedQuery(Struct, frozen=True, kw_only=True):
    """A query; `sql` may hold named parameters (`:noc`)."""

    name: str
    sql: str
    description: str | None
    author: str


class SaveQuery(Command[SavedQuery], frozen=True, kw_only=True):
    """Keep a query under a name; refused if it is too long, does not begin as a query, or if the name is taken and not
    `replace`.

    db-writer keeps the text without understanding it, as that can take any time: who asks lets SQLite look at it first,
    in a process that can be ended, and who runs it does so on a connection that can only read.
    """

    name = "save_query"
    service = WRITER
    reply = SavedQuery
    query: str
    sql: str
    author: str
    description: str | None = None
    replace: bool = False


class ForgetQuery(Command[SavedQuery], frozen=True, kw_only=True):
    """Remove a saved query."""

    name = "forget_query"
    service = WRITER
    reply = SavedQuery
    query: str
    author: str
