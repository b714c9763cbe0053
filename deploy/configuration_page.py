"""The tables of docs/configuration.md: every key of restrike.json with its type, default and range. Used by
reference.py.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.registry import SERVICES
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
ROOT: Final = Path(__file__).resolve().parent.parent
DECLARED: Final = "fixed_config"
"""The call by which a service names what it takes over at its start only; all else is taken over while it runs."""
GROUP: Final = "[group]"
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
        when = in_force(PREFIXES.get(name, "") + key, is_group=GROUP in takes and field.get("type") != "array")
        lines.append(f"| `{key}` | {takes} | {default} | {field['description']} | {when} |")
    return "\n".join(lines) + "\n"


def in_force(path: str, *, is_group: bool = False) -> str:
    """When a changed key is in force. Of a group, where its keys differ, the table of the group says it."""
    at_start = {one: who for one, who in fixed().items() if one == path or one.startswith(f"{path}.")}
    if is_group and at_start:
        return "as its keys say"
    return f"when {', '.join(dict.fromkeys(at_start.values()))} starts" if at_start else "at once"


@cache
def fixed() -> dict[str, str]:
    """Who takes a key over at its start only, by the key's path: what the services themselves declare."""
    return dict(sorted(_declared()))


def _declared() -> Iterator[tuple[str, str]]:
    sources = {file: name for name in SERVICES for file in (ROOT / "services" / name.replace("-", "_")).rglob("*.py")}
    for file, who in (sources | {ROOT / "shared" / "runtime.py": "each service"}).items():
        text = file.read_text(encoding="utf-8")
        for call in ast.walk(ast.parse(text)) if f"{DECLARED}(" in text else ():
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == DECLARED:
                yield from ((str(ast.literal_eval(path)), who) for path in call.args)


def _takes(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_takes(one) for one in field["anyOf"])
    if "allOf" in field:
        return _takes(field["allOf"][0])
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        found = schema()["$defs"][name]
        return _words(found["enum"]) if "enum" in found else f"{GROUP}(#{_anchor(GROUPS[name])})"
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
