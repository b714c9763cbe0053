"""Puts a prepared database in the place of `restrike.db`; db-writer and `once`, before they open it.

A restore is prepared beside the database (`data/restore/`: the file, then its plan) by a job; whoever is the next to
open the database carries the plan out. Killed at any moment, the next start goes on. The file that was there is kept.
"""

import os
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from shared.clock import utc_now_iso
from shared.durable import sync
from shared.errors import DatabaseError
from shared.messages.database import Restored
from shared.paths import Paths

PREPARED: Final = "restrike.db"
PLAN: Final = "plan.json"
LAST: Final = "last-restore.json"
# The logs first: the old database without its log is only older, the new one with the log of the old is damaged.
_MOVED: Final = ("-wal", "-shm", "")

T = TypeVar("T")


class Plan(Struct, frozen=True, kw_only=True):
    """What is to be put in place: `id` is the job's, `backup` the name of the backup, `replaced` where the present
    database goes to (beside it; a name that no other restore has).
    """

    id: str
    backup: str
    replaced: str


def restore_folder(paths: Paths) -> Path:
    """Where a restore is prepared."""
    return paths.data / "restore"


def write_plan(paths: Paths, plan: Plan) -> None:
    """Let the next who opens the database carry `plan` out; the prepared file is complete and on the disk."""
    _write(restore_folder(paths) / PLAN, plan)


def last_restore(paths: Paths) -> Restored | None:
    """The restore that was carried out last (`data/last-restore.json`); None when there was none."""
    return _read(paths.data / LAST, Restored)


def carry_out(paths: Paths) -> Restored | None:
    """Carry out the plan, if there is one; the caller holds db-writer's lock.

    Raises:
        DatabaseError: a file cannot be moved; the plan stays.
    """
    folder = restore_folder(paths)
    plan = _read(folder / PLAN, Plan)
    if plan is None:
        return None
    try:
        if (folder / PREPARED).exists():
            replaced = paths.data / plan.replaced
            for suffix in _MOVED:
                old = paths.database.with_name(paths.database.name + suffix)
                if old.exists():
                    old.rename(replaced.with_name(replaced.name + suffix))
            (folder / PREPARED).rename(paths.database)
            sync(paths.data)
        kept = plan.replaced if (paths.data / plan.replaced).exists() else None
        restored = Restored(id=plan.id, backup=plan.backup, replaced=kept, restored_at=utc_now_iso())
        _write(paths.data / LAST, restored)
        (folder / PLAN).unlink()
    except OSError as error:
        raise DatabaseError(
            "restore.not_in_place",
            f"The restored database could not be put in its place ({error.strerror}); make room or rights in data/ and"
            " start again: nothing is lost.",
            value=error.filename,
        ) from error
    return restored


def _write(path: Path, value: Struct) -> None:
    fresh = path.with_name(f".{path.name}.partial")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(value))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise DatabaseError("restore.unreadable", f"{path} cannot be read ({error}); remove it.") from error
