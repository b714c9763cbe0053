"""The vendor's books: keys, licences, machines, texts that were handed out, and who did what. `restrike-licensor`.

One connection, of the thread that opened it. Several programs may have the books open: what reads and then writes does
it in one `writing()`, which one at a time has.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from services.licensor import schema
from services.licensor.records import Entry, Seat, Token, Trace
from shared.db.sqlite import connect_writer
from shared.errors import ValidationError
from shared.licensing.key_ring import PublicKey

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

_SEATS: Final = "license_id, number, machine, host, program, taken_at, seen_at, released_at, released_by"
_TOKENS: Final = "token_id, license_id, seat, key_id, issued_at, revision"
_TRACES: Final = "at, who, act, outcome, license_id, machine, key_end, detail, times"


class Books:
    """The books in one file."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """The books of a home; new ones where there are none.

        Raises:
            DatabaseError: they cannot be opened.
        """
        connection = connect_writer(path)
        try:
            schema.prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All that is read and written in the block happens at once or not at all, and nobody else writes meanwhile."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def copy_to(self, path: Path) -> None:
        """Write a sound copy of the whole books as they are now."""
        self._connection.execute("VACUUM INTO ?", (str(path),))

    # Keys

    def public_keys(self) -> tuple[PublicKey, ...]:
        """All keys, the oldest first."""
        rows = self._connection.execute(
            "SELECT key_id, public, made_at, retired_at FROM keys ORDER BY made_at, rowid"
        ).fetchall()
        return tuple(PublicKey(key_id=a, public=b, made_at=c, retired_at=d) for a, b, c, d in rows)

    def put_key(self, key: PublicKey) -> None:
        """Enter a key, or what became of it."""
        self._connection.execute(
            "INSERT INTO keys (key_id, public, made_at, retired_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (key_id) DO UPDATE SET retired_at = excluded.retired_at",
            (key.key_id, key.public, key.made_at, key.retired_at),
        )

    # Licences

    def licenses(self) -> list[Entry]:
        """All licences, the newest first."""
        return [_entry(row) for row in self._connection.execute("SELECT entry FROM licenses ORDER BY rowid DESC")]

    def get(self, license_id: str) -> Entry | None:
        """The licence of that id; None: there is none."""
        return _first(self._connection.execute("SELECT entry FROM licenses WHERE license_id = ?", (license_id,)))

    def find(self, license_id: str) -> Entry:
        """The licence of an id as somebody typed it.

        Raises:
            ValidationError: there is none.
        """
        found = self.get(license_id.strip().upper())
        if found is None:
            sentence = "The books have no such licence. See: restrike-licensor list"
            raise ValidationError("license.unknown", sentence, value=license_id)
        return found

    def by_key(self, digest: bytes) -> Entry | None:
        """The licence of an activation key."""
        return _first(self._connection.execute("SELECT entry FROM licenses WHERE key_digest = ?", (digest,)))

    def add(self, entry: Entry, digest: bytes) -> None:
        """Enter a new licence."""
        self._connection.execute("INSERT INTO licenses VALUES (?, ?, ?)", (entry.license_id, digest, _text(entry)))

    def put(self, entry: Entry, digest: bytes | None = None) -> None:
        """Enter what a licence is now, with a new activation key where there is one."""
        self._connection.execute(
            "UPDATE licenses SET entry = ?, key_digest = coalesce(?, key_digest) WHERE license_id = ?",
            (_text(entry), digest, entry.license_id),
        )

    # Machines

    def seats(self, license_id: str) -> list[Seat]:
        """All machines that have or had the licence, the first one first."""
        rows = self._connection.execute(
            f"SELECT {_SEATS} FROM seats WHERE license_id = ? ORDER BY number", (license_id,)
        )
        return [msgspec.convert(_row(_SEATS, row), Seat) for row in rows]

    def taken(self) -> dict[str, int]:
        """How many machines have each licence now."""
        rows = self._connection.execute(
            "SELECT license_id, count(*) FROM seats WHERE released_at IS NULL GROUP BY license_id"
        )
        return dict(rows.fetchall())

    def put_seat(self, seat: Seat) -> None:
        """Enter a machine, or what became of it."""
        self._connection.execute(
            f"INSERT OR REPLACE INTO seats ({_SEATS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _values(_SEATS, seat)
        )

    # Texts

    def tokens(self, license_id: str) -> list[Token]:
        """All texts of a licence that were handed out, the newest first."""
        rows = self._connection.execute(
            f"SELECT {_TOKENS} FROM tokens WHERE license_id = ? ORDER BY rowid DESC", (license_id,)
        )
        return [msgspec.convert(_row(_TOKENS, row), Token) for row in rows]

    def token(self, token_id: str) -> Token | None:
        """The text of that id; None: the books do not know it."""
        row = self._connection.execute(f"SELECT {_TOKENS} FROM tokens WHERE token_id = ?", (token_id,)).fetchone()
        return None if row is None else msgspec.convert(_row(_TOKENS, row), Token)

    def add_token(self, token: Token) -> None:
        """Enter a text that is handed out."""
        self._connection.execute(f"INSERT INTO tokens ({_TOKENS}) VALUES (?, ?, ?, ?, ?, ?)", _values(_TOKENS, token))

    # Audit

    def note(self, trace: Trace) -> None:
        """Enter what was done, or refused."""
        self._connection.execute(
            f"INSERT INTO audit ({_TRACES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _values(_TRACES, trace)
        )

    def traces(self, *, last: int, license_id: str | None = None) -> list[Trace]:
        """The last lines of the audit, of one licence or of all; the newest last."""
        rows = self._connection.execute(
            f"SELECT {_TRACES} FROM audit WHERE ? IN (license_id, '') ORDER BY number DESC LIMIT ?",
            (license_id or "", last),
        ).fetchall()
        return [msgspec.convert(_row(_TRACES, row), Trace) for row in reversed(rows)]


def _row(columns: str, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(columns.split(", "), row, strict=True))


def _values(columns: str, of: object) -> list[Any]:
    return [getattr(of, name) for name in columns.split(", ")]


def _text(entry: Entry) -> str:
    return msgspec.json.encode(entry).decode()


def _first(found: "sqlite3.Cursor") -> Entry | None:
    row = found.fetchone()
    return None if row is None else _entry(row)


def _entry(row: tuple[str]) -> Entry:
    return msgspec.json.decode(row[0], type=Entry)
