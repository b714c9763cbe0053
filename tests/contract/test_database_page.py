"""docs/database.md describes every table and column of the live schema, once, and nothing else."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from deploy import database_page
from deploy.database_page import Column, Index, Table, diagram, dictionary, live_schema
from shared.db.migrate import migrate
from shared.db.sqlite import connect_reader

DICTIONARY = dictionary()
SCHEMA = live_schema()
# What a text index keeps for itself.
SHADOW = re.compile(r"search_(events|names)_(data|idx|content|docsize|config)")
ENTITY = re.compile(r"^    (\w+) \{\n((?:        [A-Z]+ \w+ (?:PK|FK|UK)(?:, (?:PK|FK|UK))*\n)*)    \}$", re.MULTILINE)
RELATION = re.compile(r'^    (\w+) (\|\||\|o)--(o\||o\{) (\w+) : "(\w+)"$', re.MULTILINE)


def test_every_table_is_in_one_group() -> None:
    """The groups hold each table of the live schema once, in the order of the page's sections."""
    grouped = [table for group in DICTIONARY.groups for table in group["tables"]]
    assert sorted(grouped) == sorted(SCHEMA)
    assert grouped == re.findall(r"^### (\w+)$", database_page.page(), re.MULTILINE)


def test_live_schema_is_all_of_it(tmp_path: Path) -> None:
    """SQLite's own list has no table that the page leaves out but SQLite's and the text indexes' own."""
    migrate(tmp_path / "restrike.db", backups=tmp_path)
    with closing(connect_reader(tmp_path / "restrike.db")) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = {name for (name,) in rows if not SHADOW.fullmatch(name) and not name.startswith("sqlite_")}
    assert names == SCHEMA.keys()


@pytest.mark.parametrize("table", SCHEMA)
def test_every_column_has_one_meaning(table: str) -> None:
    """Its own, or for a key and the times of edited rows the common one; none is empty, none is of no column."""
    own = DICTIONARY.tables[table]["columns"]
    columns = {column.name for column in SCHEMA[table].columns}
    assert own.keys() <= columns
    assert columns - own.keys() <= DICTIONARY.common.keys()
    for text in [*own.values(), DICTIONARY.tables[table]["about"]]:
        assert re.fullmatch(r"[A-Z`0-9yU].*\.", text), text
    section = database_page.page().partition(f"\n### {table}\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| `(\w+)` \|.*[.] \|$", section, re.MULTILINE) == [c.name for c in SCHEMA[table].columns]


def test_nothing_else_is_described() -> None:
    """Tables, indexes and triggers that are no more are not described; of those that are each is."""
    assert DICTIONARY.tables.keys() == SCHEMA.keys()
    indexes = {index.name for table in SCHEMA.values() for index in table.indexes if index.is_ours}
    assert DICTIONARY.indexes.keys() == indexes
    assert DICTIONARY.triggers.keys() == {trigger for table in SCHEMA.values() for trigger in table.triggers}
    assert all(DICTIONARY.common.values())
    assert all({**DICTIONARY.indexes, **DICTIONARY.triggers}.values())
    assert all(group["name"] and group["about"] for group in DICTIONARY.groups)


def test_page_shows_what_a_column_is() -> None:
    """Type, whether it may be NULL, default, reference; the notes show uniqueness, checks, triggers, text indexes."""
    page = database_page.page()
    assert "| `session_id` | INTEGER |  |  | [udp_server_sessions](#udp_server_sessions) | The session" in page
    assert "| `event_index` | INTEGER |  | `0` |  | Its place in the datagram, from 0. |" in page
    assert "| `location` | TEXT | yes |  |  | Town or venue. |" in page
    assert "- Unique: (session_id, event_sequence, event_index)." in page
    assert "- Check: `severity IN ('information', 'warning', 'error')`." in page
    assert "- Trigger `tr_pss_athletes_renamed` follows" in page
    assert "- Virtual table: `fts5 ( raw_data, content='search_texts'" in page


def test_diagrams_show_every_key() -> None:
    """A Mermaid diagram per group: each of its tables, and each foreign key as a line, in the syntax of erDiagram."""
    blocks = re.findall(r"```mermaid\nerDiagram\n(.*?\n)```", database_page.page(), re.DOTALL)
    assert len(blocks) == len(DICTIONARY.groups)
    for group, block in zip(DICTIONARY.groups, blocks, strict=True):
        assert ENTITY.sub("", RELATION.sub("", block)).strip() == ""
        assert [name for name, _ in ENTITY.findall(block)] == group["tables"]
        drawn = {(child, column, parent) for parent, _, _, child, column in RELATION.findall(block)}
        assert drawn == {
            (name, column.name, column.parent)
            for name in group["tables"]
            for column in SCHEMA[name].columns
            if column.parent
        }


def test_ends_of_a_line() -> None:
    """A reference that may be NULL has none or one parent; one that is unique has at most one child."""
    needed = Column("a_id", "INTEGER", is_not_null=True, default=None, key=0, parent="a")
    free = Column("b_id", "INTEGER", is_not_null=False, default=None, key=0, parent="b")
    only = Index("sqlite_autoindex_c_1", ("a_id",), is_unique=True, is_partial=False)
    some = Index("ux_c", ("b_id",), is_unique=True, is_partial=True)
    lines = diagram([Table("c", [needed, free], [only, some], [], [])]).splitlines()
    assert lines[3:8] == [
        "        INTEGER a_id FK, UK",
        "        INTEGER b_id FK",
        "    }",
        '    a ||--o| c : "a_id"',
        '    b |o--o{ c : "b_id"',
    ]
