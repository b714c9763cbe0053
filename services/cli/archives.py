"""Archived months for questions: unpacked once, kept for a day; `restrike query --archive`, `restrike db archives`."""

from pathlib import Path

from msgspec import Struct

from services.cli.stored_rows import rows
from shared.db.archive_files import NAME, archive_names, opened_archive, read_archive_manifest
from shared.errors import DatabaseError
from shared.paths import Paths

_LISTED = """
SELECT name, month, status, datagrams, events, size_bytes, archived_at, brought_back_at FROM archives ORDER BY name
"""
_SHA256 = "SELECT sha256 FROM archives WHERE name = ?"


class Archived(Struct, frozen=True, kw_only=True):
    """One archive; `status` is `unlisted` where only the file is there. Times are UTC ISO text."""

    name: str
    month: str
    status: str
    datagrams: int
    events: int
    size_bytes: int
    archived_at: str
    brought_back_at: str | None = None
    problem: str | None = None


def is_archive_name(text: str) -> bool:
    """Whether it is named as an archive is: `restrike-2026-03`."""
    return NAME.fullmatch(text) is not None


def opened(name: str, *, paths: Paths | None = None) -> Path:
    """The database in the archive `name`, unpacked and checked, to be opened read-only.

    Raises:
        DatabaseError: there is no such archive, or it is damaged.
        OSError: there is no room to unpack it.
    """
    paths = paths or Paths.from_environment()
    found = rows(paths.database, _SHA256, name)
    return opened_archive(paths.archive, name, sha256=found[0][0] if found else None)


def listed(paths: Paths) -> list[Archived]:
    """The archives that the database lists, and those that only lie there, by month.

    Raises:
        DatabaseError: the database cannot be read.
    """
    files = set(archive_names(paths.archive))
    found = []
    for name, month, status, *figures in rows(paths.database, _LISTED):
        datagrams, events, size, archived_at, back_at = figures
        found.append(
            Archived(
                name=name,
                month=month,
                status=status,
                datagrams=datagrams,
                events=events,
                size_bytes=size,
                archived_at=archived_at,
                brought_back_at=back_at,
                problem=None if name in files else "its file is gone",
            )
        )
    known = {one.name for one in found}
    found += [_unlisted(paths.archive, name) for name in sorted(files - known)]
    return sorted(found, key=lambda one: (one.month, one.name))


def _unlisted(folder: Path, name: str) -> Archived:
    month = name.removeprefix("restrike-")[:7]
    try:
        manifest = read_archive_manifest(folder, name)
    except DatabaseError as error:
        return Archived(
            name=name,
            month=month,
            status="unlisted",
            datagrams=0,
            events=0,
            size_bytes=0,
            archived_at="",
            problem=error.message,
        )
    return Archived(
        name=name,
        month=month,
        status="unlisted",
        datagrams=manifest.tables["raw_datagrams"].rows,
        events=manifest.tables["pss_events_v2"].rows,
        size_bytes=manifest.size_bytes,
        archived_at=manifest.made_at,
    )
