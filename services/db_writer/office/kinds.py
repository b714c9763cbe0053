"""The one list of jobs; db-writer, or `once` without it."""

from typing import Final

from services.db_writer.office.jobs import Kind

KINDS: Final[dict[str, Kind]] = {}
