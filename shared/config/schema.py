"""The JSON Schema of restrike.json, for editors; printed by `restrike config schema`, kept in docs/schemas/."""

from typing import Any, Final

import msgspec

from shared.config.environment import PREFIX
from shared.config.model import Config

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FILE: Final = "restrike.schema.json"


def schema() -> dict[str, Any]:
    """The schema, with descriptions, defaults, ranges and patterns."""
    (found,), definitions = msgspec.json.schema_components([Config], ref_template="#/$defs/{name}")
    del found  # a reference to the one below
    config = definitions.pop(Config.__name__)
    config["title"] = "restrike.json"
    config["description"] = f"What reStrike VTA is set up with. {PREFIX}… in the environment comes first."
    return {"$schema": DIALECT, **config, "$defs": dict(sorted(definitions.items()))}
