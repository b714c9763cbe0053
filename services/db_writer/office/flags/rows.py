"""Rows of `flags` and links of athletes to them; db-writer."""

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from shared.clock import utc_now_iso
from shared.messages.flags import FlagSource

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

_FOUND: Final = """
SELECT id, ioc_code, recognition_status, recognition_confidence, is_shown, file_path, filename, cleared_at,
    last_modified
FROM flags WHERE
"""
_BY_CHECKSUM: Final = f"""
{_FOUND} source = 'operator' AND checksum = ?1 ORDER BY ioc_code IS ?2 DESC, is_shown DESC, id DESC LIMIT 1
"""
_SHOWN: Final = f"{_FOUND} source = 'operator' AND ioc_code = ? AND is_shown = 1"
_HIDE: Final = """
UPDATE flags SET is_shown = 0, picture = NULL, recognition_status = 'pending', is_recognized = 0, updated_at = ?
WHERE ioc_code = ? AND is_shown = 1 AND source = 'operator'
"""
_SHOW_PRODUCT_OF: Final = "UPDATE flags SET is_shown = 1 WHERE ioc_code = ? AND source = 'product'"
_HIDE_PRODUCT: Final = "UPDATE flags SET is_shown = 0 WHERE ioc_code = ? AND source = 'product'"
SHOW_PRODUCT: Final = """
UPDATE flags SET is_shown = 1 WHERE source = 'product' AND is_shown = 0 AND NOT EXISTS
    (SELECT 1 FROM flags own WHERE own.ioc_code = flags.ioc_code AND own.source = 'operator' AND own.is_shown = 1)
"""
_RECOGNIZED: Final = """
INSERT INTO recognition_history (flag_id, recognition_method, confidence, recognized_as, timestamp, outcome, author,
    filename, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_MEANT: Final = """
(SELECT f.id FROM flag_mappings m JOIN flags f ON f.ioc_code = m.ioc_code AND f.is_shown = 1
    WHERE m.pss_code = upper(trim(pss_athletes.country_code)))
"""
_LINK: Final = f"UPDATE pss_athletes SET flag_id = {_MEANT} WHERE flag_id IS NOT {_MEANT}"


class StoredFlag(Struct, frozen=True):
    """A row of an operator's picture."""

    id: int
    ioc_code: str | None
    status: str
    confidence: float
    is_shown: bool
    file_path: str
    filename: str
    is_cleared: bool
    modified_at: str


def find_copy(connection: "sqlite3.Connection", checksum: str, code: str | None) -> StoredFlag | None:
    """The row of the same bytes: that of `code`, else one that is shown, else the last."""
    return _stored(connection.execute(_BY_CHECKSUM, (checksum, code)).fetchone())


def find_shown(connection: "sqlite3.Connection", ioc_code: str) -> StoredFlag | None:
    """The operator's picture that is shown for a code."""
    return _stored(connection.execute(_SHOWN, (ioc_code,)).fetchone())


def hide_own(connection: "sqlite3.Connection", ioc_code: str) -> None:
    """Show no picture of an operator for a code; its bytes are dropped, its row and history stay."""
    connection.execute(_HIDE, (utc_now_iso(), ioc_code))


def hide_all(connection: "sqlite3.Connection", ioc_code: str) -> None:
    """Show nothing for a code, to show something else."""
    hide_own(connection, ioc_code)
    connection.execute(_HIDE_PRODUCT, (ioc_code,))


def show_product(connection: "sqlite3.Connection", ioc_code: str) -> None:
    """Show the picture that ships for a code instead of an operator's."""
    hide_own(connection, ioc_code)
    connection.execute(_SHOW_PRODUCT_OF, (ioc_code,))


def keep_attempt(  # noqa: PLR0913  # a row has as many columns
    connection: "sqlite3.Connection",
    flag_id: int | None,
    *,
    filename: str,
    outcome: str,
    author: str,
    method: str | None = None,
    confidence: float | None = None,
    code: str | None = None,
    reason: str | None = None,
) -> None:
    """Keep which file was given, how it was recognized, and what became of it. One that was refused is no flag."""
    now = utc_now_iso()
    values: tuple[Any, ...] = (flag_id, method, confidence, code, now, outcome, author, filename, reason)
    connection.execute(_RECOGNIZED, values)


def product_row(connection: "sqlite3.Connection", ioc_code: str) -> int | None:
    """The row of the picture that ships for a code."""
    sql = "SELECT id FROM flags WHERE source = ? AND ioc_code = ?"
    row = connection.execute(sql, (FlagSource.PRODUCT.value, ioc_code)).fetchone()
    return None if row is None else int(row[0])


def link_athletes(connection: "sqlite3.Connection") -> int:
    """Let each athlete have the flag that is shown for the country; how many changed."""
    return int(connection.execute(_LINK).rowcount)


def _stored(row: tuple[Any, ...] | None) -> StoredFlag | None:
    if row is None:
        return None
    identity, code, status, confidence, is_shown, path, name, cleared_at, modified_at = row
    is_cleared = cleared_at is not None
    return StoredFlag(
        identity, code, status or "", confidence or 0.0, bool(is_shown), path, name, is_cleared, modified_at or ""
    )
