"""Signed texts of licences: made from the books, and entered there. `restrike-licensor`."""

import secrets

from services.licensor.books import Books
from services.licensor.records import Entry, Token
from shared.licensing.key_ring import PrivateKey
from shared.licensing.signing import signed
from shared.licensing.statements import License


def license_text(  # noqa: PLR0913  # what is signed, for whom, by whom, when
    books: Books, key: PrivateKey, entry: Entry, *, machines: tuple[str, ...], seat: int | None, now: int
) -> str:
    """The signed text of a licence for `machines` (none: bound to none). Call it within `books.writing()`."""
    token = Token(
        token_id=secrets.token_hex(8),
        license_id=entry.license_id,
        seat=seat,
        key_id=key.key_id,
        issued_at=max(now, entry.begins_at),
        revision=entry.revision,
    )
    books.add_token(token)
    statement = License(
        license_id=entry.license_id,
        token_id=token.token_id,
        customer=entry.customer,
        plan=entry.plan,
        features=entry.features,
        issued_at=token.issued_at,
        expires_at=entry.expires_at,
        grace_days=entry.grace_days,
        seats=entry.seats,
        machines=machines,
        checks=entry.checks,
    )
    return signed(statement, key)
