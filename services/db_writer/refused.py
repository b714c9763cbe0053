"""What is kept of an entry whose rows the database refused: bytes, texts and the refusal; db-writer."""

from services.db_writer import statements
from services.db_writer.entries import Entries
from services.db_writer.sessions import Session
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.match import Severity
from shared.messages.wire import ParsedEntry

# The database's own refusals, and values that it cannot be given: numbers beyond 64 bits, text that is no Unicode.
REFUSALS = (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, UnicodeEncodeError)
RULE = "db.entry_refused"


class Refused:
    """Stores an entry as it came, without what was understood of it."""

    def __init__(self, connection: "sqlite3.Connection", *, entries: Entries, times: Timestamps) -> None:
        self._connection = connection
        self._entries = entries
        self._times = times

    def keep(self, parsed: ParsedEntry, *, number: int, session: Session, error: Exception) -> None:
        """Keep the entry `number` of `session`, with a finding that says why.

        Its messages become events that are not valid and belong to no match. What is there already is left out.
        """
        entry = parsed.entry
        at = self._times.text(entry.received_at_us)
        reason = storable(f"{type(error).__name__}: {error}")
        if entry.fact is None:
            session.count(len(entry.body), (entry.address, entry.port), at)
            session.errors += 1
            source = (entry.address, entry.port, entry.origin.value, entry.body)
            self._connection.execute(statements.KEEP_RAW, (session.id, session.ring, number, at, *source))
            for row in self._events(parsed, number=number, session=session, at=at, reason=reason):
                if self._connection.execute(statements.KEEP_EVENT, row).rowcount:
                    self._entries.summing.tallies.add_events([row])
        explanation = f"The database refused what was understood of this entry, so it is stored as it came: {reason}"
        where = (session.ring, session.id, None, number, 0)
        self._connection.execute(statements.INSERT_FINDING, (*where, Severity.ERROR.value, RULE, explanation, None, at))
        session.last_entry = number

    def _events(
        self, parsed: ParsedEntry, *, number: int, session: Session, at: str, reason: str
    ) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for index, message in enumerate(parsed.messages):
            event_id = self._entries.take_event_id()
            where = (event_id, session.id, None, None, self._entries.types.other, at)
            what = (storable(message.raw), None, number, index, None, None, False, reason, message.kind.value)
            rows.append(where + what)
        return rows


def storable(text: str) -> str:
    """`text` with what is no Unicode spelt out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
