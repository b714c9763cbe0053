"""Old bytes must still decode: journals hold them for days, and other people's programs are updated later than we."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from shared.messages.commands import COMMANDS
from shared.messages.requests import Reply, Request
from tests.contract.examples import ENCODE, decoded, examples, messages, objects
from tests.contract.golden import FOLDER, HOW_TO_ADD, covers, enumerations, golden_words, goldens, missing

NAMES = list(messages())


def test_there_are_messages() -> None:
    """The contract is not empty, and every command has a request and a reply."""
    assert len(NAMES) > 50
    assert {f"{name}.{half}" for name in COMMANDS for half in ("request", "reply")} < set(NAMES)


def test_every_message_has_its_golden() -> None:
    """A message, a struct in a union or a word without golden bytes is new: they are written down once."""
    absent = missing()
    assert not absent, f"No golden bytes for {', '.join(absent)}. {HOW_TO_ADD}"


def test_no_golden_is_orphaned() -> None:
    """A golden without message means that a message was renamed or removed, which the contract does not allow."""
    orphans = {path.stem for path in FOLDER.glob("*.json")} - set(NAMES) - {"words"}
    assert not orphans, f"Messages are never renamed or removed: {', '.join(sorted(orphans))}"


@pytest.mark.parametrize("name", NAMES)
def test_old_bytes_still_say_the_same(name: str) -> None:
    """Golden bytes decode to what today's example says, in every field that they have."""
    for label, encoded in goldens(name).items():
        old = _payload(name, encoded)
        again = msgspec.msgpack.decode(ENCODE(decoded(name, encoded)))
        where = f"{name} {label}".strip()
        assert covers(again, old) is None, f"{where}: {covers(again, old)} after decoding"
        today = examples(name).get(label)
        assert today is not None, f"{where} is gone"
        now = _payload(name, today)
        assert covers(now, old) is None, f"{where}: {covers(now, old)}"


def test_no_word_is_gone() -> None:
    """Every word that an enumeration ever had still decodes."""
    now = enumerations()
    for name, words in golden_words().items():
        assert [now[name](word).value for word in words] == words


@pytest.mark.parametrize("name", [name for name in NAMES if name != "refusal.reply"])
def test_examples_set_every_field(name: str) -> None:
    """No field of an example is at its default: a golden that leaves fields out would prove nothing about them."""
    found = objects(messages()[name])
    assert found
    for _, example in found:
        assert list(_at_default(example)) == []


def test_covers_sees_what_changed() -> None:
    """The comparison lets fields be added and nothing else."""
    assert covers({"a": 1, "new": 2}, {"a": 1}) is None
    assert covers([1, 2], [1]) is None
    assert covers({"a": 1.0}, {"a": 1}) == ".a is 1.0, was 1"
    assert covers({"b": 1}, {"a": 1}) == ".a is gone"
    assert covers({"a": [1]}, {"a": [1, 2]}) == ".a has 1 items, had 2"


def _payload(name: str, encoded: bytes) -> Any:
    if name.endswith(".request"):
        return msgspec.msgpack.decode(msgspec.msgpack.decode(encoded, type=Request).body)
    if name.endswith(".reply") and name != "refusal.reply":
        return msgspec.msgpack.decode(msgspec.msgpack.decode(encoded, type=Reply).result)
    return msgspec.msgpack.decode(encoded)


def _at_default(value: Any) -> Iterator[str]:
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            held = getattr(value, field.name)
            if not field.required and held == _default(field):
                yield f"{type(value).__name__}.{field.name}"
            yield from _at_default(held)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _at_default(item)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default
