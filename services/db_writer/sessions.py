"""A ring's sessions (`udp_server_sessions`) with their counters and clients (`udp_client_connections`); db-writer.

Counters live in memory and are written once per transaction. `packets_parsed` counts datagrams in which every message
was understood, `parse_errors` those with a message that is not valid (see `entries.is_valid`); the rest were unknown or
empty.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from services.db_writer import statements
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.settings.catalogue import CLIENTS_KEPT

MOST_CLIENTS: Final = CLIENTS_KEPT.default
"""Of one session, unless the setting says otherwise: a flood of forged senders may fill neither the memory nor the
database. All others are one row."""
CROWD: Final = ("0.0.0.0", 0)  # noqa: S104 - nothing is bound to it: it is the sender that stands for many

_UNHEARD = "its end was never heard of"
_BROKEN = "it ended without a word (killed, or the power was cut)"


class Client:
    """One sender of a session: an address and a port."""

    __slots__ = ("bytes", "first_seen", "id", "last_seen", "packets")

    def __init__(self, client_id: int, first_seen: str, last_seen: str, packets: int, total_bytes: int) -> None:
        self.id = client_id
        self.first_seen = first_seen
        self.last_seen = last_seen
        self.packets = packets
        self.bytes = total_bytes


class Session:
    """One session as the database will hold it; `last_entry` is 0 before its first entry.

    `match_pk` is the match that its messages belonged to last: what is told when a match has just left the ring is told
    of that one.
    """

    __slots__ = (
        "bytes",
        "client_ids",
        "clients",
        "dirty_clients",
        "errors",
        "id",
        "largest",
        "last_entry",
        "match_pk",
        "most_clients",
        "packets",
        "parsed",
        "ring",
        "smallest",
        "uuid",
    )

    def __init__(
        self, session_id: int, *, ring: str, uuid: str, client_ids: Iterator[int], most_clients: Callable[[], int]
    ) -> None:
        self.id = session_id
        self.client_ids = client_ids
        self.most_clients = most_clients
        self.ring = ring
        self.uuid = uuid
        self.packets = self.parsed = self.errors = self.bytes = self.last_entry = 0
        self.match_pk: int | None = None
        self.largest: int | None = None
        self.smallest: int | None = None
        self.clients: dict[tuple[str, int], Client] = {}
        self.dirty_clients: dict[tuple[str, int], Client] = {}

    def count(self, size: int, source: tuple[str, int], at: str) -> None:
        """Count a datagram of `size` bytes that `source` (address, port) sent."""
        self.packets += 1
        self.bytes += size
        if self.largest is None or size > self.largest:
            self.largest = size
        if self.smallest is None or size < self.smallest:
            self.smallest = size
        client = self.clients.get(source)
        if client is None and len(self.clients) >= self.most_clients():
            source = CROWD
            client = self.clients.get(source)
        if client is None:
            client = self.clients[source] = Client(next(self.client_ids), at, at, 0, 0)
        client.packets += 1
        client.bytes += size
        client.last_seen = at
        self.dirty_clients[source] = client


class Sessions:
    """The sessions in memory, loaded from the database when first asked for. `most_clients` says how many senders of
    one are told apart.
    """

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps) -> None:
        self.most_clients: Callable[[], int] = lambda: MOST_CLIENTS
        self._connection = connection
        self._times = times
        self._sessions: dict[str, Session] = {}
        self._dirty: dict[str, Session] = {}
        self._client_ids: Iterator[int] = count(1)

    def reset(self) -> None:
        """Forget everything: the database knows better."""
        self._sessions.clear()
        self._dirty.clear()
        # Ids are given at first sight, so that they do not depend on how entries are cut into transactions.
        (last,) = self._connection.execute(statements.SELECT_LAST_CLIENT_ID).fetchone()
        self._client_ids = count(last + 1)

    def of(self, uuid: str, *, ring: str, at_us: int) -> Session:
        """The session `uuid`, which is about to change. If its opening was never stored, it begins at `at_us`."""
        session = self._sessions.get(uuid)
        if session is None:
            session = self._load(uuid, ring) or self._insert(uuid, ring=ring, at_us=at_us)
            self._sessions[uuid] = session
        self._dirty[uuid] = session
        return session

    def opened(self, session: Session, *, config_id: int, at_us: int) -> None:
        """`session` began. A ring has one session at a time: what is still open of older ones ended unheard."""
        now = self._times.now
        self._connection.execute(statements.OPEN_SESSION, (config_id, self._times.text(at_us), now, session.id))
        self._connection.execute(statements.ABANDON_SESSIONS, (_UNHEARD, now, session.ring, session.id))

    def spoke(self, session: Session, dialect: str, *, reason: str) -> None:
        """The sender of `session` was found to speak `dialect`."""
        self._connection.execute(statements.DETECT_DIALECT, (dialect, reason, self._times.now, session.id))

    def closed(self, session: Session, *, at_us: int) -> None:
        """`session` ended in order."""
        self._connection.execute(statements.CLOSE_SESSION, (self._times.text(at_us), self._times.now, session.id))
        self._retire_clients(session.id)

    def broken(self, uuid: str, *, from_us: int) -> None:
        """The session `uuid` ended without a word at `from_us`; one that the database never saw is nobody's loss."""
        end = self._times.text(from_us)
        self._connection.execute(statements.BREAK_SESSION, (end, _BROKEN, self._times.now, uuid))
        row = self._connection.execute(statements.SELECT_SESSION, (uuid,)).fetchone()
        if row is not None:
            self._retire_clients(row[0])

    def save(self) -> None:
        """Write counters and clients of the sessions that changed."""
        rows = []
        for session in self._dirty.values():
            self._save_clients(session)
            average = session.bytes / session.packets if session.packets else None
            counters = (session.packets, session.parsed, session.errors, session.bytes, average)
            sizes = (session.largest, session.smallest, len(session.clients))
            stand = (session.last_entry, session.match_pk)
            rows.append((*counters, *sizes, *stand, self._times.now, session.id))
        self._connection.executemany(statements.UPDATE_SESSION, rows)
        self._dirty.clear()

    def _load(self, uuid: str, ring: str) -> Session | None:
        row = self._connection.execute(statements.SELECT_SESSION, (uuid,)).fetchone()
        if row is None:
            return None
        session = self._made(row[0], ring=ring, uuid=uuid)
        session.packets, session.parsed, session.errors, session.bytes = row[1:5]
        session.largest, session.smallest, session.last_entry, session.match_pk = row[5], row[6], row[7] or 0, row[8]
        for address, port, *client in self._connection.execute(statements.SELECT_CLIENTS, (session.id,)).fetchall():
            session.clients[address, port] = Client(*client)
        return session

    def _insert(self, uuid: str, *, ring: str, at_us: int) -> Session:
        config = self._connection.execute(statements.SELECT_CONFIG, (ring,)).fetchone()
        now = self._times.now
        values = (config[0] if config else None, ring, uuid, self._times.text(at_us), now, now)
        session_id, match_pk = self._connection.execute(statements.INSERT_SESSION, values).fetchone()
        session = self._made(session_id, ring=ring, uuid=uuid)
        session.match_pk = match_pk
        return session

    def _made(self, session_id: int, *, ring: str, uuid: str) -> Session:
        ids, most = self._client_ids, self.most_clients
        return Session(session_id, ring=ring, uuid=uuid, client_ids=ids, most_clients=most)

    def _retire_clients(self, session_id: int) -> None:
        for session in self._dirty.values():
            if session.id == session_id:
                self._save_clients(session)
        self._connection.execute(statements.RETIRE_CLIENTS, (self._times.now, session_id))

    def _save_clients(self, session: Session) -> None:
        now = self._times.now
        rows = []
        for source, client in session.dirty_clients.items():
            seen = (client.first_seen, client.last_seen, client.packets, client.bytes)
            rows.append((client.id, session.id, *source, *seen, now, now))
        self._connection.executemany(statements.UPSERT_CLIENT, rows)
        session.dirty_clients.clear()
