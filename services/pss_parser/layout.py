"""What the fields of a message are, as data: for the reference page, for `restrike pss explain` and for encoding.

pss-parser. A stream's decoder reads; its layout says what it reads. Tests hold the two together.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

_NOTHING: Final[Mapping[str, object]] = {}


class Form(StrEnum):
    """How a field is written."""

    NUMBER = "number"
    TIME = "time"
    NAME = "text"
    WORD = "word"
    CODE = "IOC code"
    COLOUR = "#rrggbb"
    CHOICE = "one of"
    CONSTANT = "constant"
    RESULT = "rounds and code"
    REST = "all the rest"


class Field(Struct, frozen=True, kw_only=True):
    """One field of a message. `name` is its place in the reading (`clock_ms`, `chong.noc`, `winners.0`,
    `officials.ta.name`).

    `label` is the word that stands before it, and begins a group. `low` and `high` bound a number; `words` are the
    words of a choice or a constant, with what they mean; `empty` is what stands for None; `also` are further names that
    the same text gives. An optional field may be left out. `example` is a text that the field accepts.
    """

    name: str
    form: Form
    meaning: str
    label: str = ""
    is_optional: bool = False
    low: int = 0
    high: int = 0
    words: Mapping[str, object] = _NOTHING
    empty: str = ""
    also: tuple[str, ...] = ()
    example: str = ""

    @property
    def is_free(self) -> bool:
        """Whether any text may stand here, even a keyword."""
        return self.form is Form.NAME


Layout = tuple[Field, ...]
Groups = dict[str, list[str]]
"""The texts of a message's fields by the label before them; "" for those right after the keyword."""

_SAMPLES: Final = {
    Form.TIME: "01:53",
    Form.NAME: "Ana ANIĆ",
    Form.WORD: "cntDown",
    Form.CODE: "CRO",
    Form.COLOUR: "#0000ff",
    Form.RESULT: "2-1 PTF",
    Form.REST: "welcome",
}


def number(name: str, meaning: str, *, high: int = 999, **others: Any) -> Field:
    """A number in `low..high`, `low` being 0 if not said."""
    return Field(name=name, form=Form.NUMBER, meaning=meaning, high=high, **others)


def time(name: str, meaning: str, **others: Any) -> Field:
    """`m:ss`, `mm:ss` or seconds."""
    return Field(name=name, form=Form.TIME, meaning=meaning, **others)


def text(name: str, meaning: str, *, form: Form = Form.NAME, **others: Any) -> Field:
    """A text, or whatever `form` makes of it."""
    return Field(name=name, form=form, meaning=meaning, **others)


def choice(name: str, meaning: str, words: Mapping[str, object], **others: Any) -> Field:
    """One of `words`."""
    return Field(name=name, form=Form.CHOICE, meaning=meaning, words=words, **others)


def constant(word: str, meaning: str) -> Field:
    """A word that is always the same, and that the reading does not keep; it may be left out."""
    return Field(name="notice", form=Form.CONSTANT, meaning=meaning, words={word: word}, empty=word, is_optional=True)


def by_label(layout: Layout) -> dict[str, list[Field]]:
    """The fields by the label before them; "" for those right after the keyword."""
    found: dict[str, list[Field]] = {}
    label = ""
    for field in layout:
        label = field.label or label
        found.setdefault(label, []).append(field)
    return found


def sample(field: Field) -> str:
    """A text that the field accepts."""
    if field.example:
        return field.example
    if field.form is Form.NUMBER:
        return str(max(field.low, 1))
    return _SAMPLES.get(field.form) or next(iter(field.words))


def value_of(reading: Any, name: str) -> Any:
    """What `reading` has at `name`, by number or role where it is a tuple; None where there is nothing."""
    value = reading
    for part in name.split("."):
        if not isinstance(value, tuple):
            value = getattr(value, part, None)
        elif part.isdecimal():
            value = next(iter(value[int(part) :]), None)
        else:
            value = next((one for one in value if one.role == part), None)
    return value
