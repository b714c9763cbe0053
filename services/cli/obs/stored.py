"""Reads the connections to OBS from the database, read-only; for `restrike obs`."""

from services.cli import output
from services.cli.obs.bridge import unknown
from services.cli.stored_rows import read
from shared.db.obs_config import connections
from shared.messages.obs import ObsConnection
from shared.paths import Paths


def read_connections(paths: Paths) -> list[ObsConnection]:
    """Every connection by name; what cannot be read is told on standard error.

    Raises DatabaseError: the database cannot be read.
    """
    return read(paths.database, lambda reader: connections(reader, tell=output.note), empty=[])


def read_connection(paths: Paths, name: str) -> ObsConnection:
    """One connection.

    Raises:
        DatabaseError: the database cannot be read.
        ValidationError: there is none of that name.
    """
    found = {one.connection: one for one in read_connections(paths)}
    if name not in found:
        raise unknown(name, list(found))
    return found[name]
