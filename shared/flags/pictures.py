"""What a picture of a flag may be, told by its content and never by its name; db-writer and `restrike flags`."""

from typing import Final

from shared.errors import ValidationError
from shared.flags.png import SIGNATURE, check_png
from shared.flags.svg import check_svg

MOST_BYTES: Final = 768 * 1024
"""Four times the largest flag of the set, and little enough for one request through the gateway."""
SVG: Final = "image/svg+xml"
PNG: Final = "image/png"
ENDINGS: Final = {SVG: ".svg", PNG: ".png"}


def media_type(content: bytes) -> str:
    """`image/svg+xml` or `image/png`, once it is known to be whole and harmless.

    Raises:
        ValidationError: it is too large, none of the two, or could do more than be shown.
    """
    if len(content) > MOST_BYTES:
        sentence = f"A picture of a flag has at most {MOST_BYTES // 1024} KiB; make it smaller."
        raise ValidationError("flag.size", sentence, value=f"{len(content)} bytes")
    if content.startswith(SIGNATURE):
        check_png(content)
        return PNG
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise ValidationError("flag.type", "A flag is an SVG or PNG picture; this is none, whatever its name says.")
    check_svg(content)
    return SVG
