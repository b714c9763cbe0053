"""The fields of one message and how each is read; pss-parser.

Nothing here raises: a field that cannot be read gives None and a fault `field:reason`. Reasons: `missing` (not there or
empty where something must stand), `cut` (the datagram ended in it), `out_of_range`, `wrong_type`, `unexpected_field`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct

from services.pss_parser.layout import Form, Groups, Layout, by_label
from shared.messages.pss import AnyReading, Reading
from shared.messages.rules import Dialect

T = TypeVar("T")

_MS_PER_S: Final = 1000
_S_PER_MINUTE: Final = 60
_PADDING: Final = " \t\0"
# What a ring really sends, looked up instead of parsed: every datagram of a match holds one of them.
_NUMBERS: Final = {str(number): number for number in range(1000)}
_TIMES: Final = {
    form.format(minutes, seconds): (minutes * _S_PER_MINUTE + seconds) * _MS_PER_S
    for form in ("{}:{:02}", "{:02}:{:02}")
    for minutes in range(10)
    for seconds in range(_S_PER_MINUTE)
}
_LONGEST_NUMBER: Final = 9
_ANY_NUMBER: Final = 1 << 16


class Fields(Struct, gc=False):
    """One message: its keyword, the fields after it, its text as sent, and the faults found so far.

    Its decoder sets `is_old` when only older senders write like this.
    """

    keyword: str
    values: list[str]
    raw: str
    faults: tuple[str, ...] = ()
    is_old: bool = False

    def fault(self, field: str, reason: str) -> None:
        """Note that `field` could not be read; said once, however often it happens in a huge datagram. What was cut is
        not missing as well.
        """
        text = f"{field}:{reason}"
        if text not in self.faults and not (reason == "missing" and f"{field}:cut" in self.faults):
            self.faults += (text,)

    def text(self, at: int, name: str) -> str | None:
        """The text at position `at`; None if the sender left it empty, and a fault if it is not there."""
        if at < len(self.values):
            return self.values[at].strip(_PADDING) or None
        self.fault(name, "missing")
        return None

    def integer(self, at: int, name: str, *, low: int = 0, high: int = 999) -> int | None:
        """The number at position `at`, which must be there and in `low..high`."""
        return self.number(self.values[at] if at < len(self.values) else "", name, low=low, high=high)

    def optional(self, at: int, name: str, *, low: int, high: int) -> int | None:
        """The number at position `at`; None without a fault if there is none."""
        if at >= len(self.values) or not self.values[at].strip(_PADDING):
            return None
        return self.number(self.values[at], name, low=low, high=high)

    def number(self, text: str, name: str, *, low: int = 0, high: int = 999) -> int | None:
        """The number that `text` writes, in `low..high`."""
        value = _NUMBERS.get(text)
        if value is None:
            value = self._odd_number(text, name)
            if value is None:
                return None
        if low <= value <= high:
            return value
        self.fault(name, "out_of_range")
        return None

    def time(self, at: int, name: str) -> int | None:
        """The time at position `at` (`m:ss`, `mm:ss` or seconds) in milliseconds."""
        text = self.values[at] if at < len(self.values) else ""
        value = _TIMES.get(text)
        return self._odd_time(text, name) if value is None else value

    def choice(self, at: int, name: str, options: Mapping[str, T]) -> T | None:
        """What the word at position `at` stands for; None without a fault if there is none."""
        if at >= len(self.values):
            return None
        value = options.get(self.values[at])
        if value is not None:
            return value
        text = self.values[at].strip(_PADDING)
        if text and text not in options:
            self.fault(name, "out_of_range")
        return options.get(text)

    def groups(self, labels: Collection[str]) -> dict[str, list[str]]:
        """The fields after the keyword and after each of `labels`, by keyword or label.

        `sc1;3;sc2;0` gives `{"sc1": ["3"], "sc2": ["0"]}`. A label that comes twice is an unexpected field.
        """
        group: list[str] = []
        found = {self.keyword: group}
        for value in self.values:
            if value not in labels:
                group.append(value)
                continue
            group = []
            if value in found:
                self.fault(value, "unexpected_field")
            else:
                found[value] = group
        return found

    def numbers(self, labels: Collection[str], *, high: int = 999) -> dict[str, int | None]:
        """The one number (0 to `high`) after the keyword and after each label that was sent."""
        said: dict[str, int | None] = {}
        for label, group in self.groups(labels).items():
            said[label] = self.number(group[0] if group else "", label, high=high)
            if len(group) > 1:
                self.refuse(group[1:], label)
        return said

    def refuse(self, surplus: Sequence[str], name: str) -> None:
        """Note fields that no layout has; empty ones are only padding."""
        for value in surplus:
            if value.strip(_PADDING):
                self.fault(name, "unexpected_field")
                return

    @property
    def is_terminated(self) -> bool:
        """Whether the last field was closed, so that it cannot have been cut."""
        return self.raw.endswith(";")

    def _odd_number(self, text: str, name: str) -> int | None:
        text = text.strip(_PADDING)
        if not text:
            self.fault(name, "missing")
            return None
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()):
            self.fault(name, "wrong_type")
            return None
        if len(digits) > _LONGEST_NUMBER:
            self.fault(name, "out_of_range")
            return None
        return int(text)

    def _odd_time(self, text: str, name: str) -> int | None:
        text = text.strip(_PADDING)
        if not text:
            self.fault(name, "missing")
            return None
        minutes, colon, seconds = text.rpartition(":")
        if not all(part.isascii() and part.isdecimal() for part in ((minutes, seconds) if colon else (seconds,))):
            self.fault(name, "wrong_type")
            return None
        if colon and len(seconds) != len("ss"):
            self.fault(name, "wrong_type")
            return None
        if len(minutes) > len("mm") or len(seconds) > len("mmss") or (colon and int(seconds) >= _S_PER_MINUTE):
            self.fault(name, "out_of_range")
            return None
        return (int(minutes or "0") * _S_PER_MINUTE + int(seconds)) * _MS_PER_S


class Stream(Struct, frozen=True, kw_only=True):
    """One stream of the protocol: its keywords, how it is read, and what its grammar can take.

    `most` is the number of fields of the longest form. `labels` are the words that may stand between its fields, each
    once; `pairs` is their usual order where they are keywords too. At the positions in `free`, counted from the keyword
    or the last label, any text may stand, even another keyword (an athlete may be called "ref"), unless `is_text` of
    all the datagram's parts and the position says otherwise. `layout` describes its fields, `reading` is what it gives;
    `only` names the dialect that alone sends it. `write` gives a reading's fields by label where the layout cannot.
    """

    keywords: tuple[str, ...]
    decode: Callable[[Fields], AnyReading]
    most: int
    labels: frozenset[str] = frozenset()
    pairs: list[str] | None = None
    free: frozenset[int] = frozenset()
    is_text: Callable[[Sequence[str], int], bool] | None = None
    layout: Layout = ()
    reading: type[Reading] = Reading
    only: Dialect | None = None
    write: Callable[[Any], Groups] | None = None


def stream(
    keywords: tuple[str, ...], decode: Callable[[Fields], AnyReading], reading: type[Reading], **others: Any
) -> Stream:
    """A stream whose grammar follows from its `layout`."""
    layout: Layout = others.get("layout", ())
    described = by_label(layout)
    labels = described.keys() - {""}
    in_labels = len(labels) - (0 if labels.isdisjoint(keywords) else 1)
    most = _ANY_NUMBER if any(field.form is Form.REST for field in layout) else len(layout) + in_labels
    return Stream(
        keywords=keywords,
        decode=decode,
        reading=reading,
        most=most,
        labels=frozenset(labels),
        free=frozenset(at for group in described.values() for at, field in enumerate(group) if field.is_free),
        **others,
    )
