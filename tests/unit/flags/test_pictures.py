"""What may be a picture of a flag, and what is refused, by its content."""

import struct
import zlib

import pytest

from shared.clock import monotonic_s
from shared.errors import ValidationError
from shared.flags.pictures import MOST_BYTES, PNG, SVG, media_type
from shared.flags.png import MOST_SIDE, SIGNATURE
from tests.support.wait import lenient

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 4 3">'
BOX = '<path d="M0 0h4v3H0z" fill="red"/>'


def svg(inside: str, *, before: str = "") -> bytes:
    return f"{before}{HEAD}{inside}</svg>".encode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int = 4, height: int = 3, *, rows: bytes | None = None, extra: bytes = b"", interlaced: int = 0
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced)
    packed = zlib.compress(rows if rows is not None else (b"\0" + b"\xff\0\0" * width) * height)
    return SIGNATURE + chunk(b"IHDR", header) + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        svg(BOX),
        svg(f'<defs><g id="a">{BOX}</g></defs><use xlink:href="#a" fill="url(#b)"/>'),
        svg(f"<title>metadata: a flag</title>{BOX}", before='\ufeff<?xml version="1.0" encoding="UTF-8"?>\n'),
        svg(f'<style>.a{{fill:#f00}}</style><g class="a">{BOX}</g>'),
        svg('<metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" r:about=""/></metadata>' + BOX),
    ],
)
def test_harmless_svg(content: bytes) -> None:
    """What drawing programs write."""
    assert media_type(content) == SVG


BOMB = '<!DOCTYPE svg [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
USES = (
    "".join(f'<g id="u{number}">' + f'<use xlink:href="#u{number + 1}"/>' * 10 + "</g>" for number in range(12))
    + f'<g id="u12">{BOX}</g>'
)
HTML = "http://www.w3.org/1999/xhtml"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (svg("<title>&b;</title>", before=BOMB), "document type"),
        (svg("<title>&x;</title>", before=OUTSIDE), "document type"),
        (svg("", before='<?xml-stylesheet href="http://x/y.css"?>'), "processing instruction"),
        (svg("<script>alert(1)</script>"), "element script"),
        (svg(f'<script xmlns="{HTML}">alert(1)</script>'), "element script"),
        (svg(f'<iframe xmlns="{HTML}" />'), "element iframe"),
        (svg("<foreignObject/>"), "element foreignObject"),
        (svg('<image xlink:href="data:image/png;base64,AAAA"/>'), "element image"),
        (svg('<a xlink:href="#b"/>'), "element a"),
        (svg('<set attributeName="href" to="http://x"/>'), "element set"),
        (svg('<animate attributeName="x"/>'), "element animate"),
        (svg('<path onload="alert(1)"/>'), "event handler onload"),
        (svg('<path ONCLICK="alert(1)"/>'), "event handler onclick"),
        (svg('<use xlink:href="http://example.org/a.svg#b"/>'), "link to somewhere else"),
        (svg('<use href="data:image/svg+xml;base64,AAAA"/>'), "link to somewhere else"),
        (svg('<use href="//example.org/a.svg#b"/>'), "link to somewhere else"),
        (svg('<path fill="url(http://example.org/a)"/>'), "link to somewhere else"),
        (svg('<path style="fill: u\\72l(http://x)"/>'), "link to somewhere else"),
        (svg("<style>@import 'http://x/y.css';</style>"), "link to somewhere else"),
        (svg("<style>path{fill:url( 'https://x' )}</style>"), "link to somewhere else"),
        (svg('<path fill="java script:alert(1)"/>'), "script"),
        (svg("<style>g{background:image-set('http://x' 1x)}</style>"), "link to somewhere else"),
        (svg('<g xml:base="http://x/"><use href="#a"/></g>'), "base for its links"),
        (svg("", before='<?xml version="1.0" encoding="ISO-8859-1"?>'), "not in UTF-8"),
        (svg(USES + '<use xlink:href="#u0"/>'), "shapes once it is drawn"),
        (svg('<g id="a"><use xlink:href="#a"/></g>'), "part of itself"),
        (svg('<g id="a"><use xlink:href="#b"/></g><g id="b"><use xlink:href="#a"/></g>'), "part of itself"),
        (svg("<g>" * 100 + "</g>" * 100), "too many elements"),
        (svg("<g/>" * 30_000), "too many elements"),
    ],
)
def test_svg_that_could_do_more(content: bytes, named: str) -> None:
    """Refused by the name of what it holds, at once."""
    began = monotonic_s()
    with pytest.raises(ValidationError, match=named) as caught:
        media_type(content)
    assert caught.value.code == "flag.unsafe"
    assert monotonic_s() - began < lenient(1.0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"GIF89a",
        b"\xff\xd8\xff\xe0 JFIF",
        b"\x1f\x8b\x08 svgz",
        b"<html><body/></html>",
        b"<svg/>",
        svg(BOX)[:-3],
        svg(""),
        svg('<g><defs/><path d=" "/></g>'),
        HEAD.encode("utf-16")[:80],
        SIGNATURE,
        png()[:-5],
        png()[:30] + b"x" + png()[31:],
        png() + b"tail",
        png(rows=b"\0"),
        png(extra=chunk(b"acTL", b"\0" * 8)),
        png(interlaced=7),
        SIGNATURE + chunk(b"IHDR", b"\0" * 13) + chunk(b"IEND", b""),
        SIGNATURE + chunk(b"IEND", b""),
    ],
)
def test_wrong_type(content: bytes) -> None:
    """Other kinds, and what is cut off or broken, whatever the file is called."""
    with pytest.raises(ValidationError) as caught:
        media_type(content)
    assert caught.value.code == "flag.type"


def test_png() -> None:
    """As it is, and with rows in seven passes."""
    assert media_type(png()) == PNG
    # 4 x 3 interlaced: passes 1, 4, 6 and 7, and those of rows that are not there.
    rows = b"\0" + b"\xff\0\0" + b"\0" + b"\xff\0\0" + (b"\0" + b"\xff\0\0" * 2) + (b"\0" + b"\xff\0\0" * 2) * 2
    rows += b"\0" + b"\xff\0\0" * 4
    assert media_type(png(rows=rows, interlaced=1)) == PNG


@pytest.mark.parametrize(
    "content",
    [
        svg(f"<title>{'x' * MOST_BYTES}</title>"),
        png() + b"\0" * MOST_BYTES,
        png(MOST_SIDE + 1, 1),
        png(3000, 3000, rows=b""),
        png(50_000, 50_000, rows=b""),
        png(rows=b"\0" * 50_000_000),
    ],
)
def test_too_large(content: bytes) -> None:
    """In bytes, in pixels, and a bomb that says that it is small: refused before it is unpacked."""
    began = monotonic_s()
    with pytest.raises(ValidationError) as caught:
        media_type(content)
    assert caught.value.code == "flag.size"
    assert monotonic_s() - began < lenient(1.0)
