"""The migration process: several at once, killed in the middle, and how it ends."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from shared.db.backup_files import list_backups, unpack
from shared.db.migrate import SHIPPED, migrate, status
from shared.db.sqlite import connect_reader

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60
LATEST = len(list(SHIPPED.glob("*.py")))
ENDLESS = '''"""Never ends."""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("CREATE TABLE half AS SELECT 1 AS n")
    print("running", flush=True)
    migrator.sql(
        "INSERT INTO half WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 300000000)"
        " SELECT n FROM c"
    )


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE half")
'''


def _start(*arguments: str | Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-P", "-m", "shared.db.migrate", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )


def _end(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=WITHIN_S)
    return process.returncode, out, err


def _sound(path: Path) -> bool:
    with closing(connect_reader(path)) as reader:
        return bool(reader.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def test_several_at_once_do_no_harm(tmp_path: Path) -> None:
    """Six processes on a new file: all succeed, one of them does the work, each migration is applied once."""
    path, backups = tmp_path / "restrike.db", tmp_path / "backups"
    started = [_start("migrate", path, "--backups", backups, "--json") for _ in range(6)]
    ended = [_end(process) for process in started]
    assert [(code, err) for code, _, err in ended] == [(0, "")] * 6
    assert sorted(json.loads(out)["before"] for _, out, _ in ended) == [0] + [LATEST] * 5
    assert status(path).current == LATEST
    assert _sound(path)
    assert not backups.exists()


def test_opposite_ways_at_once_do_no_harm(tmp_path: Path) -> None:
    """Three that go back and three that go forward: each ends, and the database is whole at either end."""
    path, backups = tmp_path / "restrike.db", tmp_path / "backups"
    migrate(path, backups=backups)
    started = []
    for _ in range(3):
        started.append(_start("rollback", path, "--backups", backups, "--to", "0"))
        started.append(_start("migrate", path, "--backups", backups))
    assert [_end(process)[::2] for process in started] == [(0, "")] * 6
    assert status(path).current in {0, LATEST}
    assert _sound(path)
    kept = list_backups(backups)
    assert kept
    for backup in kept:
        unpack(backup.path, tmp_path / backup.name)
        assert _sound(tmp_path / backup.name)


def test_killed_in_the_middle(tmp_path: Path) -> None:
    """After kill -9 within a migration the database is sound at the version before, unlocked, and migrates on."""
    path, backups, folder = tmp_path / "restrike.db", tmp_path / "backups", tmp_path / "migrations"
    folder.mkdir()
    for name in sorted(SHIPPED.glob("*.py")):
        (folder / name.name).write_bytes(name.read_bytes())
    migrate(path, backups=backups)
    endless = folder / f"{LATEST + 1:03}_endless.py"
    endless.write_text(ENDLESS)
    process = _start("migrate", path, "--backups", backups, "--migrations", folder)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
    finally:
        process.send_signal(signal.SIGKILL)
    assert _end(process)[0] == -signal.SIGKILL
    assert status(path, migrations=folder).current == LATEST
    assert _sound(path)
    endless.write_text(ENDLESS.replace("300000000", "3"))
    assert _end(_start("migrate", path, "--backups", backups, "--migrations", folder))[0] == 0
    assert status(path, migrations=folder).current == LATEST + 1


def test_ends_with_a_code_and_one_sentence(tmp_path: Path) -> None:
    """0 done, 1 refused with one line on stderr and no traceback, 2 wrong usage."""
    path, backups = tmp_path / "notes.txt", tmp_path / "backups"
    path.write_text("no database")
    code, out, err = _end(_start("migrate", path, "--backups", backups))
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "not a SQLite database" in err
    assert _end(_start("migrate", path))[0] == 2
    assert _end(_start("status", tmp_path / "none.db"))[0] == 0


def test_failing_migration_prints_no_traceback(tmp_path: Path) -> None:
    """Even a broken migration is one sentence for who started it."""
    path, backups, folder = tmp_path / "restrike.db", tmp_path / "backups", tmp_path / "migrations"
    folder.mkdir()
    (folder / "001_broken.py").write_text(ENDLESS.replace("SELECT 1 AS n", "nothing"))
    code, _, err = _end(_start("migrate", path, "--backups", backups, "--migrations", folder))
    assert (code, len(err.splitlines())) == (1, 1)
    assert "001_broken failed" in err
