"""The file of the books: made once, of one version, and no other program's."""

import stat
from contextlib import closing
from pathlib import Path

import pytest

from services.licensor.books import Books
from services.licensor.home import Home
from services.licensor.records import Trace
from shared.db.sqlite import connect_writer
from shared.errors import ConfigError, DatabaseError
from tests.support.licensing.shop import NOW, Shop


def test_books_are_durable_and_versioned(shop: Shop) -> None:
    """WAL, FULL, a version; opened again they are the same."""
    entry, _ = shop.issue()
    with closing(connect_writer(shop.home.books_file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(Books.open(shop.home.books_file)) as books:
        assert books._connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert books.get(entry.license_id) == entry


def test_files_that_are_no_books(tmp_path: Path) -> None:
    """Of another program, of a newer version, no database: refused, and left as they are."""
    foreign, newer, text = tmp_path / "foreign.db", tmp_path / "newer.db", tmp_path / "text.db"
    with closing(connect_writer(foreign)) as connection:
        connection.execute("CREATE TABLE mine (a)")
    Books.open(newer).close()
    with closing(connect_writer(newer)) as connection:
        connection.execute("PRAGMA user_version = 2")
    text.write_text("books" * 1000)
    for path, code in ((foreign, "books.not_ours"), (newer, "books.too_new"), (text, "database.not_sqlite")):
        before = path.read_bytes()
        with pytest.raises(DatabaseError) as refused:
            Books.open(path)
        assert refused.value.code == code
        assert path.read_bytes() == before


def test_what_fails_in_the_middle_was_never_there(shop: Shop) -> None:
    """An act is one transaction."""
    trace = Trace(at=NOW, who="anna", act="x", outcome="done")

    def act(books: Books) -> None:
        with books.writing():
            books.note(trace)
            raise ValueError("halfway")

    with shop.books() as books, pytest.raises(ValueError, match="halfway"):
        act(books)
    assert shop.audit() == []


def test_a_copy_of_the_books(shop: Shop, tmp_path: Path) -> None:
    """It holds what was committed, also while somebody writes."""
    entry, _ = shop.issue()
    with shop.books() as writer, shop.books() as books, writer.writing():
        writer.note(Trace(at=NOW, who="anna", act="y", outcome="done"))
        books.copy_to(tmp_path / "copy.db")
    with closing(Books.open(tmp_path / "copy.db")) as copy:
        assert copy.licenses() == [entry]
        assert [trace.act for trace in copy.traces(last=9)] == ["issue"]


def test_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    """It is made so, and refused when others may read it; without a home it says how to begin."""
    home = Home(tmp_path / "licensor")
    with pytest.raises(ConfigError, match="keys create"), home.books():
        pass
    assert not home.folder.exists()
    home.make()
    assert stat.S_IMODE(home.folder.stat().st_mode) == stat.S_IMODE(home.keys.stat().st_mode) == 0o700
    home.folder.chmod(0o750)
    with pytest.raises(ConfigError, match="chmod 700"), home.books():
        pass
