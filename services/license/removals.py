"""How this installation knows its own changes again in the database, and what they said of a licence: that it is here,
that it was taken from this machine, or that the vendor took it back; license.

The database is not put back together with `data/license`: it tells of a removal that a record does not know of, one
that was put back. The ids of changes are made with the installation's key, so that what another machine wrote, whose
database was restored here, is not taken for this one's own.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from shared.errors import IoError
from shared.licensing.installation import Installation

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
    """Makes ids of changes, and reads them."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def new_id(self, said: Said, license_id: str | None) -> str:
        """The id of a new change."""
        chance = secrets.token_hex(DIGITS // 2)
        try:
            return chance + _digest(self._installation.key("changes"), said, license_id or "", chance)
        except IoError:  # its key is being made, or lost: nothing of it will open any more
            return chance + secrets.token_hex(DIGITS // 2)

    def last(self, changes: Iterable[StoredChange]) -> list[Removal]:
        """Licences that are gone by the last of this installation's own changes; `changes`: the newest first."""
        try:
            key = self._installation.key("changes")
        except IoError:
            return []
        found: dict[str, Removal | None] = {}
        for change in changes:
            if change.license_id in found:
                continue
            said = _said(key, change)
            if said is not None:
                found[change.license_id] = None if said is Said.HERE else _removal(change, said)
        return [removal for removal in found.values() if removal is not None]


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
