"""docs/messages.md, docs/asyncapi.json and docs/schemas/ are what the contract says today, and say it rightly."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deploy import reference, schemas
from deploy.schemas import Schema
from shared.messages.commands import COMMANDS
from shared.messages.requests import Reply
from shared.messages.topics import TOPICS
from tests.contract.json_examples import as_json

FILES = schemas.files()


@cache
def generated() -> dict[Path, str]:
    """What `make docs` would write."""
    return reference.generated()


def test_files_are_current() -> None:
    """Nobody forgot `make docs`."""
    assert reference.stale(reference.ROOT, generated()) == [], "Run: make docs"


def test_generation_is_deterministic() -> None:
    """Two runs give the same bytes."""
    assert reference.generated() == generated()


def test_stale_sees_every_difference(tmp_path: Path) -> None:
    """A changed, a missing and a left-over file are all found, and writing mends them."""
    files = generated()
    assert len(reference.write(tmp_path, files)) == len(files)
    assert reference.stale(tmp_path, files) == []
    (tmp_path / "docs/messages.md").write_text("old", encoding="utf-8")
    (tmp_path / "docs/asyncapi.json").unlink()
    (tmp_path / "docs/schemas/pss.gone.json").write_text("{}", encoding="utf-8")
    expected = ["docs/asyncapi.json", "docs/messages.md", "docs/schemas/pss.gone.json"]
    assert reference.stale(tmp_path, files) == expected
    assert reference.write(tmp_path, files) == expected
    assert reference.stale(tmp_path, files) == []


def test_every_public_message_has_a_schema() -> None:
    """One file per public topic and per half of a command; wire.* has none."""
    topics = {f"{name}.json" for name, topic in TOPICS.items() if not topic.direct}
    halves = {f"{name}.{half}.json" for name in COMMANDS for half in ("request", "reply")}
    assert set(FILES) == topics | halves | {"mark.json"}


def test_messages_page_describes_every_message() -> None:
    """Every public topic and command has a section of its own, and wire.* a paragraph."""
    page = (reference.ROOT / "docs/messages.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")]
    assert len(headings) == len(set(headings))
    assert {*(topic.name for topic in schemas.public_topics()), *COMMANDS} <= set(headings)
    assert "## wire.*" in page


def test_reply_schema_knows_every_field() -> None:
    """The reply's schema is written by hand, because its result is not decoded with it: no field is forgotten."""
    schema = FILES["get_health.reply.json"]
    known = set(schema["properties"]).union(*(part["properties"] for part in schema["oneOf"]))
    assert known == set(Reply.__struct_fields__)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_schema_accepts_what_is_sent_and_nothing_else(name: str) -> None:
    """Real messages are valid; one with a required field missing or a field of another type is not."""
    schema = FILES[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    found = as_json(name.removesuffix(".json"))
    assert found
    for example in found:
        validator.validate(example)
    wrong = list(_wrong(found[0], schema))
    assert len(wrong) >= 4
    for example in wrong:
        assert not validator.is_valid(example), example


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".reply.json")])
def test_reply_schema_accepts_a_refusal(name: str) -> None:
    """Every command may be refused; a refusal has no result, and a result no error."""
    validator = jsonschema.Draft202012Validator(FILES[name])
    (refusal,) = as_json("refusal.reply")
    validator.validate(refusal)
    (done, *_) = as_json(name.removesuffix(".json"))
    assert not validator.is_valid({**refusal, "ok": True})
    assert not validator.is_valid({**done, "ok": False})


def _wrong(example: Any, schema: Schema) -> Any:
    """Variants of a valid `example` that its schema must refuse."""
    yield []
    yield "text"
    for field in schema["required"]:
        yield {key: value for key, value in example.items() if key != field}
        yield {**example, field: [[]]}
    inner = next((key for key in ("event", "body", "result") if key in example), None)
    if inner is not None:
        yield {**example, inner: 7}
        for field in _required(schema, inner):
            yield {**example, inner: {key: value for key, value in example[inner].items() if key != field}}


def _required(schema: Schema, inner: str) -> list[str]:
    places = [schema, *schema.get("oneOf", [])]
    found = next(place["properties"][inner] for place in places if inner in place["properties"])
    name = found["$ref"].rpartition("/")[2]
    required: list[str] = schema["$defs"][name]["required"]
    return required
