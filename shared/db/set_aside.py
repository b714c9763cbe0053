"""Files in data/ that were put aside and that only a person may remove; db-writer's care, and whoever tells of them."""

from pathlib import Path
from typing import Final

from msgspec import Struct

REPLACED: Final = "replaced"
"""In the names of databases that a restore took the place of; each can be restored again."""
LOGS: Final = ("-wal", "-shm")
"""What SQLite puts beside a database: what is not yet in its file, and an index of that."""
DAMAGED: Final = "damaged"
"""In the names of journals and databases that could not be used."""


class SetAside(Struct, frozen=True, kw_only=True):
    """A file that was put aside; `size_bytes` is with its logs."""

    path: Path
    size_bytes: int

    @property
    def is_replaced(self) -> bool:
        """Whether it is a database that a restore took the place of."""
        return self.path.name.startswith(REPLACED)


def set_aside(data: Path) -> list[SetAside]:
    """What lies aside in the folder `data`, by name."""
    found = {path for word in (DAMAGED, REPLACED) for path in data.glob(f"*{word}*") if path.is_file()}
    logs = {path for path in found if path.name.endswith(LOGS)}
    return [SetAside(path=path, size_bytes=_size(path)) for path in sorted(found - logs)]


def _size(path: Path) -> int:
    files = (path, *(path.with_name(path.name + log) for log in LOGS))
    return sum(file.stat().st_size for file in files if file.exists())
