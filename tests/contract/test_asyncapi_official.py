"""The official JSON Schema of AsyncAPI 3.0, from the specification's own npm package, accepts docs/asyncapi.json."""

import json
from pathlib import Path

import jsonschema
import pytest

from deploy import asyncapi
from tests.support.npm import installed, needs_node

PACKAGE = Path(__file__).parent / "asyncapi"


@pytest.mark.slow
@needs_node
def test_official_schema() -> None:
    """The document has no fault, and the schema is one that finds faults."""
    folder = installed(PACKAGE) / "@asyncapi" / "specs" / "schemas"
    official = json.loads((folder / "3.0.0-without-$id.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(official)
    document = asyncapi.document()
    assert [f"{fault.json_path}: {fault.message[:300]}" for fault in validator.iter_errors(document)] == []
    assert not validator.is_valid({**document, "operations": {"x": {"action": "shout"}}})
