"""Rules for alerts as JSON: `{"rules": [...]}`, a list, or one rule; every fault of a document is told at once.

Used by `restrike alerts rules`.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from shared.alerts.faults import faults_of
from shared.errors import ValidationError
from shared.messages.alerts import AlertRule

MOST_BYTES: Final = 1 << 20
RULES: Final = "rules"
_FIELDS: Final = {field.encode_name: field for field in msgspec.structs.fields(AlertRule)}


def rules_in(body: bytes) -> list[AlertRule]:
    """The rules of a document.

    Raises:
        ValidationError: it is no JSON, or holds faults: all of them are in the sentence, each with its place.
    """
    if len(body) > MOST_BYTES:
        raise ValidationError("alerts.too_large", f"The document has more than {MOST_BYTES >> 20} MiB.")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValidationError("alerts.no_json", f"This is no JSON: {error}.") from error
    if isinstance(said, dict) and isinstance(said.get("rule"), dict):  # as `rules show --json` prints one
        said = said["rule"]
    given = said.get(RULES, [said]) if isinstance(said, dict) else said
    if not isinstance(given, list) or not given:
        raise ValidationError("alerts.none", 'There are no rules in it; write {"rules": [...]}, or one rule.')
    faults = list(_faults_of_all(given))
    if faults:
        raise invalid(faults)
    return [msgspec.convert(one, AlertRule) for one in given]


def invalid(faults: list[str]) -> ValidationError:
    """Rules that can never work: every fault in a line."""
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return ValidationError("alerts.invalid", "\n".join([f"{count}; nothing was done.", *faults]))


def _faults_of_all(given: list[Any]) -> Iterator[str]:
    names: set[str] = set()
    for number, one in enumerate(given, 1):
        place = f"rules[{number}]"
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str):
            place += f" ({name})"
            if name in names:
                yield f"{place}: the name is given twice."
            names.add(name)
        faults = list(_faults_of_form(one))
        for fault in faults or faults_of(msgspec.convert(one, AlertRule)):
            yield f"{place}: {fault}"


def _faults_of_form(one: Any) -> Iterator[str]:
    if not isinstance(one, dict):
        yield "must be a JSON object, as {...}."
        return
    for name in one:
        if name not in _FIELDS:
            yield f"{name}: there is no such field; known are {', '.join(_FIELDS)}."
    for name, field in _FIELDS.items():
        if name not in one:
            if field.required:
                yield f"{name}: is missing."
            continue
        try:
            msgspec.convert(one[name], field.type)
        except msgspec.ValidationError as error:
            yield f"{name}: {str(error).replace('`', '')}."
