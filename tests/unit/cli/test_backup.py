"""`restrike backup`: what it refuses before anybody is asked to do it."""

import io
import sys
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.backup import back_up
from shared.db.sqlite import connect_writer
from shared.paths import Paths
from tests.unit.cli.conftest import Run

TOURNAMENT = (
    "INSERT INTO tournaments (name, starts_on, ends_on, time_zone) VALUES ('Cup', '2026-03-01', '2026-03-01', 'UTC')"
)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--reason", "Before Finals"), "hyphens"),
        (("--reason", "x" * 65), "64"),
        (("--format", "xml"), "database, json"),
        (("--without-datagrams",), "--format json"),
    ],
)
def test_mistyped_options_make_no_job(run: Run, home: Path, arguments: tuple[str, ...], said: str) -> None:
    """They are wrong usage (2), and no database is opened for them."""
    done = run("backup", "create", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (home / "data" / "restrike.db").exists()


@pytest.fixture
def backed_up(run: Run, home: Path, migrated: bytes) -> str:
    """A backup of the home's database, after which a tournament was entered; its name."""
    assert callable(run)
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    name = back_up(paths.database, backups=paths.backups, reason="test").name.removesuffix(".db.zst")
    with closing(connect_writer(paths.database)) as connection:
        connection.execute(TOURNAMENT)
    return name


def test_a_restore_looks_before_it_asks(run: Run, backed_up: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked about a backup that is not there; of one that is, it is told what is lost before the question.
    Neither a no nor an end of the input changes anything, and each is told on a line of its own.
    """
    unknown = run("backup", "restore", "nope")
    assert (unknown.code, "no such backup" in unknown.err, "[y/N]" in unknown.err) == (1, True, False)
    for answer in ("n\n", ""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        refused = run("backup", "restore", backed_up)
        assert (refused.code, refused.err.splitlines()[-1]) == (1, "Nothing was changed.")
        assert "not in the backup: tournaments (+1 rows)" in refused.err
        assert refused.err.index("tournaments (+1") < refused.err.index("[y/N]")
    assert not (home / "data" / "restore").exists()
