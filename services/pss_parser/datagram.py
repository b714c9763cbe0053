"""Framing: the bytes of a datagram cut into messages; pss-parser.

One message per datagram is normal. Several are separated by CRLF or LF, or one simply follows the trailing `;` of the
one before: then a keyword starts a new message only where the running stream's grammar cannot take it. The trailing `;`
may be missing; empty fields keep their position. Every byte string gives at least one message, and the texts of a
line's messages, put together, are the line.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from services.pss_parser.fields import Fields, Stream
from services.pss_parser.streams import KEYWORDS, STREAMS, banner, udp

MAX_MESSAGES: Final = 64
"""A load, the longest burst, has 12 messages. 64 KB could hold 32,000, and each costs rows in the database: what comes
after these is one last message, its text untouched.
"""
ENCODINGS: Final = ("cp1250", "latin-1")
"""What text that is not UTF-8 is tried as, unless the ring's settings say otherwise."""
_NOTICE: Final = udp.KEYWORD
_LONGEST_KEYWORD = 16
_PADDING = " \t\0\ufeff"


def split(body: bytes, encodings: Sequence[str] = ENCODINGS) -> list[Fields]:
    """The messages of a datagram, in order; text that is not UTF-8 is read in the first of `encodings` that can, or
    else as latin-1. Never raises, never empty.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return _split_broken(body, error, encodings)
    return split_text(text)


def split_text(text: str) -> list[Fields]:
    """The messages of a datagram's text."""
    # The normal case, one message that needs no grammar, in as few steps as can be: every datagram pays for this.
    line = text.rstrip("\r\n")
    values = line.split(";")
    keyword = values.pop(0)
    stream = STREAMS.get(keyword)
    if stream is not None and "\n" not in line and "\r" not in line and _NOTICE not in line:
        if values and not values[-1]:
            values.pop()
        if KEYWORDS.isdisjoint(values) or (values[1::2] == stream.pairs and KEYWORDS.isdisjoint(values[::2])):
            return [Fields(keyword, values, line)]
    return split_by_grammar(text)


def split_by_grammar(text: str) -> list[Fields]:
    """The messages of a datagram's text, whatever it holds; equal to `split_text`, only slower."""
    lines = [line for line in text.replace("\r", "\n").split("\n") if line]
    messages: list[Fields] = []
    for at, line in enumerate(lines or [""], 1):
        taken = 0
        for message in _split_line(line):
            if len(messages) == MAX_MESSAGES:
                rest = "\n".join((line[taken:], *lines[at:]))
                return [*messages, Fields("", [], rest, ("datagram:too_many_messages",))]
            messages.append(message)
            taken += len(message.raw)
    return messages


def _split_line(line: str) -> Iterator[Fields]:
    parts = line.split(";")
    start = 0
    while start < len(parts):
        keyword, values = _opening(parts[start])
        end = _end(parts, start, STREAMS.get(keyword))
        values += parts[start + 1 : end]
        is_last = end == len(parts)
        if is_last and end > start + 1 and not parts[-1]:
            values.pop()
        raw = ";".join(parts[start:end])
        yield Fields(keyword, values, raw if is_last else f"{raw};")
        start = end


def _opening(part: str) -> tuple[str, list[str]]:
    """The keyword in a message's first part, "" if it holds nothing like one, and the fields of a sender's notice."""
    text = part.strip(_PADDING)
    notice = udp.words(text)
    if notice is not None:
        return udp.KEYWORD, notice
    greeting = banner.words(text)
    if greeting is not None:
        return greeting
    if text in KEYWORDS:
        return text, []
    is_word = len(text) <= _LONGEST_KEYWORD and text.isascii() and text.replace(":", "").isalnum()
    return (text if is_word else ""), []


def _end(parts: list[str], start: int, stream: Stream | None) -> int:
    """Where the message that begins at `start` ends: at the first keyword that its grammar cannot take."""
    labels = stream.labels if stream else frozenset[str]()
    seen = {parts[start]}
    position = 0
    for at in range(start + 1, len(parts)):
        part = parts[at]
        if part in labels and part not in seen:
            seen.add(part)
            position = 0
            continue
        if (part in KEYWORDS or udp.words(part) is not None) and not _takes(stream, parts, at, position):
            return at
        position += 1
    return len(parts)


def _takes(stream: Stream | None, parts: list[str], at: int, position: int) -> bool:
    if stream is None or position not in stream.free:
        return False
    return stream.is_text is None or stream.is_text(parts, at)


def _split_broken(body: bytes, error: UnicodeDecodeError, encodings: Sequence[str]) -> list[Fields]:
    """The messages of a datagram that is not UTF-8: cut inside a character, or in a code page of older systems."""
    if error.reason == "unexpected end of data":
        messages = split_text(body[: error.start].decode())
        messages[-1].fault("encoding", "cut")
        return messages
    text, encoding = _decoded(body, encodings)
    messages = split_text(text)
    for message in messages:
        if not message.raw.isascii():
            message.fault("encoding", encoding)
    return messages


def _decoded(body: bytes, encodings: Sequence[str]) -> tuple[str, str]:
    """The text of `body` and the encoding that it is in."""
    for encoding in encodings:
        # Encodings that do not exist, are for no text, or give what is no text, are passed over.
        with suppress(LookupError, ValueError):
            text = body.decode(encoding)
            text.encode()
            return text, encoding
    return body.decode("latin-1"), "latin-1"
