"""What a PNG of a flag may be: whole, of a size that can be drawn, and no larger inside than it says; any process."""

import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from shared.errors import ValidationError

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_SIDE: Final = 4096
MOST_PIXELS: Final = 4 * 1024 * 1024
"""2048 x 2048: 16 MiB once it is unpacked, a tenth of a second."""
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced picture: first column and row, and steps."""


def check_png(content: bytes) -> None:
    """Nothing, if it is a PNG that can be drawn.

    Raises:
        ValidationError: `flag.type` for one that is broken, `flag.size` for one that is too large, also inside.
    """
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        raise _broken("it does not begin or end as one")
    width, height, depth, colour, packing, filtering, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth not in _DEPTHS.get(colour, set()) or packing or filtering or interlaced > 1 or not (width and height):
        raise _broken("its header makes no sense")
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        sentence = f"A picture has at most {MOST_SIDE} pixels a side and {MOST_PIXELS} in all; make it smaller."
        raise ValidationError("flag.size", sentence, value=f"{width} x {height}")
    if any(kind == b"acTL" for kind, _ in chunks):
        raise ValidationError("flag.type", "This PNG is a film; save one picture of it.")
    expected = _raw_bytes(width, height, depth * _CHANNELS[colour], is_interlaced=bool(interlaced))
    _check_inside(b"".join(data for kind, data in chunks if kind == b"IDAT"), expected)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(content):
        if at + 12 > len(content):
            raise _broken("it is cut off")
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 8 + length
        if end + 4 > len(content):
            raise _broken("it is cut off")
        if zlib.crc32(content[at + 4 : end]) != struct.unpack_from(">I", content, end)[0]:
            raise _broken("a checksum in it is wrong")
        yield kind, content[at + 8 : end]
        if kind == b"IEND":
            if end + 4 != len(content):
                raise _broken("something follows its end")
            return
        at = end + 4


def _raw_bytes(width: int, height: int, bits: int, *, is_interlaced: bool) -> int:
    """How many bytes its rows have, each with its filter."""
    passes = _PASSES if is_interlaced else ((0, 0, 1, 1),)
    total = 0
    for first_column, first_row, column_step, row_step in passes:
        columns = max(0, -(-(width - first_column) // column_step))
        rows = max(0, -(-(height - first_row) // row_step))
        total += rows * (1 + -(-columns * bits // 8)) if columns else 0
    return total


def _check_inside(packed: bytes, expected: int) -> None:
    """Unpack piece by piece, and never more than the header announced."""
    unpacking = zlib.decompressobj()
    seen = 0
    try:
        for first, last in pairwise([*range(0, len(packed), 65_536), len(packed)]):
            piece = packed[first:last]
            while piece:
                seen += len(unpacking.decompress(piece, 1 << 20))
                if seen > expected:
                    raise ValidationError("flag.size", "This PNG unpacks to more than it says; save it anew.")
                piece = unpacking.unconsumed_tail
    except zlib.error as error:
        raise _broken("its rows cannot be unpacked") from error
    if seen != expected:
        raise _broken("rows are missing")


def _broken(why: str) -> ValidationError:
    return ValidationError("flag.type", f"This is no PNG that can be read: {why}; save it anew.")
