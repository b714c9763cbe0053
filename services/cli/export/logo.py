"""A tournament's logo in a workbook: PNG or JPEG as stored, its size read from its first bytes; `restrike export`.

openpyxl would want a picture library for no more than that.
"""

from io import BytesIO
from typing import Final

from openpyxl.drawing.image import Image

HEIGHT_PIXELS: Final = 120
"""How high the logo is on the cover; its width follows."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_NO_SIZE: Final = frozenset({0xC4, 0xC8, 0xCC})
"""Markers among those of a frame (0xC0 to 0xCF) that hold something else than a size."""


class Logo(Image):
    """A picture that needs no decoding."""

    def __init__(self, body: bytes, *, kind: str, size: tuple[int, int]) -> None:  # the parent's would decode it
        self.ref = BytesIO(body)
        self._body = body
        self.format = kind
        width, height = size
        self.height = HEIGHT_PIXELS
        self.width = max(1, round(width * HEIGHT_PIXELS / height))

    @classmethod
    def read(cls, body: bytes) -> "Logo | None":
        """The logo, None for what is no PNG or JPEG."""
        kind = "png" if body.startswith(_PNG) else "jpeg" if body.startswith(_JPEG) else None
        size = _png_size(body) if kind == "png" else _jpeg_size(body) if kind else None
        return cls(body, kind=kind, size=size) if kind and size and min(size) > 0 else None

    def _data(self) -> bytes:
        return self._body


def _png_size(body: bytes) -> tuple[int, int] | None:
    if len(body) < 24:
        return None
    return int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Segments follow each other, each with its marker and length; that of the frame holds height and width."""
    at = len(_JPEG)
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            return int.from_bytes(body[at + 7 : at + 9], "big"), int.from_bytes(body[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(body[at + 2 : at + 4], "big")
    return None
