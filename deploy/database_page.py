"""docs/database.md: every table of restrike.db with its columns, from the live schema and data_dictionary.toml. Used by
reference.py.
"""

import re
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from shared.db.migrate import migrate
from shared.db.migration_files import SHIPPED, read_migrations
from shared.db.sqlite import connect_reader, sqlite3

DICTIONARY: Final = Path(__file__).with_name("data_dictionary.toml")
HEAD: Final = """\
# The database

What `restrike.db` holds. Made from the live schema (version {version}) and `deploy/data_dictionary.toml` by \
`make docs`; do not edit.

SQLite, one file, written by db-writer alone; everybody else opens it read-only. Times are UTC ISO-8601 text with \
milliseconds or finer, so that they sort as text; flags are 0 or 1; JSON is text. A row of a ring is found again in \
its journal by ring, session and entry. Athletes are 1 chong (blue), 2 hong (red), 0 nobody.

`restrike query sql 'SELECT …'` asks it anything; the tables of [summaries](#summaries-and-search) answer questions \
about all of it without reading its events.

| group | tables |
|---|---|
"""
_CHECK: Final = re.compile(r"CHECK \((\w+ IN \([^)]*\))\)")
_BOOKS: Final = "sqlite_"


@dataclass(frozen=True)
class Column:
    """`parent` is the table that it refers to; `key` its place in the primary key, 0 for none."""

    name: str
    type: str
    is_not_null: bool
    default: str | None
    key: int
    parent: str | None


@dataclass(frozen=True)
class Index:
    """An index; one without a name of ours belongs to a UNIQUE or a PRIMARY KEY."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool
    is_partial: bool

    @property
    def is_ours(self) -> bool:
        """Whether a migration gave it its name."""
        return not self.name.startswith(_BOOKS)

    @property
    def is_alone(self) -> bool:
        """Whether no two rows have the same value in its one column."""
        return self.is_unique and not self.is_partial and len(self.columns) == 1


@dataclass(frozen=True)
class Table:
    """A table as SQLite tells it; `using` is a virtual table's module with its arguments."""

    name: str
    columns: list[Column]
    indexes: list[Index]
    triggers: list[str]
    checks: list[str]
    using: str | None = None


@dataclass(frozen=True)
class Dictionary:
    """data_dictionary.toml."""

    common: dict[str, str]
    groups: list[dict[str, Any]]
    tables: dict[str, dict[str, Any]]
    indexes: dict[str, str]
    triggers: dict[str, str]

    def meaning(self, table: str, column: str) -> str:
        """What a column means; `id` and the times of edited rows mean the same everywhere."""
        own: dict[str, str] = self.tables[table]["columns"]
        return own.get(column) or self.common[column]


def dictionary() -> Dictionary:
    """What was written down."""
    return Dictionary(**tomllib.loads(DICTIONARY.read_text(encoding="utf-8")))


@cache
def live_schema() -> dict[str, Table]:
    """The tables of a new database by name, without what a text index keeps for itself."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "restrike.db"
        migrate(path, backups=None)
        with closing(connect_reader(path)) as connection:
            rows = connection.execute(
                "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
            ).fetchall()
            names = sorted(name for name, _ in rows if not name.startswith(_BOOKS))
            return {name: _table(connection, name) for name in names}


def _table(connection: "sqlite3.Connection", name: str) -> Table:
    parents = {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()}
    columns = [
        Column(column, kind, bool(not_null), default, key, parents.get(column))
        for _, column, kind, not_null, default, key in connection.execute(f"PRAGMA table_info({name})").fetchall()
    ]
    indexes = []
    for _, index, unique, _, partial in connection.execute(f"PRAGMA index_list({name})").fetchall():
        indexed = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({index})").fetchall())
        indexes.append(Index(index, indexed, bool(unique), bool(partial)))
    made = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? ORDER BY name", (name,))
    rows = made.fetchall()
    (sql,) = [sql for kind, _, sql in rows if kind == "table"]
    triggers = [trigger for kind, trigger, _ in rows if kind == "trigger"]
    _, is_virtual, using = " ".join(sql.split()).partition(" USING ")
    indexes.sort(key=lambda index: (index.is_ours, index.name))
    return Table(name, columns, indexes, triggers, _CHECK.findall(sql), using if is_virtual else None)


def page() -> str:
    """The whole page."""
    told, tables = dictionary(), live_schema()
    contents = "".join(
        f"| [{group['name']}](#{_anchor(group['name'])}) | {', '.join(map(_link, group['tables']))} |\n"
        for group in told.groups
    )
    head = HEAD.format(version=_version())
    return head + contents + "".join(_group(group, told, tables) for group in told.groups)


def _version() -> int:
    return len(read_migrations(SHIPPED))


def _group(group: dict[str, Any], told: Dictionary, tables: dict[str, Table]) -> str:
    members = [tables[name] for name in group["tables"]]
    sections = "".join(_section(table, told) for table in members)
    return f"\n## {group['name']}\n\n{group['about']}\n\n{diagram(members)}{sections}"


def diagram(members: list[Table]) -> str:
    """Keys and references of some tables, as Mermaid draws them; tables elsewhere only by name."""
    lines = ["erDiagram"]
    for table in members:
        unique = {index.columns[0] for index in table.indexes if index.is_alone}
        lines.append(f"    {table.name} {{")
        for column in table.columns:
            is_unique = column.name in unique and not column.key
            marks = [mark for mark, is_so in _marks(column, is_unique=is_unique) if is_so]
            if marks:
                lines.append(f"        {column.type} {column.name} {', '.join(marks)}")
        lines.append("    }")
        for column in table.columns:
            if column.parent:
                parent = "||" if column.is_not_null else "|o"
                child = "o|" if column.name in unique else "o{"
                lines.append(f'    {column.parent} {parent}--{child} {table.name} : "{column.name}"')
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def _marks(column: Column, *, is_unique: bool) -> Iterator[tuple[str, bool]]:
    yield "PK", bool(column.key)
    yield "FK", column.parent is not None
    yield "UK", is_unique


def _section(table: Table, told: Dictionary) -> str:
    rows = "".join(_row(table, column, told) for column in table.columns)
    head = "| column | type | NULL | default | refers to | meaning |\n|---|---|---|---|---|---|\n"
    notes = "".join(f"- {note}\n" for note in _notes(table, told))
    return f"\n### {table.name}\n\n{told.tables[table.name]['about']}\n\n{head}{rows}" + (f"\n{notes}" if notes else "")


def _row(table: Table, column: Column, told: Dictionary) -> str:
    default = f"`{column.default}`" if column.default is not None else ""
    if default.startswith("`strftime"):
        default = "now"
    may_be_null = "" if column.is_not_null or column.key or table.using else "yes"
    parent = _link(column.parent) if column.parent else ""
    meaning = told.meaning(table.name, column.name)
    return f"| `{column.name}` | {column.type or 'text'} | {may_be_null} | {default} | {parent} | {meaning} |\n"


def _notes(table: Table, told: Dictionary) -> Iterator[str]:
    if table.using:
        yield f"Virtual table: `{table.using}`"
    for index in table.indexes:
        columns = ", ".join(index.columns)
        if index.is_ours:
            kind = "Unique index" if index.is_unique else "Index"
            where = ", of the rows where it is 1" if index.is_partial else ""
            yield f"{kind} `{index.name}` ({columns}){where}: {told.indexes[index.name]}."
        else:
            yield f"Unique: ({columns})."
    for check in table.checks:
        yield f"Check: `{check}`."
    for trigger in table.triggers:
        yield f"Trigger `{trigger}` {told.triggers[trigger]}."


def _link(table: str) -> str:
    return f"[{table}](#{table})"


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")
