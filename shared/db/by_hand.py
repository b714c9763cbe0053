"""What people enter and no journal holds, compared with a backup; restores and drills, and whoever asks before one."""

from collections.abc import Mapping
from typing import Final

from shared.db.sqlite import sqlite3
from shared.db.table_checksums import TableContent, table_content, tables_of

BY_HAND: Final = (
    "settings_values",
    "tournaments",
    "tournament_days",
    "planned_matches",
    "saved_queries",
    "obs_connections",
    "obs_recording_config",
    "obs_rules",
    "flag_mappings",
    "imports",
)
"""Tables whose changes since a backup are lost by a restore."""


def changed_by_hand(connection: "sqlite3.Connection", then: Mapping[str, TableContent]) -> dict[str, int]:
    """The tables that are not as `then`: how many rows more (or fewer) each has. Tables that an older database does not
    have hold nothing that could be lost.

    Raises sqlite3.Error: the database cannot be read.
    """
    nothing = TableContent(0, "")
    there = set(tables_of(connection))
    found = {table: (table_content(connection, table), then.get(table, nothing)) for table in BY_HAND if table in there}
    return {table: now.rows - before.rows for table, (now, before) in found.items() if now != before}
