"""Rules as JSON documents: `{"rules": [...]}`, one rule, or a list of them; every fault of a document is told at once.

Used by `restrike obs rules` and `restrike alerts rules`.
"""

import sys
import types
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin

import msgspec

from shared.errors import ValidationError

MOST_BYTES: Final = 4 << 20
RULES: Final = "rules"
_UNKNOWN: Final = object()
_Rule = TypeVar("_Rule", bound=msgspec.Struct)


class RuleDocuments(Generic[_Rule]):
    """Documents of rules of one type. A rule's name is in the field `named_by`; `faults_of` finds what is wrong with a
    rule of the right form; codes of errors begin with `subject`.
    """

    def __init__(
        self, rule_type: type[_Rule], *, named_by: str, faults_of: Callable[[_Rule], list[str]], subject: str
    ) -> None:
        self._rule_type = rule_type
        self._named_by = named_by
        self._faults_of = faults_of
        self._subject = subject

    def rules_in(self, body: bytes) -> list[_Rule]:
        """The rules of a document.

        Raises:
            ValidationError: it is no JSON, or holds faults: all of them are in the sentence, each with its place.
        """
        if len(body) > MOST_BYTES:
            raise self._refused("too_large", f"The document has more than {MOST_BYTES >> 20} MiB.")
        try:
            said = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._refused("no_json", f"This is no JSON: {error}.") from error
        if isinstance(said, dict) and isinstance(said.get("rule"), dict):  # as `rules show --json` prints one
            said = said["rule"]
        given = said.get(RULES, [said]) if isinstance(said, dict) else said
        if not isinstance(given, list) or not given:
            raise self._refused("none", 'There are no rules in it; write {"rules": [...]}, or one rule.')
        faults = list(self._faults_of_all(given))
        if faults:
            raise self.invalid(faults)
        return [msgspec.convert(one, self._rule_type) for one in given]

    def invalid(self, faults: Sequence[str]) -> ValidationError:
        """Rules that can never work: every fault in a line."""
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        return self._refused("invalid", "\n".join([f"{count}; nothing was done.", *faults]))

    def _refused(self, code: str, sentence: str) -> ValidationError:
        return ValidationError(f"{self._subject}.{code}", sentence)

    def _faults_of_all(self, given: list[Any]) -> Iterator[str]:
        names: set[str] = set()
        for number, one in enumerate(given, 1):
            place = f"rules[{number}]"
            name = one.get(self._named_by) if isinstance(one, dict) else None
            if isinstance(name, str):
                place += f" ({name})"
                if name in names:
                    yield f"{place}: the name is given twice."
                names.add(name)
            faults = list(_faults(one, self._rule_type, ""))
            for fault in faults or self._faults_of(msgspec.convert(one, self._rule_type)):
                yield f"{place}: {fault}"


def read_body(file: Path) -> bytes:
    """What is in a file, or on standard input for `-`."""
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


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
