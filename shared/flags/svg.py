"""What an SVG of a flag may hold: shapes, colours, and links within itself; any process.

It is shown in browsers and drawn by libraries: it must neither run anything, nor fetch anything, nor grow without end
while it is drawn. expat expands no entity here, as a document type is refused where it begins.
"""

import re
from typing import Final
from xml.parsers import expat

from shared.errors import ValidationError

MOST_ELEMENTS: Final = 20_000
"""As drawn: what is used twice counts twice. The largest flag of the set has some hundreds."""
MOST_DEPTH: Final = 64
_SVG: Final = "http://www.w3.org/2000/svg"
_SHAPES: Final = frozenset(
    re.findall(
        r"\w+",
        """
        svg g defs symbol use path rect circle ellipse line polyline polygon title desc metadata clipPath mask marker
        linearGradient radialGradient stop pattern style switch text tspan
        """,
    )
)
"""Elements that may be; no script, foreignObject, image, a, animation or filter: a flag needs none of them."""
_DRAWING: Final = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text"})
"""Those of them that put something on the picture; what `use` and `switch` show is one of these, too."""
_NOTES: Final = (
    "http://www.inkscape.org/",
    "http://sodipodi.sourceforge.net/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns",
    "http://creativecommons.org/",
    "http://web.resource.org/cc/",
    "http://purl.org/dc/",
)
"""What drawing programs note for themselves. Elements of any other kind are refused: HTML runs within an SVG."""
# In text without white space, which browsers leave out of an address; a CSS escape could hide any of them.
_REACHING_OUT: Final = re.compile(
    r"javascript:|@import|expression\(|image-set\(|src\(|url\((?!['\"]?#)|\\[0-9a-f]", re.IGNORECASE
)
_REFERENCE: Final = re.compile(r"url\(\s*['\"]?#([^'\")\s]+)")


class _RefusedError(Exception):
    """Something that has no place in a flag."""


def check_svg(content: bytes) -> None:
    """Nothing, if it is an SVG that can only be shown.

    Raises:
        ValidationError: `flag.type` for what is no SVG or draws nothing, `flag.unsafe` for one that could do more, or
            never end.
    """
    try:
        _Reading().read(content)
    except expat.ExpatError as error:
        raise ValidationError("flag.type", f"This is no SVG that can be read ({error}); save it anew.") from error
    except _RefusedError as error:
        raise ValidationError("flag.unsafe", f"This SVG holds {error}; save it as a plain SVG or as PNG.") from error


class _Element:
    """One element: how much is drawn for it by itself, and what it refers to."""

    __slots__ = ("children", "references")

    def __init__(self) -> None:
        self.children: list[_Element] = []
        self.references: list[str] = []


class _Reading:
    """One pass over a document."""

    def __init__(self) -> None:
        self._stack: list[_Element] = []
        self._root: _Element | None = None
        self._by_id: dict[str, _Element] = {}
        self._count = 0
        self._is_drawing = False
        self._drawn: dict[int, int] = {}

    def read(self, content: bytes) -> None:
        """Look at all of it. Raises ExpatError, _RefusedError, or ValidationError for other XML."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._started
        parser.EndElementHandler = lambda _: self._stack.pop()
        parser.CharacterDataHandler = _check_text
        parser.buffer_text = True
        parser.XmlDeclHandler = _check_declaration
        parser.StartDoctypeDeclHandler = lambda *_: _refuse("a document type")
        parser.ProcessingInstructionHandler = lambda *_: _refuse("a processing instruction")
        parser.Parse(content, True)  # noqa: FBT003  # expat's own signature
        assert self._root is not None  # noqa: S101 - expat refuses a document without an element
        if self._size(self._root, ()) > MOST_ELEMENTS:
            raise _RefusedError(f"more than {MOST_ELEMENTS} shapes once it is drawn")
        if not self._is_drawing:
            raise ValidationError("flag.type", "This SVG draws nothing; save it anew, with its shapes.")

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if self._root is None and (space, local) != (_SVG, "svg"):
            raise ValidationError("flag.type", "A flag is an SVG or PNG picture; this is other XML.")
        if local not in _SHAPES if space == _SVG else not space.startswith(_NOTES):
            raise _RefusedError(f"an element {local[:40]}")
        self._is_drawing = self._is_drawing or (local in _DRAWING and attributes.get("d", "M").strip() != "")
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._stack) >= MOST_DEPTH:
            raise _RefusedError("too many elements")
        element = _Element()
        self._take(element, attributes)
        if self._stack:
            self._stack[-1].children.append(element)
        self._root = self._root or element
        self._stack.append(element)

    def _take(self, element: _Element, attributes: dict[str, str]) -> None:
        for key, value in attributes.items():
            local = key.rpartition(" ")[2].lower()
            if local.startswith("on"):
                raise _RefusedError(f"an event handler {local[:40]}")
            if local == "base":
                raise _RefusedError("a base for its links")
            if local in ("href", "src"):
                if not value.strip().startswith("#"):
                    raise _RefusedError("a link to somewhere else")
                element.references.append(value.strip()[1:])
            if local == "id":
                self._by_id[value] = element
            _check_text(value)
            element.references += _REFERENCE.findall(value)

    def _size(self, element: _Element, above: tuple[int, ...]) -> int:
        """How many elements are drawn for it, with all that it uses."""
        if id(element) in above or len(above) > MOST_DEPTH:
            raise _RefusedError("a shape that is part of itself, or too deep")
        known = self._drawn.get(id(element))
        if known is None:
            used = [found for name in element.references if (found := self._by_id.get(name)) is not None]
            inner = (*above, id(element))
            known = min(1 + sum(self._size(one, inner) for one in (*element.children, *used)), MOST_ELEMENTS + 1)
            self._drawn[id(element)] = known
        return known


def _check_text(text: str) -> None:
    if _REACHING_OUT.search("".join(text.split())):
        raise _RefusedError("a script or a link to somewhere else")


def _check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    """Whoever draws it must read the same letters as we do."""
    if encoding is not None and encoding.upper() not in ("UTF-8", "US-ASCII"):
        raise _RefusedError(f"letters in {encoding[:20]}, not in UTF-8")


def _refuse(what: str) -> None:
    raise _RefusedError(what)
