"""A ring's parser as bytes, so that a restart need not read the whole journal again; pss-parser.

The bytes belong to one format: another number means that the reducer's state means something else, and the file is
ignored and rebuilt from the journal. Raise `FORMAT` with every change of `Bout`, `Memory` or of what they mean.
"""

from typing import Final

import msgspec
from msgspec import Struct

from services.pss_parser.state import Bout, Memory

FORMAT: Final = 5


class Dump(Struct, frozen=True, kw_only=True):
    """A parser after `entry`."""

    format: int = FORMAT
    ring: str
    journal_id: str
    session: str
    entry: int
    changed_at_us: int
    bout: Bout
    memory: Memory


class _Format(Struct, frozen=True):
    format: int


_to_msgpack: Final = msgspec.msgpack.Encoder().encode
_read_format: Final = msgspec.msgpack.Decoder(_Format).decode
_from_msgpack: Final = msgspec.msgpack.Decoder(Dump).decode


def encode(dump: Dump) -> bytes:
    """`dump` as bytes."""
    return _to_msgpack(dump)


def decode(saved: bytes) -> Dump:
    """The dump in `saved`.

    Raises:
        ValueError: it is none, or of another format.
    """
    try:
        found = _read_format(saved).format
        if found != FORMAT:
            raise ValueError(f"the parser's saved state has format {found}, this version reads {FORMAT}")
        return _from_msgpack(saved)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"the parser's saved state cannot be read: {error}") from error
