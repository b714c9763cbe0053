"""A licence stays on its machine: no backup and no export holds anything of data/license. A support bundle does not
either (doctor/test_doctor_bundle.py).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.export.catalogue import EXPORTS
from shared.db.backup import Wanted, make_backup
from shared.db.backup_files import BackupKind, unpack
from shared.paths import Paths
from tests.support.stored_licence import store_licence
from tests.unit.cli.conftest import Run


def _backups(paths: Paths, folder: Path) -> Iterator[Path]:
    """Of each kind: as it is kept, its manifest, and unpacked."""
    for kind in BackupKind:
        kept = make_backup(paths.database, paths.backups, Wanted(reason="by-hand", kind=kind))
        unpack(kept, folder / f"{kind}.db")
        yield folder / f"{kind}.db"
    yield from (path for path in paths.backups.iterdir() if path.is_file())


def _exports(run: Run, folder: Path) -> Iterator[Path]:
    for name in EXPORTS:
        out = folder / f"{name}.jsonl"
        assert run("export", name, "--out", out).code == 0
        yield out


@pytest.mark.slow
def test_nothing_of_a_licence_leaves_its_home(run: Run, home: Path, tmp_path: Path, migrated: bytes) -> None:
    """Not its text, not a key, not a sealed byte; what became of it is in the backups, as a sentence."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    secrets = store_licence(paths)
    found = {path.name: path.read_bytes() for path in (*_backups(paths, tmp_path), *_exports(run, tmp_path))}
    assert len(found) > 2 * len(BackupKind) + len(EXPORTS)
    assert [(name, secret) for name, body in found.items() for secret in secrets if secret in body] == []
    assert all(b"It is valid." in body for name, body in found.items() if name.endswith(".db"))
