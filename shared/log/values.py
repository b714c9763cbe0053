"""What the fields of a log line become: plain values for JSON, redacted, and cut where they are huge; every process."""

from collections.abc import Mapping
from typing import Any, Final

from shared.log.redaction import MASK, is_secret_name, redacted

MOST_CHARACTERS: Final = 4_000
"""Of a text; a datagram has some hundred, a sentence for the operator less."""
MOST_TRACE_CHARACTERS: Final = 20_000
"""Of a traceback: that of a recursion has 100,000."""
MOST_ITEMS: Final = 50
MOST_DEPTH: Final = 6
_NAMES: Final = ("name", "key", "setting", "field")
_VALUES: Final = frozenset({"value", "before", "after", "old", "new"})
_INTEGERS: Final = range(-(2**63), 2**64)


def plain(value: Any, depth: int = 0) -> Any:
    """`value` as JSON can hold it, without secrets. Never raises."""
    if value is None or value is True or value is False or type(value) is float:
        return value
    if type(value) is int:
        return value if value in _INTEGERS else _cut(hex(value), MOST_CHARACTERS)
    if isinstance(value, str):
        return text_of(value)
    if depth >= MOST_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return _plain_mapping(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item, depth + 1) for item, _ in zip(value, range(MOST_ITEMS), strict=False)]
        return [*items, f"… ({len(value) - MOST_ITEMS} more)"] if len(value) > MOST_ITEMS else items
    return text_of(_shown(value))


def field(name: str, value: Any) -> Any:
    """A field's value as it is written."""
    if is_secret_name(name) and value is not None and not isinstance(value, bool):
        return MASK
    return plain(value)


def names_secret(value: Mapping[Any, Any]) -> bool:
    """Whether an object tells a secret by its name and its value: `{"name": "mail.password", "value": …}`."""
    return any(isinstance(value.get(name), str) and is_secret_name(value[name]) for name in _NAMES)


def is_secret(name: str, item: Any, *, is_named: bool) -> bool:
    """Whether a field of an object is masked; `is_named` is what `names_secret` says of the object. That there is no
    secret may be seen, and an object below a secret's name is looked at field by field.
    """
    if item is None or isinstance(item, bool) or item == "" or (isinstance(item, Mapping) and bool(item)):
        return False
    if is_named and (name in _VALUES or (name in _NAMES and isinstance(item, str))):
        return name in _VALUES
    return is_secret_name(name)


def text_of(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text as it is written: without secrets, and not longer than about `most` characters."""
    # Cut before, too: looking for secrets takes time. A secret that this cuts through is cut out by the second cut:
    # what lies between the two is longer than any private key.
    return _cut(redacted(_cut(_writable(text), 4 * most)), most)


def _cut(text: str, most: int) -> str:
    """Begin and end, which say the most."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}… ({len(text) - 2 * half} characters cut) …{text[-half:]}"


def _plain_mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    is_named = names_secret(value)
    found: dict[str, Any] = {}
    for name, item in value.items():
        if len(found) >= MOST_ITEMS:
            found["…"] = f"{len(value) - MOST_ITEMS} more"
            break
        text = _writable(name if isinstance(name, str) else _shown(name))
        found[text] = MASK if is_secret(text, item, is_named=is_named) else plain(item, depth + 1)
    return found


def _shown(value: object) -> str:
    try:
        return str(value) if isinstance(value, BaseException) else repr(value)
    # A line must be written whatever the value's own code does.
    except Exception as error:  # noqa: BLE001 - see above
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _writable(text: str) -> str:
    """`text` as UTF-8 can hold it: bytes of file names that are no UTF-8 show as such."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text
