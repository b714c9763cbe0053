"""What the database holds about flags, read without any service; `restrike flags`."""

from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.cli.stored_rows import rows
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError
from shared.flags.lookup import Lookup
from shared.flags.stored import read_lookup
from shared.messages.flags import MappingKind
from shared.paths import Paths

_SENT: Final = """
SELECT upper(trim(shown_noc)) AS code, count(DISTINCT match_id), max(updated_at) FROM pss_match_athletes
WHERE trim(coalesce(shown_noc, '')) <> '' GROUP BY code
UNION ALL
SELECT upper(trim(country_code)) AS code, 0, max(updated_at) FROM pss_athletes
WHERE trim(coalesce(country_code, '')) <> '' GROUP BY code
"""
_HISTORY: Final = """
SELECT changed_at, pss_code, previous_ioc_code, ioc_code, author, reason FROM flag_mapping_history
ORDER BY id DESC LIMIT ?
"""
_ATTEMPTS: Final = """
SELECT timestamp, filename, recognized_as, recognition_method, confidence, outcome, author, reason
FROM recognition_history ORDER BY id DESC LIMIT ?
"""
MOST: Final = 200
"""Lines of a history."""


class UnknownCode(Struct, frozen=True, kw_only=True):
    """A code that athletes came with and nobody knows."""

    code: str
    matches: int
    last_seen: str


class MappingChange(Struct, frozen=True):
    """A line of the mappings' history."""

    changed_at: str
    pss_code: str
    before: str | None
    after: str | None
    author: str
    reason: str | None


class Attempt(Struct, frozen=True):
    """A line of the pictures' history; `reason` tells why a file was refused."""

    at: str
    filename: str | None
    code: str | None
    method: str | None
    confidence: float | None
    outcome: str | None
    author: str | None
    reason: str | None


def lookup_in_force(paths: Paths) -> Lookup:
    """What codes are shown with; only what ships where nothing was stored yet.

    Raises:
        DatabaseError: the database cannot be read, or is of another version.
    """
    if is_empty(paths.database):
        return Lookup({}, {})
    with closing(connect_reader(paths.database)) as connection:
        try:
            return read_lookup(connection, paths)
        except sqlite3.Error as error:
            raise DatabaseError(
                "database.unreadable",
                f"The database cannot be read ({error}). See restrike db status, and run restrike db migrate.",
            ) from error


def unknown_codes(database: Path, lookup: Lookup) -> list[UnknownCode]:
    """Codes that athletes came with and nobody knows, the busiest first."""
    found: dict[str, UnknownCode] = {}
    for code, matches, last_seen in rows(database, _SENT):
        if lookup.of(code).kind is MappingKind.UNKNOWN:
            before = found.get(code)
            seen = max(last_seen, before.last_seen if before else "")
            found[code] = UnknownCode(code=code, matches=matches + (before.matches if before else 0), last_seen=seen)
    return sorted(found.values(), key=lambda one: (-one.matches, one.code))


def mapping_history(database: Path) -> list[MappingChange]:
    """What operators changed about mappings, the latest first."""
    return [MappingChange(*row) for row in rows(database, _HISTORY, MOST)]


def picture_history(database: Path) -> list[Attempt]:
    """How pictures were recognized, and what became of them, the latest first."""
    return [Attempt(*row) for row in rows(database, _ATTEMPTS, MOST)]
