"""Migrations go forward and back, whole or not at all, and `schema_version` says where a database stands."""

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.backup_files import read_manifest
from shared.db.migrate import SHIPPED, main, migrate, rollback, status
from shared.db.sqlite import connect_reader, connect_writer
from shared.errors import DatabaseError

pytestmark = pytest.mark.slow

LATEST = 13
# What its migration puts rows into.
FILLED = {"settings_categories", "event_counts", "search_progress", "flag_mappings"}
PINS = Path(__file__).with_name("migration_hashes.json")

Rows = dict[str, list[dict[str, object]]]
Contents = Callable[[Path], Rows]
Schema = Callable[[Path], dict[str, object]]

MIGRATION = '''"""{description}"""


def migrate(migrator, database, fake=False, **kwargs):
    {forward}


def rollback(migrator, database, fake=False, **kwargs):
    {backward}
'''


def _write(folder: Path, name: str, forward: str, *, backward: str = "pass") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(MIGRATION.format(description=f"About {name}.", forward=forward, backward=backward))


def _history(path: Path) -> list[str]:
    with closing(connect_reader(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM migratehistory ORDER BY id")]


def test_shipped_migrations_are_never_edited() -> None:
    """Each shipped file hashes to its pin, and there is a pin for each: to change the schema, add a migration."""
    pins = json.loads(PINS.read_text())
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(SHIPPED.glob("*.py"))}
    assert hashes == pins
    assert len(pins) == LATEST


@pytest.mark.parametrize("version", range(LATEST + 1))
def test_every_version_is_reached_forward_and_back(
    tmp_path: Path, latest: Path, backups: Path, schema: Schema, version: int
) -> None:
    """The schema of a version is the same whether it is reached from nothing or from the latest."""
    ahead = tmp_path / "ahead.db"
    migrate(ahead, version, backups=backups)
    rollback(latest, version, backups=backups)
    assert schema(latest) == schema(ahead)
    assert status(latest).current == version
    assert len(_history(latest)) == version


@pytest.mark.parametrize("version", range(LATEST))
def test_rows_survive_going_back_and_forward(
    filled: Path, backups: Path, contents: Contents, schema: Schema, version: int
) -> None:
    """What the older version can hold is there after latest → version → latest, by value; new columns get defaults."""
    rows, tables = contents(filled), schema(filled)
    rollback(filled, version, backups=backups)
    held = contents(filled)
    for table, kept in held.items():
        columns = kept[0].keys()
        assert kept == [{column: row[column] for column in columns} for row in rows[table]]
    migrate(filled, backups=backups)
    after = contents(filled)
    assert schema(filled) == tables
    for table, kept in held.items():
        assert [{column: row[column] for column in kept[0]} for row in after[table]] == kept
    for table in after.keys() - held.keys() - FILLED:
        assert after[table] == []


def test_filling_reached_every_table(filled: Path, contents: Contents) -> None:
    """The fixture of the test above is not empty anywhere."""
    assert {table for table, rows in contents(filled).items() if len(rows) < 2} == set()


def test_first_category_rows(latest: Path, contents: Contents) -> None:
    """Settings have their nine categories, with times."""
    rows = contents(latest)["settings_categories"]
    assert [row["name"] for row in sorted(rows, key=lambda row: str(row["display_order"]))] == [
        "app",
        "obs",
        "udp",
        "logging",
        "ui",
        "video",
        "license",
        "flags",
        "advanced",
    ]
    assert all(str(row["created_at"]).endswith("Z") and len(str(row["created_at"])) == 24 for row in rows)


def test_status_makes_no_file(tmp_path: Path) -> None:
    """Asking about a database that is not there answers version 0 and leaves nothing."""
    assert status(tmp_path / "none.db").current == 0
    assert list(tmp_path.iterdir()) == []


def test_status_lists_each_migration(latest: Path, backups: Path) -> None:
    """Name, description and time of what is applied; no time for what is not."""
    rollback(latest, 4, backups=backups)
    found = status(latest)
    assert (found.current, found.latest) == (4, LATEST)
    assert [state.name for state in found.migrations] == [path.stem for path in sorted(SHIPPED.glob("*.py"))]
    assert [state.applied_at is not None for state in found.migrations] == [True] * 4 + [False] * (LATEST - 4)
    assert all(state.description.endswith(".") for state in found.migrations)


def test_backup_before_a_change_only(latest: Path, backups: Path) -> None:
    """A new file needs no backup, no change makes none; each change of an existing file keeps what was."""
    assert migrate(latest, backups=backups).backup is None
    assert not backups.exists()
    back = rollback(latest, 3, backups=backups)
    assert back.backup is not None
    assert read_manifest(back.backup).schema_version == LATEST
    forth = migrate(latest, backups=backups)
    assert (forth.before, forth.after) == (3, LATEST)
    assert forth.backup is not None
    assert read_manifest(forth.backup).schema_version == 3


def test_newer_database_is_refused(latest: Path, backups: Path) -> None:
    """A database of a later program is neither migrated nor rolled back; `status` still reads it."""
    with closing(connect_writer(latest)) as connection:
        values = (LATEST + 1, "later", "2030-01-01T00:00:00.000Z")
        connection.execute("INSERT INTO schema_version VALUES (?, ?, ?)", values)
    before = latest.read_bytes()
    for act in (migrate, rollback):
        with pytest.raises(DatabaseError, match="install the newer program") as refusal:
            act(latest, LATEST, backups=backups)
        assert refusal.value.code == "database.newer"
    assert latest.read_bytes() == before
    assert (status(latest).current, status(latest).latest) == (LATEST + 1, LATEST)
    assert status(latest).migrations[-1].description == "later"


def test_wrong_direction_and_unknown_version(latest: Path, backups: Path) -> None:
    """`migrate` never goes back, `rollback` never forward, and neither to a version that is not there."""
    rollback(latest, 3, backups=backups)
    for act, version, code in (
        (migrate, 2, "database.ahead"),
        (rollback, 4, "database.behind"),
        (migrate, LATEST + 1, "migrations.no_such_version"),
        (rollback, -1, "migrations.no_such_version"),
    ):
        with pytest.raises(DatabaseError) as refusal:
            act(latest, version, backups=backups)
        assert refusal.value.code == code
    assert status(latest).current == 3


@pytest.mark.parametrize(
    "forward",
    [
        'migrator.sql("CREATE TABLE half (id)"); migrator.sql("INSERT INTO nowhere VALUES (1)")',
        'migrator.sql("CREATE TABLE half (id)"); undefined_name()',
        'migrator.sql("CREATE TABLE half (id)"); migrator.sql("INSERT INTO child VALUES (7)")',
        'migrator.sql("DROP TABLE parent")',
    ],
    ids=["sql", "python", "dangling-row", "dangling-table"],
)
def test_failed_migration_changes_nothing(tmp_path: Path, backups: Path, contents: Contents, forward: str) -> None:
    """A migration that fails, or leaves a row that refers to nothing, is undone whole, and its version not recorded."""
    folder, path = tmp_path / "migrations", tmp_path / "restrike.db"
    _write(
        folder,
        "001_good.py",
        'migrator.sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)");'
        ' migrator.sql("CREATE TABLE child (parent_id REFERENCES parent (id))");'
        ' migrator.sql("INSERT INTO parent VALUES (1)"); migrator.sql("INSERT INTO child VALUES (1)")',
    )
    migrate(path, backups=backups, migrations=folder)
    _write(folder, "002_broken.py", forward)
    before = contents(path)
    with pytest.raises(DatabaseError, match="002_broken"):
        migrate(path, backups=backups, migrations=folder)
    assert contents(path) == before
    assert status(path, migrations=folder).current == 1
    assert _history(path) == ["001_good"]


def test_failed_rollback_changes_nothing(tmp_path: Path, backups: Path, contents: Contents) -> None:
    """The way back is as whole as the way forward."""
    folder, path = tmp_path / "migrations", tmp_path / "restrike.db"
    backward = 'migrator.sql("DROP TABLE one"); migrator.sql("DROP TABLE nowhere")'
    _write(folder, "001_one.py", 'migrator.sql("CREATE TABLE one (id)")', backward=backward)
    migrate(path, backups=backups, migrations=folder)
    with pytest.raises(DatabaseError, match="stays at version 1"):
        rollback(path, 0, backups=backups, migrations=folder)
    assert contents(path) == {"one": []}
    assert status(path, migrations=folder).current == 1


def test_own_list_wins_over_the_library_s(latest: Path, backups: Path) -> None:
    """If peewee-migrate's history says something else than `schema_version`, it is corrected."""
    with closing(connect_writer(latest)) as connection:
        connection.execute("DELETE FROM migratehistory WHERE name > '002'")
        connection.execute("INSERT INTO migratehistory (name, migrated_at) VALUES ('777_stray', 'never')")
    rollback(latest, 4, backups=backups)
    assert _history(latest) == [path.stem for path in sorted(SHIPPED.glob("*.py"))][:4]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["001_a.py", "003_c.py"], "migrations.not_contiguous"),
        (["001_a.py", "001_b.py"], "migrations.not_contiguous"),
        (["002_b.py"], "migrations.not_contiguous"),
        ([], "migrations.missing"),
    ],
)
def test_numbers_are_contiguous(tmp_path: Path, backups: Path, names: list[str], code: str) -> None:
    """A folder with a gap, a repeat, or nothing in it is refused before the database is opened."""
    for name in names:
        _write(tmp_path / "migrations", name, "pass")
    with pytest.raises(DatabaseError) as refusal:
        migrate(tmp_path / "restrike.db", backups=backups, migrations=tmp_path / "migrations")
    assert refusal.value.code == code
    assert not (tmp_path / "restrike.db").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [("def migrate(:", "migrations.unreadable"), ('"""Only forward."""\ndef migrate(m): ...', "migrations.incomplete")],
)
def test_migration_without_a_way_back_is_refused(tmp_path: Path, backups: Path, text: str, code: str) -> None:
    """peewee-migrate would take a missing `rollback` for one that does nothing."""
    (tmp_path / "001_bad.py").write_text(text)
    with pytest.raises(DatabaseError) as refusal:
        migrate(tmp_path / "restrike.db", backups=backups, migrations=tmp_path)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "content", [b"x", b"not a database\n" * 1000, b"SQLite format 3\x00"], ids=["one", "long", "cut"]
)
def test_other_file_is_left_untouched(tmp_path: Path, backups: Path, content: bytes) -> None:
    """A file that is no SQLite database is refused, and nothing is written to it or beside it."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    for act in (lambda: migrate(path, backups=backups), lambda: status(path)):
        with pytest.raises(DatabaseError, match="not a SQLite database"):
            act()
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_somebody_else_s_database_is_left_untouched(tmp_path: Path, backups: Path) -> None:
    """A SQLite database with tables that no migration of ours made is refused."""
    path = tmp_path / "theirs.db"
    with closing(connect_writer(path)) as connection:
        connection.execute("CREATE TABLE pss_events (id)")
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="not made by reStrike VTA"):
        migrate(path, backups=backups)
    assert path.read_bytes() == before


def test_empty_file_is_a_new_database(tmp_path: Path, backups: Path) -> None:
    """A file without bytes is what SQLite itself makes first; it is filled without a backup."""
    path = tmp_path / "restrike.db"
    path.touch()
    assert migrate(path, backups=backups).backup is None
    assert status(path).current == LATEST


def test_reader_sees_the_old_schema_until_the_commit(latest: Path, backups: Path) -> None:
    """Somebody who reads meanwhile is neither disturbed nor in the way."""
    with closing(connect_reader(latest)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM raw_datagrams").fetchone() == (0,)
        rollback(latest, 4, backups=backups)
        assert reader.execute("SELECT count(*) FROM raw_datagrams").fetchone() == (0,)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document on stdout with `--json`, sentences without; errors are one line on stderr and exit 1."""
    path, backups = str(tmp_path / "restrike.db"), ["--backups", str(tmp_path / "backups")]
    assert main(["migrate", path, *backups, "--to", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"before": 0, "after": 4, "backup": None}
    assert main(["status", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["current"] == 4
    assert main(["migrate", path, *backups]) == 0
    assert capsys.readouterr().out.startswith(f"version 4 -> {LATEST}; backup: ")
    assert main(["migrate", path, *backups]) == 0
    assert capsys.readouterr().out == f"nothing to do: version {LATEST}\n"
    assert main(["status", path]) == 0
    assert len(capsys.readouterr().out.splitlines()) == LATEST + 1
    assert main(["rollback", path, *backups, "--to", str(LATEST + 1)]) == 1
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    with pytest.raises(SystemExit, match="2"):
        main(["rollback", path, *backups])
