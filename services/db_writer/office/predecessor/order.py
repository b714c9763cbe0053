"""What the parts of the reading of an old file share: the file, its times, the report, and what is known so far."""

import re
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from services.db_writer.office.predecessor.old_file import OldFile, text
from services.db_writer.office.predecessor.plan import Plan
from services.db_writer.office.predecessor.report import Report
from services.db_writer.office.predecessor.times import Times

RING: Final = "import"
"""The ring of sessions and matches whose ring nobody says."""
_STRANGE: Final = re.compile(r"[^a-z0-9]+")
_RING_CHARACTERS: Final = 32


class Order(Struct, kw_only=True):
    """One reading. `ring` is the one that was given for everything; `in_use` are rings of this suite, with which
    imported sessions must not mix; `mark` (8 digits of the file's checksum) begins every key.
    """

    old: OldFile
    plan: Plan
    times: Times
    report: Report
    ring: str | None
    in_use: frozenset[str]
    mark: str

    def key_of(self, match: int) -> str:
        """Our key of an old match."""
        return f"import-{self.mark}.{match}"

    def uuid_of(self, session: str) -> str:
        """Our key of an old session, by its old id as text."""
        return f"import-{self.mark}-{session}"

    def ring_of(self, said: Any) -> str:
        """The ring of a row whose own column says `said`."""
        if self.ring is not None:
            return self.ring
        named = _STRANGE.sub("-", (text(said) or "").casefold()).strip("-")[:_RING_CHARACTERS] or RING
        return f"import-{named}"[:_RING_CHARACTERS] if named in self.in_use else named

    def moment(self, table: str, value: Any, names: tuple[str, ...]) -> datetime | None:
        """The time that the first of the columns `names` of `table` says."""
        named, is_clock = self.old.clock_of(table, names)
        return self.times.read(value, column=f"{table}.{named}", is_sqlite_clock=is_clock)
