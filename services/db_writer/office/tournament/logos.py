"""What a tournament's logo may be: PNG, JPEG or a harmless SVG, told by its content; db-writer.

A logo is shown in browsers, where an SVG is a document that can run scripts and fetch from elsewhere.
"""

import re
from typing import Final
from xml.parsers import expat

from shared.errors import ValidationError

MOST_BYTES: Final = 1024 * 1024
"""What a scoreboard loads over a venue's network with every page."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_SVG: Final = "http://www.w3.org/2000/svg svg"
_ACTIVE: Final = frozenset({"script", "foreignobject", "iframe", "object", "embed", "handler", "listener"})
_HARMLESS: Final = re.compile(r"#|data:image/(png|jpeg);", re.IGNORECASE)
# In text without white space, which browsers leave out of an address; a CSS escape could hide any of them.
_REACHING_OUT: Final = re.compile(r"javascript:|@import|url\((?!['\"]?#)|\\[0-9a-f]", re.IGNORECASE)


class _RefusedError(Exception):
    """Something in an SVG that has no place in a logo."""


def logo_type(logo: bytes) -> str:
    """The media type of a logo.

    Raises:
        ValidationError: it is too large, none of the three kinds, or an SVG that could do more than be shown.
    """
    if len(logo) > MOST_BYTES:
        sentence = f"A logo has at most {MOST_BYTES // 1024} KiB; make it smaller."
        raise ValidationError("tournament.logo_size", sentence, value=f"{len(logo)} bytes")
    if logo.startswith(_PNG):
        return "image/png"
    if logo.startswith(_JPEG):
        return "image/jpeg"
    try:
        _check_svg(logo)
    except expat.ExpatError as error:
        raise ValidationError("tournament.logo_type", "A logo is a PNG, JPEG or SVG image; this is none.") from error
    except _RefusedError as error:
        sentence = f"This SVG holds {error}; save it as a plain SVG or as PNG."
        raise ValidationError("tournament.logo_unsafe", sentence) from error
    return "image/svg+xml"


def _check_svg(logo: bytes) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def refuse(what: str) -> None:
        raise _RefusedError(what)

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth == 0 and name != _SVG:
            raise ValidationError("tournament.logo_type", "A logo is a PNG, JPEG or SVG image; this is other XML.")
        depth += 1
        _check_element(name, attributes)

    parser.StartElementHandler = started
    parser.CharacterDataHandler = _check_text
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = lambda *_: refuse("a document type")
    parser.ProcessingInstructionHandler = lambda *_: refuse("a processing instruction")
    parser.Parse(logo, True)  # noqa: FBT003  # expat's own signature


def _check_element(name: str, attributes: dict[str, str]) -> None:
    local = name.rpartition(" ")[2].lower()
    if local in _ACTIVE:
        raise _RefusedError(f"an element {local}")
    for key, value in attributes.items():
        attribute = key.rpartition(" ")[2].lower()
        if attribute.startswith("on"):
            raise _RefusedError(f"an event handler {attribute}")
        if attribute == "attributename" and value.rpartition(":")[2].strip().lower() == "href":
            raise _RefusedError("a link that changes")
        if attribute in ("href", "src") and not _HARMLESS.match(value.strip()):
            raise _RefusedError("a link to somewhere else")
        _check_text(value)


def _check_text(text: str) -> None:
    if _REACHING_OUT.search("".join(text.split())):
        raise _RefusedError("a script or a link to somewhere else")
