"""The vendor's public keys: which one signs, which are retired, and the file that ships with the program.
`restrike-licensor`.

The oldest key that is not retired signs. So a new key can be published in a release long before it signs: it takes
over when the old one is retired.
"""

from pathlib import Path

import msgspec

from services.licensor.books import Books
from shared.durable import replace_durably
from shared.errors import ValidationError
from shared.licensing.key_ring import KeyRing, PublicKey


def signing_key(books: Books) -> PublicKey | None:
    """The oldest key that is not retired."""
    return next((key for key in books.public_keys() if key.retired_at is None), None)


def retire(books: Books, key_id: str, *, at: int) -> PublicKey:
    """Retire a key: what it signs from `at` on is refused by whoever knows of it.

    Raises:
        ValidationError: there is no such key, or it is retired from an earlier time on.
    """
    with books.writing():
        key = next((key for key in books.public_keys() if key.key_id == key_id), None)
        if key is None:
            raise ValidationError(
                "keys.unknown", "There is no such key. See: restrike-licensor keys list", value=key_id
            )
        if key.retired_at is not None and key.retired_at <= at:
            raise ValidationError("keys.retired", "This key is retired already.", value=key_id)
        key = msgspec.structs.replace(key, retired_at=at)
        books.put_key(key)
    return key


def genuine(books: Books) -> KeyRing:
    """The vendor's keys as if none were retired: the books know by themselves what was handed out."""
    return KeyRing(keys=tuple(msgspec.structs.replace(key, retired_at=None) for key in books.public_keys()))


def publish(books: Books, path: Path, *, replace: bool) -> KeyRing:
    """Write the public keys, retired ones, too, to the file that ships with the program.

    Raises:
        ValidationError: the file has keys that the books do not have (and `replace` is not said), or other ones by the
            same name.
        ConfigError: the file is damaged.
        OSError: it cannot be written.
    """
    ring = KeyRing(keys=books.public_keys())
    before = KeyRing.shipped(path).keys if path.exists() and not replace else ()
    mine = {key.key_id: key.public for key in ring.keys}
    strange = sorted(key.key_id for key in before if mine.get(key.key_id) != key.public)
    if strange:
        sentence = (
            f"The file has keys that are not in this home ({', '.join(strange)}): licences that they signed would no "
            "longer hold. Say --replace if that is meant."
        )
        raise ValidationError("keys.dropped", sentence, value=str(path))
    replace_durably(path, msgspec.json.format(msgspec.json.encode(ring), indent=2) + b"\n", mode=0o644)
    return ring
