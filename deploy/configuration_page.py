"""The tables of docs/configuration.md: every key of restrike.json with its type, default and range. Used by
reference.py.
"""

import json
import re
from typing import Any, Final

from shared.config.schema import schema

MARKED: Final = re.compile(r"(<!-- keys -->\n).*?(<!-- end of keys -->)", re.DOTALL)
GROUPS: Final = {
    "": "The file",
    "Ring": "Each of `rings`",
    "Bus": "`bus`",
    "Curve": "`bus.curve`",
    "Journal": "`journal`",
    "Metrics": "`metrics`",
}
AT_START: Final = {
    "bus.events": "broker",
    "bus.commands": "broker",
    "bus.curve": "broker",
    "bus.subscriber_queue": "broker",
    "bus.curve.secret_key_file": "broker",
    "metrics.endpoint": "cpu-monitor",
    "metrics.allow_remote": "cpu-monitor",
    "metrics.every_s": "each service",
}
"""Who takes a key over at its start only; all others are taken over while the suite runs."""
PREFIXES: Final = {
    "": "",
    "Ring": "",
    "Bus": "bus.",
    "Curve": "bus.curve.",
    "Journal": "journal.",
    "Metrics": "metrics.",
}


def with_keys(page: str) -> str:
    """`page` with the tables between its marks."""
    return MARKED.sub(lambda found: f"{found[1]}{_tables()}{found[2]}", page)


def _tables() -> str:
    whole = schema()
    definitions = {"": whole, **whole["$defs"]}
    return "\n".join(_table(name, title, definitions[name]) for name, title in GROUPS.items()) + "\n"


def _table(name: str, title: str, group: dict[str, Any]) -> str:
    lines = [f"### {title}", "", "| key | takes | default | what | in force |", "|---|---|---|---|---|"]
    for key, field in group["properties"].items():
        takes, default = _takes(field), _default(key, field, is_required=key in group.get("required", ()))
        who = AT_START.get(PREFIXES.get(name, "") + key)
        when = f"when {who} starts" if who else "at once"
        lines.append(f"| `{key}` | {takes} | {default} | {field['description']} | {when} |")
    return "\n".join(lines) + "\n"


def _takes(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_takes(one) for one in field["anyOf"])
    if "allOf" in field:
        return _takes(field["allOf"][0])
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        found = schema()["$defs"][name]
        return _words(found["enum"]) if "enum" in found else f"[group](#{_anchor(GROUPS[name])})"
    if field.get("type") == "array":
        return f"list of {_takes(field['items'])}"
    if field.get("type") == "object":
        return "texts by name"
    return _simple(field)


def _simple(field: dict[str, Any]) -> str:
    choice = re.fullmatch(r"\^\((.*)\)\$", field.get("pattern", ""))
    if choice is not None:
        return _words(choice[1].split("|"))
    kind = {"integer": "number", "string": "text", "boolean": "true, false", "null": "null"}[str(field["type"])]
    least, most = field.get("minimum"), field.get("maximum")
    if least is None:
        return kind
    return f"{least} to {most}" if most is not None else f"{kind} from {least}"


def _words(choices: list[str]) -> str:
    return ", ".join(f"`{choice}`" for choice in choices)


def _default(key: str, field: dict[str, Any], *, is_required: bool) -> str:
    if is_required:
        return "must be given"
    if key == "rings":
        return "one, `ring-1`"
    if key == "encodings":
        return '`["cp1250", "latin-1"]`'
    default = field.get("default")
    return "" if isinstance(default, dict) and default else f"`{json.dumps(default)}`"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
