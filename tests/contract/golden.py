"""Golden bytes: what every message looked like when it was first written down, in tests/corpus/messages/.

`python -P -m tests.contract.golden --write-missing` adds what is not there yet and never changes what is: bytes of an
older version lie in journals, and programs of others send and expect them.
"""

import argparse
import enum
import json
import sys
from pathlib import Path
from typing import Any

from msgspec import inspect as look

from tests.contract.examples import examples, messages

FOLDER = Path(__file__).resolve().parents[1] / "corpus" / "messages"
WORDS = FOLDER / "words.json"
HOW_TO_ADD = "Add it with: python -P -m tests.contract.golden --write-missing"


def goldens(name: str) -> dict[str, bytes]:
    """The golden bytes of a message by label; empty when it has none."""
    return {label: bytes.fromhex(text) for label, text in _read(FOLDER / f"{name}.json").items()}


def golden_words() -> dict[str, list[str]]:
    """The words of every enumeration, as they were written down."""
    return _read(WORDS)


def words() -> dict[str, list[str]]:
    """The words of every enumeration in a message, as the contract has them now."""
    found: dict[str, list[str]] = {}
    for kind in messages().values():
        _collect(look.type_info(kind), found)
    return dict(sorted(found.items()))


def enumerations() -> dict[str, type[enum.Enum]]:
    """Every enumeration in a message by its name."""
    found: dict[str, Any] = {}
    for kind in messages().values():
        _collect(look.type_info(kind), found, keep_class=True)
    return found


def _collect(node: Any, found: dict[str, Any], *, keep_class: bool = False) -> None:
    if isinstance(node, look.EnumType):
        found[node.cls.__name__] = node.cls if keep_class else [member.value for member in node.cls]
        return
    inner = [field.type for field in getattr(node, "fields", ())]
    inner += [*getattr(node, "types", ()), *getattr(node, "item_types", ())]
    inner += [getattr(node, name) for name in ("item_type", "value_type") if hasattr(node, name)]
    for child in inner:
        _collect(child, found, keep_class=keep_class)


def missing() -> list[str]:
    """Messages, labels of them, and words that have no golden."""
    absent = [
        f"{name} {label}".strip() for name in messages() for label in examples(name).keys() - goldens(name).keys()
    ]
    known = golden_words()
    absent += [f"{name}.{word}" for name, now in words().items() for word in now if word not in known.get(name, [])]
    return sorted(absent)


def covers(new: Any, old: Any, path: str = "") -> str | None:
    """Where `new` does not say what `old` said, None when it does. Maps may have grown fields, arrays an end."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in new:
                return f"{path}.{key} is gone"
            if (fault := covers(new[key], value, f"{path}.{key}")) is not None:
                return fault
        return None
    if isinstance(old, list) and isinstance(new, list):
        if len(new) < len(old):
            return f"{path} has {len(new)} items, had {len(old)}"
        faults = (covers(new[i], value, f"{path}[{i}]") for i, value in enumerate(old))
        return next((fault for fault in faults if fault is not None), None)
    return None if type(new) is type(old) and new == old else f"{path} is {new!r}, was {old!r}"


def write_missing() -> list[str]:
    """Add what is missing; returns it."""
    absent = missing()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in messages():
        fresh = {label: body.hex() for label, body in examples(name).items()}
        _write(FOLDER / f"{name}.json", fresh | _read(FOLDER / f"{name}.json"))
    known = golden_words()
    merged = {
        name: known.get(name, []) + [w for w in now if w not in known.get(name, [])] for name, now in words().items()
    }
    _write(WORDS, known | merged)
    return absent


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """Write or list what is missing; the exit code."""
    parser = argparse.ArgumentParser(description="Golden bytes of every message.")
    parser.add_argument("--write-missing", action="store_true", help="add missing goldens; existing ones stay")
    absent = write_missing() if parser.parse_args().write_missing else missing()
    print("\n".join(absent) or "Nothing is missing.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
