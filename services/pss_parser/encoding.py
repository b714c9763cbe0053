"""A reading written as a message again, and examples of messages; pss-parser.

What was read, written and read again is the same: so decoders are tested. The examples are for the reference page.

A text that is a keyword or a label itself is written with a space before it, which readers drop.
"""

from collections.abc import Mapping
from typing import Any, Final

from services.pss_parser.fields import Stream
from services.pss_parser.layout import Field, Form, Groups, by_label, sample, value_of
from services.pss_parser.streams import KEYWORDS, udp
from shared.messages.pss import Reading, SenderChanged

_MS_PER_S: Final = 1000
_S_PER_MINUTE: Final = 60
_MOST_MINUTES: Final = 99
_NOTHING: Final[Mapping[str, str | None]] = {}


def encode(stream: Stream, reading: Reading) -> str:
    """`reading`, which `stream` gave, as a message with its last `;`. What is None is empty or left out."""
    if isinstance(reading, SenderChanged):
        return f"{udp.KEYWORD} {reading.port or 0} {'connected' if reading.connected else 'disconnected'};"
    groups = stream.write(reading) if stream.write else _written(stream, reading)
    parts: list[str] = []
    for label, texts in groups.items():
        parts += [label] if label else []
        parts += [_guarded(text, stream) for text in texts]
    if not parts or parts[0] not in stream.keywords:
        parts.insert(0, _keyword(stream, reading))
    return ";".join(parts) + ";"


def sample_line(stream: Stream, keyword: str, changes: Mapping[str, str | None] = _NOTHING) -> str:
    """A message in which every field is set; `changes` are other texts by field name, None leaves the field out."""
    texts = {field.name: changes.get(field.name, sample(field)) for field in stream.layout}
    if keyword == udp.KEYWORD:
        return f"{keyword} {' '.join(text for text in texts.values() if text is not None)};"
    parts: list[str] = []
    for label, fields in by_label(stream.layout).items():
        group = [text for field in fields if (text := texts[field.name]) is not None]
        parts += [label, *group] if label and group else group
    if not parts or parts[0] not in stream.keywords:
        parts.insert(0, keyword)
    return ";".join(parts) + ";"


def _written(stream: Stream, reading: Reading) -> Groups:
    found: Groups = {}
    for label, fields in by_label(stream.layout).items():
        texts = [_text(field, value_of(reading, field.name)) for field in fields]
        while texts and not texts[-1] and fields[len(texts) - 1].is_optional:
            texts.pop()
        if texts or not label:
            found[label] = texts
    return found


def _keyword(stream: Stream, reading: Any) -> str:
    first, *others = stream.keywords
    if not others:
        return first
    if (banner := getattr(reading, "banner", None)) is not None:
        return str(banner)
    athlete = getattr(reading, "athlete", None)
    return first if athlete is None else f"{first[:-1]}{athlete}"


def _text(field: Field, value: Any) -> str:
    if value is None or field.form is Form.CONSTANT:
        return field.empty
    if field.form is Form.TIME:
        minutes, seconds = divmod(value // _MS_PER_S, _S_PER_MINUTE)
        return f"{minutes:02}:{seconds:02}" if minutes <= _MOST_MINUTES else str(value // _MS_PER_S)
    if field.form is Form.CHOICE:
        return next(word for word, meaning in field.words.items() if meaning == value)
    return str(value)


def _guarded(text: str, stream: Stream) -> str:
    is_taken = text in KEYWORDS or text in stream.labels or udp.words(text) is not None
    return f" {text}" if is_taken else text
