"""What `restrike backup list` and `db status` print fits a terminal of 100 columns, whatever is stored."""

from contextlib import closing
from pathlib import Path

from shared.db.sqlite import connect_writer
from shared.paths import Paths
from tests.unit.cli.conftest import Run

NAME = "restrike-20260301T093000Z-before-migrate-8"
SECOND = "restrike-20260301T093000Z-by-hand-2"
BACKUP = """
INSERT INTO backups (id, name, path, format, reason, status, schema_version, size_bytes, database_bytes, sha256,
    taken_at) VALUES (?, ?, 'x', ?, 'asked', 'present', 8, 123456789, 1, 'x', '2026-03-01T09:30:00.000Z')
"""
MORE = """
INSERT INTO backup_verifications (backup_id, verified_at, is_sound) VALUES (1, '2026-03-01T10:00:00.000Z', 1),
    (2, '2026-03-01T10:00:00.000Z', 0);
INSERT INTO backup_copies (backup_id, remote, status, parts, bytes_copied) VALUES (1, 'a-remote:of/a/long/path',
    'complete', 1, 1), (1, 'another:', 'partial', 1, 1);
"""


def test_tables_fit_a_terminal(run: Run, home: Path, migrated: bytes) -> None:
    """A name is read whole, as it is typed again; what is wrong with a file stands in full below the table."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    with closing(connect_writer(paths.database)) as connection:
        connection.executemany(BACKUP, [(1, NAME, "database"), (2, SECOND, "json")])
        connection.executescript(MORE)
    (paths.backups / f"{NAME}.db.zst").write_bytes(b"x")  # without its manifest
    done = run("backup", "list")
    table = done.out.splitlines()[:3]
    assert max(map(len, table)) <= 100, done.out
    assert [line.split()[0] for line in table] == ["name", SECOND, NAME]
    assert ("DAMAGED" in table[1], "sound" in table[2]) == (True, True)
    assert f"\n{NAME}: " in done.out
    listed = run("backup", "list", "--json").document["backups"]
    assert [copy["remote"] for copy in listed[1]["copies"]] == ["a-remote:of/a/long/path", "another:"]
    status = run("db", "status").out.splitlines()
    assert max(map(len, status[1:])) <= 100
    assert "T" not in status[-1].split()[-1]
