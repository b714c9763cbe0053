"""Rules as JSON documents: `{"rules": [...]}`, one rule, or a list of them; every fault of a document is told at once.

Used by `restrike obs rules import`, `export`, and `add` and `edit` with --file.
"""

import types
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from shared.automation.faults import faults_of
from shared.errors import ValidationError
from shared.messages.automation import Rule

MOST_BYTES: Final = 4 << 20
RULES: Final = "rules"
_UNKNOWN: Final = object()


def document_of(rules: list[Rule]) -> dict[str, list[Rule]]:
    """Rules as a document."""
    return {RULES: rules}


def rules_in(body: bytes) -> list[Rule]:
    """The rules of a document.

    Raises:
        ValidationError: it is no JSON, or holds faults: all of them are in the sentence, each with its place.
    """
    if len(body) > MOST_BYTES:
        raise ValidationError("rules.too_large", f"The document has more than {MOST_BYTES >> 20} MiB.")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValidationError("rules.no_json", f"This is no JSON: {error}.") from error
    if isinstance(said, dict) and isinstance(said.get("rule"), dict):  # as `rules show --json` prints one
        said = said["rule"]
    given = said.get(RULES, [said]) if isinstance(said, dict) else said
    if not isinstance(given, list) or not given:
        raise ValidationError("rules.none", 'There are no rules in it; write {"rules": [...]}, or one rule.')
    faults = list(_faults_of_all(given))
    if faults:
        raise invalid(faults)
    return [msgspec.convert(one, Rule) for one in given]


def invalid(faults: Sequence[str]) -> ValidationError:
    """Rules that can never work: every fault in a line."""
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return ValidationError("rules.invalid", "\n".join([f"{count}; nothing was done.", *faults]))


def _faults_of_all(given: list[Any]) -> Iterator[str]:
    names: set[str] = set()
    for number, one in enumerate(given, 1):
        place = f"rules[{number}]"
        name = one.get("rule") if isinstance(one, dict) else None
        if isinstance(name, str):
            place += f" ({name})"
            if name in names:
                yield f"{place}: the name is given twice."
            names.add(name)
        faults = list(_faults(one, Rule, ""))
        for fault in faults or faults_of(msgspec.convert(one, Rule)):
            yield f"{place}: {fault}"


def _faults(value: Any, kind: Any, place: str) -> Iterator[str]:
    """What of `value` is not of type `kind`, down to the places where it is not."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _faults_of_struct(value, kind, place)
    elif get_origin(kind) is tuple and isinstance(value, list):
        for number, one in enumerate(value, 1):
            yield from _faults(one, get_args(kind)[0], f"{place}[{number}]")
    elif (tags := _tags(kind)) is not None:
        yield from _faults_of_tagged(value, tags, place)
    else:
        yield from _fault_of_value(value, kind, place)


def _faults_of_struct(value: Any, kind: type[msgspec.Struct], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place or 'the rule'}: must be a JSON object, as {{...}}."
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    tag = kind.__struct_config__.tag_field
    before = f"{place}." if place else ""
    for name in value:
        if name not in fields and name != tag:
            yield f"{before}{name}: there is no such field; known are {', '.join(fields)}."
    for name, field in fields.items():
        if name in value:
            yield from _faults(value[name], field.type, before + name)
        elif field.required:
            yield f"{before}{name}: is missing."


def _faults_of_tagged(value: Any, tags: dict[str, type[msgspec.Struct]], place: str) -> Iterator[str]:
    tag_field = next(iter(tags.values())).__struct_config__.tag_field or ""
    tag = value.get(tag_field, _UNKNOWN) if isinstance(value, dict) else _UNKNOWN
    if not isinstance(tag, str) or tag not in tags:
        said = f"{tag!r} is" if tag is not _UNKNOWN else "is"
        yield f"{place}.{tag_field}: {said} none of {', '.join(tags)}."
    else:
        yield from _faults_of_struct(value, tags[tag], place)


def _fault_of_value(value: Any, kind: Any, place: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        words = _words(kind)
        allowed = f"; allowed are {', '.join(words)}" if words else ""
        yield f"{place}: {str(error).replace('`', '')}{allowed}."


def _tags(kind: Any) -> dict[str, type[msgspec.Struct]] | None:
    """The structs of a tagged union by their tags; None: it is none."""
    if get_origin(kind) not in (Union, types.UnionType):
        return None
    members = get_args(kind)
    if not all(isinstance(one, type) and issubclass(one, msgspec.Struct) for one in members):
        return None
    return {str(one.__struct_config__.tag): one for one in members}


def _words(kind: Any) -> list[str]:
    members = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    enums = [one for one in members if isinstance(one, type) and issubclass(one, StrEnum)]
    return [word.value for one in enums for word in one]
