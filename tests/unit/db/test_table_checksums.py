"""A table's checksum is the same for the same rows, whatever the file looks like, and another for any other rows."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shared.db.sqlite import connect_writer, sqlite3
from shared.db.table_checksums import TableContent, contents_of, differences, table_content, tables_of

CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.binary(max_size=8),
)
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6)
Cells = tuple[object, object]


def _content(rows: Sequence[Cells], *, order: Sequence[int] | None = None) -> TableContent:
    """Of a table with these rows under the keys 1, 2, …, put in in `order`."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, one, two)")
        for place in order or range(len(rows)):
            connection.execute("INSERT INTO things VALUES (?, ?, ?)", (place + 1, *rows[place]))
        return table_content(connection, "things")


def _as_stored(rows: Sequence[Cells]) -> list[list[tuple[str, str]]]:
    """Rows told apart as SQLite does it: 1, 1.0, '1' and x'31' are four values, 0.0 and -0.0 two."""
    return [[(type(cell).__name__, repr(cell)) for cell in row] for row in rows]


@given(rows=ROWS, data=st.data())
def test_the_order_of_writing_does_not_matter(rows: list[Cells], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(rows))))
    assert _content(rows, order=order) == _content(rows)


@given(rows=ROWS, row=st.tuples(CELLS, CELLS), data=st.data())
def test_a_changed_missing_or_extra_row_shows(rows: list[Cells], row: Cells, data: st.DataObject) -> None:
    """Any cell with another value or another type, a row less, a row more, and two rows that changed places."""
    place = data.draw(st.integers(0, len(rows) - 1))
    changed = [*rows[:place], row, *rows[place + 1 :]]
    assert (_content(changed) == _content(rows)) == (_as_stored(changed) == _as_stored(rows))
    assert _content([*rows, row]) != _content(rows)
    assert _content(rows[:-1]) != _content(rows)
    turned = rows[::-1]
    assert (_content(turned) == _content(rows)) == (_as_stored(turned) == _as_stored(rows))


def test_pages_do_not_matter_and_text_indexes_are_left_out(filled: Path) -> None:
    """Another page size and a VACUUM change the file and no checksum; what FTS5 keeps for itself is not looked at."""
    with closing(connect_writer(filled)) as connection:
        before = contents_of(connection)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 1024")
        connection.execute("VACUUM")
        assert contents_of(connection) == before
        assert not [table for table in tables_of(connection) if table.startswith(("search_events", "search_names"))]
        assert {"pss_events_v2", "watermarks", "schema_version"} <= before.keys()
        connection.execute("INSERT INTO search_names (rowid, text) VALUES (99, 'stray')")
        assert contents_of(connection) == before


def test_keys_of_any_kind(tmp_path: Path) -> None:
    """Without a primary key rows are taken as they were put in; a renamed column and text that is not UTF-8 show."""
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE loose (a, b)")
        connection.execute("CREATE TABLE paired (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID")
        connection.executemany("INSERT INTO loose VALUES (?, ?)", [(2, 1), (1, 2)])
        connection.executemany("INSERT INTO paired VALUES (?, ?)", [(2, 1), (1, 2)])
        assert {table: content.rows for table, content in contents_of(connection).items()} == {"loose": 2, "paired": 2}
        before = table_content(connection, "loose")
        connection.execute("ALTER TABLE loose RENAME COLUMN b TO c")
        renamed = table_content(connection, "loose")
        connection.execute("UPDATE loose SET c = CAST(x'ff' AS TEXT) WHERE a = 1")
        broken = table_content(connection, "loose")
        assert len({before, renamed, broken}) == 3
        assert table_content(connection, "loose") == broken


def test_differences_name_the_table_and_what_is_wrong() -> None:
    one, other, more = TableContent(1, "a"), TableContent(1, "b"), TableContent(2, "c")
    said = differences(
        {"gone": one, "same": one, "changed": one, "grown": one},
        {"same": one, "changed": other, "grown": more, "new": one},
    )
    assert said == [
        "table gone is missing in the backup",
        "table new in the backup is not expected",
        "table changed has other values in the backup than it should have",
        "table grown has 2 rows in the backup and should have 1",
    ]
    assert differences({"same": one}, {"same": one}) == []
