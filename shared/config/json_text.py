"""The JSON of restrike.json as a document, with where it is malformed and which keys stand in it twice."""

import json
from typing import Any

from shared.config.contradictions import Fault


def parsed(text: bytes) -> tuple[Any, list[Fault]]:
    """What the bytes of a file say, and what is wrong with them; None when anything is."""
    faults: list[Fault] = []
    document: Any = None
    try:
        document = json.loads(text.decode("utf-8-sig"), object_pairs_hook=lambda pairs: _group(pairs, faults))
    except UnicodeDecodeError as error:
        faults.append(Fault("", f"The file is not UTF-8 text (byte {error.start})."))
    except json.JSONDecodeError as error:
        where = f"Line {error.lineno}, column {error.colno}"
        faults = [Fault("", f"{where}: {error.msg}. JSON is malformed there.")]
    except RecursionError:
        faults.append(Fault("", "Its brackets are nested too deeply."))
    except ValueError:
        faults.append(Fault("", "A number in it has thousands of digits."))
    return (None if faults else document), faults


def is_text_sound(document: Any) -> bool:
    """Whether all texts of a document can be written; JSON and the environment may hold halves of characters."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _group(pairs: list[tuple[str, Any]], faults: list[Fault]) -> dict[str, Any]:
    """A group of the file. Of a key that stands there twice, the first value would be lost without a word."""
    group = dict(pairs)
    if len(group) < len(pairs):
        names = [name for name, _ in pairs]
        twice = dict.fromkeys(name for name in names if names.count(name) > 1)
        faults += [Fault("", f"{name} stands twice in one group: keep one of them.") for name in twice]
    return group
