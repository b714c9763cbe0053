"""The models say what the migrations made."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import peewee as pw
import pytest

from shared.db import models
from shared.db.models import MODELS, Match, Record, SettingsCategory, bind_reader, bind_writer
from shared.db.sqlite import connect_reader, connect_writer, sqlite3
from tests.unit.db.conftest import tables_of

AFFINITY = {
    "AUTO": "INTEGER",
    "INT": "INTEGER",
    "BOOL": "INTEGER",
    "TEXT": "TEXT",
    "FLOAT": "REAL",
    "BLOB": "BLOB",
}


@pytest.fixture
def reader(filled: Path) -> Iterator[pw.SqliteDatabase]:
    opened = bind_reader(filled)
    yield opened
    opened.close()


def test_one_sqlite_for_all() -> None:
    """All of peewee uses the very module that connections are opened with."""
    assert pw.sqlite3 is sqlite3  # type: ignore[attr-defined]  # the stubs leave it out


def test_a_model_for_each_table(latest: Path) -> None:
    """No table without a model, no model without a table, each listed once."""
    with closing(connect_reader(latest)) as connection:
        tables = tables_of(connection)
    assert sorted(model._meta.table_name for model in MODELS) == tables
    assert all(getattr(models, model.__name__) is model for model in MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_model_matches_table(latest: Path, model: type[Record]) -> None:
    """Names, types, NOT NULL, primary key and foreign keys of every column."""
    table = model._meta.table_name
    with closing(connect_reader(latest)) as connection:
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        parents = {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}
    live = {name: (kind, bool(not_null) or bool(key)) for _, name, kind, not_null, _, key in columns}
    fields = model._meta.sorted_fields
    told = {field.column_name: (_kind(field), not field.null) for field in fields}
    assert told == live
    keys = [field.column_name for field in fields if isinstance(field, pw.ForeignKeyField)]
    assert {key: model._meta.columns[key].rel_model._meta.table_name for key in keys} == parents


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.usefixtures("reader")
def test_model_reads_rows(model: type[Record]) -> None:
    """Every model reads the rows of its table."""
    assert len(list(model.select())) >= 2


@pytest.mark.usefixtures("reader")
def test_reader_cannot_write() -> None:
    """The file is opened read-only, whatever a model is asked to do."""
    with pytest.raises(pw.OperationalError, match="readonly"):
        SettingsCategory.create(name="new")


def test_defaults_are_the_table_s(latest: Path) -> None:
    """A row made by a model has the same values as one made by SQL that names only what must be named."""
    writer = bind_writer(latest)
    try:
        made = Match.get_by_id(Match.create(match_id="by model").id)
        with closing(connect_writer(latest)) as connection:
            connection.execute("INSERT INTO pss_matches (match_id) VALUES ('by sql')")
        bare = Match.get(Match.match_id == "by sql")
        unlike = {"id", "match_id", "created_at", "updated_at"}
        assert {name: made.__data__[name] for name in made.__data__ if name not in unlike} == {
            name: bare.__data__[name] for name in bare.__data__ if name not in unlike
        }
        assert len(made.created_at) == len(bare.created_at) == 24
    finally:
        writer.close()


def test_saving_moves_updated_at(latest: Path) -> None:
    """An edited row says when it was edited, and still when it was made."""
    writer = bind_writer(latest)
    try:
        row = SettingsCategory.get(SettingsCategory.name == "obs")
        SettingsCategory.update(created_at="then", updated_at="then").where(SettingsCategory.id == row.id).execute()
        row = SettingsCategory.get_by_id(row.id)
        row.description = "changed"
        row.save()
        row = SettingsCategory.get_by_id(row.id)
        assert (row.created_at, row.description) == ("then", "changed")
        assert row.updated_at != "then"
    finally:
        writer.close()


def test_writer_enforces_foreign_keys(latest: Path) -> None:
    """The models' writer is as strict as the hot path's."""
    writer = bind_writer(latest)
    try:
        with pytest.raises(pw.IntegrityError):
            models.Round.create(match=99, round_number=1)
    finally:
        writer.close()


def _kind(field: "pw.Field[object]") -> str:
    own = field.rel_field if isinstance(field, pw.ForeignKeyField) else field
    return AFFINITY[own.field_type]
