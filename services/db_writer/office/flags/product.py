"""Brings `flags` up to date with the pictures that ship, and writes lost files of operators' own again; db-writer, and
`once` without it, at their start.
"""

from contextlib import suppress
from typing import Any, Final

from services.db_writer.office.desk import Desk
from services.db_writer.office.flags.files import write_picture
from services.db_writer.office.flags.rows import SHOW_PRODUCT, link_athletes
from shared.clock import utc_now_iso
from shared.flags.pictures import SVG
from shared.flags.stored import own_picture_file
from shared.flags.table import FOLDER, FlagCode, flag_codes

_COLUMNS: Final = ("ioc_code", "filename", "country_name", "file_path", "checksum")
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)}, is_shown FROM flags WHERE source = 'product'"
_INSERT: Final = f"""
INSERT INTO flags ({", ".join(_COLUMNS)}, file_size, source, media_type, recognition_status, recognition_confidence,
    is_recognized, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, 'product', '{SVG}', 'recognized', 1.0, 1, ?, ?)
"""
_UPDATE: Final = """
UPDATE flags SET filename = ?, country_name = ?, file_path = ?, checksum = ?, file_size = ?, updated_at = ?
WHERE source = 'product' AND ioc_code = ?
"""
_RETIRE: Final = (
    "UPDATE flags SET is_shown = 0, updated_at = ? WHERE source = 'product' AND ioc_code = ? AND is_shown = 1"
)
_OWN: Final = "SELECT file_path, picture FROM flags WHERE source = 'operator' AND is_shown = 1 AND picture IS NOT NULL"

Row = tuple[Any, ...]


def bring_flags_up_to_date(desk: Desk) -> None:
    """Make the rows of shipped pictures those of the table; writes only when something differs. A row that only another
    version has stays, and is not shown.

    Raises DatabaseError: the database could not be written.
    """
    stored: dict[str, Row] = {row[0]: row for row in desk.connection.execute(_SELECT).fetchall()}
    wanted = {code: _row(row) for code, row in flag_codes().items()}
    differing = [row for code, row in wanted.items() if code not in stored or stored[code][:-1] != row]
    retired = [code for code in stored.keys() - wanted.keys() if stored[code][-1]]
    if differing or retired:
        with desk.changing() as connection:
            now = utc_now_iso()
            for code, *rest in differing:
                size = (FOLDER / rest[0]).stat().st_size
                if code not in stored:
                    connection.execute(_INSERT, (code, *rest, size, now, now))
                else:
                    connection.execute(_UPDATE, (*rest, size, now, code))
            connection.execute(SHOW_PRODUCT)
            connection.executemany(_RETIRE, [(now, code) for code in stored.keys() - wanted.keys()])
            link_athletes(connection)
    _write_lost_files(desk)


def _write_lost_files(desk: Desk) -> None:
    """After a restore, or when somebody deleted or changed them. A full disk is none of a start's business."""
    for file_path, picture in desk.connection.execute(_OWN).fetchall():
        file = own_picture_file(desk.paths, file_path)
        with suppress(OSError):
            if not file.is_file() or file.read_bytes() != picture:
                write_picture(file, picture)


def _row(row: FlagCode) -> Row:
    return (row.code, row.filename, row.name, f"flags/{row.filename}", row.sha256)
