"""What came after a backup: what the journal still holds of it, what it holds no more, and how to leave it out.

Used by restores and drills, on a copy of the backup that nobody else has open.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.journal_ends import JournalEnds, RingEnds
from shared.messages.match import Severity
from shared.messages.service import Position

GAP: Final = "restore_gap"
LEFT_OUT: Final = "restore_left_out"

_FINDING: Final = """
INSERT OR IGNORE INTO findings (ring, session_id, entry, severity, rule, explanation, found_at)
VALUES (?, (SELECT max(id) FROM udp_server_sessions WHERE ring = ?), ?, ?, ?, ?, ?)
"""
_SESSION: Final = """
INSERT INTO udp_server_sessions (server_config_id, ring, session_uuid, start_time, status, last_entry)
VALUES ((SELECT id FROM udp_server_configs WHERE name = ?), ?, ?, ?, 'open', ?)
ON CONFLICT (session_uuid) DO UPDATE SET last_entry = excluded.last_entry
"""
_MARK: Final = """
INSERT INTO watermarks (journal_id, ring, session_uuid, entry, updated_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (journal_id, ring, session_uuid) DO UPDATE SET entry = excluded.entry, updated_at = excluded.updated_at
"""


class RingAfter(Struct, frozen=True, kw_only=True):
    """One ring after a backup: entries `first` to `last` (None: none) are in the journal and come back; those from
    `gone_from` to `gone_to` (None: none) are not, the journal having dropped them (a ring that the backup does not know
    lacks them from its first). `is_other_journal`: the backup knows another journal, so that nobody can say how much
    lies between.
    """

    ring: str
    first: int | None
    last: int | None
    gone_from: int | None
    gone_to: int | None
    is_other_journal: bool

    @property
    def coming_back(self) -> int:
        """Entries that the journal still holds."""
        return 0 if self.first is None or self.last is None else self.last - self.first + 1

    @property
    def gone(self) -> int:
        """Entries that are known to be lost."""
        return 0 if self.gone_from is None or self.gone_to is None else self.gone_to - self.gone_from + 1


def after(positions: Mapping[str, Position], ends: JournalEnds) -> list[RingAfter]:
    """Compare a backup's `positions` with the journal, ring by ring."""
    return [_after(ring, positions.get(ring), end, ends.journal_id) for ring, end in sorted(ends.rings.items())]


def _after(ring: str, at: Position | None, end: RingEnds, journal_id: str | None) -> RingAfter:
    is_other = at is not None and at.journal_id != journal_id
    stored = at.entry if at is not None and not is_other else 0
    first = max(stored + 1, end.first)
    gone = (stored + 1, end.first - 1) if not is_other and end.first > stored + 1 else (None, None)
    return RingAfter(
        ring=ring,
        first=first if first <= end.last else None,
        last=end.last if first <= end.last else None,
        gone_from=gone[0],
        gone_to=gone[1],
        is_other_journal=is_other,
    )


def tell_gaps(connection: "sqlite3.Connection", rings: list[RingAfter]) -> None:
    """Keep in the database itself what is missing in it, as findings."""
    for ring in rings:
        if ring.gone:
            told = (
                f"Entries {ring.gone_from} to {ring.gone_to} came after the backup that was restored, and the journal"
                " holds them no more."
            )
            _tell(connection, ring.ring, ring.gone_from or 0, GAP, told)


def leave_out(connection: "sqlite3.Connection", rings: list[RingAfter], ends: JournalEnds) -> None:
    """Let each ring stand at the journal's end, so that what is there already is never stored."""
    now = utc_now_iso()
    for ring in rings:
        end = ends.rings[ring.ring]
        if ring.coming_back and ends.journal_id is not None:
            connection.execute(_SESSION, (ring.ring, ring.ring, end.session, now, end.last))
            connection.execute(_MARK, (ends.journal_id, ring.ring, end.session, end.last, now))
            told = f"Entries {ring.first} to {ring.last} came after the backup and were left out, as the restore asked."
            _tell(connection, ring.ring, ring.first or 0, LEFT_OUT, told)


def _tell(connection: "sqlite3.Connection", ring: str, entry: int, rule: str, told: str) -> None:
    connection.execute(_FINDING, (ring, ring, entry, Severity.WARNING.value, rule, told, utc_now_iso()))
