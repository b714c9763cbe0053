"""A value keeps to the rules of its key, whatever way it comes; the sentence says which rule and what is allowed."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ValidationError
from shared.messages.settings import SettingValue
from shared.settings.backup_keys import BACKUP_FOLDER, OFFSITE_TARGET
from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Category, Key, Kind, Rules
from shared.settings.values import MASK, accepted, allowed, key_named, parsed, sendable, text_of


def key(
    kind: Kind, default: Any = None, *, is_required: bool = False, is_sensitive: bool = False, **rules: Any
) -> Key[Any]:
    return Key(
        name="test.key",
        category=Category.APP,
        title="Test",
        description="A key of this test.",
        kind=kind,
        default=default,
        rules=Rules(**rules),
        is_required=is_required,
        is_sensitive=is_sensitive,
    )


HOURS = key(Kind.INTEGER, 24, min=1, max=168)
SHARE = key(Kind.FLOAT, 0.5, min=0, max=1)
SWITCH = key(Kind.BOOLEAN, default=False)
COLOUR = key(Kind.STRING, "red", enum=("red", "blue"))
CODE = key(Kind.STRING, "", pattern="[a-z]+", max_length=5)
NAME = key(Kind.STRING, "x", is_required=True)
TABLE = key(Kind.JSON, {}, max_length=20)
TEXTS = key(Kind.JSON, {}, names="[a-z]+", is_sensitive=True)
SECRET = key(Kind.STRING, "", is_sensitive=True, max_length=20)


@pytest.mark.parametrize(
    ("of", "text", "value"),
    [
        (HOURS, "1", 1),
        (HOURS, " +168 ", 168),
        (SHARE, ".25", 0.25),
        (SHARE, "1e-3", 0.001),
        (SWITCH, "Yes", True),
        (SWITCH, "off", False),
        (COLOUR, "blue", "blue"),
        (CODE, "", ""),
        (CODE, "abc", "abc"),
        (TABLE, ' { "b" : 1,\n "a": [ ] } ', {"b": 1, "a": []}),
        (TEXTS, '{"a": "x", "b": 22, "c": 1.5, "d": true}', {"a": "x", "b": "22", "c": "1.5", "d": "true"}),
        (SECRET, "päss word", "päss word"),
    ],
)
def test_what_is_typed_becomes_a_value(of: Key[Any], text: str, value: Any) -> None:
    """Leniently, where nothing else can be meant; and the stored text gives the same value again."""
    assert parsed(of, text) == value
    assert type(parsed(of, text)) is type(value)
    assert parsed(of, text_of(of, value)) == value
    assert accepted(of, sendable(of, value)) == value


@pytest.mark.parametrize(
    ("of", "text", "sentence"),
    [
        (HOURS, "0", "test.key must be at least 1 (rule min). (got: '0')"),
        (HOURS, "169", "test.key must be at most 168 (rule max). (got: '169')"),
        (HOURS, "1.5", "test.key must be a whole number of up to 18 digits (rule type). (got: '1.5')"),
        (HOURS, "9" * 5000, "test.key must be a whole number of up to 18 digits (rule type)"),
        (HOURS, "1_0", "rule type"),
        (HOURS, "٣", "rule type"),
        (HOURS, "", "rule type"),
        (SHARE, "1.5", "test.key must be at most 1 (rule max)"),
        (SHARE, "nan", "test.key must be a number (rule type)"),
        (SHARE, "1e999", "test.key must be a number (rule type)"),
        (SWITCH, "maybe", "test.key must be true or false (or yes, no, on, off) (rule type)"),
        (COLOUR, "green", "test.key must be one of red, blue (rule enum)"),
        (CODE, "abc1", "test.key must be of the form [a-z]+ (rule pattern)"),
        (CODE, "abc\n", "test.key must be one line of text (rule type)"),
        (CODE, "abcdef", "test.key must be no longer than 5 characters; it has 6 (rule max_length)"),
        (NAME, " ", "test.key must be set: it may not be empty (rule required)"),
        (NAME, "a\x00b", "rule type"),
        (NAME, "a\udc80b", "rule type"),
        (NAME, "a" * 10_001, "rule max_length"),
        (TABLE, "{", "test.key must be a JSON object (rule type)"),
        (TABLE, "[" * 20, "test.key must be a JSON object (rule type)"),
        (TABLE, "[1]", "test.key must be a JSON object (rule type)"),
        (key(Kind.JSON), "[" * 5_000 + "]" * 5_000, "test.key must be valid JSON (rule type)"),
        (
            TABLE,
            '{"a": "12345678901234"}',
            "test.key must be no longer than 20 characters; it has 22 (rule max_length)",
        ),
        (SECRET, MASK, "test.key must be the value itself, not what is shown in its place (rule type)."),
    ],
)
def test_what_breaks_a_rule_is_refused(of: Key[Any], text: str, sentence: str) -> None:
    """With the rule, and what is allowed."""
    with pytest.raises(ValidationError) as refused:
        parsed(of, text)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 400
    assert refused.value.code == "setting.refused"


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (HOURS, "5"),
        (HOURS, True),
        (HOURS, 5.0),
        (SWITCH, 1),
        (SWITCH, "true"),
        (SHARE, True),
        (CODE, 5),
        (TABLE, 1),
        (SHARE, "1"),
    ],
)
def test_what_is_sent_has_the_type_of_the_key(of: Key[Any], value: SettingValue) -> None:
    """Programs do not guess; only a whole number is a number, too."""
    with pytest.raises(ValidationError, match="rule type"):
        accepted(of, value)
    assert accepted(SHARE, 1) == 1.0


@given(st.text(min_size=21))
def test_a_refused_secret_is_not_repeated(text: str) -> None:
    """Whatever rule it breaks."""
    with pytest.raises(ValidationError) as refused:
        parsed(SECRET, text)
    assert refused.value.value is None
    assert text not in str(refused.value)


@given(
    st.one_of(st.text(), st.integers(), st.floats(), st.booleans()),
    st.sampled_from([HOURS, SHARE, SWITCH, CODE, TABLE, NAME]),
)
def test_every_value_is_taken_or_refused(value: SettingValue, of: Key[Any]) -> None:
    """Nothing that is sent does anything else; what is taken survives being stored."""
    try:
        taken = accepted(of, value)
    except ValidationError:
        return
    assert parsed(of, text_of(of, taken)) == taken


def test_an_unknown_name_gets_advice() -> None:
    """What is alike, else where to look."""
    name = next(iter(CATALOGUE))
    with pytest.raises(ValidationError, match=f"Did you mean .*{name}"):
        key_named(name + "x")
    with pytest.raises(ValidationError, match="See restrike settings list"):
        key_named("?" * 10_000)


def test_what_is_allowed_in_words() -> None:
    """As the reference and `get` say it."""
    assert allowed(HOURS) == "a whole number from 1 to 168"
    assert allowed(key(Kind.INTEGER, min=0)) == "a whole number, 0 or more"
    assert allowed(key(Kind.FLOAT, max=1_000_000)) == "a number, 1000000 or less"
    assert allowed(COLOUR) == "one of red, blue"
    told = msgspec.structs.replace(CODE, rules=msgspec.structs.replace(CODE.rules, form="small letters"))
    assert allowed(told) == "one line of text: small letters, up to 5 characters"
    with pytest.raises(ValidationError, match=r"must be small letters \(rule pattern\)"):
        parsed(told, "abc1")
    with pytest.raises(ValidationError, match=r"must be remote:folder, such as gdrive:restrike, or usb:"):
        parsed(OFFSITE_TARGET, "foo")
    assert allowed(CODE) == "one line of text of the form [a-z]+, up to 5 characters"
    assert allowed(NAME) == "one line of text, not empty"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"type": {"a": "hunter2"}}', "type is something else"),
        ('{"type": ["hunter2"]}', "type is something else"),
        ('{"type": null}', "type is something else"),
        ('{"type": "hunter2\\u0000"}', "type is something else"),
        ('{"Type": "hunter2"}', "names of the form"),
        ('{"": "hunter2"}', "names of the form"),
    ],
)
def test_an_object_of_texts_holds_texts(text: str, told: str) -> None:
    """What cannot be an option is refused when it is set; the sentence has no value in it."""
    with pytest.raises(ValidationError, match=told) as refused:
        parsed(TEXTS, text)
    assert "hunter2" not in str(refused.value)
    assert refused.value.value is None
    assert "names of the form" in allowed(TEXTS)


def test_the_folder_of_backups_is_a_whole_path() -> None:
    """Services and commands work in different folders: what is relative would be another folder for each."""
    for text in ("", "/media/usb/backups"):
        assert parsed(BACKUP_FOLDER, text) == text
    with pytest.raises(ValidationError, match=r"backup\.folder"):
        parsed(BACKUP_FOLDER, "backups")
