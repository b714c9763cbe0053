"""From what somebody typed, sent or stored to a setting's value, kept to the key's rules; every process.

A value has four forms: what a service reads (`T` of its key), what travels (`SettingValue`), the text that is stored,
and the text that a person types, which is more lenient than the stored one.
"""

import math
import re
from typing import Any, Final, NoReturn, TypeVar, cast

import msgspec

from shared.errors import ValidationError
from shared.messages.settings import SettingValue
from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Key, Kind

MOST_CHARACTERS: Final = 10_000
"""Of a text or json value whose key says nothing: a setting is no store for files."""
SHOWN_CHARACTERS: Final = 200
"""Of a refused value: the rest of it says nothing more."""
MASK: Final = "********"
"""What is shown of a sensitive value, everywhere."""

_WORDS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MUST_BE: Final = {
    Kind.STRING: "one line of text",
    Kind.INTEGER: "a whole number",
    Kind.BOOLEAN: "true or false (or yes, no, on, off)",
    Kind.FLOAT: "a number",
    Kind.JSON: "valid JSON",
}

T = TypeVar("T")
_SHAPES: Final[dict[type, str]] = {dict: "a JSON object", list: "a JSON list"}


def key_named(name: str) -> Key[Any]:
    """The key of that name.

    Raises:
        ValidationError: there is none; names that are alike are told.
    """
    key = CATALOGUE.get(name)
    if key is None:
        import difflib  # noqa: PLC0415  # start time: only for a mistake

        alike = difflib.get_close_matches(name, CATALOGUE, n=3)
        advice = f"Did you mean {' or '.join(alike)}?" if alike else "See restrike settings list."
        raise ValidationError("setting.unknown", f"There is no such setting. {advice}", value=name[:SHOWN_CHARACTERS])
    return key


def parsed(key: Key[T], text: str) -> T:
    """The value that `text`, typed or stored, stands for.

    Raises:
        ValidationError: it breaks a rule; the sentence says which, and what is allowed.
    """
    return _checked(key, _READERS[key.kind](key, text), text)


def accepted(key: Key[T], value: SettingValue) -> T:
    """The value that was sent, if it is of the key's type and keeps to its rules; json comes as its text.

    Raises:
        ValidationError: as `parsed` does.
    """
    if isinstance(value, str) and key.kind in (Kind.STRING, Kind.JSON):
        return parsed(key, value)
    if key.kind is Kind.FLOAT and isinstance(value, int | float) and not isinstance(value, bool):
        value = float(value)
    elif type(value) is not {Kind.INTEGER: int, Kind.BOOLEAN: bool}.get(key.kind):
        _refuse(key, "type", _MUST_BE[key.kind], value)
    return _checked(key, value, value)


def text_of(key: Key[T], value: T) -> str:
    """The one text of a value: how it is stored, kept in the history, and shown."""
    if key.kind is Kind.JSON:
        return msgspec.json.encode(value).decode()
    if key.kind is Kind.BOOLEAN:
        return "true" if value else "false"
    return str(value)


def sendable(key: Key[T], value: T) -> SettingValue:
    """The value as it travels."""
    return text_of(key, value) if key.kind is Kind.JSON else cast(SettingValue, value)


def allowed(key: Key[Any]) -> str:
    """What the key takes, in words: `a whole number from 1 to 168`."""
    rules, words = key.rules, _must_be(key)
    if rules.enum is not None:
        words = f"one of {', '.join(rules.enum)}"
    if rules.min is not None and rules.max is not None:
        words += f" from {_number(rules.min)} to {_number(rules.max)}"
    elif rules.min is not None:
        words += f", {_number(rules.min)} or more"
    elif rules.max is not None:
        words += f", {_number(rules.max)} or less"
    if rules.pattern is not None:
        words += f": {rules.form}" if rules.form else f" of the form {rules.pattern}"
    if rules.max_length is not None:
        words += f", up to {rules.max_length} characters"
    if rules.names is not None:
        words += f" of texts, with names of the form {rules.names}"
    return words + (", not empty" if key.is_required else "")


def _must_be(key: Key[Any]) -> str:
    words = _MUST_BE[key.kind]
    return _SHAPES.get(type(key.default), words) if key.kind is Kind.JSON else words


def _number(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


def _checked(key: Key[T], value: Any, given: object) -> T:
    if key.kind is Kind.STRING:
        _check_text(key, value)
    elif key.kind in (Kind.INTEGER, Kind.FLOAT):
        rules = key.rules
        if not math.isfinite(value):
            _refuse(key, "type", _MUST_BE[key.kind], given)
        if rules.min is not None and value < rules.min:
            _refuse(key, "min", f"at least {_number(rules.min)}", given)
        if rules.max is not None and value > rules.max:
            _refuse(key, "max", f"at most {_number(rules.max)}", given)
    return cast(T, value)


def _check_text(key: Key[Any], text: str) -> None:
    rules = key.rules
    if key.is_required and not text.strip():
        _refuse(key, "required", "set: it may not be empty", text)
    if key.is_sensitive and text == MASK:
        _refuse(key, "type", "the value itself, not what is shown in its place", text)
    if _CONTROLS.search(text):
        _refuse(key, "type", _MUST_BE[key.kind], text)
    if rules.enum is not None and text not in rules.enum:
        _refuse(key, "enum", f"one of {', '.join(rules.enum)}", text)
    if rules.pattern is not None and text and not re.fullmatch(rules.pattern, text):
        _refuse(key, "pattern", rules.form or f"of the form {rules.pattern}", text)
    _check_length(key, text)


def _check_length(key: Key[Any], text: str) -> None:
    _check_at_most(key, text, MOST_CHARACTERS if key.rules.max_length is None else key.rules.max_length)


def _check_at_most(key: Key[Any], text: str, most: int) -> None:
    if len(text) > most:
        _refuse(key, "max_length", f"no longer than {most} characters; it has {len(text)}", text)


def _integer(key: Key[Any], text: str) -> int:
    if not _INTEGER.fullmatch(text.strip()):
        _refuse(key, "type", f"{_MUST_BE[key.kind]} of up to 18 digits", text)
    return int(text)


def _boolean(key: Key[Any], text: str) -> bool:
    word = _WORDS.get(text.strip().lower())
    if word is None:
        _refuse(key, "type", _MUST_BE[key.kind], text)
    return word


def _float(key: Key[Any], text: str) -> float:
    if not _FLOAT.fullmatch(text.strip()):
        _refuse(key, "type", _MUST_BE[key.kind], text)
    return float(text)


def _json(key: Key[Any], text: str) -> Any:
    _check_at_most(key, text, MOST_CHARACTERS)
    must_be = _must_be(key)
    try:
        value = msgspec.json.decode(text)
        compact = msgspec.json.encode(value).decode()
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        _refuse(key, "type", must_be, text)
    if type(value) is not type(key.default) and key.default is not None:
        _refuse(key, "type", must_be, text)
    _check_length(key, compact)
    return value if key.rules.names is None else _texts(key, key.rules.names, value)


def _texts(key: Key[Any], form: str, given: dict[str, object]) -> dict[str, str]:
    """An object of texts; of a sensitive one the sentence tells the name that is wrong, and no value."""
    texts: dict[str, str] = {}
    for name, value in given.items():
        if not re.fullmatch(form, name):
            _refuse(key, "names", f"an object with names of the form {form}", name)
        if not isinstance(value, str | int | float) or "\0" in str(value):
            _refuse(key, "names", f"an object of texts and numbers; {name} is something else", name)
        texts[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return texts


_READERS: Final = {
    Kind.STRING: lambda _key, text: text,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.FLOAT: _float,
    Kind.JSON: _json,
}


def _refuse(key: Key[Any], rule: str, what: str, given: object) -> NoReturn:
    shown = None if key.is_sensitive else given[:SHOWN_CHARACTERS] if isinstance(given, str) else given
    raise ValidationError("setting.refused", f"{key.name} must be {what} (rule {rule}).", value=shown)
