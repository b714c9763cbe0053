"""A prepared database takes the place of the present one, whatever interrupts it, and nothing is thrown away."""

from contextlib import closing
from pathlib import Path

import pytest

from services.db_writer import restoring
from services.db_writer.restoring import Plan, carry_out, last_restore, restore_folder, write_plan
from shared.db.sqlite import connect_reader, connect_writer
from shared.errors import DatabaseError
from shared.paths import Paths

PLAN = Plan(id="job-1", backup="restrike-1", replaced="replaced-1.db")


def make(path: Path, word: str) -> None:
    """A database that holds `word`, half of it still in its log."""
    with closing(connect_writer(path)) as connection:
        connection.execute("CREATE TABLE words (word TEXT)")
        connection.execute("INSERT INTO words VALUES (?)", (word,))


def word(path: Path) -> str:
    """What a database holds."""
    with closing(connect_reader(path)) as connection:
        return str(connection.execute("SELECT word FROM words").fetchone()[0])


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A home with a database, and a restore that is prepared."""
    home = Paths(tmp_path)
    home.prepare()
    make(home.database, "present")
    restore_folder(home).mkdir()
    make(restore_folder(home) / restoring.PREPARED, "restored")
    write_plan(home, PLAN)
    return home


def test_the_restored_takes_the_place(paths: Paths) -> None:
    """The present one is kept beside it, and what was done can be read."""
    done = carry_out(paths)
    assert done is not None
    assert (done.id, done.backup, done.replaced) == ("job-1", "restrike-1", "replaced-1.db")
    assert last_restore(paths) == done
    assert word(paths.database) == "restored"
    assert word(paths.data / "replaced-1.db") == "present"
    assert carry_out(paths) is None


@pytest.mark.parametrize("moved", range(1, 4))
def test_interrupted_between_any_two_moves(paths: Paths, monkeypatch: pytest.MonkeyPatch, moved: int) -> None:
    """However far it came, the next start ends it: one database in place, the other kept with all it held."""
    reader = connect_reader(paths.database)  # holds the log, so that there are three files to move
    with closing(connect_writer(paths.database)) as connection:
        connection.execute("UPDATE words SET word = 'only in the log'")
    rename = Path.rename
    done: list[Path] = []

    def stumbling(path: Path, target: Path) -> Path:
        if len(done) == moved:
            raise OSError(28, "No space left on device", str(path))
        done.append(path)
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stumbling)
        with pytest.raises(DatabaseError, match="start again") as caught:
            carry_out(paths)
    assert caught.value.code == "restore.not_in_place"
    reader.close()
    assert carry_out(paths) is not None
    assert word(paths.database) == "restored"
    assert word(paths.data / "replaced-1.db") == "only in the log"


def test_without_a_database(paths: Paths) -> None:
    """Where the database was lost, the restored one is put there, and nothing is said to be kept."""
    paths.database.unlink()
    done = carry_out(paths)
    assert done is not None
    assert done.replaced is None
    assert word(paths.database) == "restored"


def test_without_a_plan(tmp_path: Path) -> None:
    """Half a preparation is nothing: without its plan nothing is touched."""
    home = Paths(tmp_path)
    home.prepare()
    make(home.database, "present")
    restore_folder(home).mkdir()
    make(restore_folder(home) / restoring.PREPARED, "half")
    assert carry_out(home) is None
    assert word(home.database) == "present"


def test_a_damaged_plan_is_said(paths: Paths) -> None:
    """It is not guessed at."""
    (restore_folder(paths) / restoring.PLAN).write_text("{")
    with pytest.raises(DatabaseError, match="remove it"):
        carry_out(paths)
    assert word(paths.database) == "present"
