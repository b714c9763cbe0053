"""How this installation knows its own changes again in the database, and what they said of a licence: that it is here,
that it was taken from this machine, or that the vendor took it back; license.

Where `data/license` and `license.db` were put back or deleted, and the database was not, it tells of removals that the
record does not know of. The ids of changes carry a digest made with this machine's number: what another machine wrote,
whose database was restored here, is not taken for this one's own, and no file of the home has to be there.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from services.license.record import Record, Revocation

DIGITS: Final = 16
"""Hexadecimal ones of an id's chance, and of its digest."""


class Said(StrEnum):
    """What a change says of a licence."""

    HERE = "here"
    TAKEN_AWAY = "taken_away"
    REVOKED = "revoked"


class Removal(Struct, frozen=True, kw_only=True):
    """A licence was `said` to be taken away or taken back, by the change of that id."""

    change_id: str
    license_id: str
    said: Said
    at_us: int


class StoredChange(Struct, frozen=True, kw_only=True):
    """What the database has of a change."""

    change_id: str
    license_id: str
    at_us: int


class Removals:
    """Makes ids of changes, and reads them. `machine` is the machine's own number; None: it has none, and nothing that
    the database says is known to be its own.
    """

    def __init__(self, machine: str | None) -> None:
        self._key = hashlib.sha256(f"restrike changes:{machine}".encode()).digest() if machine else None

    def new_id(self, said: Said, license_id: str | None) -> str:
        """The id of a new change."""
        chance = secrets.token_hex(DIGITS // 2)
        key = secrets.token_bytes(DIGITS) if self._key is None else self._key
        return chance + _digest(key, said, license_id or "", chance)

    def last(self, changes: Iterable[StoredChange]) -> list[Removal]:
        """Licences that are gone by the last of this machine's own changes; `changes`: the newest first."""
        found: dict[str, Removal | None] = {}
        for change in changes:
            if self._key is None or change.license_id in found:
                continue
            said = _said(self._key, change)
            if said is not None:
                found[change.license_id] = None if said is Said.HERE else _removal(change, said)
        return [removal for removal in found.values() if removal is not None]


def heeded(record: Record, removals: Iterable[Removal], *, now_us: int) -> Record:
    """A record, with the removals that it did not know of: it was put back, or lost. Requests that it had open are of
    that time, too, and are forgotten. What was noted by a clock that was ahead counts as of now, if the clock is right.
    """
    for removal in removals:
        if removal.change_id in record.removals:
            continue
        is_late = removal.at_us > now_us and not record.trail.is_set_back(now_us)
        at = (now_us if is_late else removal.at_us) // 1_000_000
        if removal.said is Said.REVOKED:
            record = record.revoking(removal.license_id, Revocation(at=at, why=None))
        else:
            record = record.removed_at(removal.license_id, at)
        record = replace(record.removing(removal.change_id), open={})
    return record


def _said(key: bytes, change: StoredChange) -> Said | None:
    """What one of its own says; None: it is another's."""
    chance, digest = change.change_id[:DIGITS], change.change_id[DIGITS:]
    return next(
        (
            said
            for said in Said
            if hmac.compare_digest(digest.encode(), _digest(key, said, change.license_id, chance).encode())
        ),
        None,
    )


def _removal(change: StoredChange, said: Said) -> Removal:
    return Removal(change_id=change.change_id, license_id=change.license_id, said=said, at_us=change.at_us)


def _digest(key: bytes, said: Said, license_id: str, chance: str) -> str:
    return hmac.new(key, f"{said} {license_id} {chance}".encode(), hashlib.sha256).hexdigest()[:DIGITS]
