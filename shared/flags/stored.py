"""What operators stored about flags, read from `restrike.db`; db-writer and `restrike flags`."""

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from shared.flags.lookup import Lookup, OwnMapping, OwnPicture
from shared.messages.flags import FlagSource
from shared.paths import Paths

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

_MAPPINGS: Final = "SELECT upper(trim(pss_code)), ioc_code, country_name FROM flag_mappings WHERE is_custom = 1"
_PICTURES: Final = "SELECT ioc_code, file_path, media_type, checksum FROM flags WHERE is_shown = 1 AND source = ?"


def own_picture_file(paths: Paths, file_path: str) -> Path:
    """Where an operator's picture lies: in its folder, whatever a database that came from elsewhere says."""
    return paths.own_flags / PurePath(file_path).name


def read_lookup(connection: "sqlite3.Connection", paths: Paths) -> Lookup:
    """The look-up as it is in force. Raises sqlite3.Error: the database cannot be read."""
    mappings = {
        code: OwnMapping(ioc_code=ioc, name=name) for code, ioc, name in connection.execute(_MAPPINGS).fetchall()
    }
    rows = connection.execute(_PICTURES, (FlagSource.OPERATOR.value,)).fetchall()
    pictures = {
        ioc: OwnPicture(file=own_picture_file(paths, file), media_type=media, checksum=checksum)
        for ioc, file, media, checksum in rows
    }
    return Lookup(mappings, pictures)
